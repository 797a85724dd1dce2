import assert from "node:assert/strict";
import test from "node:test";
import { bytes, parameters, plain, shape } from "../../widgets/_amounts.js";
import { above, found, grow, parentOf, rows } from "../../widgets/_tree.js";

const named = (/** @type {string[]} */ ...names) => names.map((name) => ({ name, shape: [2, 3] }));
const everything = () => true;
const nothing = () => false;

test("chains of single groups share one row, and blocks are sorted as numbers", () => {
  const shown = rows(grow(named("net.blocks.10.weight", "net.blocks.2.weight", "net.blocks.2.bias")), everything);
  assert.deepEqual(shown.map((row) => [row.level, row.label]), [[0, "net.blocks"], [1, "2"], [2, "bias"], [2, "weight"], [1, "10"], [2, "weight"]]);
});

test("a closed group shows how much lies below it", () => {
  const [row] = rows(grow(named("a.x", "a.b.y")), nothing);
  assert.equal(row.group?.count, 2);
  assert.equal(row.group?.parameters, 12);
  assert.equal(row.of, 1);
});

test("a tensor may carry the name of a group, or of a property of every object", () => {
  const shown = rows(grow(named("a", "a.b", "__proto__.constructor")), everything);
  assert.deepEqual(shown.map((row) => row.path).sort(), ["__proto__", "__proto__.constructor", "a", "a", "a.b"]);
});

test("a search wants all of its words in any case", () => {
  const tensors = named("encoder.blocks.0.ATTN.weight", "encoder.blocks.0.mlp.weight");
  assert.equal(found(tensors, " attn weight ").length, 1);
  assert.equal(found(tensors, "").length, 2);
  assert.equal(found(tensors, ".*").length, 0, "it is no pattern");
});

test("from a tensor the way up is known", () => {
  assert.deepEqual(above("a.b.c"), ["a", "a.b"]);
  assert.deepEqual(above("a"), []);
  const shown = rows(grow(named("a.x", "a.y", "b.z")), everything);
  assert.equal(parentOf(shown, 2), 0);
  assert.equal(parentOf(shown, 0), 0);
});

test("twenty thousand tensors become rows with one look at the name of each", () => {
  let looks = 0;
  const many = Array.from({ length: 20000 }, (_, n) => ({ get name() { looks += 1; return `model.layers.${n % 200}.part${n}.weight`; }, shape: [2, 3] }));
  assert.equal(rows(grow(many), nothing).length, 1);
  assert.equal(looks, 20000);
});

test("amounts are written as people read them", () => {
  assert.equal(parameters(470_000), "0.47 M");
  assert.equal(parameters(1_234), "1\u2009234");
  assert.equal(bytes(940_000), "940 kB");
  assert.equal(bytes(1_900_000), "1.9 MB");
  assert.equal(shape([]), "scalar");
  assert.equal(plain([224, 224]), "224 × 224");
  assert.equal(plain([0.485, 0.456]), "0.485, 0.456");
  assert.equal(plain(false), "no");
});
