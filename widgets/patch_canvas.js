// An image or clip with its token grid: what is context, what is target, what is neither; to look at and to paint.

import { endsOf, heatOf, rgbaOf } from "./_colour.js";
import { badge, contextEdge, cross, dashed, fillCells, frameOf, gridLines, hatch, ring, spread, targetEdge, veil, wipe } from "./_draw.js";
import { footprintOf, gridOf, isToken, positionOf, tokenOf, tokensOf } from "./_geometry.js";
import { keyOf } from "./_keys.js";
import { button, bytesOf, element, floatsOf, icon, isTyping, mount, onAll, onNextFrame, press, setAttribute, setText, write } from "./_kit.js";
import { flagsOf, layersOf, summaryOf } from "./_paint.js";
import { createPalette, paletteKeys } from "./_palette.js";
import { createLegend, tokenText } from "./_legend.js";
import { createPlayer } from "./_player.js";
import { growth } from "./_room.js";
import { createStage, followSize } from "./_stage.js";
import { createStroke } from "./_stroke.js";

const EYE = "M1.5 8S4 3.8 8 3.8 14.5 8 14.5 8 12 12.2 8 12.2 1.5 8 1.5 8zM8 6.2a1.8 1.8 0 1 0 0 3.6 1.8 1.8 0 0 0 0-3.6z";
const [NARROW, TIGHT] = [520, 300];
const PICTURE = ["pixels", "pixels_shape", "grid", "tubelet", "picture_height"];
const MASK = ["plain", "mask", "block", "overlay", "overlay_on", "overlay_opacity", "overlay_range", "overlay_map", "colours", "crossed", "version"];
const MARKS = ["hover", "selection", "source", "source_size", "overlay_label", "overlay_unit", "tool", "brush", "stroke"];
const AROUND = ["busy", "message", "hint", "read_only", "can_undo", "can_redo", "history"];

