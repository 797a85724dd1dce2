// Small pieces under a picture: the legend of a map of values, and the line that says what is pointed at.

import { gradientOf } from "./_colour.js";
import { positionOf, sourceText } from "./_geometry.js";
import { element, figure, setText } from "./_kit.js";
import { roleText } from "./_paint.js";
import { setWords } from "./_words.js";

/** A colour bar with its two ends, what it shows and in which unit. */
export function createLegend() {
  const [low, high] = [element("span", { class: "jw-end" }), element("span", { class: "jw-end" })];
  const name = element("span", { class: "jw-legend-name" });
  const bar = element("span", { class: "jw-bar", "aria-hidden": "true" });
  const node = element("div", { class: "jw-legend" }, name, low, bar, high);
  let drawn = "";

  /** @param {string} map @param {[number, number]} ends @param {string} label @param {string} unit */
  function update(map, ends, label, unit) {
    setText(low, figure(ends[0]));
    setText(high, figure(ends[1]));
    setWords(name, [label, unit].filter(Boolean).join(", "));
    if (drawn !== map) bar.style.background = gradientOf(map);
    drawn = map;
  }
  return { node, update };
}

/**
 * What a token is, in one line.
 * @param {{grid: import("./_geometry.js").Grid, token: number, size: number[], source: number[], sourceSize: number[],
 *   mask: import("./_paint.js").Mask | null, value: number, label: string, unit: string}} about
 * @returns {string}
 */
export function tokenText(about) {
  const { grid, token, mask, value } = about;
  const { tick, row, col } = positionOf(grid, token);
  const place = `${grid.ticks > 1 ? `time step ${tick}, ` : ""}row ${row}, column ${col}`;
  const measured = Number.isFinite(value) ? [about.label || "value", figure(value), about.unit].filter(Boolean).join(" ") : "";
  const source = sourceText(grid, { row, col }, about.size, about.source, about.sourceSize);
  return [`token ${token}`, place, source, mask ? roleText(mask, token) : "", measured].filter(Boolean).join(" · ");
}
