// Films side by side with one cursor: ground truth, predictions, and the error between them. Frames are drawn from bytes that are all here; what stays from one answer to the next does not cross again.

import { endsOf, heatOf } from "./_colour.js";
import { spread } from "./_draw.js";
import { createFrames } from "./_frames.js";
import { lookOf } from "./_kinds.js";
import { button, bytesOf, element, floatsOf, icon, isTyping, mount, onAll, onNextFrame, press, remembering, setAttribute, setText, write } from "./_kit.js";
import { createLegend } from "./_legend.js";
import { createPlayer } from "./_player.js";
import { growth, ratioOf } from "./_room.js";
import { barsOf, createScreen, drawScreen, refill, resize } from "./_screen.js";
import { followSize } from "./_stage.js";
import { createTimeline, TRAITS } from "./_timeline.js";

/** @typedef {import("./_screen.js").Film} Film */
/** @typedef {import("./_kit.js").Model} Model */

const GAP = 14;
const LOOK = ["films", "frames_new", "heat", "heat_shape", "heat_film", "heat_range", "heat_label", "heat_on", "picture_height", "caption", "message", "commands", "busy", "version"];
const EXPORT = "M8 2.5v7M5 7l3 3 3-3M3 12.5h10";

/** @param {{model: Model, el: HTMLElement}} host */
function render({ model: host, el }) {
  const { model, stop } = remembering(host, [...LOOK, ...TRAITS, "tick", "playing"]);
  const table = createFrames(model);
  const { root, dispose } = mount(model, el, "jw-clip-player", () => redraw());
  const frame = onNextFrame(update, () => root.clientWidth > 0);
  const screens = element("div", { class: "jw-screens" });
  const empty = element("div", { class: "jw-film-empty" });
  const caption = element("div", { class: "jw-film-caption" });
  const legend = createLegend();
  const heatOn = element("input", { type: "checkbox", onchange: () => write(model, { heat_on: heatOn.checked }) });
  const heatRow = element("label", { class: "jw-heat-row" }, heatOn, legend.node);
  const save = button("Save as a video file (webm)", icon(EXPORT), () => press(model, "command", "export"));
  const player = createPlayer(asClip(model, films), () => redraw(), { word: "frame" });
  const saveMp4 = button("Save as MP4 (H.264)", "mp4", () => press(model, "command", "export_mp4"));
  player.node.append(save, saveMp4);
  const line = createTimeline(model, root, { frames, frame: player.frame, go: (frame) => player.goTo(frame) });
  root.append(caption, element("div", { class: "jw-picture" }, element("div", { class: "jw-progress" }), screens, empty), player.node, heatRow, line.node);
  /** @type {import("./_screen.js").Screen[]} */
  let shown = [];
  let laid = { top: 0, bottom: 0 };
  let inLine = "";
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

  /** One screen a film; kept where it is of the same name. What was there stays until every frame of what comes is here. */
  function build() {
    if (!table.whole()) return;
    const before = shown;
    shown = films().map((film, i) => {
      const old = before[i];
      if (!old) return createScreen(film, table.of(film));
      if (old.film !== film) refill(old, film, table.of(film));
      return old;
    });
    const nodes = shown.map(({ node }) => node);
    if (nodes.some((node, i) => screens.children[i] !== node) || screens.children.length !== nodes.length) screens.replaceChildren(...nodes);
  }

  /** All pictures of one height, as large as there is room for. */
  function layout() {
    const ratio = ratioOf(root);
    const wide = shown.reduce((sum, { film }) => sum + film.shape[2] / film.shape[1], 0);
    const room = root.clientWidth - GAP * Math.max(0, shown.length - 1);
    const height = Math.max(40, Math.min(Math.round(model.get("picture_height") * growth(root)), Math.floor(room / Math.max(wide, 0.01))));
    const widths = shown.map(({ film }) => Math.round((height * film.shape[2]) / film.shape[1]));
    const bars = barsOf(shown, widths, model.get("known") > 0 || edits().length > 0);
    const line = `${widths} ${shown.map(({ film }) => film.kind)}`;
    laid = { ...bars, bottom: line === inLine ? Math.max(bars.bottom, laid.bottom) : bars.bottom }; // a note that grew and shrinks must not move the page
    inLine = line;
    shown.forEach((screen, i) => resize(screen, widths[i], height, laid, ratio));
    return ratio;
  }

  const edits = () => /** @type {{frame: number, label: string, kind: string}[]} */ (model.get("marks")).filter(({ kind }) => kind === "edit");

  function update() {
    build();
    const ratio = layout();
    const now = player.frame();
    shown.forEach((screen, i) => drawFilm(screen, i, now, ratio));
    setText(empty, shown.length ? "" : model.get("message"));
    empty.hidden = shown.length > 0 || !model.get("message");
    setText(caption, shown.length ? model.get("caption") : "");
    caption.hidden = !caption.textContent;
    player.node.hidden = frames() < 2;
    saveMp4.hidden = !model.get("commands").includes("export_mp4");
    save.hidden = !model.get("commands").includes("export");
    const film = model.get("heat_film");
    heatRow.hidden = film < 0 || !bytesOf(model.get("heat")).length;
    heatOn.checked = model.get("heat_on");
    legend.update("cividis", ends(), model.get("heat_label"), "");
    line.draw();
    setAttribute(root, "data-busy", String(model.get("busy")));
    setAttribute(root, "aria-busy", String(model.get("busy")));
    if (table.whole()) root.dataset.version = String(model.get("version"));
    Object.assign(root.dataset, { drawn: String(++drawn), frame: String(now) });
  }

  const ends = () => endsOf("cividis", model.get("heat_range"), floatsOf(model.get("heat")));

  /** @param {(typeof shown)[number]} screen @param {number} i @param {number} now @param {number} ratio */
  function drawFilm(screen, i, now, ratio) {
    const dark = root.dataset.theme === "dark";
    const colour = lookOf(screen.film.kind, true).colour;
    const heat = i === model.get("heat_film") && model.get("heat_on");
    const [changed, state] = stateOf(screen.film.kind, now);
    drawScreen(screen, { now, ratio, bars: laid, colour, state, changed, dark }, heat ? (place) => drawHeat(screen.pen, now, place) : undefined);
  }

  /** What a frame of a video is: context, so many steps ahead, after a change by hand. @param {string} kind @param {number} now @returns {[boolean, string]} */
  function stateOf(kind, now) {
    const known = model.get("known");
    const changed = edits().find(({ frame }) => now > frame);
    const words = changed ? [changed.label] : [];
    if (known > 0 && kind !== "real" && now < known) words.push("context");
    else if (known > 0 && kind === "open loop") words.push(`${now - known + 1} ahead`);
    else if (known > 0 && kind === "teacher-forced") words.push("1 ahead");
    return [Boolean(changed), words.join(" · ")];
  }

  /** @param {CanvasRenderingContext2D} pen @param {number} now @param {[number, number, number, number]} place */
  function drawHeat(pen, now, place) {
    const [count, rows, cols] = model.get("heat_shape");
    const values = floatsOf(model.get("heat")).subarray(now * rows * cols, (now + 1) * rows * cols);
    if (now >= count || values.length !== rows * cols) return;
    const image = new ImageData(new Uint8ClampedArray(heatOf(values, "cividis", ends())), cols, rows);
    spread(pen, image, 0.62, place);
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
    const act = event.key === " " && !(event.composedPath()[0] instanceof HTMLButtonElement) ? player.flip : moves[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!act || event.composedPath()[0] === heatOn) return;
    event.preventDefault();
    act();
  });

  const stops = [stop, table.stop, onAll(model, [...LOOK, ...TRAITS], redraw), followSize(root, redraw), line.dispose, player.dispose, frame.cancel, dispose];
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

export default { render };