/** @param {{model: import("./_kit.js").Model, el: HTMLElement}} host */
function render({ model, el }) {
  const { root, dispose } = mount(model, el, "jw-patch-canvas");
  const grid = () => gridOf(model.get("grid"));
  const dirty = new Set(["picture", "mask", "marks"]);
  const frame = onNextFrame(update, () => root.clientWidth > 0);
  /** @type {import("./_geometry.js").Cell | null} */
  let pointed = null;
  let drawn = 0;

  const redraw = (/** @type {string[]} */ ...layers) => {
    layers.forEach((layer) => dirty.add(layer));
    frame.request();
  };
  /** While a stroke is drawn nothing is told of where the pointer is: the mask at its end would wait behind every such message. */
  const tellPointed = () => {
    if (!stroke.isDrawn()) write(model, { hover: pointed ? tokenOf(grid(), player.tick(), pointed.row, pointed.col) : -1 });
  };
  const player = createPlayer(model, () => redraw("picture", "mask", "marks"));
  const stroke = createStroke(model, grid, player.tick, () => {
    tellPointed();
    redraw("mask", "marks");
  });
  const stage = createStage("Tokens of the clip", ["picture", "mask", "marks"], {
    grid,
    act: stroke.hear,
    point: (cell) => {
      pointed = cell;
      tellPointed();
      redraw("marks");
    },
  });
  const palette = createPalette(model);
  const legend = createLegend();
  const shown = button("Show the overlay", icon(EYE), () => write(model, { overlay_on: !model.get("overlay_on") }));
  const opacity = element("input", { type: "range", min: "0", max: "1", step: "0.05", "aria-label": "Opacity of the overlay", title: "Opacity of the overlay" });
  opacity.addEventListener("input", () => write(model, { overlay_opacity: Number(opacity.value) }));
  const name = element("span");
  shown.append(name);
  const legendRow = element("div", { class: "jw-under" }, shown, legend.node, opacity);
  const status = element("div", { class: "jw-status", role: "status", "aria-live": "polite" });
  const hint = element("div", { class: "jw-hint" });
  const picture = element("div", { class: "jw-picture" }, element("div", { class: "jw-progress" }), stage.node);
  root.append(palette.node, picture, player.node, legendRow, status, hint);

  const pixels = () => bytesOf(model.get("pixels"));
  const values = () => {
    const found = floatsOf(model.get("overlay"));
    return found.length === tokensOf(grid()) ? found : new Float32Array(0);
  };
  /** Colours of the tokens of this tick as RGBA; none where there are none. */
  const colours = () => {
    const [all, cells] = [bytesOf(model.get("colours")), grid().rows * grid().cols];
    return all.length === tokensOf(grid()) * 3 ? rgbaOf(all.subarray(player.tick() * cells * 3, (player.tick() + 1) * cells * 3)) : null;
  };
  const ends = () => endsOf(model.get("overlay_map"), model.get("overlay_range"), values());
  const ofTick = (/** @type {Float32Array} */ all) => {
    const cells = grid().rows * grid().cols;
    return all.subarray(player.tick() * cells, (player.tick() + 1) * cells);
  };

  function update() {
    const [frames, height, width] = model.get("pixels_shape");
    const bytes = pixels();
    if (bytes.length && bytes.length !== frames * height * width * 3) return;
    if (stage.layout(bytes.length ? [height, width] : [grid().rows, grid().cols], root.clientWidth, model.get("picture_height") * growth(root))) {
      ["picture", "mask", "marks"].forEach((layer) => dirty.add(layer));
    }
    setAttribute(root, "data-narrow", String(root.clientWidth < NARROW));
    setAttribute(root, "data-tight", String(root.clientWidth < TIGHT));
    root.style.setProperty("--jw-width", stage.node.style.width);
    stage.say(bytes.length ? "" : model.get("message"));
    const fresh = dirty.has("picture") || dirty.has("mask");
    if (bytes.length && dirty.has("picture")) spread(stage.pens.picture, frameOf(bytes, [frames, height, width], player.frame()));
    if (dirty.has("mask")) drawMask();
    if (dirty.has("marks")) drawMarks();
    dirty.clear();
    around();
    if (fresh) Object.assign(root.dataset, { drawn: String(++drawn), version: String(model.get("version")) });
  }

  function drawMask() {
    const { pens, lattice } = stage;
    const pen = pens.mask;
    wipe(pen);
    const mask = model.get("plain") ? null : stroke.mask();
    const heat = model.get("overlay_on") ? ofTick(values()) : new Float32Array(0);
    const layers = mask && layersOf(mask, player.tick(), grid().rows * grid().cols);
    if (layers) veil(pen, lattice, layers.neither);
    const painted = (model.get("overlay_on") && colours()) || (heat.length ? heatOf(heat, model.get("overlay_map"), ends()) : null);
    if (painted) fillCells(pen, lattice, painted, model.get("overlay_opacity"));
    const marked = flagsOf(model.get("crossed"), player.tick(), grid().rows * grid().cols);
    marked.forEach((flag, i) => flag && cross(pen, lattice, Math.floor(i / grid().cols), i % grid().cols));
    if (!layers) return;
    const active = model.get("block");
    const quiet = (/** @type {number} */ i) => active >= 0 && i !== active;
    const bare = layers.target.map((flag, i) => Number(flag && !(i < heat.length && !Number.isNaN(heat[i]))));
    const lit = layers.target.map((flag, i) => Number(flag && (active < 0 || layers.blocks[active]?.[i])));
    hatch(pen, lattice, bare.map((flag, i) => flag & lit[i]));
    hatch(pen, lattice, bare.map((flag, i) => flag & Number(!lit[i])), 0.4);
    contextEdge(pen, lattice, layers.context);
    layers.blocks.forEach((flags, i) => targetEdge(pen, lattice, flags, quiet(i) ? 0.45 : 1, i === active));
    if (layers.blocks.length > 1) layers.blocks.forEach((flags, i) => badge(pen, lattice, flags, String(i + 1), quiet(i) ? 0.55 : 1));
  }

  function drawMarks() {
    const { pens, lattice } = stage;
    const pen = pens.marks;
    wipe(pen);
    if (pointed) gridLines(pen, lattice);
    const cells = grid().rows * grid().cols;
    flagsOf(stroke.selection(), player.tick(), cells).forEach((flag, i) => flag && ring(pen, lattice, Math.floor(i / grid().cols), i % grid().cols, "selected"));
    const hover = model.get("hover");
    const at = isToken(grid(), hover) ? positionOf(grid(), hover) : null;
    const rectangle = stroke.rectangle();
    const brush = model.get("stroke") === "brush" && model.get("tool") !== "select" && !model.get("read_only") ? model.get("brush") : 1;
    if (rectangle) dashed(pen, lattice, rectangle);
    else if (pointed && at && brush > 1) dashed(pen, lattice, footprintOf(grid(), at, brush));
    if (at && at.tick === player.tick() && !stroke.isDrawn()) ring(pen, lattice, at.row, at.col, "hover");
  }

  function around() {
    const [, height, width] = model.get("pixels_shape");
    const overlay = values();
    const mask = model.get("plain") ? null : stroke.mask();
    const hover = model.get("hover");
    const [label, unit] = [model.get("overlay_label"), model.get("overlay_unit")];
    const about = { grid: grid(), size: [height, width], source: model.get("source"), sourceSize: model.get("source_size"), mask, label, unit };
    const pointed = isToken(grid(), hover) ? tokenText({ ...about, token: hover, value: overlay[hover] ?? NaN }) : "";
    setText(status, pointed || (mask && pixels().length ? summaryOf(mask, tokensOf(grid())) : ""));
    status.classList.toggle("jw-idle", !pointed);
    stage.speak(pointed ? positionOf(grid(), hover) : null, pointed);
    setText(hint, model.get("hint"));
    setAttribute(root, "data-plain", String(model.get("plain")));
    setAttribute(root, "data-busy", String(model.get("busy")));
    setAttribute(root, "aria-busy", String(model.get("busy")));
    setAttribute(stage.node, "data-tool", model.get("read_only") ? "select" : model.get("tool"));
    palette.refresh();
    const coloured = bytesOf(model.get("colours")).length > 0;
    legendRow.hidden = !label && !overlay.length && !coloured;
    legendRow.classList.toggle("jw-unseen", !overlay.length && !coloured);
    legend.node.classList.toggle("jw-named", coloured);
    setText(name, model.get("overlay_on") ? "" : `show the ${label || "overlay"}`);
    setAttribute(shown, "aria-pressed", String(model.get("overlay_on")));
    opacity.value = String(model.get("overlay_opacity"));
    opacity.disabled = !model.get("overlay_on");
    legend.node.classList.toggle("jw-unseen", !model.get("overlay_on"));
    opacity.classList.toggle("jw-unseen", !model.get("overlay_on"));
    legend.update(model.get("overlay_map"), ends(), label, unit);
  }

  const tools = paletteKeys(model);
  const onKey = (/** @type {KeyboardEvent} */ event) => {
    const key = event.key === "=" ? keyOf("larger") : event.key.length === 1 ? event.key.toLowerCase() : event.key; // + without Shift
    const editable = !model.get("read_only");
    /** @type {(() => void) | undefined} */
    let act;
    if (event.ctrlKey || event.metaKey) act = key === "z" && editable ? () => press(model, "command", event.shiftKey ? "redo" : "undo") : undefined;
    else if (event.altKey || isTyping(event.composedPath()[0])) return;
    else if (key === "Escape") act = stroke.cancel;
    else act = player.keys[key] ?? (editable ? tools[key] : undefined);
    if (!act) return;
    event.preventDefault();
    act();
  };
  root.addEventListener("keydown", onKey);

  const stops = [
    onAll(model, PICTURE, () => redraw("picture", "mask", "marks")),
    onAll(model, MASK, () => redraw("mask", "marks")),
    onAll(model, MARKS, () => redraw("marks")),
    onAll(model, AROUND, () => redraw()),
    followSize(root, frame.request),
  ];
  around();
  frame.request();
  return () => {
    stops.forEach((stop) => stop());
    frame.cancel();
    player.dispose();
    dispose();
  };
}

export default { render };
