// Titles of charts leave the corner free, and never break within a tag.
import assert from "node:assert/strict";
import { test } from "node:test";
import { linesOf } from "../../widgets/_chart_title.js";

const measure = (words) => 6 * words.length;

test("a title that has room stays as it is, with the lines that it has", () => {
  assert.deepEqual(linesOf("200 clips &nbsp; <span style='color:#cc79a7'>●</span> model", 400, measure), ["200 clips &nbsp; <span style='color:#cc79a7'>●</span> model"]);
  assert.deepEqual(linesOf("one<br>two", 400, measure), ["one", "two"]);
});

test("without room it is broken between words, not within a tag; a space that held two parts apart goes", () => {
  assert.deepEqual(linesOf("200 clips &nbsp; <span style='color:#cc79a7'>●</span> model &nbsp; ☐ untrained", 190, measure), [
    "200 clips &nbsp; <span style='color:#cc79a7'>●</span> model",
    "☐ untrained",
  ]);
  assert.deepEqual(linesOf("first second third", 150, measure), ["first second", "third"]);
});

test("a word that is wider than the chart stands alone", () => {
  assert.deepEqual(linesOf("incomprehensibilities of charts", 100, measure), ["incomprehensibilities", "of charts"]);
});
