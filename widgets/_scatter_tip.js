// What is said beside the point that is pointed at: lines of text, and its picture with a box.

import { frameOf, spread } from "./_draw.js";
import { bytesOf, element, figure, setText } from "./_kit.js";
import { NO_LABEL } from "./_scatter_rows.js";

const SIDE = 112; // CSS pixels of the larger side of the picture
const AWAY = 14; // CSS pixels from the point

/** What is known here of a row, without asking Python. @param {import("./_kit.js").Model} model @param {import("./_scatter_state.js").State} state @param {number} row @returns {string} */
export function wordsOf(model, state, row) {
  const name = state.count === model.get("names").length ? model.get("names")[row] : `row ${row.toLocaleString("en")}`;
  const code = state.codes[row];
  const label = code === undefined ? "" : `${model.get("category_name")} ${code === NO_LABEL ? model.get("no_label") : state.labels[code]}`.trim();
  const value = state.values[row];
  const measured = value === undefined ? "" : `${model.get("value_name")} ${figure(value)} ${model.get("value_unit")}`.trim();
  return [name, label, measured].filter(Boolean).join("\n");
}

/** @param {import("./_kit.js").Model} model @param {import("./_scatter_state.js").State} state */
export function createTip(model, state) {
  const canvas = element("canvas", { class: "jw-tip-picture", "aria-hidden": "true" });
  const text = element("div", { class: "jw-tip-text" });
  const node = element("div", { class: "jw-tip", hidden: true, "aria-hidden": "true" }, canvas, text);

  /** The picture of the row, if it is there and complete. @param {number} row */
  function draw(row) {
    const [height, width] = model.get("hover_shape");
    const bytes = bytesOf(model.get("hover_picture"));
    const there = model.get("hover_row") === row && height * width > 0 && bytes.length === height * width * 3;
    canvas.hidden = !there;
    if (!there) return;
    const [by, ratio] = [SIDE / Math.max(height, width), window.devicePixelRatio || 1];
    canvas.width = Math.max(1, Math.round(width * by * ratio));
    canvas.height = Math.max(1, Math.round(height * by * ratio));
    Object.assign(canvas.style, { width: `${canvas.width / ratio}px`, height: `${canvas.height / ratio}px` });
    const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    spread(pen, frameOf(bytes, [1, height, width], 0));
    const [top, left, tall, wide] = model.get("hover_box");
    if (wide === undefined) return;
    for (const [colour, line] of /** @type {[string, number][]} */ ([["#000000", 4], ["#e69f00", 2]])) {
      Object.assign(pen, { strokeStyle: colour, lineWidth: line * ratio });
      pen.strokeRect(left * by * ratio, top * by * ratio, wide * by * ratio, tall * by * ratio);
    }
  }

  /** @param {number} row −1 = none @param {[number, number]} at CSS pixels of the point @param {{width: number, height: number}} room @returns {string} what it says */
  function update(row, at, room) {
    node.hidden = row < 0;
    if (row < 0) return "";
    const words = model.get("hover_row") === row && model.get("hover_text") ? model.get("hover_text") : wordsOf(model, state, row);
    setText(text, words);
    draw(row);
    const [wide, tall] = [node.offsetWidth, node.offsetHeight];
    const left = at[0] + AWAY + wide > room.width ? at[0] - AWAY - wide : at[0] + AWAY;
    const top = Math.max(4, Math.min(room.height - tall - 4, at[1] - tall / 2));
    node.style.transform = `translate(${Math.round(Math.max(4, left))}px, ${Math.round(top)}px)`;
    return words;
  }
  return { node, update };
}
