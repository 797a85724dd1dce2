// Colour maps for values: cividis from a low to a high end, and brown–teal with 0 in the middle. Pure lookup tables of 256 colours.

import { SCALES } from "./_scales.js";

/** A table of 256 RGB colours through evenly spaced anchors. @param {string[]} anchors "#rrggbb" @returns {Uint8Array} */
function table(anchors) {
  const stops = anchors.flatMap((ink) => [1, 3, 5].map((at) => parseInt(ink.slice(at, at + 2), 16)));
  const last = stops.length / 3 - 1;
  return Uint8Array.from({ length: 768 }, (_, i) => {
    const at = (Math.floor(i / 3) / 255) * last;
    const low = Math.min(last - 1, Math.floor(at));
    const [a, b] = [stops[low * 3 + (i % 3)], stops[low * 3 + 3 + (i % 3)]];
    return Math.round(a + (b - a) * (at - low));
  });
}

/** @type {Record<string, Uint8Array>} */
const TABLES = { cividis: table(SCALES.cividis), signed: table(SCALES.signed) };

/** The ends of a scale. An empty or flat range is taken from the values: from 0 for cividis, even about 0 for signed.
 * @param {string} map @param {number[]} range [low, high] @param {Float32Array} values @returns {[number, number]} */
export function endsOf(map, range, values) {
  if (range.length === 2 && range[1] > range[0]) return [range[0], range[1]];
  let high = 0;
  for (const value of values) if (Number.isFinite(value)) high = Math.max(high, Math.abs(value));
  return [map === "signed" ? -(high || 1) : 0, high || 1];
}

/** Where in the table a value lies, 0..255. @param {number} value @param {[number, number]} ends @returns {number} */
export function levelOf(value, ends) {
  const share = (value - ends[0]) / (ends[1] - ends[0]);
  return Math.max(0, Math.min(255, Math.round(share * 255)));
}

/** RGB of a value. @param {string} map @param {number} value @param {[number, number]} ends @returns {[number, number, number]} */
export function colourOf(map, value, ends) {
  const colours = TABLES[map] ?? TABLES.cividis;
  const at = levelOf(value, ends) * 3;
  return [colours[at], colours[at + 1], colours[at + 2]];
}

/** RGBA bytes of a map of values; NaN is transparent. @param {Float32Array} values @param {string} map @param {[number, number]} ends @returns {Uint8ClampedArray<ArrayBuffer>} */
export function heatOf(values, map, ends) {
  const out = new Uint8ClampedArray(values.length * 4);
  values.forEach((value, i) => {
    if (Number.isNaN(value)) return;
    out.set(colourOf(map, value, ends), i * 4);
    out[i * 4 + 3] = 255;
  });
  return out;
}

/** RGBA bytes of RGB bytes. @param {Uint8Array} rgb @returns {Uint8ClampedArray<ArrayBuffer>} */
export function rgbaOf(rgb) {
  const out = new Uint8ClampedArray((rgb.length / 3) * 4).fill(255);
  for (let i = 0; i < rgb.length / 3; i++) out.set(rgb.subarray(i * 3, i * 3 + 3), i * 4);
  return out;
}

/** The map as a CSS gradient, low to high. @param {string} map @returns {string} */
export function gradientOf(map) {
  const stops = Array.from({ length: 17 }, (_, i) => `rgb(${colourOf(map, i, [0, 16]).join(" ")})`);
  return `linear-gradient(90deg, ${stops.join(", ")})`;
}
