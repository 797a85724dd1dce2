// What a map shows, derived from its traits: only what depends on a change is computed again.

import { floatsOf } from "./_kit.js";
import { crowding, gridOf } from "./_scatter_grid.js";
import { endsOf, placesOf } from "./_scatter_look.js";
import { codesOf, extentOf, idsOf, NO_LABEL, searched, shuffled, slotsOf, tally, total, unpack, visibleOf } from "./_scatter_rows.js";
import { stillOf } from "./_scatter_still.js";

/** @typedef {ReturnType<typeof createState>} State */
/**
 * Columns as they are shown; `seen` and `selected` hold one byte a row, `members` places in `order`: of all
 * that are seen, and of those that stand out. `chosen` counts the selected rows, `both` those of them that are seen. `lit` is the category that stands out.
 * @typedef {{count: number, points: Float32Array, order: Uint32Array, extent: ReturnType<typeof extentOf>, grid: import("./_scatter_grid.js").Grid, crowd: number,
 *   codes: Uint16Array, labels: string[], values: Float32Array, ends: [number, number], slots: Uint8Array, counts: Uint32Array, places: Uint8Array,
 *   seen: Uint8Array, selected: Uint8Array, members: Uint32Array[], anchors: {code: number, x: number, y: number, count: number}[], paths: Uint32Array[],
 *   chosen: number, both: number, lit: number, still: import("./_scatter_still.js").Still | null}} Columns
 */

const POINTS = ["count", "points"];
const SHADE = ["colour", "category", "labels", "value", "value_range", "colour_map"];
const FILTER = ["category", "labels", "value", "hidden", "window", "filters", "query", "found", "found_query", "search", "names"];
const STILL = ["still", "still_shape", "still_extent"];
const PLACED = 40; // categories whose names are written beside their points, at most
const SIDE = 28; // cells a side in which their densest place is looked for

/** The traits that the state follows. */
export const FOLLOWED = [...new Set([...POINTS, ...SHADE, ...FILTER, "selected", "lit", "paths", "path_lengths", ...STILL])];

