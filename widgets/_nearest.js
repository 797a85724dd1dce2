// The three nearest patches of the token pointed at, in a strip of fixed height.

import { frameOf, spread } from "./_draw.js";
import { bytesOf, element, setText } from "./_kit.js";

const SIDE = 44;

/** @param {import("./_kit.js").Model} model with nearest_tokens, nearest_pixels, nearest_shape, nearest_text and hover */
export function createNearest(model) {
  const places = Array.from({ length: 3 }, () => {
    const canvas = element("canvas", { class: "jw-thumb", "aria-hidden": "true" });
    const text = element("span", { class: "jw-thumb-text" });
    return { canvas, text, node: element("div", { class: "jw-near" }, canvas, text) };
  });
  const note = element("div", { class: "jw-near-note", text: "Point at a target token to see its nearest patches" });
  const row = element("div", { class: "jw-near-row", role: "group", "aria-label": "Nearest patches" }, ...places.map((place) => place.node));
  const node = element("div", { class: "jw-nearest" }, note, row);
  let shown = "";

  /** [height, width] of a patch; square when it is not said. @param {number} bytes @param {number} tokens @returns {[number, number]} */
  function sizeOf(bytes, tokens) {
    const [height = 0, width = 0] = model.get("nearest_shape");
    const side = Math.round(Math.sqrt(bytes / (tokens * 9)));
    return height && width ? [height, width] : [side, side];
  }

  /** @param {boolean} fresh are there new patches */
  function update(fresh) {
    const tokens = model.get("nearest_tokens");
    const bytes = bytesOf(model.get("nearest_pixels"));
    const at = tokens.indexOf(model.get("hover"));
    node.hidden = !tokens.length;
    note.hidden = at >= 0;
    row.hidden = at < 0;
    const key = `${at} ${window.devicePixelRatio}`;
    if (at < 0 || (!fresh && key === shown)) return;
    shown = key;
    const [height, width] = sizeOf(bytes.length, tokens.length);
    const complete = bytes.length === tokens.length * 9 * height * width;
    places.forEach(({ canvas, text }, i) => {
      canvas.width = Math.round(SIDE * Math.min(1, width / height) * window.devicePixelRatio);
      canvas.height = Math.round(SIDE * Math.min(1, height / width) * window.devicePixelRatio);
      canvas.style.width = `${canvas.width / window.devicePixelRatio}px`;
      const pen = canvas.getContext("2d");
      if (pen && complete) spread(pen, frameOf(bytes, [tokens.length * 3, height, width], at * 3 + i));
      setText(text, model.get("nearest_text")[at]?.[i] ?? "");
    });
  }
  return { node, update };
}
