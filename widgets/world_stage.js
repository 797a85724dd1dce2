// One picture of a world: points that are dragged or placed, and paths over it.

import { frameOf, spread, wipe } from "./_draw.js";
import { fit } from "./_geometry.js";
import { bytesOf, element, mount, onAll, onNextFrame, setAttribute, setText, write } from "./_kit.js";
import { lookOf } from "./_kinds.js";
import { MEANINGS } from "./_meanings.js";
import { growth, ratioOf } from "./_room.js";
import { followSize } from "./_stage.js";

/** @typedef {import("./_kit.js").Model} Model */
/** @typedef {{id: string, x: number, y: number, kind: string, label?: string, fixed?: boolean}} Point */
/** @typedef {{name: string, kind: string, xy: [number, number][], width?: number, alpha?: number}} Path */

const REACH = 14; // CSS pixels around a point that still take hold of it
const ARROWS = /** @type {Record<string, [number, number]>} */ ({ ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] });
const MARKS = /** @type {Record<string, [string, string]>} */ ({
  start: ["#ffffff", "S"],
  goal: ["#f0e442", "★"],
  agent: [MEANINGS.target[0], ""],
  ball: [MEANINGS.target[0], ""],
});

/** @param {{model: Model, el: HTMLElement}} host */
function render({ model, el }) {
  const { root, dispose } = mount(model, el, "jw-world-stage", () => frame.request());
  const canvas = element("canvas", { class: "jw-world", "aria-hidden": "true" });
  const handles = element("div", { class: "jw-handles" });
  const stage = element("div", { class: "jw-world-box" }, canvas, handles);
  const empty = element("div", { class: "jw-film-empty" });
  const voice = element("div", { class: "jw-world-voice", role: "status", "aria-live": "polite" });
  const keys = element("div", { class: "jw-world-keys" });
  root.append(empty, element("div", { class: "jw-picture" }, element("div", { class: "jw-progress" }), stage), keys, voice);
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const frame = onNextFrame(draw, () => root.clientWidth > 0);
  /** @type {{id: string, x: number, y: number, gesture: number} | null} */
  let held = null;
  let drawn = 0;

  const points = () => /** @type {Point[]} */ (model.get("points")).map((point) => (held && held.id === point.id ? { ...point, ...held } : point));
  const clamp = (/** @type {number} */ v) => Math.max(0, Math.min(1, v));

  /** A number that no drag or key had before. */
  const next = () => Number(model.get("moved")[3]) + 1;

  /** Tells Python where a point was put. @param {string} id @param {number} x @param {number} y @param {number} gesture */
  function tell(id, x, y, gesture) {
    write(model, { moved: [id, Number(clamp(x).toFixed(4)), Number(clamp(y).toFixed(4)), gesture] });
  }

  function draw() {
    const [height, width] = model.get("shape");
    const bytes = bytesOf(model.get("pixels"));
    const some = bytes.length > 0 && bytes.length === height * width * 3;
    setText(empty, some ? "" : model.get("message"));
    empty.hidden = some || !model.get("message");
    stage.hidden = !some;
    if (!some) return;
    const room = fit(root.clientWidth, [height, width], model.get("picture_height") * growth(root), 0);
    const ratio = ratioOf(root);
    stage.style.width = `${room.width}px`;
    stage.style.height = `${room.height}px`;
    if (canvas.width !== Math.round(room.width * ratio)) canvas.width = Math.round(room.width * ratio);
    if (canvas.height !== Math.round(room.height * ratio)) canvas.height = Math.round(room.height * ratio);
    wipe(pen);
    spread(pen, frameOf(bytes, [1, height, width], 0));
    for (const path of model.get("paths")) drawPath(path, ratio);
    drawHandles();
    legend();
    setText(voice, model.get("caption"));
    setAttribute(root, "data-busy", String(model.get("busy")));
    Object.assign(root.dataset, { drawn: String(++drawn), version: String(model.get("version")) });
  }

  /** With a dark casing, so that it is seen on any ground. @param {Path} path @param {number} ratio */
  function drawPath(path, ratio) {
    if (path.xy.length < 2) return;
    const look = lookOf(path.kind, true);
    const wide = (path.width ?? 2) * ratio;
    pen.save();
    pen.globalAlpha = path.alpha ?? 1;
    pen.lineJoin = "round";
    pen.lineCap = "round";
    for (const [colour, width, dash] of /** @type {[string, number, number[]][]} */ ([["rgb(0 0 0 / 70%)", wide + 2 * ratio, []], [look.colour, wide, look.dash.map((d) => d * ratio)]])) {
      pen.strokeStyle = colour;
      pen.lineWidth = width;
      pen.setLineDash(dash);
      pen.beginPath();
      path.xy.forEach(([x, y]) => pen.lineTo(x * canvas.width, y * canvas.height));
      pen.stroke();
    }
    pen.restore();
  }

  /** One focusable handle a point; kept while it is dragged. */
  function drawHandles() {
    const wanted = points();
    for (const node of [...handles.children]) if (!wanted.some((p) => p.id === /** @type {HTMLElement} */ (node).dataset.id)) node.remove();
    for (const point of wanted) {
      let node = /** @type {HTMLElement | undefined} */ ([...handles.children].find((n) => /** @type {HTMLElement} */ (n).dataset.id === point.id));
      if (!node) {
        node = element("div", { class: "jw-handle", role: "button" });
        node.dataset.id = point.id;
        handles.append(node);
      }
      const [colour, mark] = MARKS[point.kind] ?? MARKS.agent;
      node.style.left = `${point.x * 100}%`;
      node.style.top = `${point.y * 100}%`;
      node.style.setProperty("--jw-mark", colour);
      setText(node, mark);
      setAttribute(node, "tabindex", point.fixed ? null : "0");
      setAttribute(node, "data-fixed", point.fixed ? "true" : null);
      setAttribute(node, "title", point.label ?? point.kind);
      setAttribute(node, "aria-label", `${point.label ?? point.kind} at ${point.x.toFixed(2)} across, ${point.y.toFixed(2)} down${point.fixed ? "" : "; arrow keys move it"}`);
    }
  }

  /** The kinds of path there are, each with its look. */
  function legend() {
    const names = new Map(model.get("paths").filter((/** @type {Path} */ p) => p.name).map((/** @type {Path} */ p) => [p.name, p.kind]));
    const wanted = [...names].join();
    if (keys.dataset.wanted === wanted) return;
    keys.dataset.wanted = wanted;
    keys.replaceChildren(
      ...[...names].map(([name, kind]) => {
        const look = lookOf(String(kind), true); // as it is on the picture
        const line = element("span", { class: "jw-key-line" });
        line.style.borderTop = `${Math.max(2, look.width)}px ${look.dash.length ? "dashed" : "solid"} ${look.colour}`;
        return element("span", { class: "jw-key-note" }, line, element("span", { text: String(name) }));
      }),
    );
  }

  /** @param {PointerEvent} event @returns {[number, number]} */
  function place(event) {
    const box = stage.getBoundingClientRect();
    return [clamp((event.clientX - box.left) / box.width), clamp((event.clientY - box.top) / box.height)];
  }

  stage.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    const [x, y] = place(event);
    const box = stage.getBoundingClientRect();
    const far = (/** @type {Point} */ p) => Math.hypot((p.x - x) * box.width, (p.y - y) * box.height);
    const near = points().filter((p) => !p.fixed && far(p) <= REACH).sort((a, b) => far(a) - far(b))[0];
    const id = near ? near.id : model.get("click_places");
    if (!id) return;
    event.preventDefault();
    stage.setPointerCapture(event.pointerId);
    held = { id, x, y, gesture: next() };
    frame.request();
  });
  stage.addEventListener("pointermove", (event) => {
    if (!held) return;
    const [x, y] = place(event);
    held = { ...held, x, y };
    if (model.get("live")) tell(held.id, x, y, held.gesture);
    frame.request();
  });
  stage.addEventListener("lostpointercapture", () => {
    if (!held) return;
    const { id, x, y, gesture } = held;
    held = null;
    write(model, { points: model.get("points").map((/** @type {Point} */ p) => (p.id === id ? { ...p, x, y } : p)) });
    tell(id, x, y, gesture);
    frame.request();
  });
  stage.addEventListener("keydown", (event) => {
    const move = ARROWS[event.key];
    const id = /** @type {HTMLElement} */ (event.target).dataset.id;
    const point = points().find((p) => p.id === id);
    if (!move || !point || point.fixed || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    const by = model.get("nudge") * (event.shiftKey ? 4 : 1);
    const [x, y] = [clamp(point.x + move[0] * by), clamp(point.y + move[1] * by)];
    write(model, { points: model.get("points").map((/** @type {Point} */ p) => (p.id === id ? { ...p, x, y } : p)) });
    tell(point.id, x, y, next());
    frame.request();
  });

  const traits = ["pixels", "shape", "points", "paths", "caption", "message", "picture_height", "busy", "version", "click_places"];
  const stops = [onAll(model, traits, frame.request), followSize(root, frame.request), frame.cancel, dispose];
  frame.request();
  return () => stops.forEach((stop) => stop());
}

export default { render };
