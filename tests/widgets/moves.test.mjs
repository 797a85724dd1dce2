// Actions on the pad.
import assert from "node:assert/strict";
import { test } from "node:test";
import { changed, nudged, placeOf, rowAt, withRow } from "../../widgets/_moves.js";

const frame = { low: [-1, 0, -2], high: [1, 1, 2], axes: [0, 2], down: true };

test("a place on the pad and its action are one", () => {
  const row = rowAt(frame, [0, 0.5, 0], 0.75, 0.25);
  assert.deepEqual(row, [0.5, 0.5, -1]);
  assert.deepEqual(placeOf(frame, row), [0.75, 0.25]);
  const up = { ...frame, down: false };
  assert.deepEqual(placeOf(up, rowAt(up, row, 0.1, 0.9)).map((v) => Math.round(v * 10)), [1, 9]);
});

test("a place outside the pad is at its edge", () => {
  assert.deepEqual(rowAt(frame, [0, 0, 0], 3, -3), [1, 0, -2]);
  assert.deepEqual(nudged(frame, [1, 0, 2], 1, 1, 0.5), [1, 0, 2]);
});

test("only the steps that differ are changed", () => {
  const was = [[0, 0], [1, 1]];
  const now = withRow(was, 1, [1, 0.5]);
  assert.deepEqual(was, [[0, 0], [1, 1]]);
  assert.equal(changed(now, was, 0), false);
  assert.equal(changed(now, was, 1), true);
  assert.equal(changed(now, was, 9), false);
});