/** @param {import("./_kit.js").Model} model */
export function createState(model) {
  const nothing = new Uint8Array(0);
  const state = /** @type {Columns} */ ({
    count: 0,
    points: new Float32Array(0),
    order: new Uint32Array(0),
    extent: extentOf(new Float32Array(0)),
    grid: gridOf(new Float32Array(0), new Uint32Array(0), extentOf(new Float32Array(0))),
    crowd: 1,
    codes: new Uint16Array(0),
    labels: [],
    values: new Float32Array(0),
    ends: [0, 1],
    slots: nothing,
    counts: new Uint32Array(1),
    places: nothing,
    seen: nothing,
    selected: nothing,
    members: [new Uint32Array(0), new Uint32Array(0)],
    anchors: [],
    paths: [],
    chosen: 0,
    both: 0,
    lit: -1,
    still: null,
  });
  let packed = "";

  /** Takes changes in. @param {Set<string>} changed names of traits, or "all" @returns {Set<string>} what is new: "points", "shade", "seen", "selected" */
  function follow(changed) {
    const fresh = new Set();
    const any = (/** @type {string[]} */ names) => changed.has("all") || names.some((name) => changed.has(name));
    if (any(POINTS)) readPoints(fresh);
    if (any(["paths", "path_lengths"])) readPaths();
    if (fresh.has("points") || any(SHADE)) readShade(fresh);
    if (fresh.has("points") || any(FILTER)) readFilter(fresh);
    if (fresh.has("points") || any(["selected"])) readSelected(fresh);
    if (any(["lit"])) fresh.add("selected");
    if (fresh.size) gather();
    if (any(STILL)) {
      state.still = stillOf(model);
      fresh.add("still");
    }
    if (fresh.has("seen") || fresh.has("shade")) state.anchors = anchorsOf();
    return fresh;
  }

  /** @param {Set<string>} fresh */
  function readPoints(fresh) {
    const [points, count] = [floatsOf(model.get("points")), model.get("count")];
    if (points.length !== (count || 0) * 2) return; // a part of a change: the rest is on its way
    const order = shuffled(points);
    const extent = extentOf(points);
    Object.assign(state, { count, points, order, extent });
    state.grid = gridOf(points, order, extent);
    state.crowd = crowding(state.grid);
    fresh.add("points");
  }

  /** @param {Set<string>} fresh */
  function readShade(fresh) {
    const { count } = state;
    const [codes, values] = [codesOf(model.get("category")), floatsOf(model.get("value"))];
    state.codes = codes.length === count ? codes : new Uint16Array(0);
    state.values = values.length === count ? values : new Float32Array(0);
    state.labels = model.get("labels");
    const map = model.get("colour_map");
    state.ends = endsOf(model.get("value_range"), state.values, map);
    const drawn = new Uint8Array(count);
    for (const row of state.order) drawn[row] = 1;
    state.counts = tally(state.codes, state.labels.length, drawn, drawn).one;
    state.slots = slotsOf(state.counts.subarray(0, state.labels.length));
    state.places = placesOf(shade(), count);
    fresh.add("shade");
  }

  /** What colours the points. @returns {import("./_scatter_look.js").Shade} */
  function shade() {
    const { codes, slots, values, ends } = state;
    const by = model.get("colour");
    const there = by === "category" ? codes.length : values.length;
    return { by: there ? by : "none", codes, slots, values, ends, map: model.get("colour_map") };
  }

  /** @param {Set<string>} fresh */
  function readFilter(fresh) {
    const { count, codes, values, labels, order } = state;
    const masks = model.get("filters").map((/** @type {{rows: string}} */ each) => unpack(each.rows, count));
    const query = model.get("query");
    if (query && model.get("search") === "browser") masks.push(searched(query, model.get("names"), labels, codes, count));
    else if (query && model.get("found") && model.get("found_query") === query) masks.push(unpack(model.get("found"), count));
    state.seen = visibleOf(order, count, { codes, hidden: model.get("hidden"), values, window: model.get("window"), masks });
    fresh.add("seen");
  }

  /** @param {Set<string>} fresh */
  function readSelected(fresh) {
    const text = model.get("selected");
    if (text === packed && state.selected.length === state.count) return;
    packed = text;
    state.selected = unpack(text, state.count);
    state.chosen = total(state.selected);
    fresh.add("selected");
  }

  /** The selection as it is here already, so that it is not read again. @param {Uint8Array} rows @param {string} text */
  function hold(rows, text) {
    state.selected = rows;
    state.chosen = total(rows);
    packed = text;
    gather();
  }

  /** Lets a category stand out in place of the selection. @param {number} code −1 = none */
  function light(code) {
    state.lit = state.codes.length ? code : -1;
    gather();
  }

  /** Which are drawn, as places in the order of drawing: all that are seen, and those of them that stand out. */
  function gather() {
    const { order, seen, selected, codes, chosen } = state;
    const standing = chosen || model.get("colour") !== "category" || !codes.length ? -1 : model.get("lit");
    const lit = state.lit >= 0 ? state.lit : standing;
    const [all, some] = [new Uint32Array(order.length), new Uint32Array(order.length)];
    let [n, m, both] = [0, 0, 0];
    for (let i = 0; i < order.length; i++) {
      if (!seen[order[i]]) continue;
      all[n++] = i;
      both += selected[order[i]];
      if (lit >= 0 ? codes[order[i]] === lit : selected[order[i]]) some[m++] = i;
    }
    state.both = both;
    state.members = [all.subarray(0, n), some.slice(0, m)];
  }

  function readPaths() {
    const rows = idsOf(model.get("paths"));
    let from = 0;
    state.paths = model.get("path_lengths").map((/** @type {number} */ length) => rows.subarray(from, (from += length)));
  }

  /** Where the name of each category stands: among its points, where they are densest. */
  function anchorsOf() {
    const { codes, labels, points, seen, extent } = state;
    if (!codes.length || labels.length > PLACED || !state.order.length) return [];
    const sums = new Float64Array(labels.length * SIDE * SIDE * 3);
    const by = SIDE / (extent.half * 2 || 1);
    const cell = (/** @type {number} */ at, /** @type {number} */ low) => Math.max(0, Math.min(SIDE - 1, Math.floor((at - low) * by)));
    for (let row = 0; row < codes.length; row++) {
      if (!seen[row] || codes[row] === NO_LABEL) continue;
      const [x, y] = [points[row * 2], points[row * 2 + 1]];
      const at = ((codes[row] * SIDE + cell(y, extent.low[1])) * SIDE + cell(x, extent.low[0])) * 3;
      sums[at] += 1;
      sums[at + 1] += x;
      sums[at + 2] += y;
    }
    return labels.flatMap((_, code) => {
      let [best, all] = [code * SIDE * SIDE, 0];
      for (let i = code * SIDE * SIDE; i < (code + 1) * SIDE * SIDE; i++) {
        all += sums[i * 3];
        if (sums[i * 3] > sums[best * 3]) best = i;
      }
      const count = sums[best * 3];
      return count ? [{ code, x: sums[best * 3 + 1] / count, y: sums[best * 3 + 2] / count, count: all }] : [];
    });
  }
  return Object.assign(state, { follow, shade, hold, light });
}
