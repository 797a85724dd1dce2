// Small pictures of rows, each with a line under it.

import { frameOf, spread } from "./_draw.js";
import { bytesOf, element, mount, onAll, onNextFrame, setAttribute, setText, write } from "./_kit.js";
import { ratioOf } from "./_room.js";

const CASING = /** @type {[string, number][]} */ ([["#000000", 4], ["#e69f00", 2]]);
const TRAITS = ["pictures", "shape", "rows", "captions", "hints", "boxes", "side", "title", "note", "message", "hover", "busy", "version"];

/** @param {{model: import("./_kit.js").Model, el: HTMLElement}} host */
function render({ model, el }) {
  const { root, dispose } = mount(model, el, "jw-gallery");
  const [title, note] = [element("span", { class: "jw-gallery-title" }), element("span", { class: "jw-gallery-note" })];
  const head = element("div", { class: "jw-gallery-head" }, title, note);
  const list = element("div", { class: "jw-gallery-list", role: "list" });
  const empty = element("div", { class: "jw-gallery-empty" });
  root.append(head, list, empty);
  /** @type {{node: HTMLButtonElement, canvas: HTMLCanvasElement, text: HTMLSpanElement, row: number}[]} */
  const places = [];
  let drawn = "";
  const frame = onNextFrame(update, () => root.clientWidth > 0);

  /** One more place for a picture. */
  function add() {
    const place = { row: -1, canvas: element("canvas", { "aria-hidden": "true" }), text: element("span", { class: "jw-gallery-text" }), node: element("button", { type: "button", class: "jw-gallery-item" }) };
    place.node.append(place.canvas, place.text);
    place.node.addEventListener("click", () => pressed(place.row));
    for (const name of ["pointerenter", "focus"]) place.node.addEventListener(name, () => write(model, { hover: place.row }));
    for (const name of ["pointerleave", "blur"]) place.node.addEventListener(name, () => write(model, { hover: -1 }));
    list.append(element("div", { role: "listitem" }, place.node));
    places.push(place);
  }

  /** @param {number} row */
  function pressed(row) {
    const last = model.get("pressed");
    write(model, { pressed: [row, last[1] + 1] });
  }

  /** @param {HTMLCanvasElement} canvas @param {number} k */
  function draw(canvas, k) {
    const [count, height, width] = model.get("shape");
    const bytes = bytesOf(model.get("pictures"));
    const [side, ratio] = [model.get("side"), ratioOf(root)];
    canvas.width = canvas.height = Math.round(side * ratio);
    Object.assign(canvas.style, { width: `${side}px`, height: `${side}px` });
    const pen = canvas.getContext("2d");
    if (!pen || !height || bytes.length !== count * height * width * 3) return;
    spread(pen, frameOf(bytes, [count, height, width], k));
    const [top, left, high, wide] = model.get("boxes").slice(k * 4, k * 4 + 4);
    if (!high) return;
    const [down, across] = [canvas.height / height, canvas.width / width];
    for (const [colour, line] of CASING) {
      Object.assign(pen, { strokeStyle: colour, lineWidth: line * ratio });
      pen.strokeRect(left * across, top * down, wide * across, high * down);
    }
  }

  function update() {
    const [rows, captions, hints] = [model.get("rows"), model.get("captions"), model.get("hints")];
    while (places.length < rows.length) add();
    const state = `${model.get("version")} ${model.get("side")} ${ratioOf(root)}`;
    places.forEach((place, k) => {
      /** @type {HTMLElement} */ (place.node.parentElement).hidden = k >= rows.length;
      if (k >= rows.length) return;
      place.row = rows[k];
      setText(place.text, captions[k] ?? "");
      setAttribute(place.node, "title", hints[k] || captions[k] || "");
      setAttribute(place.node, "aria-label", `${hints[k] || ""} ${captions[k] || ""}`.trim());
      setAttribute(place.node, "data-row", rows[k]);
      setAttribute(place.node, "data-hover", String(model.get("hover") === rows[k]));
      if (state !== drawn) draw(place.canvas, k);
    });
    drawn = state;
    list.style.setProperty("--jw-side", `${model.get("side")}px`);
    setText(title, model.get("title"));
    setText(note, model.get("note"));
    setAttribute(list, "data-plain", String(rows.length > 0 && !model.get("shape")[1]));
    setText(empty, rows.length ? "" : model.get("message"));
    empty.hidden = rows.length > 0 || !model.get("message");
    setAttribute(list, "aria-label", model.get("title"));
    setAttribute(root, "data-empty", String(!rows.length));
    setAttribute(root, "aria-busy", String(model.get("busy")));
    setAttribute(root, "data-version", model.get("version"));
  }

  const stop = onAll(model, TRAITS, frame.request);
  update();
  return () => [stop, frame.cancel, dispose].forEach((each) => each());
}

export default { render };
