// From pointer and keys to one change of the mask or of the selection, written once, when the stroke ends.

import { footprintOf, lineOf, rectangleOf, tokenOf, tokensAt, tokensOf } from "./_geometry.js";
import { write } from "./_kit.js";
import { maskOf, openMask, painted, selected } from "./_paint.js";

/** @typedef {import("./_geometry.js").Grid} Grid */
/** @typedef {import("./_geometry.js").Cell} Cell */
/** @typedef {{cells: Cell[], first: Cell, last: Cell, tick: number, add: boolean}} Stroke */

/**
 * @param {import("./_kit.js").Model} model with mask, selection, single, tool, stroke, brush, block, through_time and read_only
 * @param {() => Grid} grid @param {() => number} tick what is shown now @param {() => void} changed the preview is another
 */
export function createStroke(model, grid, tick, changed) {
  /** @type {Stroke | null} */
  let stroke = null;
  const isRectangle = () => model.get("stroke") === "rectangle";
  const isSelecting = () => model.get("tool") === "select" || model.get("read_only");

  /** @param {Cell} cell */
  function begin(cell) {
    const token = tokenOf(grid(), tick(), cell.row, cell.col);
    stroke = { cells: [], first: cell, last: cell, tick: tick(), add: !model.get("selection").includes(token) };
    extend(cell);
  }

  /** @param {Cell} cell */
  function extend(cell) {
    if (!stroke) return;
    if (isRectangle()) stroke.cells = rectangleOf(stroke.first, cell);
    else {
      const brush = isSelecting() ? 1 : model.get("brush");
      stroke.cells.push(...lineOf(stroke.last, cell).flatMap((passed) => footprintOf(grid(), passed, brush)));
    }
    stroke.last = cell;
    changed();
  }

  function commit() {
    if (!stroke) return;
    const result = isSelecting() ? { selection: selection() } : { mask: mask() };
    stroke = null;
    write(model, result);
    changed();
  }

  function cancel() {
    if (stroke) {
      stroke = null;
      changed();
    }
  }

  /** The mask with the stroke under way; null where there is none to show. */
  function mask() {
    const base = maskOf(model.get("mask"));
    if (!stroke || isSelecting()) return base;
    const through = model.get("through_time");
    return painted(base ?? openMask(tokensOf(grid())), tokensAt(grid(), stroke.cells, stroke.tick, through), model.get("tool"), model.get("block"));
  }

  /** The selection with the stroke under way. @returns {number[]} */
  function selection() {
    if (!stroke || !isSelecting()) return model.get("selection");
    if (model.get("single")) return [tokenOf(grid(), stroke.tick, stroke.last.row, stroke.last.col)];
    return selected(model.get("selection"), tokensAt(grid(), stroke.cells, stroke.tick, false), stroke.add);
  }

  /** @param {import("./_stage.js").Act} act @param {Cell} cell @param {Event} event @param {Cell} [from] */
  function hear(act, cell, event, from) {
    if (act === "down") begin(cell);
    else if (act === "move") extend(cell);
    else if (act === "cancel") cancel();
    else if (act === "up") commit();
    else if (act === "press" && isRectangle() && !stroke) begin(cell);
    else if (act === "press") {
      if (!stroke) begin(cell);
      extend(cell);
      commit();
    } else if (stroke) extend(cell);
    else if (model.get("single")) {
      begin(cell);
      commit();
    } else if (/** @type {KeyboardEvent} */ (event).shiftKey && from) {
      begin(from);
      extend(cell);
      commit();
    }
  }

  return { hear, cancel, mask, selection, isDrawn: () => stroke !== null, rectangle: () => (stroke && isRectangle() ? stroke.cells : null) };
}
