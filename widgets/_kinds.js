// How each kind of film and curve looks, everywhere the same: a colour, a dash and a letter, so that colour never stands alone.

import { MEANINGS } from "./_meanings.js";

/** @typedef {{colour: string, dash: number[], width: number}} Look */

/** @type {Record<string, {colour: keyof typeof MEANINGS, dash: number[], width: number}>} */
const LOOKS = {
  real: { colour: "real", dash: [], width: 2 },
  "teacher-forced": { colour: "teacher-forced", dash: [7, 3], width: 2 },
  "open loop": { colour: "open loop", dash: [], width: 2.5 },
  impossible: { colour: "impossible", dash: [3, 2], width: 2.5 },
  predicted: { colour: "predicted", dash: [], width: 2 },
  sample: { colour: "tried", dash: [], width: 1 },
  elite: { colour: "tried", dash: [], width: 1.5 },
  control: { colour: "control", dash: [2, 3], width: 1.5 },
};

const AGAIN = [[9, 3, 2, 3], [1, 5], [12, 4]]; // dashes of the second, third and fourth of one kind

/** The looks of several together: of those of one kind each has a dash of its own. @param {string[]} kinds @param {boolean} dark @returns {Look[]} */
export function looksOf(kinds, dark) {
  return kinds.map((kind, i) => {
    const before = kinds.slice(0, i).filter((k) => k === kind).length;
    const look = lookOf(kind, dark);
    return before ? { ...look, dash: AGAIN[(before - 1) % AGAIN.length] } : look;
  });
}

/** @param {string} kind @param {boolean} dark @returns {Look} */
export function lookOf(kind, dark) {
  const { colour, dash, width } = LOOKS[kind] ?? LOOKS.control;
  return { colour: MEANINGS[colour][dark ? 1 : 0], dash, width };
}
