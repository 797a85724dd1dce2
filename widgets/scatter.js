// A map of points: colour, filters, search, selection, neighbours and trajectories. Columns come once; ids, bits and ends go back.

import { byKey } from "./_keys.js";
import { element, mount, onAll, remembering, same, setAttribute, setText, write } from "./_kit.js";
import { MEANINGS } from "./_meanings.js";
import { fileName, offer } from "./_plot_files.js";
import { zoomOf } from "./_room.js";
import { around, panned, resized, toData, toScreen, whole, zoomed } from "./_scatter_camera.js";
import { mapSvg } from "./_scatter_file.js";
import { nearest, ranked } from "./_scatter_grid.js";
import { listenToHands } from "./_scatter_input.js";
import { createMapLegend, grouped } from "./_scatter_legend.js";
import { FLAT } from "./_scatter_look.js";
import { drawMarks } from "./_scatter_marks.js";
import { combined, howOf, taken } from "./_scatter_region.js";
import { pack } from "./_scatter_rows.js";
import { createScreen } from "./_scatter_screen.js";
import { createState, FOLLOWED } from "./_scatter_state.js";
import { sightOf } from "./_scatter_still.js";
import { createTip, wordsOf } from "./_scatter_tip.js";
import { createTools } from "./_scatter_tools.js";
import { followSize } from "./_stage.js";

/** @typedef {import("./_scatter_camera.js").Camera} Camera */

const MARKS = ["hover", "hover_row", "hover_text", "hover_picture", "hover_shape", "hover_box", "neighbours_of", "neighbours", "neighbour_kinds", "path", "tick", "place_labels"];
const AROUND = ["title", "x_label", "y_label", "note", "message", "tool", "busy", "category_name", "no_label", "value_name", "value_unit", "version", "plot_height", "dropped", "partial", "bare"];
const READ = [...FOLLOWED, ...MARKS, ...AROUND, "camera", "selected", "search", "sight"];
const REACH = 8; // CSS pixels from the edge of a point at which it is still pointed at
const WALK = 200; // neighbours that [ and ] lead to
const NARROW = 700; // CSS pixels from which the legend stands beside the map, as in the style sheet
const REST = 250; // ms without a move until Python hears where the camera is
const KINDS = /** @type {[string, string, string][]} */ ([["true", "teacher-forced", "near in both"], ["false", "open loop", "near in the map only"], ["torn", "tried", "near in full, torn apart here"]]);

