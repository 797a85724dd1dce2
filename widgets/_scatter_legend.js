// What the colours of a map mean, beside it: categories with counts, a scale of values with its distribution, and the filters in force. All of it filters.

import { button, element, figure, icon, setAttribute, setText, write } from "./_kit.js";
import { ratioOf } from "./_room.js";
import { hasRings, inkOf, inkOfValue } from "./_scatter_look.js";
import { COLOURS, NO_LABEL, OTHER, tally } from "./_scatter_rows.js";

/** @typedef {import("./_kit.js").Model} Model */
/** @typedef {import("./_scatter_state.js").State} State */

const ROWS = 200; // categories that are listed; the rest is found by the search
const FEW = 40; // categories up to which they stand in their own order; of more, those with a colour come first
const BINS = 48;
const STEPS = 1000; // of a slider

/** @param {number} n @returns {string} */
export const grouped = (n) => n.toLocaleString("en");

/** @param {Model} model @param {State} state @param {(code: number) => void} light shows a category apart; −1 = none */
export function createMapLegend(model, state, light) {
  const chips = element("div", { class: "jw-map-chips" });
  const categories = createCategories(model, state, light);
  const values = createValues(model, state);
  const node = element("div", { class: "jw-map-legend" }, chips, categories.node, values.node);

  /** @param {string} theme */
  function update(theme) {
    const by = state.shade().by;
    categories.node.hidden = by !== "category";
    values.node.hidden = by !== "value";
    if (by === "category") categories.update(theme);
    if (by === "value") values.update(theme);
    const held = others(by);
    chips.replaceChildren(...held.map(([text, drop]) => element("span", { class: "jw-chip" }, element("span", { text }), button(`Remove the filter ${text}`, icon("M5 5l6 6M11 5l-6 6"), drop))));
    chips.hidden = !held.length;
    node.hidden = by === "none" && !held.length;
  }

  /** Filters in force that the legend does not show by itself: by other columns. @param {string} by @returns {[string, () => void][]} */
  function others(by) {
    const filters = model.get("filters");
    /** @type {[string, () => void][]} */
    const found = filters.map((/** @type {{text: string}} */ each) => [each.text, () => write(model, { filters: filters.filter((/** @type {object} */ one) => one !== each) })]);
    const hidden = model.get("hidden").length;
    const window = model.get("window");
    if (hidden && by !== "category" && state.codes.length) {
      found.push([`${model.get("category_name") || "category"}: ${hidden} hidden`, () => write(model, { hidden: [] })]);
    }
    if (window.length && by !== "value" && state.values.length) {
      found.push([`${model.get("value_name") || "value"}: ${figure(window[0])} to ${figure(window[1])}`, () => write(model, { window: [] })]);
    }
    return found;
  }
  return { node, update };
}

