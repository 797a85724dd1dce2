import assert from "node:assert/strict";
import { test } from "node:test";

import { ends, logTicks, marked, nearest, stepAt, stepTicks, ticks, valueAt, xOf, yOf } from "../../widgets/_run_axis.js";

const axis = (log = false) => ({ left: 40, width: 400, low: 0, high: 1000, log });

test("a step and its place are each other's inverse, also on a logarithmic axis", () => {
  for (const log of [false, true]) for (const step of [0, 1, 50, 1000]) assert.ok(Math.abs(stepAt(axis(log), xOf(axis(log), step)) - step) < 1e-6);
  assert.equal(xOf({ ...axis(), high: 0 }, 0), 240);
});

test("the nearest checkpoint is found, the later of two at one place", () => {
  const steps = [0, 500, 500, 1000];
  assert.equal(nearest(axis(), steps, xOf(axis(), 510)), 2);
  assert.equal(nearest(axis(), steps, -100), 0);
  assert.equal(nearest(axis(), [], 100), -1);
});

test("ends hold all values with air; a logarithm only where all are positive; one outlier of many is cut", () => {
  assert.deepEqual(ends([[]], true), [0, 1, false]);
  const [low, high, log] = ends([[1, 10, NaN]], true);
  assert.ok(low < 1 && high > 10 && log);
  assert.equal(ends([[-1, 10]], true)[2], false);
  const many = Array.from({ length: 1000 }, (_, i) => i / 1000);
  assert.ok(ends([[...many, 1e9]], false)[1] < 2);
  const [flat, top] = ends([[2, 2]], false);
  assert.ok(flat < 2 && top > 2);
});

test("values outside lie on the edge of the panel", () => {
  const panel = { top: 10, height: 100, low: 1, high: 100, log: true };
  assert.equal(yOf(panel, 10), 60);
  assert.equal(yOf(panel, 1e6), 10);
  assert.equal(yOf(panel, -1), 110);
});

test("ticks are round and few", () => {
  assert.deepEqual(ticks(0, 1, 3), [0, 0.5, 1]);
  assert.deepEqual(ticks(-0.1, 0.55, 3), [0, 0.5]);
  assert.deepEqual(logTicks(0.01, 10), [0.01, 0.1, 1, 10]);
  assert.equal(logTicks(1.1, 1.9).length, 2);
  assert.deepEqual(stepTicks(axis(true)), [0, 1, 10, 100, 1000]);
});

test("the value at a step is that of the last point before", () => {
  assert.equal(valueAt([0, 10, 20], [1, 2, 3], 15), 2);
  assert.equal(valueAt([0, 10, 20], [1, 2, 3], 20), 3);
  assert.ok(Number.isNaN(valueAt([5], [1], 1)));
});

test("each point of a curve of few is marked, of a longer one those that no line shows", () => {
  assert.deepEqual(marked([3, NaN, 2], 5), [0, 2]);
  assert.deepEqual(marked([1, 2, NaN, 4, NaN, 6, 7, NaN], 5), [3]);
  assert.deepEqual(marked([1], 5), [0]);
  assert.deepEqual(marked([NaN, NaN], 5), []);
});
