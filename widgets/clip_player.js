// Films side by side with one cursor: what came, what was foretold, and how far apart they are. Frames are drawn from bytes that are all here.

import { endsOf, heatOf } from "./_colour.js";
import { frameOf, spread, wipe } from "./_draw.js";
import { lookOf } from "./_kinds.js";
import { button, bytesOf, element, floatsOf, icon, isTyping, mount, onAll, onNextFrame, press, setAttribute, setText, write } from "./_kit.js";
import { createLegend } from "./_legend.js";
import { createPlayer } from "./_player.js";
import { followSize } from "./_stage.js";
import { createTimeline, TRAITS } from "./_timeline.js";

/** @typedef {{name: string, kind: string, note?: string, comes?: number, shape: number[]}} Film */
/** @typedef {import("./_kit.js").Model} Model */

const GAP = 14;
const EXPORT = "M8 2.5v7M5 7l3 3 3-3M3 12.5h10";

/** @param {{model: Model, el: HTMLElement}} host */
function render({ model, el }) {
  const { root, dispose } = mount(model, el, "jw-clip-player", () => redraw());
  const frame = onNextFrame(update, () => root.clientWidth > 0);
  const screens = element("div", { class: "jw-screens" });
  const empty = element("div", { class: "jw-film-empty" });
  const legend = createLegend();
  const heatOn = element("input", { type: "checkbox", onchange: () => write(model, { heat_on: heatOn.checked }) });
  const heatRow = element("label", { class: "jw-heat-row" }, heatOn, legend.node);
  const save = button("Save the films as a video file", icon(EXPORT), () => press(model, "command", "export"));
  const player = createPlayer(asClip(model, films), () => redraw(), "frame");
  player.node.append(save);
  const line = createTimeline(model, root, { frames, frame: player.frame, go: (frame) => player.goTo(frame) });
  root.append(element("div", { class: "jw-picture" }, element("div", { class: "jw-progress" }), screens, empty), player.node, heatRow, line.node);
  /** @type {{film: Film, node: HTMLElement, pen: CanvasRenderingContext2D, bytes: Uint8Array}[]} */
  let shown = [];
  let drawn = 0;

  /** @returns {Film[]} */
  function films() {
    return model.get("films");
  }

  function frames() {
    return Math.max(1, ...films().map((film) => film.shape[0]));
  }

  function redraw() {
    frame.request();
  }

  /** One canvas a film; kept where only the pixels changed. */
  function build() {
    const all = bytesOf(model.get("pixels"));
    const needed = films().reduce((sum, { shape }) => sum + shape[0] * shape[1] * shape[2] * 3, 0);
    if (all.length !== needed) return;
    let from = 0;
    const before = shown;
    shown = films().map((film, i) => {
      const size = film.shape[0] * film.shape[1] * film.shape[2] * 3;
      const bytes = all.subarray(from, from + size);
      from += size;
      const old = before[i];
      if (old && old.film.name === film.name && old.film.note === film.note) return { ...old, film, bytes };
      const canvas = element("canvas", { role: "img", "aria-label": film.name });
      const node = element("figure", { class: "jw-film" }, canvas, element("figcaption", { text: film.note ?? "" }));
      return { film, node, bytes, pen: /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d")) };
    });
    const nodes = shown.map(({ node }) => node);
    if (nodes.some((node, i) => screens.children[i] !== node) || screens.children.length !== nodes.length) screens.replaceChildren(...nodes);
  }

  /** All films of one height, as large as there is room for. */
  function layout() {
    const ratio = window.devicePixelRatio || 1;
    const wide = shown.reduce((sum, { film }) => sum + film.shape[2] / film.shape[1], 0);
    const room = root.clientWidth - GAP * Math.max(0, shown.length - 1);
    const height = Math.max(40, Math.min(model.get("max_height"), Math.floor(room / Math.max(wide, 0.01))));
    for (const { film, pen, node } of shown) {
      const width = Math.round((height * film.shape[2]) / film.shape[1]);
      const { canvas } = pen;
      node.style.width = `${width}px`;
      canvas.style.height = `${height}px`;
      if (canvas.width !== Math.round(width * ratio)) canvas.width = Math.round(width * ratio);
      if (canvas.height !== Math.round(height * ratio)) canvas.height = Math.round(height * ratio);
    }
    return ratio;
  }

  function update() {
    build();
    const ratio = layout();
    const now = player.frame();
    shown.forEach((screen, i) => drawFilm(screen, i, now, ratio));
    setText(empty, shown.length ? "" : model.get("message"));
    empty.hidden = shown.length > 0;
    player.node.hidden = frames() < 2;
    save.hidden = !model.get("commands").includes("export");
    const film = model.get("heat_film");
    heatRow.hidden = film < 0 || !bytesOf(model.get("heat")).length;
    heatOn.checked = model.get("heat_on");
    legend.update("cividis", ends(), model.get("heat_label"), "");
    line.draw();
    setAttribute(root, "data-busy", String(model.get("busy")));
    setAttribute(root, "aria-busy", String(model.get("busy")));
    Object.assign(root.dataset, { drawn: String(++drawn), version: String(model.get("version")), frame: String(now) });
  }

  const ends = () => endsOf("cividis", model.get("heat_range"), floatsOf(model.get("heat")));

  /** @param {(typeof shown)[number]} screen @param {number} i @param {number} now @param {number} ratio */
  function drawFilm({ film, pen, bytes }, i, now, ratio) {
    wipe(pen);
    if (now < (film.comes ?? film.shape[0])) spread(pen, frameOf(bytes, film.shape, now));
    else nothing(pen, ratio);
    if (i === model.get("heat_film") && model.get("heat_on")) drawHeat(pen, now);
    const look = lookOf(film.kind, film.kind === "real" ? true : root.dataset.theme === "dark");
    label(pen, ratio, film.name, look.colour, now < model.get("known") && film.kind !== "real" ? "known" : "");
  }

  /** @param {CanvasRenderingContext2D} pen @param {number} now */
  function drawHeat(pen, now) {
    const [count, rows, cols] = model.get("heat_shape");
    const values = floatsOf(model.get("heat")).subarray(now * rows * cols, (now + 1) * rows * cols);
    if (now >= count || values.length !== rows * cols) return;
    const image = new ImageData(new Uint8ClampedArray(heatOf(values, "cividis", ends())), cols, rows);
    spread(pen, image, 0.62);
  }

  /** Beyond what is known to come. @param {CanvasRenderingContext2D} pen @param {number} ratio */
  function nothing(pen, ratio) {
    const { width, height } = pen.canvas;
    pen.fillStyle = root.dataset.theme === "dark" ? "#1f242d" : "#eceef2";
    pen.fillRect(0, 0, width, height);
    pen.fillStyle = root.dataset.theme === "dark" ? "#a8b0bf" : "#5a6375";
    pen.font = `${12 * ratio}px system-ui, "Liberation Sans", sans-serif`;
    pen.textAlign = "center";
    pen.fillText("nobody knows", width / 2, height / 2);
  }

  root.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.composedPath()[0])) return;
    const moves = /** @type {Record<string, () => void>} */ ({
      ...player.keys,
      ArrowLeft: () => player.goTo(player.frame() - 1),
      ArrowRight: () => player.goTo(player.frame() + 1),
      Home: () => player.goTo(0),
      End: () => player.goTo(frames() - 1),
    });
    const act = event.key === " " && !(event.composedPath()[0] instanceof HTMLButtonElement) ? player.keys.k : moves[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!act || event.composedPath()[0] === heatOn) return;
    event.preventDefault();
    act();
  });

  const look = ["films", "pixels", "heat", "heat_shape", "heat_film", "heat_range", "heat_label", "heat_on", "max_height", "message", "commands", "busy", "version", "known"];
  const stops = [onAll(model, [...look, ...TRAITS], redraw), followSize(root, redraw), line.dispose, player.dispose, frame.cancel, dispose];
  redraw();
  return () => stops.forEach((stop) => stop());
}

