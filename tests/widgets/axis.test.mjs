// Frames, values and labels of an axis.
import assert from "node:assert/strict";
import { test } from "node:test";
import { apart, frameAt, limits, marksOf, roundUp, runs, xOf, yOf } from "../../widgets/_axis.js";

const plot = { left: 40, top: 10, width: 200, height: 100, frames: 10, low: 0, high: 2, log: false };

test("a frame is found where it is drawn", () => {
  for (let frame = 0; frame < 10; frame++) assert.equal(frameAt(plot, xOf(plot, frame)), frame);
  assert.equal(frameAt(plot, -50), 0);
  assert.equal(frameAt(plot, 5000), 9);
});

test("values rise from the bottom and stay within the plot", () => {
  assert.equal(yOf(plot, 0), 110);
  assert.equal(yOf(plot, 2), 10);
  assert.equal(yOf(plot, 99), 10);
  const log = { ...plot, low: 0.01, high: 100, log: true };
  assert.equal(Math.round(yOf(log, 1)), 60);
  assert.equal(yOf(log, 0), 110);
});

test("the axis ends at a round value that holds everything", () => {
  assert.equal(roundUp(0.83), 1);
  assert.equal(roundUp(1.2), 1.5);
  assert.equal(roundUp(0), 1);
  assert.deepEqual(limits([[0.2, NaN, 0.7]], false), [0, 0.8]);
  const [low, high] = limits([[0.02, 4, NaN]], true);
  assert.ok(low <= 0.02 && high >= 4);
  assert.deepEqual(marksOf([0, 1], false), [0, 0.5, 1]);
});

test("labels keep their distance and their order", () => {
  const placed = apart([50, 52, 51, 10], 14, 0, 100);
  const sorted = [...placed].sort((a, b) => a - b);
  sorted.slice(1).forEach((y, i) => assert.ok(y - sorted[i] >= 14 - 1e-9));
  assert.ok(placed[3] < placed[0] && placed[0] < placed[2] && placed[2] < placed[1]);
  assert.ok(Math.max(...apart([99, 99, 99], 14, 0, 100)) <= 100);
});

test("gaps cut a curve", () => {
  assert.deepEqual(runs([NaN, 1, 2, NaN, 3]), [[1, 2], [4]]);
});
