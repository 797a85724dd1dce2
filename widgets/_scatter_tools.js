// The row above a map: what it is, what dragging does, where to look, what is selected, and the search.

import { keyOf } from "./_keys.js";
import { button, element, icon, setAttribute, setText, write } from "./_kit.js";

/** What the buttons do. @typedef {{zoom: (by: number) => void, fit: () => void, frame: () => void, all: () => void, clear: () => void, take: () => void, save: () => void, saveSvg: () => void}} Acts */

const ICONS = {
  pan: "M8 2v12M2 8h12M6.3 3.7 8 2l1.7 1.7M6.3 12.3 8 14l1.7-1.7M3.7 6.3 2 8l1.7 1.7M12.3 6.3 14 8l-1.7 1.7",
  lasso: "M8 2.8c3.4 0 6 1.7 6 3.9s-2.6 3.9-6 3.9c-.9 0-1.7-.1-2.5-.3M5.5 10.3C3.4 9.7 2 8.3 2 6.7 2 4.5 4.6 2.8 8 2.800M5.8 10.200a1.7 1.7 0 1 1-2.6 1.400M4.2 13c.5 1 .3 1.5-.4 2",
  rectangle: "M2.5 5.500v-3h3M10.5 2.500h3v3M13.5 10.500v3h-3M5.5 13.500h-3v-3",
  closer: "M8 3v10M3 8h10",
  farther: "M3 8h10",
  fit: "M2.5 6V2.500H6M10 2.500h3.500V6M13.5 10v3.500H10M6 13.500H2.500V10M6.5 8h3M8 6.500v3",
  frame: "M7 2.500a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9M10.3 10.300l3.7 3.700M5.2 7h3.6",
  all: "M3 8.5 6.5 12 13 4.5",
  clear: "M4 4l8 8M12 4l-8 8",
  save: "M8 2.5v7.5M4.8 7 8 10.2 11.2 7M3 13.5h10",
  saveSvg: "M4.2 11.500C4.500 7 6 5 8 5s3.500 2 3.800 6.500M2.500 11.500h3v2.500h-3zM10.500 11.500h3v2.500h-3zM6.500 2.500h3V5h-3z",
};
const named = (/** @type {string} */ label, /** @type {string} */ action) => `${label} (${keyOf(action).replace(/^[a-z]$/, (letter) => letter.toUpperCase())})`;
const TOOLS = [
  ["pan", named("Move the map by dragging", "pan")],
  ["lasso", named("Lasso: draw around points; Shift adds, Alt removes", "select")],
  ["rectangle", named("Rectangle: drag over points; Shift adds, Alt removes", "rectangle")],
];
const PAUSE = 150; // ms without a key until a search is asked

/** @param {import("./_kit.js").Model} model @param {Acts} acts */
export function createTools(model, acts) {
  const tools = TOOLS.map(([tool, label]) => {
    const made = button(label, icon(ICONS[/** @type {"pan"} */ (tool)]), () => write(model, { tool }));
    made.dataset.tool = tool;
    return made;
  });
  const frame = button(named("Zoom to the selection", "frame"), icon(ICONS.frame), acts.frame);
  const all = button(named("Select all points shown", "all"), icon(ICONS.all), acts.all);
  const clear = button(named("Clear the selection", "leave"), icon(ICONS.clear), acts.clear);
  const views = [
    button("Closer (+)", icon(ICONS.closer), () => acts.zoom(1.6)),
    button("Farther (−)", icon(ICONS.farther), () => acts.zoom(1 / 1.6)),
    button(named("Show all points", "whole"), icon(ICONS.fit), acts.fit),
    frame,
  ];
  const field = element("input", { type: "search", class: "jw-map-search", placeholder: "Search", spellcheck: "false", autocomplete: "off" });
  const title = element("div", { class: "jw-map-title" });
  const group = (/** @type {string} */ name, /** @type {HTMLElement[]} */ made) => element("span", { class: "jw-group", role: "group", "aria-label": name }, ...made);
  const bar = element("div", { class: "jw-map-tools", role: "toolbar", "aria-label": "Map" }, group("Dragging", tools), group("View", views), group("Selection", [all, clear]), group("File", [button("Save this picture as png", icon(ICONS.save), acts.save), button("Save this picture as svg, for papers", icon(ICONS.saveSvg), acts.saveSvg)]), field);
  const node = element("div", { class: "jw-map-head" }, title, bar);
  let waiting = 0;

  const ask = () => {
    clearTimeout(waiting);
    write(model, { query: field.value.trim() });
  };
  field.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = window.setTimeout(ask, field.value ? PAUSE : 0);
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter") {
      ask();
      acts.take();
    } else if (event.key === "Escape" && field.value) {
      field.value = "";
      ask();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  });

  /** @param {number} selected @param {number} shown */
  function refresh(selected, shown) {
    setText(title, model.get("title"));
    for (const made of tools) setAttribute(made, "aria-pressed", String(made.dataset.tool === model.get("tool")));
    const name = model.get("category_name");
    setAttribute(field, "aria-label", `Search ${name || "points"}: only points with this text are shown; Enter selects them`);
    const searchable = model.get("search") === "python" || model.get("names").length > 0 || model.get("labels").length > 0;
    field.hidden = !searchable;
    if (!field.matches(":focus")) field.value = model.get("query");
    frame.disabled = clear.disabled = !selected;
    all.disabled = !shown;
  }
  return { node, field, refresh, dispose: () => clearTimeout(waiting) };
}
