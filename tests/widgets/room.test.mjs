// How heights follow the window.
import assert from "node:assert/strict";
import { test } from "node:test";

import { grown } from "../../widgets/_room.js";

test("heights stand as they are in the window that they are chosen for, grow in a taller one, and never shrink in a lower one", () => {
  assert.equal(grown(800, 1), 1);
  assert.ok(grown(1080, 1) > 1.6 && grown(1080, 1) < 1.7);
  assert.equal(grown(600, 1), 1);
});

test("an enlarged page has less room, of which pictures keep most", () => {
  assert.equal(grown(720, 1.5), 0.8);
  assert.ok(grown(1440, 1.5) > 1);
});
