// Actions as pure numbers: from a place on the pad to a value and back, and which steps were changed.

/** @typedef {{low: number[], high: number[], axes: number[], down: boolean}} Frame */

/** The row with two of its values set from a place on the pad, 0..1 across and down. @param {Frame} frame @param {number[]} row @param {number} x @param {number} y @returns {number[]} */
export function rowAt(frame, row, x, y) {
  const [i, j] = frame.axes;
  const made = [...row];
  const clamp = (/** @type {number} */ v) => Math.max(0, Math.min(1, v));
  made[i] = frame.low[i] + clamp(x) * (frame.high[i] - frame.low[i]);
  made[j] = frame.low[j] + clamp(frame.down ? y : 1 - y) * (frame.high[j] - frame.low[j]);
  return made;
}

/** Where a row lies on the pad, 0..1 across and down. @param {Frame} frame @param {number[]} row @returns {[number, number]} */
export function placeOf(frame, row) {
  const share = (/** @type {number} */ k) => (row[k] - frame.low[k]) / Math.max(1e-12, frame.high[k] - frame.low[k]);
  const [x, y] = [share(frame.axes[0]), share(frame.axes[1])];
  return [x, frame.down ? y : 1 - y];
}

/** The rows with one replaced. @param {number[][]} rows @param {number} step @param {number[]} row @returns {number[][]} */
export function withRow(rows, step, row) {
  return rows.map((old, k) => (k === step ? row : old));
}

/** Was this step changed? @param {number[][]} rows @param {number[][]} original @param {number} step */
export function changed(rows, original, step) {
  const [now, was] = [rows[step], original[step]];
  return Boolean(now && was) && now.some((v, k) => Math.abs(v - was[k]) > 1e-9);
}

/** Moved by a share of the range, within it. @param {Frame} frame @param {number[]} row @param {number} dx steps across @param {number} dy steps down @param {number} share of the range a step */
export function nudged(frame, row, dx, dy, share) {
  const [x, y] = placeOf(frame, row);
  return rowAt(frame, row, x + dx * share, y + dy * share);
}
