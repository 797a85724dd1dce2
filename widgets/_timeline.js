// Curves over the frames of a clip with one cursor: drawn under films, or alone.

import { createBehind, ofCurves } from "./_behind.js";
import { apart, frameAt, limits, marksOf, runs, xOf, yOf } from "./_axis.js";
import { element, figure, floatsOf, onNextFrame, setAttribute, setText } from "./_kit.js";
import { lookOf, looksOf } from "./_kinds.js";
import { filed, plotFiles } from "./_plot_files.js";
import { growth, ratioOf, zoomOf } from "./_room.js";
import { svgPen } from "./_svg.js";

/** @typedef {import("./_kit.js").Model} Model */
/** @typedef {import("./_axis.js").Plot} Plot */
/** @typedef {import("./_kinds.js").Look} Look */
/** @typedef {{name: string, kind: string, unit?: string}} Curve */

export const TRAITS = ["curves", "curve_values", "curve_low", "curve_high", "marks", "spans", "known", "log", "curve_label", "curve_height", "fps", "word", "origin"];
const GUTTER = 44; // at least, for the values of the axis
const ROOM = 150; // at most, for the names at the right end
const TOP = 20;
const SAMPLE = 16; // of a line, beside its name
const FOOT = 18;

/**
 * @param {Model} model with the traits in TRAITS @param {HTMLElement} root whose width it takes
 * @param {{frames: () => number, frame: () => number, go: (frame: number) => void}} film
 */
