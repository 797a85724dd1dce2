// How points look: size and strength by how many there are, and the table of their colours. No DOM here.

import { CATEGORIES } from "./_categories.js";
import { colourOf } from "./_colour.js";
import { COLOURS, NO_LABEL, OTHER } from "./_scatter_rows.js";

/** Points up to this number are drawn as discs, one over the other; more become a picture of their density. */
export const DISCS = 20000;
/** Without WebGL at most this many are drawn. */
export const FLAT = 50000;
const AREA = 600000; // CSS pixels of a picture in which sizes are as they are
const UNKNOWN = 255; // the place in the table for a row without a value

/** What colours the points. @typedef {{by: string, codes: Uint16Array, slots: Uint8Array, values: Float32Array, ends: [number, number], map: string}} Shade */

/** The diameter of a point in CSS pixels. @param {number} shown how many points there are to be seen @param {number} close how much closer than all points @param {number} area of the picture in CSS pixels */
export function sizeOf(shown, close, area) {
  const crowd = Math.max(1, shown) / close ** 2;
  return Math.max(2, Math.min(10, 10.4 - 1.75 * Math.log10(Math.max(crowd, 1)))) * Math.min(1.5, Math.max(1, close ** 0.1)) * Math.max(0.75, Math.min(1.8, Math.sqrt(area / AREA)));
}

/** The place of each row in the table of colours. @param {Shade} shade @param {number} count @returns {Uint8Array} */
export function placesOf(shade, count) {
  const places = new Uint8Array(count);
  const { by, codes, slots, values, ends } = shade;
  if (by === "category" && codes.length === count) {
    for (let row = 0; row < count; row++) places[row] = codes[row] === NO_LABEL ? OTHER : slots[codes[row]];
  } else if (by === "value" && values.length === count) {
    const by254 = 254 / (ends[1] - ends[0]);
    for (let row = 0; row < count; row++) {
      const level = Math.round((values[row] - ends[0]) * by254);
      places[row] = level >= 0 ? Math.min(254, level) : level < 0 ? 0 : UNKNOWN;
    }
  }
  return places;
}

/** Red, green, blue of a colour as "#rrggbb". @param {string} hex @returns {[number, number, number]} */
export function rgbOf(hex) {
  const all = parseInt(hex.slice(1), 16);
  return [all >> 16, (all >> 8) & 255, all & 255];
}

/** Can rings be told from discs? Where points are many only their density is seen. @param {Shade} shade @param {number} drawn how many points there are */
export function hasRings(shade, drawn) {
  return shade.by === "category" && drawn <= DISCS;
}

/** The colour of a category by its place in the table. @param {number} slot @param {boolean} rings whether rings are drawn as such @param {boolean} dark @returns {string} */
export function inkOf(slot, rings, dark) {
  const own = slot < COLOURS || (rings && slot < OTHER);
  return CATEGORIES[own ? slot % COLOURS : COLOURS][Number(dark)];
}

/** The colour of a value. On a dark ground the lowest are lighter than the scale has them, or they could not be seen. @param {string} map @param {number} level 0 to 254 @param {boolean} dark @returns {number[]} */
export function inkOfValue(map, level, dark) {
  const ink = colourOf(map, level, [0, 254]);
  const lift = dark && map === "cividis" ? Math.max(0, 0.4 - level / 254) : 0;
  return ink.map((part) => Math.round(part + (255 - part) * lift));
}

/** The table: 256 RGB colours. @param {Shade} shade @param {boolean} rings @param {boolean} dark @returns {Uint8Array} */
export function tableOf(shade, rings, dark) {
  const table = new Uint8Array(768);
  const grey = rgbOf(inkOf(OTHER, rings, dark));
  for (let place = 0; place < 256; place++) {
    const category = shade.by === "value" ? grey : rgbOf(inkOf(shade.by === "category" ? place : 0, rings, dark));
    table.set(shade.by === "value" && place !== UNKNOWN ? inkOfValue(shade.map, place, dark) : category, place * 3);
  }
  return table;
}

/** The ends of a scale of values: as they are said, else the least and the largest; even about 0 where the map is signed. @param {number[]} said @param {Float32Array} values @param {string} map @returns {[number, number]} */
export function endsOf(said, values, map) {
  if (said.length === 2 && said[1] > said[0]) return [said[0], said[1]];
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (low > high) return [0, 1];
  if (map === "signed") return [-(Math.max(Math.abs(low), Math.abs(high)) || 1), Math.max(Math.abs(low), Math.abs(high)) || 1];
  return high > low ? [low, high] : [low - 0.5, low + 0.5];
}
