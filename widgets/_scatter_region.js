// Lasso and rectangle: which points lie in a polygon of data coordinates, in double precision. No DOM here.

/** @typedef {[number, number][]} Polygon */
/** @typedef {"replace" | "add" | "remove"} How */

const CLOSE = 2; // CSS pixels between two corners of a lasso, at least

/** Is a point within? By the even-odd rule; an edge belongs to what is above or right of it. @param {Float64Array} corners x and y in turn @param {number} x @param {number} y @returns {boolean} */
export function within(corners, x, y) {
  let inside = false;
  const n = corners.length;
  let [px, py] = [corners[n - 2], corners[n - 1]];
  for (let i = 0; i < n; i += 2) {
    const [qx, qy] = [corners[i], corners[i + 1]];
    if (qy > y !== py > y && x < ((px - qx) * (y - qy)) / (py - qy) + qx) inside = !inside;
    px = qx;
    py = qy;
  }
  return inside;
}

/** Of the rows that may be taken, those within. @param {Float32Array} points @param {Uint8Array} allowed one byte a row @param {Float64Array} corners @returns {Uint8Array} one byte a row */
export function taken(points, allowed, corners) {
  const rows = new Uint8Array(allowed.length);
  if (corners.length < 6) return rows;
  let [left, right, bottom, top] = [Infinity, -Infinity, Infinity, -Infinity];
  for (let i = 0; i < corners.length; i += 2) {
    left = Math.min(left, corners[i]);
    right = Math.max(right, corners[i]);
    bottom = Math.min(bottom, corners[i + 1]);
    top = Math.max(top, corners[i + 1]);
  }
  for (let row = 0; row < rows.length; row++) {
    if (!allowed[row]) continue;
    const [x, y] = [points[row * 2], points[row * 2 + 1]];
    if (x >= left && x <= right && y >= bottom && y <= top && within(corners, x, y)) rows[row] = 1;
  }
  return rows;
}

/** A selection after one more stroke. Rows that cannot be seen keep what they are, except that a new selection replaces all. @param {Uint8Array} before @param {Uint8Array} stroke @param {How} how @returns {Uint8Array} */
export function combined(before, stroke, how) {
  if (how === "replace") return stroke;
  const add = how === "add";
  return before.map((was, row) => (stroke[row] ? Number(add) : was));
}

/** What a stroke does, by the keys that are held. @param {{shiftKey: boolean, altKey: boolean}} event @returns {How} */
export function howOf(event) {
  return event.altKey ? "remove" : event.shiftKey ? "add" : "replace";
}

/** The stroke with one more corner, unless it is too close to the last one. @param {Polygon} stroke @param {[number, number]} to */
export function extend(stroke, to) {
  const last = stroke[stroke.length - 1];
  if (!last || Math.hypot(last[0] - to[0], last[1] - to[1]) >= CLOSE) stroke.push(to);
}

/** The four corners between two opposite ones. @param {[number, number]} from @param {[number, number]} to @returns {Polygon} */
export function rectangle(from, to) {
  return [from, [to[0], from[1]], to, [from[0], to[1]]];
}