/** The films as the player of a clip sees them: a tick a frame. @param {Model} model @param {() => Film[]} films @returns {Model} */
function asClip(model, films) {
  const named = (/** @type {string} */ event) => (event === "change:grid" ? "change:films" : event);
  return {
    get: (name) => (name === "grid" ? [Math.max(1, ...films().map((film) => film.shape[0])), 1, 1] : name === "tubelet" ? 1 : model.get(name)),
    set: (name, value) => model.set(name, value),
    save_changes: () => model.save_changes(),
    on: (event, fn) => event !== "change:tubelet" && model.on(named(event), fn),
    off: (event, fn) => event !== "change:tubelet" && model.off(named(event), fn),
  };
}

/** What a film is, burnt into its picture: nobody can take one for the other. @param {CanvasRenderingContext2D} pen @param {number} ratio @param {string} text @param {string} colour @param {string} state */
function label(pen, ratio, text, colour, state) {
  const words = state ? `${text} · ${state}` : text;
  pen.save();
  pen.font = `600 ${11 * ratio}px system-ui, "Liberation Sans", sans-serif`;
  pen.textAlign = "left";
  pen.textBaseline = "middle";
  const width = Math.min(pen.canvas.width, pen.measureText(words).width + 20 * ratio);
  pen.fillStyle = "rgb(12 16 24 / 82%)";
  pen.fillRect(0, 0, width, 18 * ratio);
  pen.fillStyle = colour;
  pen.fillRect(0, 0, 5 * ratio, 18 * ratio);
  pen.fillRect(0, pen.canvas.height - 3 * ratio, pen.canvas.width, 3 * ratio);
  pen.fillStyle = "#ffffff";
  pen.fillText(words, 11 * ratio, 9.5 * ratio, pen.canvas.width - 16 * ratio);
  pen.restore();
}

export default { render };
