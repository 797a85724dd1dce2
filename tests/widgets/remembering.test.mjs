import assert from "node:assert/strict";
import { test } from "node:test";

import { remembering } from "../../widgets/_kit.js";

test("a trait is read once until it changes, what was set is read before it was saved, others are read as they are", () => {
  const [values, reads, listeners] = [{ actions: [1], other: 5 }, [], {}];
  const host = {
    get: (name) => (reads.push(name), values[name]),
    set: () => {}, // as in Panel: not there before it is saved
    save_changes: () => {},
    on: (event, fn) => (listeners[event] = fn),
    off: (event) => delete listeners[event],
  };
  const { model, stop } = remembering(host, ["actions"]);
  assert.deepEqual([model.get("actions"), model.get("actions"), model.get("other"), model.get("other")], [[1], [1], 5, 5]);
  assert.deepEqual(reads, ["actions", "other", "other"]);
  model.set("actions", [2]);
  assert.deepEqual(model.get("actions"), [2]);
  values.actions = [3];
  listeners["change:actions"]();
  assert.deepEqual(model.get("actions"), [3]);
  stop();
  assert.deepEqual(listeners, {});
});
