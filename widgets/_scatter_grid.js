// An index of points by a uniform grid of cells: which one is nearest, and which ones follow. No DOM here.

const EACH = 6; // points a cell, on average
const MOST = 1024; // cells a side

/** @typedef {{side: number, low: [number, number], size: number, starts: Uint32Array, rows: Uint32Array, points: Float32Array}} Grid */

/**
 * The index.
 * @param {Float32Array} points x and y in turn @param {Uint32Array} order rows with finite coordinates
 * @param {{low: [number, number], half: number}} extent @returns {Grid}
 */
export function gridOf(points, order, extent) {
  const side = Math.max(1, Math.min(MOST, Math.ceil(Math.sqrt(order.length / EACH))));
  const size = (extent.half * 2) / side || 1;
  const grid = { side, low: extent.low, size, starts: new Uint32Array(side * side + 1), rows: new Uint32Array(order.length), points };
  const cells = new Uint32Array(order.length);
  for (let i = 0; i < order.length; i++) {
    cells[i] = lineOf(grid, points[order[i] * 2 + 1], 1) * side + lineOf(grid, points[order[i] * 2], 0);
    grid.starts[cells[i] + 1]++;
  }
  for (let cell = 0; cell < side * side; cell++) grid.starts[cell + 1] += grid.starts[cell];
  const next = grid.starts.slice();
  for (let i = 0; i < order.length; i++) grid.rows[next[cells[i]]++] = order[i];
  return grid;
}

/** The nearest of the allowed points within a radius; of two that are equally far, the lower row; −1 = none. @param {Grid} grid @param {number} x @param {number} y @param {number} radius @param {Uint8Array} allowed @returns {number} */
export function nearest(grid, x, y, radius, allowed) {
  let [best, least] = [-1, radius * radius];
  each(grid, x - radius, x + radius, y - radius, y + radius, (row, px, py) => {
    const far = (px - x) ** 2 + (py - y) ** 2;
    if (!allowed[row] || far > least || (far === least && best >= 0 && row > best)) return;
    best = row;
    least = far;
  });
  return best;
}

/** The allowed points next to a place, the nearest first, at most so many. @param {Grid} grid @param {number} x @param {number} y @param {number} wanted @param {Uint8Array} allowed @returns {number[]} */
export function ranked(grid, x, y, wanted, allowed) {
  const reach = Math.hypot(x - grid.low[0], y - grid.low[1]) + grid.size * grid.side * 3;
  for (let radius = grid.size * 1.5; ; radius *= 2) {
    /** @type {[number, number][]} */
    const found = [];
    each(grid, x - radius, x + radius, y - radius, y + radius, (row, px, py) => {
      const far = (px - x) ** 2 + (py - y) ** 2;
      if (allowed[row] && far <= radius * radius) found.push([far, row]);
    });
    if (found.length < wanted && radius < reach) continue;
    found.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
    return found.slice(0, wanted).map(([, row]) => row);
  }
}

/** How many points a cell holds where the map is crowded: a cell that 1 % of the points lie in fuller ones than. @param {Grid} grid @returns {number} */
export function crowding(grid) {
  const counts = [];
  for (let cell = 0; cell < grid.side * grid.side; cell++) {
    const n = grid.starts[cell + 1] - grid.starts[cell];
    if (n) counts.push(n);
  }
  counts.sort((a, b) => b - a);
  let left = grid.rows.length / 100;
  for (const n of counts) if ((left -= n) <= 0) return n;
  return 1;
}

/** @param {Grid} grid @param {number} at @param {0 | 1} axis @returns {number} row or column of the cell, within the grid */
function lineOf(grid, at, axis) {
  return Math.max(0, Math.min(grid.side - 1, Math.floor((at - grid.low[axis]) / grid.size)));
}

/** Calls for each point of the cells that a rectangle touches. @param {Grid} grid @param {number} left @param {number} right @param {number} bottom @param {number} top @param {(row: number, x: number, y: number) => void} call */
function each(grid, left, right, bottom, top, call) {
  const { side, starts, rows, points } = grid;
  const [first, last] = [lineOf(grid, left, 0), lineOf(grid, right, 0)];
  for (let line = lineOf(grid, bottom, 1); line <= lineOf(grid, top, 1); line++) {
    for (let i = starts[line * side + first]; i < starts[line * side + last + 1]; i++) call(rows[i], points[rows[i] * 2], points[rows[i] * 2 + 1]);
  }
}
