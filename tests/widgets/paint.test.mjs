import assert from "node:assert/strict";
import { test } from "node:test";
import { layersOf, maskOf, openMask, painted, roleText, selected, summaryOf } from "../../widgets/_paint.js";

const MASK = { context: [0, 1, 2, 3], blocks: [[4, 5], [5, 6]] };

test("painting target takes tokens out of the context and into the active block", () => {
  assert.deepEqual(painted(MASK, [2, 4], "target", 1), { context: [0, 1, 3], blocks: [[4, 5], [2, 4, 5, 6]] });
});

test("without an active block, target tokens stay in their block and others go to the last", () => {
  assert.deepEqual(painted(MASK, [3, 4], "target", -1), { context: [0, 1, 2], blocks: [[4, 5], [3, 5, 6]] });
});

test("with one block it is that one, and with none there is one afterwards", () => {
  assert.deepEqual(painted({ context: [0], blocks: [[]] }, [0], "target", -1), { context: [], blocks: [[0]] });
  assert.deepEqual(painted({ context: [0], blocks: [] }, [1], "target", 3), { context: [0], blocks: [[1]] });
});

test("context and neither take a token out of all blocks, and empty blocks stay", () => {
  assert.deepEqual(painted(MASK, [5, 6], "context", 0), { context: [0, 1, 2, 3, 5, 6], blocks: [[4], []] });
  assert.deepEqual(painted(MASK, [0, 4, 5], "neither", -1), { context: [1, 2, 3], blocks: [[], [6]] });
});

test("no painting makes a token context and target at once", () => {
  for (const tool of ["context", "target", "neither"]) {
    for (const block of [-1, 0, 1, 7]) {
      const { context, blocks } = painted(MASK, [0, 3, 4, 5, 6, 7], tool, block);
      assert.ok(!blocks.flat().some((token) => context.includes(token)));
      assert.equal(blocks.length, 2);
    }
  }
});

test("painting leaves the mask it started from as it was", () => {
  const before = structuredClone(MASK);
  painted(MASK, [0, 4], "neither", -1);
  assert.deepEqual(MASK, before);
});

test("a mask without context and blocks is no mask", () => {
  assert.equal(maskOf({ context: [], blocks: [] }), null);
  assert.equal(maskOf({}), null);
  assert.deepEqual(maskOf({ context: [], blocks: [[]] }), { context: [], blocks: [[]] });
  assert.deepEqual(openMask(2), { context: [0, 1], blocks: [[]] });
});

test("the layers of a tick hold that tick only and add up", () => {
  const layers = layersOf(MASK, 1, 4);
  assert.deepEqual([...layers.target], [1, 1, 1, 0]);
  assert.deepEqual([...layers.context], [0, 0, 0, 0]);
  assert.deepEqual([...layers.neither], [0, 0, 0, 1]);
  assert.deepEqual(layers.blocks.map((flags) => [...flags]), [[1, 1, 0, 0], [0, 1, 1, 0]]);
});

test("roles are said in words, blocks counted from one", () => {
  assert.equal(roleText(MASK, 0), "context");
  assert.equal(roleText(MASK, 4), "target (block 1)");
  assert.equal(roleText(MASK, 5), "target (blocks 1, 2)");
  assert.equal(roleText(MASK, 7), "ignored");
  assert.equal(roleText({ context: [], blocks: [[1]] }, 1), "target");
  assert.equal(summaryOf(MASK, 8), "8 tokens · 4 context · 3 target in 2 blocks · 1 ignored");
});

test("a selection stays sorted and without doubles", () => {
  assert.deepEqual(selected([5, 1], [3, 5], true), [1, 3, 5]);
  assert.deepEqual(selected([1, 3, 5], [3], false), [1, 5]);
});
