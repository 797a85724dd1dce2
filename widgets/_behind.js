// What stands behind a chart for those who do not see it: one line in words, and the numbers as tables.
import { element, figure } from "./_kit.js";

/** @typedef {{caption: string, heads: string[], rows: (string | number)[][]}} Table */
/** @typedef {import("./_kit.js").Model} Model */

const LONGEST = 100; // rows of a table
const TYPED = { f8: Float64Array, f4: Float32Array, i8: BigInt64Array, u8: BigUint64Array, i4: Int32Array, u4: Uint32Array, i2: Int16Array, u2: Uint16Array, i1: Int8Array, u1: Uint8Array };

/** The hidden place of the tables. @returns {{node: HTMLElement, fill: (words: string, tables: Table[]) => void}} */
export function createBehind() {
  const words = element("p");
  const node = element("div", { class: "jw-heard", role: "group", "aria-label": "The numbers of the chart" }, words);
  const fill = (/** @type {string} */ said, /** @type {Table[]} */ tables) => {
    words.textContent = said;
    node.replaceChildren(words, ...tables.map(tableOf));
  };
  return { node, fill };
}

/** @param {Table} table */
function tableOf({ caption, heads, rows }) {
  const cell = (/** @type {string | number} */ value) => (typeof value === "number" ? figure(value) : value);
  const body = rows.slice(0, LONGEST).map((row) => element("tr", {}, ...row.map((value, i) => (i ? element("td", { text: cell(value) }) : element("th", { scope: "row", text: cell(value) })))));
  const left = rows.length > LONGEST ? [element("tr", {}, element("td", { colspan: heads.length, text: `and ${rows.length - LONGEST} more` }))] : [];
  const head = element("tr", {}, ...heads.map((text) => element("th", { scope: "col", text })));
  return element("table", {}, element("caption", { text: caption }), element("thead", {}, head), element("tbody", {}, ...body, ...left));
}

/** A Plotly figure in words and tables. @param {{data?: any[], layout?: any}} shown @param {string} label @returns {{words: string, tables: Table[]}} */
export function ofFigure({ data = [], layout = {} }, label) {
  const titles = (/** @type {string} */ axis, /** @type {string} */ fallback) => plain(layout[axis]?.title?.text) || fallback;
  const said = /** @type {string[]} */ ([]);
  const tables = data.flatMap((trace) => {
    const name = plain(trace.name) || label;
    if (trace.z) {
      const grid = gridOf(trace.z);
      const all = grid.flat().filter(Number.isFinite);
      if (all.length) said.push(`${name}: ${grid.length} by ${grid[0].length} values from ${figure(Math.min(...all))} to ${figure(Math.max(...all))}`);
      return [];
    }
    const across = trace.orientation === "h";
    const [places, values] = (across ? [trace.y, trace.x] : [trace.x, trace.y]).map(listOf);
    const texts = listOf(trace.text).map(plain);
    const rows = values.map((/** @type {any} */ value, /** @type {number} */ i) => [place(places[i], i), number(value), ...(texts.length === values.length ? [texts[i]] : [])]);
    const known = rows.filter((/** @type {any[]} */ row) => Number.isFinite(row[1]));
    if (!known.length) return [];
    const top = known.reduce((/** @type {any[]} */ best, /** @type {any[]} */ row) => (row[1] > best[1] ? row : best));
    const least = Math.min(...known.map((/** @type {any[]} */ row) => row[1]));
    said.push(known.length === 1 ? `${name}: ${figure(Number(top[1]))} at ${top[0]}` : `${name}: ${known.length} values from ${figure(least)} to ${figure(Number(top[1]))} (at ${top[0]})`);
    const [x, y] = [`xaxis${String(trace.xaxis ?? "x").slice(1)}`, `yaxis${String(trace.yaxis ?? "y").slice(1)}`];
    const heads = across ? [titles(y, "of"), titles(x, "value")] : [titles(x, "at"), titles(y, "value")];
    return [{ caption: name, heads: texts.length === values.length ? [...heads, "note"] : heads, rows }];
  });
  return { words: [label, ...said].join(". "), tables };
}

/** Curves over one axis. @param {string} caption @param {string} axis @param {ArrayLike<number>} places @param {{name: string, values: ArrayLike<number>}[]} curves @returns {Table} */
export function ofCurves(caption, axis, places, curves) {
  const rows = Array.from(places, (at, i) => [String(at), ...curves.map(({ values }) => values[i] ?? NaN)]);
  return { caption, heads: [axis, ...curves.map(({ name }) => name)], rows };
}

/** Words without Plotly's tags. @param {any} text */
function plain(text) {
  return typeof text === "string" ? text.replace(/<[^>]*>/g, " ").replace(/\s+/g, " ").trim() : text === undefined || text === null ? "" : String(text);
}

/** A list as Plotly's JSON has it: plain, typed, or one value. @param {any} value @returns {any[]} */
function listOf(value) {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value) || ArrayBuffer.isView(value)) return Array.from(/** @type {any} */ (value));
  if (typeof value !== "object" || !value.bdata) return [value];
  const kind = TYPED[/** @type {"f8"} */ (value.dtype)];
  const bytes = Uint8Array.from(atob(value.bdata), (letter) => letter.charCodeAt(0));
  return kind ? Array.from(/** @type {any} */ (new kind(bytes.buffer)), Number) : [];
}

/** @param {any} value @returns {number[][]} */
function gridOf(value) {
  if (Array.isArray(value)) return value.map((row) => listOf(row).map(number));
  const all = listOf(value).map(number);
  const wide = Number(String(value.shape ?? "").split(",")[1]) || all.length;
  return Array.from({ length: Math.ceil(all.length / wide) }, (_, row) => all.slice(row * wide, (row + 1) * wide));
}

/** @param {any} value @returns {number} */
function number(value) {
  return value === null || value === undefined || value === "" ? NaN : Number(value);
}

/** @param {any} value @param {number} i @returns {string} */
function place(value, i) {
  return value === undefined || value === null ? String(i) : typeof value === "number" ? figure(value) : plain(value);
}
