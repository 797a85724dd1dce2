// One large pane that swaps in place between target, predicted, error and nearest patches, on the same grid as the canvas beside it.

import { endsOf, heatOf } from "./_colour.js";
import { badge, blank, contextEdge, fillCells, frameOf, gridLines, ring, spread, targetEdge, wipe } from "./_draw.js";
import { gridOf, isToken, positionOf, tokenOf, tokensOf } from "./_geometry.js";
import { button, bytesOf, element, floatsOf, isTyping, mount, onAll, onNextFrame, setAttribute, setText, write } from "./_kit.js";
import { createLegend, tokenText } from "./_legend.js";
import { createNearest } from "./_nearest.js";
import { flagsOf, layersOf, maskOf, selected } from "./_paint.js";
import { createPlayer } from "./_player.js";
import { growth } from "./_room.js";
import { createStage, followSize } from "./_stage.js";
import { createTabs } from "./_tabs.js";
import { setWords } from "./_words.js";

const MODES = ["target", "predicted", "error", "quilt"];
const DATA = ["mode", "grid", "tubelet", "aspect", "picture_height", "mask", "block", "target", "predicted", "asked", "error", "error_range"];
const QUILT = ["quilt", "quilt_ceiling", "quilt_source", "pixels_shape", "missing", "version"];
const MARKS = ["hover", "selection", "source", "source_size", "error_label", "error_unit"];
const AROUND = ["busy", "message", "captions", "labels", "beside"];
const [GAP, LEAST, NARROW] = [18, 200, 290]; // CSS pixels between two pictures, of each at least, and from which there is room for letters
const NEAREST = ["nearest_tokens", "nearest_pixels", "nearest_shape", "nearest_text"];

