// Curves of a training run in small panels over one axis of steps; one line through all of them moves from checkpoint to checkpoint.

import { createBehind, ofCurves } from "./_behind.js";
import { apart } from "./_axis.js";
import { bytesOf, button, element, figure, isForBoards, mount, onAll, onNextFrame, setAttribute, setText, write } from "./_kit.js";
import { lookOf, looksOf } from "./_kinds.js";
import { cross, dot, line, shortened } from "./_marks.js";
import { filed, plotFiles } from "./_plot_files.js";
import { createPlayer } from "./_player.js";
import { growth, ratioOf, zoomOf } from "./_room.js";
import { ends, logTicks, marked, nearest, stepAt, stepTicks, ticks, valueAt, xOf, yOf } from "./_run_axis.js";
import { followSize } from "./_stage.js";
import { svgPen } from "./_svg.js";

/** @typedef {import("./_kit.js").Model} Model */
/** @typedef {import("./_run_axis.js").StepAxis} StepAxis */
/** @typedef {import("./_run_axis.js").ValueAxis} ValueAxis */
/** @typedef {{name: string, kind: string, panel: number, lowest?: number[], steps: Float64Array, values: Float64Array, low: Float64Array | null, high: Float64Array | null}} Curve */
/** @typedef {{title: string, unit?: string, note?: string, log?: boolean}} Panel */
/** @typedef {import("./_svg.js").Pen} Pen */

const GROUND = ["panels", "curves", "data", "steps", "titles", "ready", "resumed", "axis", "log_steps", "panel_height", "message", "version"];
const [GUTTER, ROOM, HEAD, GAP, FOOT] = [46, 156, 17, 9, 40];
const [AROUND, TALLEST] = [340, 150]; // pixels of the window that other things need; of a panel at most
const FEW = 5; // known points below which a curve is drawn as points: they give no trend
const BEAT = 2000; // milliseconds between two questions for news
const LOOKS = { log: "real", measure: "predicted", untrained: "control", control: "control" };
const STATES = /** @type {Record<string, string>} */ ({
  waiting: " · not measured yet",
  computing: " · being measured",
  measured: " · measured, maps not computed yet",
  mapping: " · measured, maps being computed",
  failed: " · could not be measured",
});
const FONT = '12px system-ui, "Liberation Sans", sans-serif';

