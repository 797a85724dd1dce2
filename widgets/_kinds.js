// How each kind of film and curve looks, everywhere the same: a colour, a dash and a letter, so that colour never stands alone.

/** @typedef {{colour: string, dash: number[], width: number}} Look */

/** @type {Record<string, {colour: [string, string], dash: number[], width: number}>} colours in light and in dark */
const LOOKS = {
  real: { colour: ["#1c2230", "#e8ebf1"], dash: [], width: 2 },
  "teacher-forced": { colour: ["#009e73", "#2ec598"], dash: [7, 3], width: 2 },
  "open loop": { colour: ["#d55e00", "#ff8a3d"], dash: [], width: 2.5 },
  impossible: { colour: ["#b0427f", "#cc79a7"], dash: [3, 2], width: 2.5 },
  predicted: { colour: ["#b0427f", "#cc79a7"], dash: [], width: 2 },
  sample: { colour: ["#0072b2", "#56b4e9"], dash: [], width: 1 },
  elite: { colour: ["#0072b2", "#56b4e9"], dash: [], width: 1.5 },
  control: { colour: ["#7a8291", "#98a1b0"], dash: [2, 3], width: 1.5 },
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
  return { colour: colour[dark ? 1 : 0], dash, width };
}
