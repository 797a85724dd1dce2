// Where tokens are: numbers, cells, strokes and outlines. Pure: no DOM, no drawing.

/** @typedef {{ticks: number, rows: number, cols: number}} Grid */
/** @typedef {{row: number, col: number}} Cell */

/** @param {number[] | undefined} list [ticks, rows, cols] @returns {Grid} */
export function gridOf(list) {
  const [ticks = 0, rows = 0, cols = 0] = list ?? [];
  return { ticks, rows, cols };
}

/** @param {Grid} grid @returns {number} */
export function tokensOf(grid) {
  return grid.ticks * grid.rows * grid.cols;
}

/** @param {Grid} grid @param {number} tick @param {number} row @param {number} col @returns {number} */
export function tokenOf(grid, tick, row, col) {
  return (tick * grid.rows + row) * grid.cols + col;
}

/** @param {Grid} grid @param {number} token @returns {{tick: number, row: number, col: number}} */
export function positionOf(grid, token) {
  const cells = grid.rows * grid.cols;
  const rest = token % cells;
  return { tick: Math.floor(token / cells), row: Math.floor(rest / grid.cols), col: rest % grid.cols };
}

/** Is it a token of this grid? @param {Grid} grid @param {number} token @returns {boolean} */
export function isToken(grid, token) {
  return Number.isInteger(token) && token >= 0 && token < tokensOf(grid);
}

/**
 * How large a picture is shown: as wide as there is room, no taller than allowed, in its own aspect, in whole CSS pixels a column.
 * @param {number} room CSS pixels across @param {number[]} aspect [height, width] @param {number} tallest CSS pixels @param {number} cols
 * @returns {{width: number, height: number}}
 */
export function fit(room, aspect, tallest, cols) {
  const [high, wide] = aspect[0] > 0 && aspect[1] > 0 ? aspect : [1, 1];
  const widest = Math.max(1, Math.min(Math.floor(room), Math.round((tallest * wide) / high)));
  const cell = cols > 0 ? Math.floor(widest / cols) : 0;
  const width = cell >= 4 ? cell * cols : widest;
  return { width, height: Math.max(1, Math.round((width * high) / wide)) };
}

/** Where the lines between `count` cells fall on `length` pixels, ends included. @param {number} count @param {number} length @returns {number[]} */
export function latticeOf(count, length) {
  return Array.from({ length: count + 1 }, (_, i) => Math.round((i * length) / count));
}

/** The cell under a point, or the nearest one. @param {Grid} grid @param {number} x 0..1 across @param {number} y 0..1 down @returns {Cell} */
export function cellAt(grid, x, y) {
  const clamp = (/** @type {number} */ v, /** @type {number} */ n) => Math.max(0, Math.min(n - 1, Math.floor(v * n)));
  return { row: clamp(y, grid.rows), col: clamp(x, grid.cols) };
}

/** Cells on the straight line from one to another, both included, without gaps. @param {Cell} from @param {Cell} to @returns {Cell[]} */
export function lineOf(from, to) {
  const steps = Math.max(Math.abs(to.row - from.row), Math.abs(to.col - from.col));
  const at = (/** @type {number} */ a, /** @type {number} */ b, /** @type {number} */ i) => Math.round(a + ((b - a) * i) / Math.max(1, steps));
  return Array.from({ length: steps + 1 }, (_, i) => ({ row: at(from.row, to.row, i), col: at(from.col, to.col, i) }));
}

/** Cells of the rectangle between two corners. @param {Cell} a @param {Cell} b @returns {Cell[]} */
export function rectangleOf(a, b) {
  const cells = [];
  for (let row = Math.min(a.row, b.row); row <= Math.max(a.row, b.row); row++) {
    for (let col = Math.min(a.col, b.col); col <= Math.max(a.col, b.col); col++) cells.push({ row, col });
  }
  return cells;
}

