import assert from "node:assert/strict";
import { test } from "node:test";
import { cellAt, fit, footprintOf, gridOf, latticeOf, lineOf, outlinesOf, positionOf, rectangleOf, sourceText, tokenOf, tokensAt } from "../../widgets/_geometry.js";

const GRID = gridOf([3, 4, 5]);
const flags = (...rows) => rows.join("").split("").map(Number);
const area = (loop) => loop.reduce((sum, [x, y], i) => { const [u, v] = loop[(i + 1) % loop.length]; return sum + x * v - u * y; }, 0) / 2;

test("every token has one position and comes back from it", () => {
  for (let token = 0; token < 60; token++) {
    const { tick, row, col } = positionOf(GRID, token);
    assert.equal(tokenOf(GRID, tick, row, col), token);
  }
  assert.deepEqual(positionOf(GRID, 27), { tick: 1, row: 1, col: 2 });
});

test("a picture keeps its aspect, is no wider than its room and no taller than allowed", () => {
  for (const [room, aspect, tallest] of [[560, [64, 64], 520], [300, [64, 64], 520], [900, [240, 480], 520], [900, [480, 240], 520]]) {
    const { width, height } = fit(room, aspect, tallest, 8);
    assert.ok(width <= room && height <= tallest + 1);
    assert.ok(Math.abs(width / height - aspect[1] / aspect[0]) < 0.02);
    assert.equal(width % 8, 0);
  }
});

test("lattice lines are whole pixels from edge to edge, and cells differ by at most one pixel", () => {
  const lines = latticeOf(7, 100);
  const widths = lines.slice(1).map((x, i) => x - lines[i]);
  assert.equal(lines[0], 0);
  assert.equal(lines[7], 100);
  assert.ok(Math.max(...widths) - Math.min(...widths) <= 1);
});

test("a point outside the picture belongs to the nearest cell", () => {
  assert.deepEqual(cellAt(GRID, -0.4, 2), { row: 3, col: 0 });
  assert.deepEqual(cellAt(GRID, 0.999, 0.26), { row: 1, col: 4 });
});

test("a fast stroke leaves no gap between two moves", () => {
  const cells = lineOf({ row: 0, col: 0 }, { row: 3, col: 12 });
  assert.deepEqual(cells[0], { row: 0, col: 0 });
  assert.deepEqual(cells.at(-1), { row: 3, col: 12 });
  cells.slice(1).forEach((cell, i) => assert.ok(Math.abs(cell.row - cells[i].row) <= 1 && Math.abs(cell.col - cells[i].col) === 1));
});

test("a wide brush stays on the grid", () => {
  assert.equal(footprintOf(GRID, { row: 1, col: 1 }, 3).length, 9);
  assert.equal(footprintOf(GRID, { row: 0, col: 0 }, 3).length, 4);
  assert.deepEqual(footprintOf(GRID, { row: 3, col: 4 }, 2), [{ row: 3, col: 4 }]);
});

test("painting through time reaches every tick, each token once", () => {
  const cells = rectangleOf({ row: 2, col: 3 }, { row: 1, col: 3 });
  assert.deepEqual(tokensAt(GRID, [...cells, ...cells], 1, true), [8, 13, 28, 33, 48, 53]);
  assert.deepEqual(tokensAt(GRID, cells, 1, false), [28, 33]);
});

test("the outline of a block is its four corners", () => {
  assert.deepEqual(new Set(outlinesOf(flags("0000", "0110", "0110"), 3, 4)[0].map(String)), new Set(["1,1", "3,1", "3,3", "1,3"]));
});

test("outlines enclose exactly the region: holes are taken out, corners that touch stay apart", () => {
  const ring = outlinesOf(flags("111", "101", "111"), 3, 3);
  assert.equal(ring.length, 2);
  assert.equal(ring.reduce((sum, loop) => sum + area(loop), 0), 8);
  const touching = outlinesOf(flags("10", "01"), 2, 2);
  assert.deepEqual(touching.map(area), [1, 1]);
});

test("no outline has a point on a straight run", () => {
  const loops = outlinesOf(flags("11010", "11111", "01110", "11011"), 4, 5);
  for (const loop of loops) {
    loop.forEach(([x, y], i) => {
      const [before, after] = [loop.at(i - 1), loop[(i + 1) % loop.length]];
      assert.ok(!(before[0] === x && x === after[0]) && !(before[1] === y && y === after[1]));
    });
  }
  assert.equal(loops.reduce((sum, loop) => sum + area(loop), 0), 15);
});

test("an empty region has no outline", () => assert.deepEqual(outlinesOf(flags("00", "00"), 2, 2), []));

test("source pixels follow scale and offset, and end with the source", () => {
  const grid = gridOf([1, 8, 8]);
  assert.equal(sourceText(grid, { row: 3, col: 3 }, [64, 64], [1, 1, 0, 0], []), "source px x 24–32, y 24–32");
  assert.equal(sourceText(grid, { row: 0, col: 7 }, [64, 64], [2, 1.5, 10, -2], [100, 90]), "source px x 82–90, y 10–26");
  assert.equal(sourceText(grid, { row: 0, col: 0 }, [64, 64], [], []), "");
});
