// Curves over frames as pure numbers: where a frame and a value lie, ticks of an axis, and labels that do not cover one another.

/** @typedef {{left: number, top: number, width: number, height: number, frames: number, low: number, high: number, log: boolean}} Plot in CSS pixels */

/** The middle of a frame. @param {Plot} plot @param {number} frame */
export function xOf(plot, frame) {
  return plot.left + ((frame + 0.5) / Math.max(1, plot.frames)) * plot.width;
}

/** The frame under a place. @param {Plot} plot @param {number} x */
export function frameAt(plot, x) {
  return Math.max(0, Math.min(plot.frames - 1, Math.floor(((x - plot.left) / plot.width) * plot.frames)));
}

/** @param {Plot} plot @param {number} value */
export function yOf(plot, value) {
  const { low, high, log } = plot;
  const share = log ? (Math.log(Math.max(value, low)) - Math.log(low)) / (Math.log(high) - Math.log(low)) : (value - low) / (high - low);
  return plot.top + (1 - Math.max(0, Math.min(1, share))) * plot.height;
}

/** A value that is round and no smaller. @param {number} value @returns {number} */
export function roundUp(value) {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 1.5, 2, 3, 4, 5, 6, 8, 10].find((s) => s * power >= value * 0.999);
  return (step ?? 10) * power;
}

/** The ends of the value axis: from 0, or of the logarithm from the least positive value. @param {ArrayLike<number>[]} series @param {boolean} log @returns {[number, number]} */
export function limits(series, log) {
  let high = 0;
  let low = Infinity;
  for (const values of series) {
    for (let i = 0; i < values.length; i++) {
      if (!Number.isFinite(values[i])) continue;
      high = Math.max(high, values[i]);
      if (values[i] > 0) low = Math.min(low, values[i]);
    }
  }
  if (!log) return [0, roundUp(high)];
  const top = roundUp(high);
  const bottom = 10 ** Math.floor(Math.log10(Number.isFinite(low) ? low : top / 10));
  return [Math.min(bottom, top / 10), top];
}

/** Round values to write beside the axis. @param {[number, number]} ends @param {boolean} log @returns {number[]} */
export function marksOf(ends, log) {
  if (!log) return [0, ends[1] / 2, ends[1]];
  const found = [];
  for (let value = ends[0]; value <= ends[1] * 1.001; value *= 10) found.push(value);
  return found.length > 4 ? found.filter((_, i) => i % 2 === 0) : found;
}

/** Heights for labels, in the order given, each near where it wants to be and none on another. @param {number[]} wanted @param {number} gap @param {number} top @param {number} bottom @returns {number[]} */
export function apart(wanted, gap, top, bottom) {
  const order = wanted.map((_, i) => i).sort((a, b) => wanted[a] - wanted[b]);
  const placed = [...wanted];
  order.forEach((i, n) => {
    placed[i] = Math.max(placed[i], top, n ? placed[order[n - 1]] + gap : top);
  });
  for (let n = order.length - 1; n >= 0; n--) {
    const most = n === order.length - 1 ? bottom : placed[order[n + 1]] - gap;
    placed[order[n]] = Math.min(placed[order[n]], most);
  }
  return placed;
}

/** The stretches of a curve without gaps, as lists of frames. @param {ArrayLike<number>} values @returns {number[][]} */
export function runs(values) {
  /** @type {number[][]} */
  const found = [];
  for (let i = 0; i < values.length; i++) {
    if (!Number.isFinite(values[i])) continue;
    const last = found.at(-1);
    if (last && last.at(-1) === i - 1) last.push(i);
    else found.push([i]);
  }
  return found;
}