/** Cells under a square brush. @param {Grid} grid @param {Cell} cell @param {number} brush cells across @returns {Cell[]} */
export function footprintOf(grid, cell, brush) {
  const before = Math.floor((brush - 1) / 2);
  const clamp = (/** @type {number} */ v, /** @type {number} */ n) => Math.max(0, Math.min(n - 1, v));
  const top = { row: clamp(cell.row - before, grid.rows), col: clamp(cell.col - before, grid.cols) };
  const end = { row: clamp(cell.row - before + brush - 1, grid.rows), col: clamp(cell.col - before + brush - 1, grid.cols) };
  return rectangleOf(top, end);
}

/**
 * Token numbers of cells, at one tick or at all of them; each once, ascending.
 * @param {Grid} grid @param {Cell[]} cells @param {number} tick @param {boolean} throughTime @returns {number[]}
 */
export function tokensAt(grid, cells, tick, throughTime) {
  const ticks = throughTime ? Array.from({ length: grid.ticks }, (_, t) => t) : [tick];
  const found = new Set(ticks.flatMap((t) => cells.map((cell) => tokenOf(grid, t, cell.row, cell.col))));
  return [...found].sort((a, b) => a - b);
}

/**
 * Closed outlines of a region of cells, as lattice points [x, y] with straight runs merged; the region lies to the right of the way.
 * @param {ArrayLike<number | boolean>} inside rows × cols @param {number} rows @param {number} cols @returns {[number, number][][]}
 */
export function outlinesOf(inside, rows, cols) {
  /** @type {Map<number, number[]>} */
  const ways = new Map();
  const wide = cols + 1;
  const at = (/** @type {number} */ r, /** @type {number} */ c) => r >= 0 && c >= 0 && r < rows && c < cols && Boolean(inside[r * cols + c]);
  const add = (/** @type {number} */ from, /** @type {number} */ to) => ways.set(from, [...(ways.get(from) ?? []), to]);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < cols; c++) {
      if (!at(r, c)) continue;
      const corner = r * wide + c;
      if (!at(r - 1, c)) add(corner, corner + 1);
      if (!at(r, c + 1)) add(corner + 1, corner + 1 + wide);
      if (!at(r + 1, c)) add(corner + wide + 1, corner + wide);
      if (!at(r, c - 1)) add(corner + wide, corner);
    }
  }
  const loops = [];
  for (const start of ways.keys()) {
    while (ways.get(start)?.length) loops.push(followed(ways, start, wide));
  }
  return loops;
}

/** One loop from `start`, taken out of `ways`. @param {Map<number, number[]>} ways @param {number} start @param {number} wide @returns {[number, number][]} */
function followed(ways, start, wide) {
  const visited = [start];
  let here = start;
  let step = 0;
  do {
    const choices = ways.get(here) ?? [];
    const right = step === 1 ? wide : step === wide ? -1 : step === -1 ? -wide : 1;
    const pick = Math.max(0, choices.indexOf(here + right));
    const next = choices.splice(pick, 1)[0];
    if (next - here === step) visited.pop();
    step = next - here;
    here = next;
    visited.push(here);
  } while (here !== start);
  visited.pop();
  if (visited[1] - visited[0] === step) visited.shift();
  return visited.map((v) => [v % wide, Math.floor(v / wide)]);
}

/**
 * The source pixels of a cell, in words; "" where the way back is unknown.
 * @param {Grid} grid @param {Cell} cell @param {number[]} size prepared [height, width]
 * @param {number[]} source [scale down, scale across, offset down, offset across] @param {number[]} sourceSize [height, width] or empty
 * @returns {string}
 */
export function sourceText(grid, cell, size, source, sourceSize) {
  if (source.length !== 4 || size[0] < grid.rows || size[1] < grid.cols) return "";
  const span = (/** @type {number} */ i, /** @type {number} */ n, /** @type {number} */ axis) => {
    const end = sourceSize[axis] > 0 ? sourceSize[axis] : Infinity;
    const place = (/** @type {number} */ k) => Math.min(end, Math.max(0, (k * size[axis] * source[axis]) / n + source[axis + 2]));
    return `${Number(place(i).toFixed(1))}–${Number(place(i + 1).toFixed(1))}`;
  };
  return `source px x ${span(cell.col, grid.cols, 1)}, y ${span(cell.row, grid.rows, 0)}`;
}