/** @param {{model: Model, el: HTMLElement}} host */
function render({ model, el }) {
  const { root, dispose } = mount(model, el, "jw-run-chart", () => frame.request());
  const [ground, marks] = [element("canvas", { "aria-hidden": "true" }), element("canvas", { "aria-hidden": "true" })];
  const said = { role: "slider", tabindex: "0", "aria-label": "Checkpoint", "aria-valuemin": "0" };
  const stage = element("div", { class: "jw-run-stage", ...said }, ground, marks);
  const voice = element("div", { class: "jw-run-voice", role: "status", "aria-live": "polite" });
  const title = element("span", { class: "jw-run-said" });
  const empty = element("div", { class: "jw-run-empty" });
  const bend = button("Logarithmic axis of steps", "log steps", () => write(model, { log_steps: !model.get("log_steps") }));
  const files = plotFiles(() => "training run", (kind) => filed(kind, asSvg(), ink("--jw-ground")));
  const player = createPlayer(asClip(model), () => queueMicrotask(tell), { word: "checkpoint", origin: 1, loop: false });
  const foot = element("div", { class: "jw-run-foot" }, title, player.node, bend);
  const behind = createBehind();
  root.append(stage, files, empty, foot, voice, behind.node);
  let told = -1;
  const [real, above] = [ground, marks].map((canvas) => /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d")));
  const frame = onNextFrame(draw, () => root.clientWidth > 0);
  const overlay = onNextFrame(drawMarks, () => root.clientWidth > 0);
  /** @type {Curve[]} */
  let curves = [];
  /** @type {{axis: StepAxis, panels: (ValueAxis & {bottom: number})[], width: number, height: number}} */
  let plot = { axis: { left: GUTTER, width: 1, low: 0, high: 1, log: false }, panels: [], width: 1, height: 1 };
  let [pressed, pointed] = [false, -1];

  const steps = () => /** @type {number[]} */ (model.get("steps"));
  const dark = () => root.dataset.theme === "dark";
  const ink = (/** @type {string} */ name) => getComputedStyle(root).getPropertyValue(name).trim();
  const clamp = (/** @type {number} */ k) => Math.max(0, Math.min(steps().length - 1, k));

  /** Python hears each checkpoint, also while it plays. */
  function tell() {
    if (steps().length) write(model, { cursor: clamp(player.frame()) });
    overlay.request();
  }

  /** @param {number} k */
  function go(k) {
    if (k >= 0) player.goTo(clamp(k));
  }

  /** The line was let go. */
  function rest() {
    const [k, n] = [model.get("cursor"), model.get("rested")[1]];
    if (k >= 0) write(model, { rested: [k, n + 1] });
  }

  function read() {
    const bytes = bytesOf(model.get("data"));
    const all = new Float64Array(bytes.byteOffset % 8 ? bytes.slice().buffer : bytes.buffer, bytes.byteOffset % 8 ? 0 : bytes.byteOffset, Math.floor(bytes.byteLength / 8));
    let at = 0;
    const take = (/** @type {number} */ count) => all.subarray(at, (at += count));
    curves = model.get("curves").map((/** @type {any} */ c) => ({ ...c, steps: take(c.count), values: take(c.count), low: c.band ? take(c.count) : null, high: c.band ? take(c.count) : null }));
  }

  function layout() {
    const panels = /** @type {Panel[]} */ (model.get("panels"));
    const height = Math.max(model.get("panel_height"), Math.min(TALLEST * growth(root), Math.floor((window.innerHeight / zoomOf(root) - AROUND) / Math.max(5, panels.length)) - HEAD - GAP));
    const width = Math.max(280, root.clientWidth);
    const places = [...steps(), ...curves.flatMap(({ steps: row }) => (row.length ? [row[0], row[row.length - 1]] : []))];
    const [low, high] = places.length ? [Math.min(...places), Math.max(...places)] : [0, 1];
    const axis = { left: GUTTER, width: width - GUTTER - Math.min(ROOM, width / 3), low, high: high > low ? high : low + 1, log: model.get("log_steps") };
    const inside = panels.map((panel, p) => {
      const own = curves.filter((c) => c.panel === p);
      const [least, most, log] = ends(own.flatMap(({ values, low: l, high: h }) => [values, l ?? [], h ?? []]), Boolean(panel.log));
      const top = HEAD + p * (height + HEAD + GAP);
      return { top, height, bottom: top + height, low: least, high: most, log };
    });
    const tall = panels.length * (height + HEAD + GAP) + FOOT;
    plot = { axis, panels: inside, width, height: tall };
  }

  function draw() {
    read();
    const some = model.get("panels").length > 0 && (curves.length > 0 || steps().length > 0);
    stage.hidden = files.hidden = !some;
    empty.hidden = some;
    foot.hidden = !some;
    setText(empty, some ? "" : model.get("message"));
    setAttribute(bend, "aria-pressed", String(model.get("log_steps")));
    if (!some) return;
    layout();
    const ratio = ratioOf(root);
    for (const canvas of [ground, marks]) {
      const [wide, tall] = [Math.round(plot.width * ratio), Math.round(plot.height * ratio)];
      if (canvas.width !== wide) canvas.width = wide;
      if (canvas.height !== tall) canvas.height = tall;
      canvas.style.height = `${plot.height}px`;
    }
    real.setTransform(ratio, 0, 0, ratio, 0, 0);
    real.clearRect(0, 0, plot.width, plot.height);
    drawAll(real);
    drawMarks();
    if (told !== model.get("version")) behind.fill("", curves.map((c) => ofCurves(panelOf(c), model.get("axis"), c.steps, [c])));
    told = model.get("version");
    setAttribute(root, "data-version", model.get("version"));
    setAttribute(root, "data-points", curves.reduce((sum, c) => sum + c.steps.length, 0));
    setAttribute(root, "data-checkpoints", steps().length);
  }

  /** @param {Curve} curve */
  function panelOf(curve) {
    const panel = /** @type {Panel} */ (model.get("panels")[curve.panel]);
    return panel.title + (panel.unit ? ` (${panel.unit})` : "");
  }

  function asSvg() {
    const made = svgPen(plot.width, plot.height, real);
    made.pen.fillStyle = ink("--jw-ground");
    made.pen.fillRect(0, 0, plot.width, plot.height);
    drawAll(made.pen);
    drawCursor(made.pen);
    return made.text();
  }

  /** @param {Pen} pen */
  function drawAll(pen) {
    pen.font = FONT;
    pen.textBaseline = "middle";
    model.get("panels").forEach((/** @type {Panel} */ panel, /** @type {number} */ p) => drawPanel(pen, panel, p));
    drawFoot(pen);
  }

  /** @param {Pen} pen @param {Panel} panel @param {number} p */
  function drawPanel(pen, panel, p) {
    const [own, place, { axis }] = [curves.filter((c) => c.panel === p), plot.panels[p], plot];
    const right = axis.left + axis.width;
    pen.textAlign = "left";
    pen.fillStyle = ink("--jw-text");
    pen.fillText(panel.title + (panel.unit ? ` (${panel.unit})` : ""), 2, place.top - 9);
    if (panel.note) {
      const from = pen.measureText(`${panel.title}${panel.unit ? ` (${panel.unit})` : ""}`).width + 12;
      pen.fillStyle = ink("--jw-faint");
      pen.fillText(panel.note, from, place.top - 9);
    }
    pen.textAlign = "right";
    for (const value of place.log ? logTicks(place.low, place.high) : ticks(place.low, place.high, 3)) {
      const y = yOf(place, value);
      line(pen, axis.left, y, right, y, ink("--jw-line"), 1, []);
      pen.fillStyle = ink("--jw-faint");
      pen.fillText(figure(value), axis.left - 5, y);
    }
    for (const step of model.get("resumed")) line(pen, xOf(axis, step), place.top, xOf(axis, step), place.bottom, ink("--jw-faint"), 1, [1, 3]);
    const looks = looksOf(own.map(({ kind }) => LOOKS[/** @type {keyof typeof LOOKS} */ (kind)]), dark());
    own.forEach((curve) => drawBand(pen, curve, place));
    own.forEach((curve, i) => drawCurve(pen, curve, place, looks[i]));
    drawNames(pen, own, place, looks);
  }

  /** A band; of few points the interval of each, since what lies between them is not known. @param {Pen} pen @param {Curve} curve @param {ValueAxis} place */
  function drawBand(pen, curve, place) {
    const { low, high } = curve;
    if (!low || !high) return;
    const known = [...curve.steps.keys()].filter((i) => Number.isFinite(low[i]) && Number.isFinite(high[i]));
    if (!known.length) return;
    if (known.length < FEW) {
      const colour = lookOf("predicted", dark()).colour;
      for (const i of known) {
        const x = xOf(plot.axis, curve.steps[i]);
        const edges = [low[i], high[i]].map((value) => yOf(place, value));
        line(pen, x, edges[0], x, edges[1], colour, 1.5, []);
        for (const y of edges) line(pen, x - 4, y, x + 4, y, colour, 1.5, []);
      }
      return;
    }
    pen.globalAlpha = 0.2;
    pen.fillStyle = lookOf("predicted", dark()).colour;
    pen.beginPath();
    known.forEach((i, n) => (n ? pen.lineTo : pen.moveTo).call(pen, xOf(plot.axis, curve.steps[i]), yOf(place, high[i])));
    known.reverse().forEach((i) => pen.lineTo(xOf(plot.axis, curve.steps[i]), yOf(place, low[i])));
    pen.closePath();
    pen.fill();
    pen.globalAlpha = 1;
  }

  /** @param {Pen} pen @param {Curve} curve @param {ValueAxis} place @param {import("./_kinds.js").Look} look */
  function drawCurve(pen, curve, place, look) {
    Object.assign(pen, { strokeStyle: look.colour, fillStyle: look.colour, lineWidth: curve.kind === "log" ? 1.25 : look.width, lineJoin: "round" });
    pen.setLineDash(look.dash);
    pen.beginPath();
    let down = false;
    for (let i = 0; i < curve.steps.length; i++) {
      const known = Number.isFinite(curve.values[i]);
      if (known) (down ? pen.lineTo : pen.moveTo).call(pen, xOf(plot.axis, curve.steps[i]), yOf(place, curve.values[i]));
      down = known;
    }
    const points = curve.kind === "measure" ? marked(curve.values, Infinity) : marked(curve.values, FEW);
    const few = isFew(curve);
    pen.globalAlpha = few ? 0.35 : 1;
    pen.stroke();
    pen.globalAlpha = 1;
    pen.setLineDash([]);
    for (const i of points) dot(pen, xOf(plot.axis, curve.steps[i]), yOf(place, curve.values[i]), few ? 3.5 : 2.5, look.colour, !look.dash.length);
    if (curve.lowest?.length === 2) dot(pen, xOf(plot.axis, curve.lowest[0]), yOf(place, curve.lowest[1]), 4, look.colour, false);
  }

  /** @param {Pen} pen @param {Curve[]} own @param {ValueAxis & {bottom: number}} place @param {import("./_kinds.js").Look[]} looks */
  function drawNames(pen, own, place, looks) {
    const last = own.map(({ values }) => [...values].reverse().find((value) => Number.isFinite(value)));
    const heights = apart(last.map((value) => yOf(place, value ?? place.low)), 13, place.top, place.bottom);
    const [left, most] = [plot.axis.left + plot.axis.width + 6, plot.width - plot.axis.left - plot.axis.width - 28];
    pen.textAlign = "left";
    own.forEach((curve, i) => {
      if (last[i] === undefined) return;
      line(pen, left, heights[i], left + 14, heights[i], looks[i].colour, looks[i].width, looks[i].dash);
      pen.fillStyle = ink("--jw-text");
      pen.fillText(shortened(pen, curve.name + (curve.lowest?.length === 2 ? ` (min ${figure(curve.lowest[0])})` : ""), most), left + 18, heights[i]);
    });
  }

  /** Whether a curve is too short to be one. @param {Curve} curve */
  function isFew(curve) {
    return curve.values.filter(Number.isFinite).length < FEW;
  }

  /** The checkpoints as dots, and the steps under them. @param {Pen} pen */
  function drawFoot(pen) {
    const { axis, height } = plot;
    const y = height - FOOT + 10;
    const words = model.get("ready");
    line(pen, axis.left, y, axis.left + axis.width, y, ink("--jw-line"), 1, []);
    steps().forEach((step, k) => {
      const colour = words[k] === "failed" ? ink("--jw-bad") : ink("--jw-text");
      if (words[k] === "failed") cross(pen, xOf(axis, step), y, colour);
      else dot(pen, xOf(axis, step), y, words[k] === "computing" || words[k] === "mapping" ? 5 : 3.5, colour, words[k] === "ready");
      if (words[k] === "measured" || words[k] === "mapping") dot(pen, xOf(axis, step), y, 1.5, colour, true);
    });
    pen.textAlign = "center";
    pen.fillStyle = ink("--jw-faint");
    for (const step of stepTicks(axis)) pen.fillText(step >= 1e5 ? figure(step) : String(Math.round(step * 100) / 100), xOf(axis, step), y + 17);
    pen.textAlign = "left";
    pen.fillText(model.get("axis"), 2, y + 17);
    const count = steps().length;
    pen.fillText(count === 0 ? "no checkpoints" : count < FEW ? `${count}: no trend` : "checkpoints", axis.left + axis.width + 12, y);
  }

  /** Where a line through all panels is drawn: it leaves out their titles. @param {number} end */
  function free(end) {
    return plot.panels.map(({ top }, p) => [top - 2, p + 1 < plot.panels.length ? plot.panels[p + 1].top - HEAD : end]);
  }

  /** @param {Pen} pen */
  function drawCursor(pen) {
    const { axis, height } = plot;
    const draw = (/** @type {number} */ k, /** @type {number[]} */ dash) => {
      const step = steps()[k];
      if (step === undefined) return;
      const x = xOf(axis, step);
      for (const [from, to] of free(height - FOOT + 16)) line(pen, x, from, x, to, ink("--jw-accent"), 1.5, dash);
      dot(pen, x, height - FOOT + 10, 4.5, ink("--jw-accent"), dash.length === 0);
    };
    draw(model.get("other"), [3, 3]);
    draw(model.get("cursor"), []);
  }

  function drawMarks() {
    const ratio = ratioOf(root);
    above.setTransform(ratio, 0, 0, ratio, 0, 0);
    above.clearRect(0, 0, plot.width, plot.height);
    drawCursor(above);
    if (pointed >= 0) for (const [from, to] of free(plot.height - FOOT + 4)) line(above, pointed, from, pointed, to, ink("--jw-faint"), 1, [2, 3]);
    const k = model.get("cursor");
    const name = model.get("titles")[k] ?? "";
    const state = STATES[/** @type {string} */ (model.get("ready")[k])] ?? "";
    setText(title, name);
    setText(voice, pointed >= 0 ? spoken(stepAt(plot.axis, pointed)) : k >= 0 ? `checkpoint ${k + 1} of ${steps().length}${state}` : "");
    setAttribute(stage, "aria-valuemax", Math.max(0, steps().length - 1));
    setAttribute(stage, "aria-valuenow", Math.max(0, k));
    setAttribute(stage, "aria-valuetext", name + state);
    setAttribute(root, "data-cursor", k);
  }

  /** The values of all curves at a step. @param {number} step */
  function spoken(step) {
    const words = curves.filter((c) => c.kind === "log" || c.kind === "measure").map((c) => `${c.name} ${figure(valueAt(c.steps, c.values, step))}`);
    return `${model.get("axis")} ${figure(Math.max(0, Math.round(step)))}: ${words.join(" · ")}`;
  }

  const keys = /** @type {Record<string, () => void>} */ ({
    ArrowLeft: () => go(model.get("cursor") - 1 < 0 ? 0 : model.get("cursor") - 1),
    ArrowRight: () => go(model.get("cursor") + 1),
    Home: () => go(0),
    End: () => go(steps().length - 1),
    " ": player.flip,
  });
  stage.addEventListener("keydown", (event) => {
    if (!keys[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    keys[event.key]();
  });
  stage.addEventListener("keyup", (event) => void (event.key in keys && rest()));
  stage.addEventListener("pointerdown", (event) => {
    pressed = true;
    stage.setPointerCapture(event.pointerId);
    move(event);
  });
  stage.addEventListener("pointermove", move);
  for (const name of ["pointerup", "pointercancel"]) stage.addEventListener(name, () => {
    if (pressed) rest();
    pressed = false;
  });
  stage.addEventListener("pointerleave", () => {
    pointed = -1;
    overlay.request();
  });
  player.node.addEventListener("change", rest);
  player.node.addEventListener("click", () => queueMicrotask(() => void (model.get("playing") || rest())));

  /** @param {PointerEvent} event */
  function move(event) {
    const { axis } = plot;
    const x = (event.clientX - stage.getBoundingClientRect().left) / zoomOf(stage);
    pointed = !pressed && x >= axis.left && x <= axis.left + axis.width ? x : -1;
    if (pressed) go(nearest(axis, steps(), x));
    overlay.request();
  }

  const onKey = (/** @type {KeyboardEvent} */ event) => {
    const act = /** @type {Record<string, () => void>} */ (player.keys)[event.key.toLowerCase()];
    if (!act || event.ctrlKey || event.metaKey || event.altKey || root.clientWidth === 0 || !isForBoards(event, root)) return;
    act();
    if (!model.get("playing")) rest();
  };
  document.addEventListener("keydown", onKey);
  const clock = setInterval(() => {
    if (model.get("live") && root.clientWidth > 0 && !document.hidden) write(model, { beat: model.get("beat") + 1 });
  }, BEAT);

  const stops = [onAll(model, GROUND, frame.request), onAll(model, ["cursor", "other", "ready"], overlay.request), followSize(root, frame.request), player.dispose, frame.cancel, overlay.cancel, dispose];
  draw();
  return () => {
    clearInterval(clock);
    document.removeEventListener("keydown", onKey);
    stops.forEach((stop) => stop());
  };
}

/** The checkpoints as the player of a clip sees them: a tick a checkpoint. @param {Model} model @returns {Model} */
function asClip(model) {
  /** @type {Record<string, string>} */
  const names = { tick: "cursor", grid: "steps" };
  const event = (/** @type {string} */ said) => `change:${names[said.slice(7)] ?? said.slice(7)}`;
  return {
    get: (name) => (name === "grid" ? [model.get("steps").length, 1, 1] : name === "tubelet" ? 1 : name === "tick" ? Math.max(0, model.get("cursor")) : model.get(name)),
    set: (name, value) => model.set(names[name] ?? name, value),
    save_changes: () => model.save_changes(),
    on: (said, fn) => said !== "change:tubelet" && model.on(event(said), fn),
    off: (said, fn) => said !== "change:tubelet" && model.off(event(said), fn),
  };
}

export default { render };