export function createTimeline(model, root, film) {
  const canvas = element("canvas", { class: "jw-curves", "aria-hidden": "true" });
  const voice = element("div", { class: "jw-curve-voice", role: "status", "aria-live": "polite" });
  const slider = { role: "slider", tabindex: "0", "aria-label": "Frame", "aria-valuemin": "0" };
  const node = element("div", { class: "jw-timeline", ...slider }, canvas, voice);
  const real = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  let pen = /** @type {import("./_svg.js").Pen} */ (real);
  const files = plotFiles(() => model.get("curve_label") || "curves", (kind) => filed(kind, asSvg(), ink("--jw-ground")));
  const behind = createBehind();
  const outer = element("div", { class: "jw-timeline-box" }, node, files, behind.node);
  let told = /** @type {any} */ (null);
  const frame = onNextFrame(draw, () => root.clientWidth > 0);
  /** @type {Plot} */
  let plot = { left: GUTTER, top: TOP, width: 1, height: 1, frames: 1, low: 0, high: 1, log: false };
  let pointed = -1;
  /** Words inside the plot, drawn over the cursor. @type {{text: string, x: number, y: number, colour: string, tint: string}[]} */
  let inside = [];

  const series = (/** @type {string} */ trait) => {
    const all = floatsOf(model.get(trait));
    const [count, frames] = [model.get("curves").length, film.frames()];
    if (!count || all.length !== count * frames) return [];
    return Array.from({ length: count }, (_, i) => all.subarray(i * frames, (i + 1) * frames));
  };

  function draw() {
    const values = series("curve_values");
    outer.hidden = !values.length;
    if (outer.hidden) return;
    const height = Math.round(model.get("curve_height") * growth(root));
    const width = Math.max(200, node.clientWidth);
    const ratio = ratioOf(root);
    if (canvas.width !== Math.round(width * ratio)) canvas.width = Math.round(width * ratio);
    if (canvas.height !== Math.round(height * ratio)) canvas.height = Math.round(height * ratio);
    canvas.style.height = `${height}px`;
    real.setTransform(ratio, 0, 0, ratio, 0, 0);
    real.clearRect(0, 0, width, height);
    drawAll(width, height, values);
    speak(model.get("curves"), values);
    if (told !== model.get("curve_values")) tellAll(values);
    told = model.get("curve_values");
  }

  /** @param {Float32Array[]} values */
  function tellAll(values) {
    const [word, origin] = [model.get("word"), model.get("origin")];
    const curves = /** @type {Curve[]} */ (model.get("curves")).map(({ name, unit }, i) => ({ name: unit ? `${name} (${unit})` : name, values: values[i] }));
    behind.fill("", [ofCurves(model.get("curve_label") || "curves", word, Array.from({ length: film.frames() }, (_, i) => origin + i), curves)]);
  }

  /** @param {number} width @param {number} height @param {Float32Array[]} values */
  function drawAll(width, height, values) {
    const curves = /** @type {Curve[]} */ (model.get("curves"));
    const log = model.get("log");
    const [low, high] = limits([...values, ...series("curve_high")], log);
    pen.font = '12px system-ui, "Liberation Sans", sans-serif';
    const left = Math.max(GUTTER, ...marksOf([low, high], log).map((value) => Math.ceil(pen.measureText(figure(value)).width) + 8));
    const names = curves.map(({ name }) => pen.measureText(name).width);
    const room = Math.min(ROOM, width / 3, Math.ceil(Math.max(0, ...names)) + SAMPLE + 16);
    plot = { left, top: TOP, width: width - left - room, height: height - TOP - FOOT, frames: film.frames(), low, high, log };
    const looks = looksOf(curves.map(({ kind }) => kind), dark());
    inside = [];
    drawGround(width, height);
    series("curve_low").forEach((bottom, i) => drawBand(bottom, series("curve_high")[i], curves[i].kind));
    values.forEach((line, i) => drawLine(line, looks[i]));
    drawNames(curves, values, looks, room - SAMPLE - 15);
    drawCursor(values, curves);
  }

  function asSvg() {
    const [width, height] = [Math.max(200, node.clientWidth), model.get("curve_height")];
    const made = svgPen(width, height, real);
    pen = made.pen;
    try {
      pen.fillStyle = ink("--jw-ground");
      pen.fillRect(0, 0, width, height);
      drawAll(width, height, series("curve_values"));
    } finally {
      pen = real;
    }
    return made.text();
  }

  const dark = () => root.dataset.theme === "dark";
  const ink = (/** @type {string} */ name) => getComputedStyle(root).getPropertyValue(name).trim();

  /** Axis, shaded stretches and marks. @param {number} width @param {number} height */
  function drawGround(width, height) {
    const { left, top } = plot;
    const bottom = top + plot.height;
    for (const span of model.get("spans")) {
      const [from, to] = [xOf(plot, span.from - 0.5), xOf(plot, span.to + 0.5)];
      pen.fillStyle = span.kind === "violation" ? (dark() ? "rgb(255 138 61 / 18%)" : "rgb(213 94 0 / 12%)") : ink("--jw-hover");
      pen.fillRect(from, top, to - from, plot.height);
      inside.push({ text: span.label, x: from + 3, y: top + 10, colour: ink("--jw-quiet"), tint: String(pen.fillStyle) });
    }
    if (model.get("known") > 0) {
      pen.fillStyle = ink("--jw-hover");
      pen.fillRect(left, top, xOf(plot, model.get("known") - 0.5) - left, plot.height);
      inside.push({ text: "context", x: left + 3, y: bottom - 5, colour: ink("--jw-faint"), tint: String(pen.fillStyle) });
    }
    pen.strokeStyle = ink("--jw-line");
    pen.lineWidth = 1;
    pen.setLineDash([]);
    pen.textAlign = "right";
    for (const value of marksOf([plot.low, plot.high], plot.log)) {
      const y = Math.round(yOf(plot, value)) + 0.5;
      pen.beginPath();
      pen.moveTo(left, y);
      pen.lineTo(left + plot.width, y);
      pen.stroke();
      pen.fillStyle = ink("--jw-quiet");
      pen.fillText(figure(value), left - 6, y + 4);
    }
    pen.textAlign = "left";
    pen.fillStyle = ink("--jw-text");
    pen.fillText(model.get("curve_label"), 0, 10);
    const fps = model.get("fps");
    pen.fillStyle = ink("--jw-faint");
    const [word, origin] = [model.get("word"), model.get("origin")];
    pen.fillText(String(origin), left, height - 4);
    pen.textAlign = "right";
    pen.fillText(`${word} ${origin + plot.frames - 1}${fps > 0 && word === "frame" ? ` · ${((plot.frames - 1) / fps).toFixed(1)} s` : ""}`, Math.min(width, left + plot.width), height - 4);
    for (const mark of model.get("marks")) drawMark(mark);
  }

  /** @param {{frame: number, label: string, kind: string}} mark */
  function drawMark(mark) {
    const x = xOf(plot, mark.frame);
    pen.strokeStyle = lookOf(mark.kind === "event" ? "control" : "open loop", dark()).colour;
    pen.lineWidth = 1.5;
    pen.setLineDash([4, 3]);
    pen.beginPath();
    pen.moveTo(x, plot.top);
    pen.lineTo(x, plot.top + plot.height);
    pen.stroke();
    pen.setLineDash([]);
    pen.fillStyle = ink("--jw-text");
    pen.textAlign = x > plot.left + plot.width / 2 ? "right" : "left";
    const covered = pen.textAlign === "left" && x < pen.measureText(model.get("curve_label")).width + 12; // by what the curves are called
    pen.fillText(mark.label, x + (pen.textAlign === "right" ? -4 : 4), covered ? plot.top + 11 : plot.top - 5);
  }

  /** @param {Float32Array} low @param {Float32Array} high @param {string} kind */
  function drawBand(low, high, kind) {
    pen.fillStyle = lookOf(kind, dark()).colour;
    pen.globalAlpha = 0.14;
    for (const run of runs(low)) {
      pen.beginPath();
      run.forEach((f) => pen.lineTo(xOf(plot, f), yOf(plot, low[f])));
      [...run].reverse().forEach((f) => pen.lineTo(xOf(plot, f), yOf(plot, high[f])));
      pen.fill();
    }
    pen.globalAlpha = 1;
  }

  /** @param {Float32Array} values @param {Look} look */
  function drawLine(values, look) {
    pen.strokeStyle = look.colour;
    pen.fillStyle = look.colour;
    pen.lineWidth = look.width;
    pen.lineJoin = "round";
    pen.setLineDash(look.dash);
    for (const run of runs(values)) {
      pen.beginPath();
      if (run.length === 1) pen.arc(xOf(plot, run[0]), yOf(plot, values[run[0]]), 2.5, 0, 2 * Math.PI);
      else run.forEach((f) => pen.lineTo(xOf(plot, f), yOf(plot, values[f])));
      if (run.length === 1) pen.fill();
      else pen.stroke();
    }
    pen.setLineDash([]);
  }

  /** The name of each curve beside its end, with a piece of its line. @param {Curve[]} curves @param {Float32Array[]} values @param {Look[]} looks @param {number} room for a name */
  function drawNames(curves, values, looks, room) {
    const ends = values.map((line) => line.reduce((last, value) => (Number.isFinite(value) ? value : last), NaN));
    const shown = curves.map((_, i) => i).filter((i) => Number.isFinite(ends[i]));
    const at = apart(shown.map((i) => yOf(plot, ends[i])), 14, plot.top + 4, plot.top + plot.height);
    pen.textAlign = "left";
    shown.forEach((i, n) => {
      const left = plot.left + plot.width + 8;
      pen.strokeStyle = looks[i].colour;
      pen.fillStyle = ink("--jw-text");
      pen.lineWidth = looks[i].width;
      pen.setLineDash(looks[i].dash);
      pen.beginPath();
      pen.moveTo(left, at[n]);
      pen.lineTo(left + SAMPLE, at[n]);
      pen.stroke();
      pen.setLineDash([]);
      pen.fillText(curves[i].name, left + SAMPLE + 5, at[n] + 4, room);
    });
  }

  /** The cursor, and a dot on every curve. @param {Float32Array[]} values @param {Curve[]} curves */
  function drawCursor(values, curves) {
    const now = pointed >= 0 ? pointed : film.frame();
    const x = xOf(plot, now);
    pen.strokeStyle = ink("--jw-accent");
    pen.lineWidth = 1.5;
    pen.beginPath();
    pen.moveTo(x, plot.top);
    pen.lineTo(x, plot.top + plot.height + 4);
    pen.stroke();
    drawInside();
    values.forEach((line, i) => {
      if (!Number.isFinite(line[now])) return;
      pen.fillStyle = lookOf(curves[i].kind, dark()).colour;
      pen.beginPath();
      pen.arc(x, yOf(plot, line[now]), 3.5, 0, 2 * Math.PI);
      pen.fill();
    });
  }

  /** The words inside the plot, each with a halo as the stretch it stands on, so that no line crosses their letters. */
  function drawInside() {
    pen.textAlign = "left";
    pen.lineJoin = "round";
    pen.lineWidth = 4;
    for (const { text, x, y, colour, tint } of inside) {
      for (const halo of [ink("--jw-ground"), tint]) {
        pen.strokeStyle = halo;
        pen.strokeText(text, x, y);
      }
      pen.fillStyle = colour;
      pen.fillText(text, x, y);
    }
  }

  /** @param {Curve[]} curves @param {Float32Array[]} values */
  function speak(curves, values) {
    const now = pointed >= 0 ? pointed : film.frame();
    const said = curves.flatMap(({ name }, i) => (Number.isFinite(values[i][now]) ? [`${name} ${figure(values[i][now])}`] : []));
    const units = [...new Set(curves.map(({ unit }) => unit ?? ""))].join(", ");
    setText(voice, [`${model.get("word")} ${model.get("origin") + now}`, ...said].join(" · ") + (said.length && units ? ` ${units}` : ""));
    setAttribute(node, "aria-valuemax", film.frames() - 1);
    setAttribute(node, "aria-valuenow", film.frame());
    setAttribute(node, "aria-valuetext", voice.textContent);
  }

  listen(node, () => plot, film, (at) => {
    pointed = at;
    frame.request();
  });
  return { node: outer, draw, request: frame.request, dispose: frame.cancel };
}

/**
 * Pointing reads values, pressing and keys move the cursor.
 * @param {HTMLElement} node @param {() => Plot} plot @param {{frames: () => number, frame: () => number, go: (frame: number) => void}} film
 * @param {(frame: number) => void} point the frame pointed at, −1 none
 */
function listen(node, plot, film, point) {
  const at = (/** @type {PointerEvent} */ event) => frameAt(plot(), (event.clientX - node.getBoundingClientRect().left) / zoomOf(node));
  let held = false;
  node.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    held = true;
    node.setPointerCapture(event.pointerId);
    film.go(at(event));
  });
  node.addEventListener("pointermove", (event) => {
    point(at(event));
    if (held && at(event) !== film.frame()) film.go(at(event));
  });
  node.addEventListener("lostpointercapture", () => (held = false));
  node.addEventListener("pointerleave", () => point(-1));
  node.addEventListener("keydown", (event) => {
    const moves = /** @type {Record<string, number>} */ ({ ArrowLeft: film.frame() - 1, ArrowRight: film.frame() + 1, Home: 0, End: film.frames() - 1 });
    if (!(event.key in moves) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    film.go(moves[event.key]);
  });
}
