import assert from "node:assert/strict";
import { test } from "node:test";

import { fileName } from "../../widgets/_plot_files.js";
import { broken } from "../../widgets/_screen.js";
import { svgPen } from "../../widgets/_svg.js";

const wide = (text) => text.length * 6;
const real = { font: "11px x", measureText: (text) => ({ width: wide(text) }) };

test("what is drawn is written as svg, text escaped and opacity apart", () => {
  const { pen, text } = svgPen(100, 50, real);
  pen.strokeStyle = "#d55e00";
  pen.setLineDash([4, 3]);
  pen.beginPath();
  pen.lineTo(1, 2);
  pen.lineTo(3.14159, 4);
  pen.stroke();
  pen.fillStyle = "rgb(20 28 45 / 6%)";
  pen.fillRect(0, 0, 10, 10);
  pen.globalAlpha = 0.14;
  pen.fillText('a < b & "c"', 5, 6);
  const made = text();
  assert.match(made, /^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" width="100" height="50"/);
  assert.match(made, /d="M1 2L3.14 4" fill="none" stroke="#d55e00"[^>]*stroke-dasharray="4 3"/);
  assert.match(made, /fill="rgb\(20,28,45\)" fill-opacity="0.06"/);
  assert.match(made, /opacity="0.14">a &lt; b/);
  assert.ok(made.includes("a &lt; b &amp; &quot;c&quot;"));
});

test("a name for a file holds only letters, digits and dashes", () => {
  assert.equal(fileName("error ÷ baseline, by horizon", "svg"), "jepa-workbench-error-baseline-by-horizon.svg");
  assert.equal(fileName("../", "png"), "jepa-workbench-plot.png");
});

test("text is broken between words, and its rest ends in an ellipsis", () => {
  assert.deepEqual(broken(wide, "another clip's latent", 90, 2), ["another clip's", "latent"]);
  assert.deepEqual(broken(wide, "one two three four", 48, 2), ["one two", "three …"]);
  assert.deepEqual(broken(wide, "", 48, 2), []);
});
