// The actions of a clip: drag one on the pad, draw several along the strip.

import { keyOf } from "./_keys.js";
import { button, element, figure, icon, isTyping, mount, onAll, onNextFrame, press, remembering, setAttribute, setText, write } from "./_kit.js";
import { lookOf } from "./_kinds.js";
import { changed, nudged, placeOf, rowAt, withRow } from "./_moves.js";
import { ratioOf } from "./_room.js";
import { followSize } from "./_stage.js";

/** @typedef {import("./_kit.js").Model} Model */

const PAD = 168;
const STRIP = 44;
const PACE = 40; // milliseconds between two messages of a drag: faster than futures can be imagined
const REACH = 1.7; // steps that an arrow of the strip spans: more than one, else nobody sees where short ones point
const ICONS = { undo: "M6 4 3 7l3 3M3.5 7H10a3 3 0 0 1 0 6H8", redo: "M10 4l3 3-3 3M12.5 7H6a3 3 0 0 0 0 6h2", reset: "M13 8a5 5 0 1 1-1.6-3.7M13 2.5v3h-3" };
const TRAITS = ["names", "units", "low", "high", "axes", "down", "actions", "original", "step", "known", "gesture", "can_undo", "can_redo", "history", "message"];
const OPPOSITES = /** @type {Record<string, string>} */ ({ right: "left", left: "right", down: "up", up: "down", forward: "back" });
const ARROWS = /** @type {Record<string, [number, number]>} */ ({ ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] });

