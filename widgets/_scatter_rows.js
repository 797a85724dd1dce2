// Rows of a map as columns: reading them, which of them are to be seen, counts, and sets of rows as bits. No DOM here.

import { bytesOf, floatsOf } from "./_kit.js";

/** The code of a row without a label. */
export const NO_LABEL = 65535;
/** How many categories have a colour of their own; as many again share these colours as rings. */
export const COLOURS = 8;
/** The place of all other categories in the table of colours. */
export const OTHER = COLOURS * 2;
const CHUNK = 32768;

/**
 * What is let through.
 * @typedef {{codes: Uint16Array, hidden: number[], values: Float32Array, window: number[], masks: Uint8Array[]}} Filter
 */

/** Uint16 values of a synced binary trait. @param {any} value @returns {Uint16Array} */
export function codesOf(value) {
  const bytes = bytesOf(value);
  if (bytes.byteLength % 2) return new Uint16Array(0);
  return bytes.byteOffset % 2 ? new Uint16Array(bytes.slice().buffer) : new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2);
}

/** Uint32 values of a synced binary trait. @param {any} value @returns {Uint32Array} */
export function idsOf(value) {
  const floats = floatsOf(value);
  return new Uint32Array(floats.buffer, floats.byteOffset, floats.length);
}

/** One byte a row, 0 or 1, from bits in base64; empty text: no row. @param {string} text @param {number} count @returns {Uint8Array} */
export function unpack(text, count) {
  const rows = new Uint8Array(count);
  if (!text) return rows;
  const bits = atob(text);
  for (let row = 0; row < count; row++) rows[row] = (bits.charCodeAt(row >> 3) >> (row & 7)) & 1;
  return rows;
}

/** The reverse; no row: empty text. @param {Uint8Array} rows @returns {string} */
export function pack(rows) {
  const bits = new Uint8Array(Math.ceil(rows.length / 8));
  let any = 0;
  for (let row = 0; row < rows.length; row++) {
    if (!rows[row]) continue;
    bits[row >> 3] |= 1 << (row & 7);
    any = 1;
  }
  if (!any) return "";
  const parts = [];
  for (let from = 0; from < bits.length; from += CHUNK) parts.push(String.fromCharCode(...bits.subarray(from, from + CHUNK)));
  return btoa(parts.join(""));
}

/**
 * The extent of the points, its middle and half its larger side: what the picture is measured in.
 * @param {Float32Array} points x and y in turn @returns {{x: number, y: number, half: number, low: [number, number], high: [number, number], finite: number}}
 */
export function extentOf(points) {
  let [left, right, bottom, top, finite] = [Infinity, -Infinity, Infinity, -Infinity, 0];
  for (let i = 0; i < points.length; i += 2) {
    const [x, y] = [points[i], points[i + 1]];
    if (!Number.isFinite(x) || !Number.isFinite(y)) continue;
    finite++;
    if (x < left) left = x;
    if (x > right) right = x;
    if (y < bottom) bottom = y;
    if (y > top) top = y;
  }
  if (!finite) return { x: 0, y: 0, half: 1, low: [-1, -1], high: [1, 1], finite };
  const half = Math.max(right - left, top - bottom) / 2 || Math.max(Math.abs(left), Math.abs(top), 1) / 2;
  return { x: (left + right) / 2, y: (bottom + top) / 2, half, low: [left, bottom], high: [right, top], finite };
}

/** The rows with finite coordinates in a random order that is always the same, so that the first of them stand for all. @param {Float32Array} points @returns {Uint32Array} */
export function shuffled(points) {
  const rows = new Uint32Array(points.length / 2);
  let n = 0;
  for (let row = 0; row < rows.length; row++) if (Number.isFinite(points[row * 2]) && Number.isFinite(points[row * 2 + 1])) rows[n++] = row;
  const order = rows.subarray(0, n);
  let seed = 0x2545f491;
  for (let i = n - 1; i > 0; i--) {
    seed ^= seed << 13;
    seed ^= seed >>> 17;
    seed ^= seed << 5;
    const j = (seed >>> 0) % (i + 1);
    const held = order[i];
    order[i] = order[j];
    order[j] = held;
  }
  return order;
}

/** Which rows are seen: one byte a row. @param {Uint32Array} order rows that are drawn @param {number} count @param {Filter} filter @returns {Uint8Array} */
export function visibleOf(order, count, filter) {
  const { codes, hidden, values, window, masks } = filter;
  const seen = new Uint8Array(count);
  for (let i = 0; i < order.length; i++) seen[order[i]] = 1;
  if (codes.length === count && hidden.length) {
    const out = new Uint8Array(65536);
    for (const code of hidden) out[code] = 1;
    for (let row = 0; row < count; row++) if (out[codes[row]]) seen[row] = 0;
  }
  if (values.length === count && window.length === 2) {
    const [low, high] = [Math.fround(window[0]), Math.fround(window[1])];
    for (let row = 0; row < count; row++) if (!(values[row] >= low && values[row] <= high)) seen[row] = 0;
  }
  for (const mask of masks) for (let row = 0; row < count; row++) seen[row] &= mask[row];
  return seen;
}

/** Which rows a text is found in: in their names and the labels of their categories. @param {string} query @param {string[]} names @param {string[]} labels @param {Uint16Array} codes @param {number} count @returns {Uint8Array} */
export function searched(query, names, labels, codes, count) {
  const wanted = query.toLowerCase();
  const rows = new Uint8Array(count);
  const hit = labels.map((label) => label.toLowerCase().includes(wanted));
  for (let row = 0; row < count; row++) {
    rows[row] = Number((codes.length === count && hit[codes[row]]) || (names.length === count && names[row].toLowerCase().includes(wanted)));
  }
  return rows;
}

/** How many of the rows there are. @param {Uint8Array} rows @returns {number} */
export function total(rows) {
  let n = 0;
  for (let row = 0; row < rows.length; row++) n += rows[row];
  return n;
}

/** How many rows of each category are in two sets and in the first; those without a label come last. @param {Uint16Array} codes @param {number} labels @param {Uint8Array} first @param {Uint8Array} second */
export function tally(codes, labels, first, second) {
  const one = new Uint32Array(labels + 1);
  const both = new Uint32Array(labels + 1);
  for (let row = 0; row < codes.length; row++) {
    if (!first[row]) continue;
    const code = codes[row] === NO_LABEL ? labels : codes[row];
    one[code]++;
    both[code] += second[row];
  }
  return { one, both };
}

/** The look of each category: 0 to 7 discs, 8 to 15 rings of the same colours, 16 all others. The largest have one of their own. @param {ArrayLike<number>} counts a category @returns {Uint8Array} */
export function slotsOf(counts) {
  const slots = new Uint8Array(counts.length).fill(OTHER);
  const largest = Array.from({ length: counts.length }, (_, code) => code);
  if (counts.length > OTHER) largest.sort((a, b) => counts[b] - counts[a] || a - b);
  largest.slice(0, OTHER).forEach((code, slot) => (slots[code] = slot));
  return slots;
}
