// What stands behind a chart: the same numbers as its figure has, in words and in rows.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ofCurves, ofFigure } from "../../widgets/_behind.js";

test("bars are told from their lowest to their highest", () => {
  const figure = { data: [{ type: "bar", name: "<b>skill</b>", x: ["a", "b", "c"], y: [0.2, 0.7, -0.1] }], layout: { xaxis: { title: { text: "layer" } }, yaxis: {} } };
  const { words, tables } = ofFigure(figure, "Skill by layer");
  assert.equal(words, "Skill by layer. skill: 3 values from −0.1 to 0.7 (at b)");
  assert.deepEqual(tables, [{ caption: "skill", heads: ["layer", "value"], rows: [["a", 0.2], ["b", 0.7], ["c", -0.1]] }]);
});

test("bars that lie have their values on the other axis", () => {
  const { tables } = ofFigure({ data: [{ orientation: "h", x: [3], y: ["depth"], xaxis: "x2", yaxis: "y2" }], layout: { xaxis2: { title: { text: "error" } } } }, "x");
  assert.deepEqual(tables, [{ caption: "x", heads: ["of", "error"], rows: [["depth", 3]] }]);
});

test("typed values are read, and a map is told by its ends", () => {
  const bdata = Buffer.from(new Float32Array([1, 2, NaN, 4.5, 5, 6]).buffer).toString("base64");
  const { words, tables } = ofFigure({ data: [{ type: "heatmap", name: "cost", z: { dtype: "f4", bdata, shape: "2, 3" } }, { y: { dtype: "f4", bdata }, name: "line" }] }, "Landscape");
  assert.equal(words, "Landscape. cost: 2 by 3 values from 1 to 6. line: 5 values from 1 to 6 (at 5)");
  assert.deepEqual(tables[0].rows.map((row) => row[1]), [1, 2, NaN, 4.5, 5, 6]);
});

test("nothing is said of nothing", () => {
  assert.deepEqual(ofFigure({}, "A chart"), { words: "A chart", tables: [] });
  assert.deepEqual(ofFigure({ data: [{ x: [null], y: [null] }] }, "A chart"), { words: "A chart", tables: [] });
});

test("curves share the rows of one axis", () => {
  const found = ofCurves("Error", "frame", [0, 1], [{ name: "open loop", values: Float32Array.from([1, 2]) }, { name: "copy", values: [3] }]);
  assert.deepEqual(found, { caption: "Error", heads: ["frame", "open loop", "copy"], rows: [["0", 1, 3], ["1", 2, NaN]] });
});
