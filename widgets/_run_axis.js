// A common axis of steps and small panels over it, as pure numbers: where a step and a value lie, ticks, and the nearest checkpoint.

/** @typedef {{left: number, width: number, low: number, high: number, log: boolean}} StepAxis in CSS pixels and steps */
/** @typedef {{top: number, height: number, low: number, high: number, log: boolean}} ValueAxis */

/** @param {number} step @param {boolean} log */
const bent = (step, log) => (log ? Math.log10(1 + Math.max(0, step)) : step);

/** Where a step lies. @param {StepAxis} axis @param {number} step */
export function xOf(axis, step) {
  const [low, high] = [bent(axis.low, axis.log), bent(axis.high, axis.log)];
  return axis.left + (high > low ? (bent(step, axis.log) - low) / (high - low) : 0.5) * axis.width;
}

/** The step at a place. @param {StepAxis} axis @param {number} x */
export function stepAt(axis, x) {
  const [low, high] = [bent(axis.low, axis.log), bent(axis.high, axis.log)];
  const value = low + ((x - axis.left) / Math.max(1, axis.width)) * (high - low);
  return axis.log ? 10 ** value - 1 : value;
}

/** Where a value lies; outside the panel at its edge. @param {ValueAxis} axis @param {number} value */
export function yOf(axis, value) {
  const { low, high, log } = axis;
  const share = log ? (Math.log(Math.max(value, low)) - Math.log(low)) / (Math.log(high) - Math.log(low)) : (value - low) / (high - low);
  return axis.top + (1 - Math.max(0, Math.min(1, share))) * axis.height;
}

/** The checkpoint nearest to a place, the later of two at one place; −1 where there are none. @param {StepAxis} axis @param {number[]} steps @param {number} x */
export function nearest(axis, steps, x) {
  let found = -1;
  let best = Infinity;
  steps.forEach((step, i) => {
    const away = Math.abs(xOf(axis, step) - x);
    if (away <= best) [found, best] = [i, away];
  });
  return found;
}

/** Ends of a value axis with some air, that no single outlier decides: the middle 98 of 100 values and all that must be seen. @param {ArrayLike<number>[]} series @param {boolean} log @returns {[number, number, boolean]} low, high, and whether it is logarithmic */
export function ends(series, log) {
  /** @type {number[]} */
  const all = [];
  for (const values of series) for (let i = 0; i < values.length; i++) if (Number.isFinite(values[i])) all.push(values[i]);
  if (!all.length) return [0, 1, false];
  all.sort((a, b) => a - b);
  const cut = all.length > 200 ? Math.floor(all.length / 100) : 0;
  let [low, high] = [all[cut], all[all.length - 1 - cut]];
  if (log && low > 0) return low < high ? [low / (high / low) ** 0.06, high * (high / low) ** 0.06, true] : [low / 2, high * 2, true];
  if (low === high) [low, high] = [low - (Math.abs(low) || 1) / 2, high + (Math.abs(high) || 1) / 2];
  const air = (high - low) * 0.07;
  return [low >= 0 && low < air * 4 ? Math.min(0, low) : low - air, high + air, false];
}

/** Round values of an axis. @param {number} low @param {number} high @param {number} count at most @returns {number[]} */
export function ticks(low, high, count) {
  const rough = (high - low) / Math.max(1, count);
  if (!(rough > 0)) return [low];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((s) => s * power >= rough) ?? 10) * power;
  const found = [];
  for (let value = Math.ceil(low / step) * step; value <= high + step * 1e-9; value += step) found.push(Math.abs(value) < step * 1e-9 ? 0 : value);
  return found;
}

/** Round values of a logarithmic axis: powers of ten, else its ends. @param {number} low @param {number} high @returns {number[]} */
export function logTicks(low, high) {
  const found = [];
  for (let power = Math.ceil(Math.log10(low) - 1e-9); power <= Math.log10(high) + 1e-9; power++) found.push(10 ** power);
  if (found.length > 1) return found.length > 4 ? found.filter((_, i) => i % Math.ceil(found.length / 4) === 0) : found;
  return [low * (high / low) ** 0.06, high / (high / low) ** 0.06].map((value) => Number(value.toPrecision(2)));
}

/** Steps to write under the axis. @param {StepAxis} axis @returns {number[]} */
export function stepTicks(axis) {
  if (!axis.log) return ticks(axis.low, axis.high, Math.max(2, Math.floor(axis.width / 90)));
  const found = [];
  for (let value = 10 ** Math.ceil(Math.log10(Math.max(1, axis.low))); value <= axis.high; value *= 10) found.push(value);
  return [...(axis.low <= 0 ? [0] : []), ...found];
}

/** The value of a curve at a step: that of its last point before. @param {ArrayLike<number>} steps @param {ArrayLike<number>} values @param {number} step */
export function valueAt(steps, values, step) {
  let [low, high] = [0, steps.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (steps[middle] <= step) low = middle + 1;
    else high = middle;
  }
  return low ? values[low - 1] : NaN;
}

/** Which points of a curve get a mark of their own: all of a curve of few points, else those without a neighbour, which no line shows. @param {ArrayLike<number>} values @param {number} few @returns {number[]} */
export function marked(values, few) {
  const known = Array.from(values, (_, i) => i).filter((i) => Number.isFinite(values[i]));
  return known.length < few ? known : known.filter((i) => !Number.isFinite(values[i - 1]) && !Number.isFinite(values[i + 1]));
}