/** @param {Model} model @param {State} state @param {(code: number) => void} light */
function createCategories(model, state, light) {
  const name = element("span", { class: "jw-map-name" });
  const kind = element("span", { class: "jw-map-kind" });
  const list = element("div", { class: "jw-map-list", role: "group" });
  const everything = button("Show all categories", "show all", () => write(model, { hidden: [] }));
  const rest = element("div", { class: "jw-map-rest" });
  const node = element("div", { class: "jw-map-categories" }, element("div", { class: "jw-map-over" }, name, kind), list, rest, everything);
  /** @type {{code: number, row: HTMLButtonElement, swatch: HTMLElement, label: HTMLElement, count: HTMLElement}[]} */
  let rows = [];
  let listed = "";

  /** The rows of the list, made anew only for other categories. */
  function list_() {
    const { labels, slots, counts } = state;
    const codes = Array.from({ length: labels.length }, (_, code) => code);
    const own = hasRings(state.shade(), state.order.length) ? OTHER : COLOURS;
    if (codes.length > FEW) codes.sort((a, b) => Number(slots[a] >= own) - Number(slots[b] >= own));
    const shown = [...codes.slice(0, ROWS), ...(counts[labels.length] ? [NO_LABEL] : [])];
    const key = JSON.stringify([shown, model.get("no_label"), labels.slice(0, 2000), labels.length, own]);
    if (key === listed) return;
    listed = key;
    rows = shown.map((code) => {
      const swatch = element("span", { class: "jw-map-swatch", "aria-hidden": "true" });
      const label = element("span", { class: "jw-map-label", text: code === NO_LABEL ? model.get("no_label") : labels[code] });
      const count = element("span", { class: "jw-map-count" });
      const heard = { onclick: (/** @type {MouseEvent} */ event) => choose(code, event.shiftKey), onpointerenter: () => light(code), onpointerleave: () => light(-1) };
      const row = element("button", { type: "button", class: "jw-button jw-map-row", role: "checkbox", ...heard }, swatch, label, count);
      return { code, row, swatch, label, count };
    });
    list.replaceChildren(...rows.map((each) => each.row));
    const grey = codes.filter((code) => slots[code] >= own).length;
    const missing = codes.length > ROWS ? `; ${grouped(codes.length - ROWS)} more are found by the search` : "";
    setText(rest, grey ? `${grouped(grey)} of ${grouped(codes.length)} share grey: point at one to see it${missing}.` : "");
    rest.hidden = !grey;
  }

  /** Shows or hides one; with Shift only this one, and all again. @param {number} code @param {boolean} only */
  function choose(code, only) {
    const hidden = new Set(model.get("hidden"));
    const all = [...state.labels.keys(), ...(state.counts[state.labels.length] ? [NO_LABEL] : [])];
    const alone = !hidden.has(code) && hidden.size === all.length - 1;
    if (only) return write(model, { hidden: alone ? [] : all.filter((other) => other !== code) });
    if (!hidden.delete(code)) hidden.add(code);
    return write(model, { hidden: [...hidden].sort((a, b) => a - b) });
  }

  /** @param {string} theme */
  function update(theme) {
    list_();
    const { codes, labels, seen, selected, counts, slots, chosen } = state;
    const hidden = new Set(model.get("hidden"));
    const rings = hasRings(state.shade(), state.order.length);
    const { one: shown, both } = tally(codes, labels.length, seen, selected);
    const filtered = rows.some(({ code }) => shown[code === NO_LABEL ? labels.length : code] !== counts[code === NO_LABEL ? labels.length : code]);
    setText(name, model.get("category_name"));
    setText(kind, chosen ? "selected / shown" : filtered ? "shown / all" : "points");
    setAttribute(list, "aria-label", `${model.get("category_name") || "Categories"}: which are shown`);
    for (const { code, row, swatch, label, count } of rows) {
      const place = code === NO_LABEL ? labels.length : code;
      const pair = chosen ? [both[place], shown[place]] : filtered ? [shown[place], counts[place]] : [counts[place]];
      const words = pair.map(grouped).join(" / ");
      setText(count, words);
      setAttribute(row, "aria-checked", String(!hidden.has(code)));
      setAttribute(row, "aria-label", `${label.textContent}: ${chosen ? `${grouped(pair[0])} selected of ${grouped(pair[1])} shown` : filtered ? `${grouped(pair[0])} shown of ${grouped(pair[1])}` : `${words} points`}`);
      setAttribute(row, "title", "Click to show or hide; with Shift only this one");
      const slot = code === NO_LABEL ? OTHER : slots[code];
      swatch.style.setProperty("--jw-swatch", inkOf(slot, rings, theme === "dark"));
      setAttribute(swatch, "data-ring", String(rings && slot >= COLOURS && slot < OTHER));
    }
    everything.hidden = !hidden.size;
  }
  return { node, update };
}