/** @param {{model: import("./_kit.js").Model, el: HTMLElement}} host */
function render({ model, el }) {
  const { root, dispose } = mount(model, el, "jw-map-pane", () => redraw("picture"));
  const grid = () => gridOf(model.get("grid"));
  const cells = () => grid().rows * grid().cols;
  const dirty = new Set(["picture", "marks", "nearest"]);
  const frame = onNextFrame(update, () => root.clientWidth > 0);
  let inside = false;
  let drawn = 0;

  const redraw = (/** @type {string[]} */ ...layers) => {
    layers.forEach((layer) => dirty.add(layer));
    frame.request();
  };
  const player = createPlayer(model, () => redraw("picture", "marks"));
  /** @type {import("./_stage.js").Hearer} */
  const hearer = {
    grid,
    act: (act, cell) => {
      if (act !== "down" && act !== "press") return;
      const token = tokenOf(grid(), player.tick(), cell.row, cell.col);
      write(model, { selection: selected(model.get("selection"), [token], !model.get("selection").includes(token)) });
    },
    point: (cell) => {
      inside = cell !== null;
      write(model, { hover: cell ? tokenOf(grid(), player.tick(), cell.row, cell.col) : -1 });
      redraw("marks");
    },
  };
  const stage = createStage("Tokens of the pane", ["picture", "marks"], hearer);
  const truth = createTruth(hearer);
  setAttribute(stage.node, "data-tool", "select");
  const legend = createLegend();
  const key = element("span", { class: "jw-key-note" }, element("span", { class: "jw-swatch jw-swatch-blank" }), element("span", { text: "not predicted" }));
  const sources = [sourceButton("predicted", "by the prediction"), sourceButton("target", "by the true target (upper bound)")];
  const note = element("span", { class: "jw-retrieved", text: "retrieved from the bank, not generated" });
  const choice = element("span", { class: "jw-choice", role: "group", "aria-label": "Latents that the patches are retrieved by" }, note, ...sources);
  const under = element("div", { class: "jw-under" }, legend.node, choice, key);
  const caption = element("div", { class: "jw-caption" });
  const status = element("div", { class: "jw-status", role: "status", "aria-live": "polite" });
  const nearest = createNearest(model);
  const picture = element("div", { class: "jw-picture", role: "tabpanel" }, element("div", { class: "jw-progress" }), stage.node);
  const tabs = createTabs(model, MODES, picture);
  const main = element("div", { class: "jw-pane" }, tabs.node, picture, player.node, under, caption, status);
  root.append(main);

  /** @param {string} source @param {string} label */
  function sourceButton(source, label) {
    const made = button(`Show the patches retrieved ${label}`, label, () => write(model, { quilt_source: source }));
    made.dataset.source = source;
    return made;
  }

  const quilt = () => bytesOf(model.get(model.get("quilt_source") === "target" ? "quilt_ceiling" : "quilt"));
  const errors = () => {
    const found = floatsOf(model.get("error"));
    return found.length === tokensOf(grid()) ? found : new Float32Array(0);
  };
  const ends = () => endsOf("cividis", model.get("error_range"), errors());

  /** Of the map of one byte or number a token, the tick that is shown. @template {Uint8Array | Float32Array} T @param {T} all @param {number} [each] @returns {T} */
  function ofTick(all, each = 1) {
    const from = player.tick() * cells() * each;
    return /** @type {T} */ (all.subarray(from, from + cells() * each));
  }

  /** How many bytes a mode's picture has, and should have. @returns {[number, number]} */
  function lengths() {
    const mode = model.get("mode");
    if (mode === "quilt") return [quilt().length, model.get("pixels_shape").reduce((/** @type {number} */ a, /** @type {number} */ b) => a * b, 3)];
    return mode === "error" ? [bytesOf(model.get("error")).length, tokensOf(grid()) * 4] : [bytesOf(model.get(mode)).length, tokensOf(grid()) * 3];
  }

  function update() {
    const mode = model.get("mode");
    const missing = model.get("missing")[mode];
    const [have, need] = lengths();
    if (!missing && have && have !== need) return;
    const [height, width] = model.get("aspect");
    const aspect = height && width ? [height, width] : [grid().rows, grid().cols];
    const pair = model.get("beside") && mode !== "target" && root.clientWidth >= 2 * LEAST + GAP;
    const [room, tallest] = [pair ? (root.clientWidth - GAP) / 2 : root.clientWidth, model.get("picture_height") * growth(root)];
    const seen = pair ? [stage, truth.stage] : [stage];
    const anew = [truth.show(root, pair), ...seen.map((each) => each.layout(aspect, room, tallest))];
    if (anew.some(Boolean)) ["picture", "marks"].forEach((layer) => dirty.add(layer));
    if (nearest.node.parentNode !== (pair ? truth.node : main)) (pair ? truth.node : main).append(nearest.node);
    setAttribute(root, "data-narrow", String(room < NARROW));
    root.style.setProperty("--jw-width", stage.node.style.width);
    const words = missing || (have ? "" : model.get("message"));
    stage.say(words);
    if (!words && dirty.has("picture")) drawPicture(mode, stage);
    if (pair) {
      const [name, why] = [model.get("labels").target ?? "target", model.get("missing").target];
      const whole = bytesOf(model.get("target")).length === tokensOf(grid()) * 3;
      truth.say(name, model.get("captions").target ?? "", why || (whole ? "" : model.get("message")));
      if (whole && !why && dirty.has("picture")) drawPicture("target", truth.stage);
    }
    if (dirty.has("marks")) seen.forEach(drawMarks);
    nearest.update(dirty.has("nearest"));
    around(mode, Boolean(words));
    if (dirty.has("picture")) Object.assign(root.dataset, { drawn: String(++drawn), version: String(model.get("version")) });
    dirty.clear();
  }

  /** @param {string} mode @param {Pick<typeof stage, "pens" | "lattice">} stage */
  function drawPicture(mode, { pens, lattice }) {
    const pen = pens.picture;
    const mask = maskOf(model.get("mask"));
    wipe(pen);
    if (mode === "quilt") spread(pen, frameOf(quilt(), model.get("pixels_shape"), player.frame()));
    else {
      const colours = mode === "error" ? heatOf(ofTick(errors()), "cividis", ends()) : coloursOf(mode);
      const empty = Uint8Array.from({ length: cells() }, (_, i) => Number(!colours[i * 4 + 3]));
      fillCells(pen, lattice, colours, 1);
      blank(pen, lattice, empty, root.dataset.theme === "dark");
    }
    if (!mask) return;
    const layers = layersOf(mask, player.tick(), cells());
    const active = model.get("block");
    const strength = (/** @type {number} */ i) => (active >= 0 && i !== active ? 0.45 : 1);
    contextEdge(pen, lattice, layers.context, 0.55);
    layers.blocks.forEach((flags, i) => targetEdge(pen, lattice, flags, strength(i), i === active));
    if (layers.blocks.length > 1) layers.blocks.forEach((flags, i) => badge(pen, lattice, flags, String(i + 1), strength(i)));
  }

  /** RGBA of the token colours; transparent where no prediction was asked for. @param {string} mode @returns {Uint8ClampedArray} */
  function coloursOf(mode) {
    const rgb = ofTick(bytesOf(model.get(mode)), 3);
    const asked = bytesOf(model.get("asked"));
    const known = mode === "predicted" && asked.length === tokensOf(grid()) ? ofTick(asked) : new Uint8Array(cells()).fill(1);
    const rgba = new Uint8ClampedArray(cells() * 4);
    known.forEach((flag, i) => rgba.set([rgb[i * 3], rgb[i * 3 + 1], rgb[i * 3 + 2], flag ? 255 : 0], i * 4));
    return rgba;
  }

  /** @param {Pick<typeof stage, "pens" | "lattice">} stage */
  function drawMarks({ pens, lattice }) {
    const pen = pens.marks;
    wipe(pen);
    if (inside) gridLines(pen, lattice);
    flagsOf(model.get("selection"), player.tick(), cells()).forEach((flag, i) => flag && ring(pen, lattice, Math.floor(i / grid().cols), i % grid().cols, "selected"));
    const hover = model.get("hover");
    const at = isToken(grid(), hover) ? positionOf(grid(), hover) : null;
    if (at && at.tick === player.tick()) ring(pen, lattice, at.row, at.col, "hover");
  }

  /** @param {string} mode @param {boolean} empty */
  function around(mode, empty) {
    const hover = model.get("hover");
    const [label, unit] = [model.get("error_label"), model.get("error_unit")];
    const place = { grid: grid(), size: model.get("aspect"), source: model.get("source"), sourceSize: model.get("source_size") };
    const about = { ...place, mask: maskOf(model.get("mask")), label, unit };
    const pointed = isToken(grid(), hover) ? tokenText({ ...about, token: hover, value: errors()[hover] ?? NaN }) : "";
    setText(status, pointed);
    stage.speak(pointed ? positionOf(grid(), hover) : null, pointed);
    setWords(caption, model.get("captions")[mode] ?? "");
    setAttribute(root, "data-busy", String(model.get("busy")));
    setAttribute(root, "aria-busy", String(model.get("busy")));
    tabs.refresh(truth.node.isConnected ? ["target"] : []); // which stands beside them
    legend.node.hidden = mode !== "error";
    legend.update("cividis", ends(), label, unit);
    choice.hidden = mode !== "quilt";
    key.hidden = mode !== "predicted" && mode !== "error";
    under.classList.toggle("jw-unseen", empty);
    for (const made of sources) setAttribute(made, "aria-pressed", String(made.dataset.source === model.get("quilt_source")));
  }

  root.addEventListener("keydown", (event) => {
    const act = player.keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.composedPath()[0])) return;
    event.preventDefault();
    act();
  });

  const stops = [
    onAll(model, [...DATA, ...QUILT], () => redraw("picture", "marks")),
    onAll(model, MARKS, () => redraw("marks")),
    onAll(model, NEAREST, () => redraw("nearest")),
    onAll(model, AROUND, () => redraw()),
    followSize(root, frame.request),
    tabs.dispose,
    player.dispose,
    frame.cancel,
    dispose,
  ];
  around(model.get("mode"), true);
  frame.request();
  return () => stops.forEach((stop) => stop());
}

/** The target, beside what is compared with it. @param {import("./_stage.js").Hearer} hearer */
function createTruth(hearer) {
  const stage = createStage("Tokens of the target", ["truth", "truth-marks"], hearer);
  const [title, caption] = [element("div", { class: "jw-tabs jw-truth-title" }), element("div", { class: "jw-caption" })];
  const node = element("div", { class: "jw-pane" }, title, element("div", { class: "jw-picture" }, stage.node), caption);
  setAttribute(stage.node, "data-tool", "select");
  return {
    node,
    stage: { ...stage, pens: { picture: stage.pens.truth, marks: stage.pens["truth-marks"] } },
    /** Is it to stand there? True where that changed. @param {HTMLElement} root @param {boolean} pair */
    show: (root, pair) => {
      if (node.isConnected === pair) return false;
      if (pair) root.prepend(node);
      else node.remove();
      return true;
    },
    /** @param {string} name @param {string} words under it @param {string} missing in place of the picture */
    say: (name, words, missing) => {
      setText(title, name);
      setWords(caption, words);
      stage.say(missing);
    },
  };
}

export default { render };