/** @param {{model: Model, el: HTMLElement}} host */
function render({ model: host, el }) {
  const { model, stop } = remembering(host, TRAITS);
  const { root, dispose } = mount(model, el, "jw-action-pad", () => frame.request());
  const pad = element("canvas", { class: "jw-pad", tabindex: "0", role: "application", "aria-label": "Action of this step: drag, or use the arrow keys" });
  const strip = element("canvas", { class: "jw-strip", tabindex: "0", role: "slider", "aria-label": "Step" });
  const voice = element("div", { class: "jw-pad-voice", role: "status", "aria-live": "polite" });
  const sliders = element("div", { class: "jw-pad-sliders" });
  const empty = element("div", { class: "jw-quiet" });
  const tools = /** @type {const} */ (["undo", "redo", "reset"]).map((name) =>
    button(`${name[0].toUpperCase()}${name.slice(1)} the actions`, icon(ICONS[name]), () => press(model, "command", name)),
  );
  const side = element("div", { class: "jw-pad-side" }, element("span", { class: "jw-group" }, ...tools), voice);
  root.append(empty, element("div", { class: "jw-pad-row" }, pad, side), sliders, strip);
  const frame = onNextFrame(draw, () => root.clientWidth > 0);

  const shape = () => ({ low: model.get("low"), high: model.get("high"), axes: model.get("axes"), down: model.get("down") });
  const rows = () => /** @type {number[][]} */ (model.get("actions"));
  const step = () => Math.max(0, Math.min(rows().length - 1, model.get("step")));
  const open = (/** @type {number} */ k) => k >= model.get("known") && k < rows().length;
  const dark = () => root.dataset.theme === "dark";
  const ink = (/** @type {string} */ name) => getComputedStyle(root).getPropertyValue(name).trim();

  const tell = spaced(() => model.save_changes(), PACE);
  /** Another gesture: what is set from here on is told with its number. */
  const begin = () => model.set("gesture", model.get("gesture") + 1);
  /** Sets a step's action; Python hears it at once, and while it is dragged every few display frames. @param {number} k @param {number[]} row */
  function set(k, row) {
    if (!open(k)) return;
    model.set("actions", withRow(rows(), k, row.map((v) => Number(v.toPrecision(6)))));
    tell();
    frame.request();
  }

  /** @param {HTMLCanvasElement} canvas @param {number} width @param {number} height */
  function penOf(canvas, width, height) {
    const ratio = ratioOf(root);
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
    if (canvas.width !== Math.round(width * ratio)) canvas.width = Math.round(width * ratio);
    if (canvas.height !== Math.round(height * ratio)) canvas.height = Math.round(height * ratio);
    const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    return pen;
  }

  function draw() {
    const some = rows().length > 0 && model.get("low").length > 0;
    setText(empty, some ? "" : model.get("message"));
    for (const node of [pad, side, sliders, strip]) node.hidden = !some;
    if (!some) return;
    drawPad();
    drawStrip();
    drawSliders();
    const [undo, redo, reset] = tools;
    undo.hidden = redo.hidden = !model.get("history");
    undo.disabled = !model.get("can_undo");
    redo.disabled = !model.get("can_redo");
    reset.disabled = !rows().some((_, k) => changed(rows(), model.get("original"), k));
    const state = open(step()) ? (changed(rows(), model.get("original"), step()) ? "changed" : "unchanged") : "context";
    setText(voice, `step ${step()} of 0–${rows().length - 1}, ${state}: ${inWords(model, rows()[step()], model.get("axes"))}`);
    setAttribute(strip, "aria-valuemin", 0);
    setAttribute(strip, "aria-valuemax", rows().length - 1);
    setAttribute(strip, "aria-valuenow", step());
    setAttribute(strip, "aria-valuetext", voice.textContent);
  }

  function drawPad() {
    const pen = penOf(pad, PAD, PAD);
    const f = shape();
    pen.strokeStyle = ink("--jw-line");
    pen.lineWidth = 1;
    const [zx, zy] = placeOf(f, model.get("low").map(() => 0));
    pen.beginPath();
    pen.moveTo(zx * PAD, 0);
    pen.lineTo(zx * PAD, PAD);
    pen.moveTo(0, zy * PAD);
    pen.lineTo(PAD, zy * PAD);
    pen.stroke();
    pen.fillStyle = ink("--jw-faint");
    pen.font = '12px system-ui, "Liberation Sans", sans-serif';
    const [i, j] = f.axes;
    pen.textAlign = "right";
    pen.fillText(`${model.get("names")[i]} →`, PAD - 4, zy * PAD - 4);
    pen.textAlign = "left";
    pen.fillText(`${f.down ? "↓" : "↑"} ${model.get("names")[j]}`, zx * PAD + 4, f.down ? PAD - 5 : 12);
    const was = model.get("original")[step()];
    const from = /** @type {[number, number]} */ ([zx * PAD, zy * PAD]);
    if (was && changed(rows(), model.get("original"), step())) arrow(pen, from, scaled(placeOf(f, was), PAD), lookOf("real", dark()).colour, 1.5, [3, 3]);
    arrow(pen, from, scaled(placeOf(f, rows()[step()]), PAD), open(step()) ? lookOf("open loop", dark()).colour : ink("--jw-faint"), 3, []);
  }

  function drawStrip() {
    const width = Math.max(120, root.clientWidth);
    const pen = penOf(strip, width, STRIP);
    const each = Math.min(48, width / rows().length);
    const f = shape();
    const [zx, zy] = placeOf(f, model.get("low").map(() => 0));
    rows().forEach((row, k) => {
      const [cx, cy, size] = [(k + 0.5) * each, STRIP / 2 - 3, Math.min(each * REACH, STRIP - 8)];
      if (k === step()) {
        pen.fillStyle = ink("--jw-accent-soft");
        pen.fillRect(k * each, 0, each, STRIP);
      }
      const edited = changed(rows(), model.get("original"), k);
      const [x, y] = placeOf(f, row);
      const colour = !open(k) ? ink("--jw-faint") : edited ? lookOf("open loop", dark()).colour : ink("--jw-text");
      arrow(pen, [cx, cy], [cx + (x - zx) * size * 0.9, cy + (y - zy) * size * 0.9], colour, edited ? 2 : 1.5, []);
      if (!edited) return;
      pen.beginPath();
      pen.arc(cx, STRIP - 4, 2.5, 0, 2 * Math.PI);
      pen.fillStyle = colour;
      pen.fill();
    });
  }

  /** One slider for every component that is not on the pad. */
  function drawSliders() {
    const rest = model.get("names").map((/** @type {string} */ _, /** @type {number} */ i) => i).filter((/** @type {number} */ i) => !model.get("axes").includes(i));
    if (sliders.dataset.names !== String(rest.map((/** @type {number} */ i) => model.get("names")[i]))) {
      sliders.dataset.names = String(rest.map((/** @type {number} */ i) => model.get("names")[i]));
      sliders.replaceChildren(
        ...rest.map((/** @type {number} */ i) => {
          const input = element("input", { type: "range", step: "any", "aria-label": model.get("names")[i] });
          for (const start of ["pointerdown", "keydown"]) input.addEventListener(start, begin);
          input.addEventListener("input", () => set(step(), rows()[step()].map((v, k) => (k === i ? Number(input.value) : v))));
          const hint = model.get("units")[i] || null;
          return element("label", { class: "jw-pad-slider", title: hint }, element("span", { text: model.get("names")[i] }), input, element("output"));
        }),
      );
    }
    rest.forEach((/** @type {number} */ i, /** @type {number} */ n) => {
      const input = /** @type {HTMLInputElement} */ (sliders.children[n].querySelector("input"));
      setAttribute(input, "min", model.get("low")[i]);
      setAttribute(input, "max", model.get("high")[i]);
      input.disabled = !open(step());
      input.value = String(rows()[step()][i]);
      setAttribute(input, "aria-valuetext", `${figure(rows()[step()][i])} ${model.get("units")[i] ?? ""}`.trim());
      setText(/** @type {Node} */ (input.nextSibling), figure(rows()[step()][i]));
    });
  }

  drag(pad, (x, y) => set(step(), rowAt(shape(), rows()[step()], x, y)), (event) => event && begin());
  /** @type {number[] | null} */
  let brush = null;
  drag(
    strip,
    (x) => {
      const at = Math.max(0, Math.min(rows().length - 1, Math.floor((x * strip.clientWidth) / Math.min(48, strip.clientWidth / rows().length))));
      const way = Math.sign(at - step());
      if (brush) for (let k = step(); k !== at; ) set((k += way), brush); // a quick pointer leaps over steps
      write(model, { step: at });
      frame.request();
    },
    (event) => {
      brush = event && event.shiftKey ? rows()[step()] : null;
      if (event) begin();
    },
  );
  root.addEventListener("keydown", (event) => {
    const target = event.composedPath()[0];
    if (!rows().length || isTyping(target) || target instanceof HTMLInputElement) return;
    const move = ARROWS[event.key];
    const chord = event.ctrlKey || event.metaKey;
    if (!chord) begin();
    if (chord && event.key.toLowerCase() === "z") press(model, "command", event.shiftKey ? "redo" : "undo");
    else if (chord || event.altKey) return;
    else if (move && target === pad) set(step(), nudged(shape(), rows()[step()], move[0], move[1], event.shiftKey ? 0.2 : 0.05));
    else if ((move && move[0] && target === strip) || event.key === keyOf("previous") || event.key === keyOf("next")) {
      write(model, { step: Math.max(0, Math.min(rows().length - 1, step() + (event.key === keyOf("previous") || (move && move[0] < 0) ? -1 : 1))) });
    } else if (event.key === keyOf("restore") || event.key === "Backspace") {
      const was = model.get("original")[step()];
      if (was) set(step(), was);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  });

  const stops = [stop, onAll(model, TRAITS, frame.request), followSize(root, frame.request), frame.cancel, dispose];
  frame.request();
  return () => stops.forEach((stop) => stop());
}

/** What is on the pad in words, each unit once, without a sign where the name has an opposite; the other components are said by their sliders. @param {Model} model @param {number[]} row @param {number[]} axes */
function inWords(model, row, axes) {
  const [names, units] = /** @type {string[][]} */ ([model.get("names"), model.get("units")]);
  const shown = [...new Set(axes)];
  const one = shown.every((i) => units[i] === units[shown[0]]);
  const said = shown.map((i) => {
    const turned = row[i] < 0 ? OPPOSITES[names[i]] : undefined;
    return `${turned ?? names[i]} ${figure(turned ? -row[i] : row[i])}${one ? "" : ` ${units[i] ?? ""}`}`.trim();
  });
  return said.join(", ") + (one && units[shown[0]] ? ` ${units[shown[0]]}` : "");
}

/** @param {[number, number]} place @param {number} size @returns {[number, number]} */
function scaled(place, size) {
  return [place[0] * size, place[1] * size];
}

/** Calls at once, and again after a pause where it was asked for meanwhile. @param {() => void} call @param {number} pause milliseconds */
function spaced(call, pause) {
  let wanted = false;
  let resting = false;
  const run = () => {
    wanted = false;
    resting = true;
    call();
    setTimeout(() => {
      resting = false;
      if (wanted) run();
    }, pause);
  };
  return () => {
    wanted = true;
    if (!resting) run();
  };
}

/**
 * Tells places 0..1 across and down while the pointer is held.
 * @param {HTMLCanvasElement} node @param {(x: number, y: number) => void} move @param {(event: PointerEvent | null) => void} [hold] at the start, and null at the end
 */
function drag(node, move, hold = () => {}) {
  let held = false;
  let box = node.getBoundingClientRect();
  const tell = (/** @type {PointerEvent} */ event) => {
    move((event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
  };
  node.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    held = true;
    box = node.getBoundingClientRect(); // once: to ask at every move makes the browser lay the page out again
    node.setPointerCapture(event.pointerId);
    hold(event);
    tell(event);
  });
  node.addEventListener("pointermove", (event) => held && tell(event));
  node.addEventListener("lostpointercapture", () => {
    held = false;
    hold(null);
  });
}

/** @param {CanvasRenderingContext2D} pen @param {[number, number]} from @param {[number, number]} to @param {string} colour @param {number} width @param {number[]} dash */
function arrow(pen, from, to, colour, width, dash) {
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  const length = Math.hypot(dx, dy);
  pen.strokeStyle = colour;
  pen.fillStyle = colour;
  pen.lineWidth = width;
  pen.setLineDash(dash);
  pen.beginPath();
  if (length < 2) {
    pen.arc(from[0], from[1], 1.5 + width / 2, 0, 2 * Math.PI);
    pen.fill();
  } else {
    pen.moveTo(...from);
    pen.lineTo(...to);
    pen.stroke();
    const [ux, uy, head] = [dx / length, dy / length, Math.min(7, 2 + length / 3)];
    pen.setLineDash([]);
    pen.beginPath();
    pen.moveTo(...to);
    pen.lineTo(to[0] - ux * head - uy * head * 0.55, to[1] - uy * head + ux * head * 0.55);
    pen.lineTo(to[0] - ux * head + uy * head * 0.55, to[1] - uy * head - ux * head * 0.55);
    pen.fill();
  }
  pen.setLineDash([]);
}

export default { render };