/** @param {Model} model @param {State} state */
function createValues(model, state) {
  const name = element("span", { class: "jw-map-name" });
  const scale = [element("span"), element("span")];
  const plot = element("canvas", { class: "jw-map-histogram", "aria-hidden": "true" });
  const bar = element("div", { class: "jw-map-scale", "aria-hidden": "true" });
  const ends = [element("span"), element("span")];
  const sliders = /** @type {const} */ (["least", "largest"]).map((which) => element("input", { type: "range", min: 0, max: STEPS, step: 1, "data-end": which, oninput: () => move() }));
  const everything = button("Show all values", "show all", () => write(model, { window: [] }));
  const lines = sliders.map((slider, i) => element("label", { class: "jw-map-end" }, element("span", { text: i ? "to" : "from" }), slider, ends[i]));
  const node = element("div", { class: "jw-map-values" }, element("div", { class: "jw-map-over" }, name), plot, bar, element("div", { class: "jw-map-over jw-map-kind" }, ...scale), ...lines, everything);

  /** From the least to the largest value that there is: what the sliders run over. @returns {[number, number]} */
  function span() {
    let [low, high] = [Infinity, -Infinity];
    for (const value of state.values) {
      if (!Number.isFinite(value)) continue;
      if (value < low) low = value;
      if (value > high) high = value;
    }
    return low < high ? [low, high] : [state.ends[0], state.ends[1]];
  }

  function move() {
    const [low, high] = span();
    const [first, last] = sliders.map((slider) => Number(slider.value));
    const at = (/** @type {number} */ step) => (step === STEPS ? high : low + ((high - low) * step) / STEPS);
    write(model, { window: first <= 0 && last >= STEPS ? [] : [at(Math.min(first, last)), at(Math.max(first, last))] });
  }

  /** @param {string} theme */
  function update(theme) {
    const [low, high] = span();
    const window = model.get("window");
    const held = window.length ? window : [low, high];
    const unit = model.get("value_unit");
    setText(name, [model.get("value_name"), unit].filter(Boolean).join(", "));
    scale.forEach((end, i) => setText(end, figure(state.ends[i])));
    const stops = Array.from({ length: 17 }, (_, i) => `rgb(${inkOfValue(model.get("colour_map"), (i * 254) / 16, theme === "dark").join(" ")})`);
    bar.style.background = `linear-gradient(90deg, ${stops.join(", ")})`;
    sliders.forEach((slider, i) => {
      slider.value = String(Math.round(((held[i] - low) / (high - low || 1)) * STEPS));
      setText(ends[i], figure(held[i]));
      setAttribute(slider, "aria-label", `${i ? "Largest" : "Least"} ${model.get("value_name") || "value"} shown`);
      setAttribute(slider, "aria-valuetext", `${figure(held[i])} ${unit}`.trim());
    });
    everything.hidden = !window.length;
    histogram(theme, [low, high]);
  }

  /** How the values of all drawn points lie along the colour bar, those that are shown stronger. @param {string} theme @param {[number, number]} over */
  function histogram(theme, over) {
    const [all, shown] = [new Uint32Array(BINS), new Uint32Array(BINS)];
    const by = BINS / (state.ends[1] - state.ends[0]);
    for (const row of state.order) {
      const value = state.values[row];
      if (!(value >= over[0] && value <= over[1])) continue;
      const bin = Math.max(0, Math.min(BINS - 1, Math.floor((value - state.ends[0]) * by)));
      all[bin]++;
      shown[bin] += state.seen[row];
    }
    const ratio = ratioOf(plot);
    const [width, height] = [plot.clientWidth || 180, 36];
    plot.width = Math.round(width * ratio);
    plot.height = Math.round(height * ratio);
    const pen = /** @type {CanvasRenderingContext2D} */ (plot.getContext("2d"));
    const most = Math.max(1, ...all);
    pen.fillStyle = theme === "dark" ? "#a8b0bf" : "#5a6375";
    for (const [counts, alpha] of /** @type {[Uint32Array, number][]} */ ([[all, 0.25], [shown, 0.75]])) {
      pen.globalAlpha = alpha;
      counts.forEach((n, i) => {
        const tall = (n / most) * plot.height;
        pen.fillRect((i * plot.width) / BINS, plot.height - tall, Math.max(1, plot.width / BINS - ratio), tall);
      });
    }
  }
  return { node, update };
}
