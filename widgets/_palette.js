// The slim row of painting tools above a canvas.

import { byKey, keyOf } from "./_keys.js";
import { button, element, icon, press, setAttribute, write } from "./_kit.js";

/** @typedef {import("./_kit.js").Model} Model */

const ICONS = {
  select: "M4 2.5 12.2 7.6 8.6 8.5 10.5 12.3 8.7 13.2 6.8 9.4 4.2 12z",
  brush: "M10.7 2.6 13.4 5.3 6.6 12.1 3 13l.9-3.6zM9 4.3 11.7 7",
  rectangle: "M2.5 4h11v8h-11z",
  undo: "M5.8 3 2.5 6.3l3.3 3.3M2.7 6.3h6.6a4 4 0 0 1 0 8H7",
  redo: "M10.2 3l3.3 3.3-3.3 3.3M13.3 6.3H6.7a4 4 0 0 0 0 8H9",
  clear: "M7 13.5h6.5M2.8 9.6 9 3.4l4.2 4.2-5.9 5.9H5.2L2.8 11z M6 6.4l4.2 4.2",
  invert: "M2.5 5.5h10M9.8 2.8l2.7 2.7-2.7 2.7M13.5 10.5h-10M6.2 7.8l-2.7 2.7 2.7 2.7",
};
const SQUARES = ["M6 6h4v4H6z", "M4.5 4.5h7v7h-7z", "M3 3h10v10H3z"];
const TOOLS = [
  ["context", "Context: the encoder sees it"],
  ["target", "Target: to be predicted"],
  ["neither", "Ignored: neither context nor target", "ignored"],
];

/** @param {Model} model */
export function createPalette(model) {
  const choose = (/** @type {string} */ trait, /** @type {any} */ value) => () => write(model, { [trait]: value });
  const command = (/** @type {string} */ name) => () => press(model, "command", name);
  const named = (/** @type {string} */ label, /** @type {string} */ action) => `${label} (${keyOf(action).toUpperCase()})`;
  const tools = TOOLS.map(([tool, label, word = tool]) => {
    const made = button(named(label, tool), element("span", { class: `jw-swatch jw-swatch-${tool}` }), choose("tool", tool));
    const at = word.indexOf(keyOf(tool));
    const parts = [element("span", { text: word.slice(0, at) }), element("u", { text: word[at] }), element("span", { text: word.slice(at + 1) })];
    made.append(element("span", { class: "jw-word" }, ...parts));
    return mark(made, "tool", tool);
  });
  const select = mark(button(named("Select tokens", "select"), icon(ICONS.select), choose("tool", "select")), "tool", "select");
  const strokes = [
    mark(button(named("Brush", "brush"), icon(ICONS.brush), choose("stroke", "brush")), "stroke", "brush"),
    mark(button(named("Rectangle", "rectangle"), icon(ICONS.rectangle), choose("stroke", "rectangle")), "stroke", "rectangle"),
  ];
  const sizes = SQUARES.map((path, i) => {
    const label = `Brush ${i + 1} token${i ? "s" : ""} wide (+ and −)`;
    return mark(button(label, icon(path, { fill: true }), choose("brush", i + 1)), "brush", String(i + 1));
  });
  const undo = button("Undo (Ctrl+Z)", icon(ICONS.undo), command("undo"));
  const redo = button("Redo (Ctrl+Shift+Z)", icon(ICONS.redo), command("redo"));
  const clear = button("Clear: everything context, no target", icon(ICONS.clear), command("clear"));
  const invert = button(named("Invert: swap context and target", "invert"), icon(ICONS.invert), command("invert"));
  const group = (/** @type {string} */ name, /** @type {HTMLElement[]} */ made) => element("span", { class: "jw-group", role: "group", "aria-label": name }, ...made);
  const node = element(
    "div",
    { class: "jw-palette", role: "toolbar", "aria-label": "Painting" },
    group("Tool", [...tools, select]),
    group("Stroke", strokes),
    group("Brush size", sizes),
    group("History", [undo, redo, clear, invert]),
  );
  const marked = [...tools, select, ...strokes, ...sizes];

  function refresh() {
    node.hidden = model.get("read_only");
    for (const made of marked) setAttribute(made, "aria-pressed", String(String(model.get(made.dataset.trait ?? "")) === made.dataset.value));
    for (const made of sizes) made.disabled = model.get("stroke") !== "brush";
    undo.hidden = redo.hidden = !model.get("history");
    undo.disabled = !model.get("can_undo");
    redo.disabled = !model.get("can_redo");
  }
  return { node, refresh };
}

/** Keys of the tools. @param {Model} model @returns {Record<string, () => void>} */
export function paletteKeys(model) {
  const tool = (/** @type {string} */ name) => () => write(model, { tool: name });
  const wider = (/** @type {number} */ by) => () => write(model, { brush: Math.max(1, Math.min(3, model.get("brush") + by)) });
  return byKey({
    context: tool("context"),
    target: tool("target"),
    neither: tool("neither"),
    select: tool("select"),
    brush: () => write(model, { stroke: "brush" }),
    rectangle: () => write(model, { stroke: "rectangle" }),
    invert: () => press(model, "command", "invert"),
    smaller: wider(-1),
    larger: wider(1),
  });
}

/** @param {HTMLButtonElement} made @param {string} trait @param {string} value @returns {HTMLButtonElement} */
function mark(made, trait, value) {
  made.dataset.trait = trait;
  made.dataset.value = value;
  return made;
}
