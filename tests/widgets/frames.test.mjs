import assert from "node:assert/strict";
import test from "node:test";
import { absorb, lackingOf, prune } from "../../widgets/_frames.js";

/** @param {[string, number[]][]} frames */
function message(frames) {
  const parts = [7, 0, 0, 0];
  for (const [name, pixels] of frames) parts.push(...new TextEncoder().encode(name), pixels.length, 0, 0, 0, ...pixels);
  return Uint8Array.from(parts);
}

const [A, B, C] = ["aaaaaaaaaaaa", "bbbb-bbbb_bb", "cccccccccccc"];

test("frames of a message are kept by their names, and asked for where they are not here", () => {
  const table = new Map();
  absorb(table, message([[A, [1, 2, 3]], [B, [4, 5, 6, 7, 8, 9]]]));
  assert.deepEqual([...table.get(B)], [4, 5, 6, 7, 8, 9]);
  assert.deepEqual(lackingOf(table, [{ frames: [A, C, A] }, { frames: [C, B] }]), [C]);
  assert.equal(table.get(A).buffer.byteLength, 3); // one frame does not keep its whole message
});

test("what no film shows is dropped", () => {
  const table = new Map();
  absorb(table, message([[A, [1]], [B, [2]], [C, [3]]]));
  prune(table, [{ frames: [B, B] }]);
  assert.deepEqual([...table.keys()], [B]);
  prune(table, []);
  assert.equal(table.size, 0);
});

test("a message that is empty, cut off, or not at the start of its memory is borne", () => {
  const table = new Map();
  absorb(table, new Uint8Array(0));
  const whole = message([[A, [1, 2, 3]], [B, [4, 5, 6]]]);
  absorb(table, whole.subarray(0, whole.length - 1));
  assert.deepEqual([...table.keys()], [A]);
  absorb(table, Uint8Array.from([9, 9, 9, ...whole]).subarray(3));
  assert.deepEqual([...table.get(B)], [4, 5, 6]);
});
