import assert from "node:assert/strict";
import test from "node:test";
import { fit, moved, reading, readingWidth, share, written } from "../../widgets/_span.js";

const scale = { min: 0.05, max: 0.5, step: 0.01, unit: "of area" };

test("a value lands on a step inside the span, without floating-point dust", () => {
  assert.equal(fit(scale, 0.1 + 0.2), 0.3);
  assert.equal(fit(scale, 9), 0.5);
  assert.equal(fit(scale, -1), 0.05);
  assert.equal(fit({ step: 5 }, 13), 15);
});

test("a last step that is cut short is still the end of the span", () => {
  assert.equal(fit({ min: 0, max: 1.25, step: 0.5 }, 2), 1.25);
});

test("values are written with the decimals of their steps", () => {
  assert.equal(written(scale, 0.2), "0.20");
  assert.equal(written({ min: -2, max: 2, step: 1 }, -1), "−1");
  assert.equal(written({ min: 0, max: 1e-3, step: 1e-4 }, 5e-4), "0.0005");
  assert.equal(reading(scale, 0.15, 0.2), "0.15–0.20 of area");
});

test("no reading is wider than the room kept for it", () => {
  const span = { min: -10, max: 100, step: 1 };
  const widest = Math.max(...[-10, 0, 99, 100].map((value) => reading(span, value).length));
  assert.equal(readingWidth(span, 1), widest);
});

test("a thumb stops at the other one", () => {
  assert.deepEqual(moved([2, 5], 0, 9), [5, 5]);
  assert.deepEqual(moved([2, 5], 1, 1), [2, 2]);
  assert.deepEqual(moved([2, 5], 0, 3), [3, 5]);
});

test("a span without length lies at its beginning", () => {
  assert.equal(share({ min: 3, max: 3 }, 3), 0);
  assert.equal(share({ min: 0, max: 8 }, 2), 0.25);
});
