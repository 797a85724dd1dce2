// The picture with its tokens: stacked canvases of one size, what is pointed at by mouse, pen or keys, and a voice for screen readers.

import { cellAt, fit, latticeOf } from "./_geometry.js";
import { element, setAttribute, setText } from "./_kit.js";
import { ratioOf } from "./_room.js";

/** @typedef {import("./_geometry.js").Grid} Grid */
/** @typedef {import("./_geometry.js").Cell} Cell */
/** @typedef {"down" | "move" | "up" | "cancel" | "press" | "step"} Act */
/**
 * What a view wants to hear.
 * @typedef {{grid: () => Grid, point: (cell: Cell | null) => void, act: (act: Act, cell: Cell, event: PointerEvent | KeyboardEvent, from?: Cell) => void}} Hearer
 */

const ARROWS = /** @type {Record<string, [number, number]>} */ ({ ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] });

/**
 * A stage with the named layers, the first at the bottom.
 * @param {string} label its name for screen readers @param {string[]} layers @param {Hearer} hearer
 */
export function createStage(label, layers, hearer) {
  const voice = element("div", { role: "gridcell", class: "jw-heard", id: `jw-cell-${Math.random().toString(36).slice(2)}` });
  const empty = element("div", { class: "jw-empty", hidden: true });
  const canvases = layers.map((name) => element("canvas", { class: "jw-layer", "data-layer": name, "aria-hidden": "true" }));
  const node = element("div", { class: "jw-stage", role: "grid", tabindex: "0", "aria-label": label }, ...canvases, empty, element("div", { role: "row" }, voice));
  const pens = Object.fromEntries(layers.map((name, i) => [name, /** @type {CanvasRenderingContext2D} */ (canvases[i].getContext("2d"))]));
  const lattice = { x: [0], y: [0], ratio: 1 };
  let key = "";

  /** Takes the room there is; true when every layer has to be drawn again. @param {number[]} aspect @param {number} room @param {number} tallest */
  function layout(aspect, room, tallest) {
    const { rows, cols } = hearer.grid();
    const { width, height } = fit(room, aspect, tallest, cols);
    const ratio = ratioOf(node);
    const wanted = [width, height, ratio, rows, cols].join();
    if (wanted === key) return false;
    key = wanted;
    node.style.width = `${width}px`;
    node.style.height = `${height}px`;
    for (const canvas of canvases) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    Object.assign(lattice, { x: latticeOf(cols, canvases[0].width), y: latticeOf(rows, canvases[0].height), ratio });
    setAttribute(node, "aria-rowcount", rows);
    setAttribute(node, "aria-colcount", cols);
    return true;
  }

  /** Shows words in place of the picture; "" shows the picture. @param {string} text */
  function say(text) {
    setText(empty, text);
    empty.hidden = !text;
    for (const canvas of canvases) canvas.style.visibility = text ? "hidden" : "";
  }

  /** Tells screen readers what the cursor is on. @param {Cell | null} cell @param {string} text */
  function speak(cell, text) {
    setAttribute(node, "aria-activedescendant", cell && voice.id);
    if (!cell) return;
    setAttribute(voice, "aria-rowindex", cell.row + 1);
    setAttribute(voice, "aria-colindex", cell.col + 1);
    setText(voice, text);
  }

  listenToPointer(node, hearer);
  listenToKeys(node, hearer);
  return { node, pens, lattice, layout, say, speak };
}

/** @param {HTMLElement} node @param {Hearer} hearer */
function listenToPointer(node, hearer) {
  let held = false;
  const cell = (/** @type {PointerEvent} */ event) => {
    const box = node.getBoundingClientRect();
    return cellAt(hearer.grid(), (event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
  };
  const end = (/** @type {Act} */ act) => (/** @type {PointerEvent} */ event) => {
    if (!held) return;
    held = false;
    hearer.act(act, cell(event), event);
  };
  node.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || !hearer.grid().rows) return;
    held = true;
    node.setPointerCapture(event.pointerId);
    hearer.point(cell(event));
    hearer.act("down", cell(event), event);
  });
  node.addEventListener("pointermove", (event) => {
    if (!hearer.grid().rows) return;
    hearer.point(cell(event));
    if (held) hearer.act("move", cell(event), event);
  });
  node.addEventListener("pointerup", end("up"));
  node.addEventListener("pointercancel", end("cancel"));
  node.addEventListener("lostpointercapture", end("up"));
  node.addEventListener("pointerleave", () => hearer.point(null));
}

/** @param {HTMLElement} node @param {Hearer} hearer */
function listenToKeys(node, hearer) {
  const cursor = { row: 0, col: 0 };
  node.addEventListener("keydown", (event) => {
    const { rows, cols } = hearer.grid();
    if (!rows || event.ctrlKey || event.metaKey || event.altKey) return;
    const step = ARROWS[event.key];
    if (!step && event.key !== " " && event.key !== "Enter") return;
    event.preventDefault();
    const from = { row: Math.min(cursor.row, rows - 1), col: Math.min(cursor.col, cols - 1) };
    if (step) {
      cursor.row = Math.max(0, Math.min(rows - 1, from.row + step[0]));
      cursor.col = Math.max(0, Math.min(cols - 1, from.col + step[1]));
      hearer.point({ ...cursor });
      hearer.act("step", { ...cursor }, event, from);
    } else {
      hearer.point(from);
      hearer.act("press", from, event);
    }
  });
  node.addEventListener("pointerdown", (event) => {
    const box = node.getBoundingClientRect();
    if (hearer.grid().rows) Object.assign(cursor, cellAt(hearer.grid(), (event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height));
  });
  node.addEventListener("focus", () => {
    if (node.matches(":focus-visible") && hearer.grid().rows) hearer.point({ ...cursor });
  });
  node.addEventListener("blur", () => hearer.point(null));
}

/** Asks for a redraw when the room changes, or the pixels a CSS pixel. @param {HTMLElement} root @param {() => void} request @returns {() => void} stops */
export function followSize(root, request) {
  const observer = new ResizeObserver(request);
  observer.observe(root);
  window.addEventListener("resize", request);
  return () => {
    observer.disconnect();
    window.removeEventListener("resize", request);
  };
}
