import assert from "node:assert/strict";
import { test } from "node:test";
import { colourOf, endsOf, gradientOf, heatOf } from "../../widgets/_colour.js";
import { bytesOf, figure, floatsOf, press, same, write } from "../../widgets/_kit.js";

const luminance = ([r, g, b]) => 0.2126 * r + 0.7152 * g + 0.0722 * b;

test("cividis starts dark blue, ends yellow, and grows lighter all the way", () => {
  const colours = Array.from({ length: 64 }, (_, i) => colourOf("cividis", i, [0, 63]));
  assert.deepEqual(colours[0], [0, 32, 76]);
  assert.deepEqual(colours[63], [255, 233, 69]);
  colours.slice(1).forEach((colour, i) => assert.ok(luminance(colour) > luminance(colours[i]) - 1));
});

test("the signed map is neutral at zero, brown below and teal above", () => {
  const [r, g, b] = colourOf("signed", 0, [-1, 1]);
  assert.ok(Math.max(r, g, b) - Math.min(r, g, b) < 4);
  const [low, high] = [colourOf("signed", -1, [-1, 1]), colourOf("signed", 1, [-1, 1])];
  assert.ok(low[0] > low[2] && high[2] > high[0]);
});

test("values beyond the ends take the colour of the end, NaN is transparent", () => {
  const rgba = heatOf(Float32Array.of(-5, 9, NaN), "cividis", [0, 1]);
  assert.deepEqual([...rgba], [0, 32, 76, 255, 255, 233, 69, 255, 0, 0, 0, 0]);
});

test("without a range cividis starts at zero and signed is even about zero", () => {
  assert.deepEqual(endsOf("cividis", [], Float32Array.of(2, NaN, 3)), [0, 3]);
  assert.deepEqual(endsOf("signed", [], Float32Array.of(-2, 1)), [-2, 2]);
  assert.deepEqual(endsOf("cividis", [], new Float32Array(0)), [0, 1]);
  assert.deepEqual(endsOf("cividis", [1, 2], Float32Array.of(9)), [1, 2]);
  assert.match(gradientOf("cividis"), /^linear-gradient\(90deg, rgb\(0 32 76\)/);
});

test("bytes arrive as a DataView, an ArrayBuffer or an Uint8Array, also unaligned", () => {
  const buffer = Uint8Array.of(9, 0, 0, 128, 63, 0, 0, 0, 64).buffer;
  assert.deepEqual([...floatsOf(new DataView(buffer, 1, 8))], [1, 2]);
  assert.deepEqual([...bytesOf(buffer)].length, 9);
  assert.deepEqual([...bytesOf(new Uint8Array(buffer, 2, 3))], [0, 128, 63]);
  assert.equal(bytesOf(null).length, 0);
  assert.equal(floatsOf(new DataView(buffer, 0, 9)).length, 0);
});

test("only what differs is written, in one message", () => {
  const values = { a: [1, 2], b: 3, command: [] };
  let saved = 0;
  const model = { get: (k) => values[k], set: (k, v) => { values[k] = v; }, save_changes: () => { saved += 1; }, on() {}, off() {} };
  assert.equal(write(model, { a: [1, 2], b: 3 }), false);
  assert.equal(saved, 0);
  assert.equal(write(model, { a: [2], b: 4 }), true);
  assert.equal(saved, 1);
  press(model, "command", "undo");
  press(model, "command", "undo");
  assert.deepEqual(values.command, ["undo", 2]);
  assert.ok(same({ x: [1] }, { x: [1] }) && !same([1], [2]));
});

test("figures have three significant digits and a true minus", () => {
  assert.deepEqual([0, 0.41234, -1.5, 1234.5, 0.00012, NaN].map(figure), ["0", "0.412", "−1.5", "1230", "1.2e−4", "—"]);
});