/** @param {{model: import("./_kit.js").Model, el: HTMLElement}} host */
function render({ model: slow, el }) {
  const { model, stop: forget } = remembering(slow, [...new Set(READ)]);
  const { root, dispose } = mount(model, el, "jw-map", () => redraw("theme"));
  const state = createState(model);
  const screen = createScreen(state, root, (pen) => camera && drawMarks(pen, state, camera, inks(), shownMarks(), stroke, screen.size()), () => say());
  const plot = screen.node;
  const tip = createTip(model, state);
  const legend = createMapLegend(model, state, (code) => {
    state.light(code);
    screen.follow(new Set(["selected"]));
  });
  const tools = createTools(model, { zoom: (by) => zoom(by, middle()), fit, frame, all: () => select("replace", state.seen), clear, take: () => select("replace", state.seen), save, saveSvg });
  const [status, voice] = [element("div", { class: "jw-map-status", role: "status", "aria-live": "polite" }), element("div", { class: "jw-heard", "aria-live": "polite" })];
  const [note, empty, axes] = [element("div", { class: "jw-map-note" }), element("div", { class: "jw-empty", hidden: true }), element("div", { class: "jw-map-axes" })];
  const key = element("div", { class: "jw-map-kinds" });
  plot.append(empty, axes, tip.node);
  root.append(tools.node, element("div", { class: "jw-map-body" }, element("div", { class: "jw-map-frame" }, element("div", { class: "jw-progress" }), plot), legend.node), element("div", { class: "jw-map-foot" }, status, key), note, voice);
  const changed = new Set(["all"]);
  /** @type {Camera | null} */
  let camera = null;
  let moved = false;
  let resting = 0;
  let sighting = 0;
  /** @type {[number, number][]} */
  let stroke = [];
  let pending = 0;
  /** @type {{from: number, rows: number[], at: number} | null} */
  let walk = null;

  const middle = () => /** @type {[number, number]} */ ([plot.clientWidth / 2, plot.clientHeight / 2]);
  const kindInks = () => Object.fromEntries(KINDS.map(([kind, meaning]) => [kind, MEANINGS[/** @type {"real"} */ (meaning)][Number(root.dataset.theme === "dark")]]));

  /** Colours of the marks, from the style sheet. @returns {import("./_scatter_marks.js").Inks} */
  function inks() {
    const style = getComputedStyle(root);
    const of = (/** @type {string} */ name) => style.getPropertyValue(`--jw-${name}`).trim();
    return { ground: of("map-ground"), text: of("text"), quiet: of("quiet"), accent: of("accent"), kinds: kindInks() };
  }

  /** @returns {import("./_scatter_marks.js").Shown} */
  function shownMarks() {
    const from = model.get("neighbours_of");
    const names = model.get("place_labels") && state.shade().by === "category";
    return { path: model.get("path"), tick: model.get("tick"), hover: model.get("hover"), from: from < state.count ? from : -1, to: model.get("neighbours"), kinds: model.get("neighbour_kinds"), names };
  }

  /** The picture as it is, as a file. */
  async function save() {
    const blob = await screen.picture(inks().ground);
    offer(blob, fileName(model.get("title") || "map", "png"));
  }

  /** The same for papers: shapes and text, of more points than can be drawn one by one a picture. */
  function saveSvg() {
    if (!camera) return;
    const real = /** @type {CanvasRenderingContext2D} */ (element("canvas").getContext("2d"));
    const style = { family: getComputedStyle(root).fontFamily, dark: root.dataset.theme === "dark", real };
    const text = mapSvg(model, state, screen, camera, inks(), { ...shownMarks(), hover: -1 }, style);
    offer(new Blob([text], { type: "image/svg+xml" }), fileName(model.get("title") || "map", "svg"));
  }

  /** Takes changes in with the next frame, all that came until then at once. @param {string} name */
  function redraw(name) {
    changed.add(name);
    pending ||= requestAnimationFrame(update);
  }

  function update() {
    pending = 0;
    const fresh = state.follow(changed);
    if (changed.has("theme") || changed.has("all")) fresh.add("theme");
    if (fresh.has("points")) walk = null;
    if (fresh.has("points") && !model.get("camera").length) moved = false;
    if (fresh.has("points") || changed.has("camera")) place();
    changed.clear();
    screen.follow(fresh);
    if (fresh.size) legend.update(root.dataset.theme ?? "light");
    if (fresh.has("seen") || fresh.has("points")) write(model, { shown: state.members[0].length });
    around_();
    screen.request("marks");
    say();
    setAttribute(root, "data-version", model.get("version"));
  }

  /** What stands around the picture. */
  function around_() {
    tools.refresh(state.chosen, state.members[0].length);
    setHeight();
    plot.dataset.tool = model.get("tool");
    setAttribute(root, "data-bare", String(model.get("bare")));
    setAttribute(root, "data-busy", String(model.get("busy")));
    setAttribute(root, "aria-busy", String(model.get("busy")));
    setText(note, model.get("note"));
    note.hidden = !model.get("note");
    setText(empty, state.order.length ? "" : model.get("message"));
    empty.hidden = state.order.length > 0;
    setText(axes, [model.get("x_label") && `→ ${model.get("x_label")}`, model.get("y_label") && `↑ ${model.get("y_label")}`].filter(Boolean).join("    "));
    const lined = model.get("neighbours_of") >= 0 ? KINDS.filter(([kind]) => model.get("neighbour_kinds").includes(kind)) : [];
    const mine = kindInks();
    key.replaceChildren(...lined.map(([kind, , words]) => {
      const line = element("span", { class: "jw-map-line", "data-kind": kind, "aria-hidden": "true" });
      line.style.borderColor = mine[kind];
      return element("span", { class: "jw-map-kind-of" }, line, words);
    }));
    setAttribute(plot, "aria-label", `${model.get("title") || "Map"}: ${grouped(state.order.length)} points. Arrows move, plus and minus zoom, brackets walk from point to point, Enter selects.`);
  }

  /** Counts, and what is left out. */
  function say() {
    const shown = state.members[0].length;
    const unseen = state.chosen - state.both;
    const parts = [shown === state.order.length ? `${grouped(shown)} points` : `${grouped(shown)} of ${grouped(state.order.length)} points shown`];
    if (state.chosen) parts.push(`${grouped(state.chosen)} selected${unseen ? `, ${grouped(unseen)} of them not shown` : ""}`);
    if (model.get("dropped") && !model.get("partial")) parts.push(`${grouped(model.get("dropped"))} without coordinates are left out`);
    if (screen.pictured()) parts.push("shown as one picture by Datashader");
    else if (!screen.hasGl()) parts.push(screen.left() ? `without WebGL only ${grouped(FLAT)} points are drawn; selections and counts are of all` : "drawn without WebGL");
    setText(status, parts.join(" · "));
    clearTimeout(sighting);
    sighting = window.setTimeout(tellSight, REST);
  }

  /** Says what a picture is wanted of, where there are more points than are drawn here. */
  function tellSight() {
    const sight = camera && screen.crowded() ? sightOf(camera) : [];
    if (!same(sight, model.get("sight"))) write(model, { sight });
  }

  /** The camera as Python wants it, or all points. */
  function place() {
    const [width, height] = [plot.clientWidth || 1, plot.clientHeight || 1];
    const [x, y, unit] = model.get("camera");
    camera = unit > 0 ? { x, y, unit, width, height } : whole(state.extent, width, height);
    moved = unit > 0;
    screen.look(camera);
    pointed();
  }

  /** @param {Camera} to */
  function look(to) {
    camera = to;
    moved = true;
    screen.look(to);
    pointed();
    clearTimeout(resting);
    resting = window.setTimeout(tellCamera, REST);
  }

  function tellCamera() {
    tellSight();
    if (camera && moved) write(model, { camera: [camera.x, camera.y, camera.unit] });
  }

  /** As high as said, else by the width and the window. */
  function setHeight() {
    const around = root.clientWidth > NARROW ? 230 : 434; // of the window: what stands above it, and where the legend stands below the map, that too
    const height = model.get("plot_height") || Math.round(Math.max(320, Math.min(plot.clientWidth * 0.9, window.innerHeight / zoomOf(root) - around)));
    if (plot.style.height !== `${height}px`) plot.style.height = `${height}px`;
    legend.node.style.maxHeight = plot.style.height;
  }

  function resize() {
    setHeight();
    const [width, height] = [plot.clientWidth, plot.clientHeight];
    if (!width || !height) return;
    if (camera && (camera.width !== width || camera.height !== height)) {
      camera = moved ? resized(camera, width, height) : whole(state.extent, width, height);
      screen.look(camera);
      pointed();
      say();
    }
    if (!camera) place();
    screen.request("marks");
  }

  /** @param {number} by @param {[number, number]} at */
  function zoom(by, at) {
    if (camera) look(zoomed(camera, by, at[0], at[1], state.extent));
  }

  function fit() {
    moved = false;
    clearTimeout(resting);
    write(model, { camera: [] });
    place();
    say();
  }

  /** Zooms to the selected points that are shown. */
  function frame() {
    if (!camera || !state.both) return;
    let [left, right, bottom, top] = [Infinity, -Infinity, Infinity, -Infinity];
    for (const row of state.order) {
      if (!state.selected[row] || !state.seen[row]) continue;
      const [x, y] = [state.points[row * 2], state.points[row * 2 + 1]];
      [left, right, bottom, top] = [Math.min(left, x), Math.max(right, x), Math.min(bottom, y), Math.max(top, y)];
    }
    look(around([left, bottom], [right, top], state.extent, camera.width, camera.height));
  }

  /** @param {import("./_scatter_region.js").How} how @param {Uint8Array} rows that may be seen @param {number[]} [region] in data */
  function select(how, rows, region = []) {
    const next = combined(state.selected, rows, how).slice();
    const text = pack(next);
    state.hold(next, text);
    write(model, { selected: text, region });
    screen.follow(new Set(["selected"]));
    legend.update(root.dataset.theme ?? "light");
    tools.refresh(state.chosen, state.members[0].length);
    say();
  }

  function clear() {
    stroke = [];
    select("replace", new Uint8Array(state.count));
  }

  /** Tells which row is pointed at. @param {number} row */
  function point(row) {
    if (row !== model.get("hover")) write(model, { hover: row });
  }

  /** Shows what is known of the row that is pointed at. */
  function pointed() {
    const row = model.get("hover");
    const there = camera && row >= 0 && row < state.count && Number.isFinite(state.points[row * 2]);
    const at = there && camera ? toScreen(camera, state.points[row * 2], state.points[row * 2 + 1]) : /** @type {[number, number]} */ ([0, 0]);
    const inside = there && at[0] >= 0 && at[1] >= 0 && at[0] <= plot.clientWidth && at[1] <= plot.clientHeight;
    return tip.update(inside ? row : -1, at, { width: plot.clientWidth, height: plot.clientHeight });
  }

  /** @param {[number, number]} at @returns {number} the row under a place of the screen */
  function rowAt(at) {
    if (!camera) return -1;
    const [x, y] = toData(camera, ...at);
    return nearest(state.grid, x, y, (REACH + screen.size() / 2) * camera.unit, state.seen);
  }

  /** The next point by distance from where the walk began. @param {number} by */
  function step(by) {
    if (!camera || !state.members[0].length) return;
    if (!walk || walk.rows[walk.at] !== model.get("hover")) {
      const from = model.get("hover");
      const [x, y] = from >= 0 && state.seen[from] ? [state.points[from * 2], state.points[from * 2 + 1]] : toData(camera, ...middle());
      walk = { from, rows: ranked(state.grid, x, y, WALK, state.seen), at: from >= 0 ? 0 : -1 };
    }
    walk.at = Math.max(0, Math.min(walk.rows.length - 1, walk.at + by));
    const row = walk.rows[walk.at];
    point(row);
    const [left, top] = toScreen(camera, state.points[row * 2], state.points[row * 2 + 1]);
    const [wide, tall] = [plot.clientWidth, plot.clientHeight];
    if (left < 20 || top < 20 || left > wide - 20 || top > tall - 20) look(panned(camera, wide / 2 - left, tall / 2 - top, state.extent));
    setText(voice, wordsOf(model, state, row).replaceAll("\n", ", "));
  }

  /** @param {number} row @param {import("./_scatter_region.js").How} how */
  function press(row, how) {
    const rows = new Uint8Array(state.count);
    rows[row] = 1;
    select(how, rows);
    write(model, { pressed: [row, model.get("pressed")[1] + 1] });
  }

  const pan = (/** @type {number} */ right, /** @type {number} */ down) => camera && look(panned(camera, right, down, state.extent));
  const move = (/** @type {number} */ x, /** @type {number} */ y) => () => pan(x * plot.clientWidth * 0.12, y * plot.clientHeight * 0.12);
  const enter = (/** @type {KeyboardEvent} */ event) => {
    const row = model.get("hover");
    if (row >= 0 && state.seen[row]) press(row, event.shiftKey ? (state.selected[row] ? "remove" : "add") : "replace");
  };
  const keys = {
    ArrowLeft: move(1, 0), ArrowRight: move(-1, 0), ArrowUp: move(0, 1), ArrowDown: move(0, -1),
    Enter: enter, "=": () => zoom(1.6, middle()), "−": () => zoom(1 / 1.6, middle()),
    ...byKey({
      larger: () => zoom(1.6, middle()), smaller: () => zoom(1 / 1.6, middle()), previous: () => step(-1), next: () => step(1), leave: clear,
      whole: fit, frame, all: () => select("replace", state.seen), search: () => tools.field.focus(),
      pan: () => write(model, { tool: "pan" }), select: () => write(model, { tool: "lasso" }), rectangle: () => write(model, { tool: "rectangle" }),
    }),
  };
  const cancel = listenToHands(plot, {
    tool: () => model.get("tool"),
    pan,
    zoom,
    point: (at) => point(at ? rowAt(at) : -1),
    draw: (corners) => {
      stroke = corners;
      screen.request("marks");
    },
    take: (corners, event) => {
      if (!camera) return;
      const now = camera;
      const region = corners.flatMap(([left, top]) => toData(now, left, top));
      select(howOf(event), taken(state.points, state.seen, Float64Array.from(region)), region);
    },
    click: (at, event) => {
      const row = rowAt(at);
      if (row >= 0) press(row, howOf(event));
    },
    keys,
    wake: screen.wake,
  });

  const stops = [
    onAll(slow, FOLLOWED, redraw),
    onAll(slow, AROUND, redraw),
    onAll(slow, ["camera"], () => (camera && same(model.get("camera"), moved ? [camera.x, camera.y, camera.unit] : []) ? undefined : redraw("camera"))),
    onAll(slow, MARKS, () => {
      pointed();
      around_();
      screen.request("marks");
    }),
    followSize(plot, resize),
    () => cancelAnimationFrame(pending),
    () => clearTimeout(resting),
    () => clearTimeout(sighting),
    cancel,
    tools.dispose,
    screen.dispose,
    forget,
    dispose,
  ];
  setHeight();
  redraw("all");
  return () => stops.forEach((stop) => stop());
}

export default { render };
