// What lies over the points: names of categories, trajectories, lines to neighbours, the point that is pointed at, and the stroke of a lasso.

import { toScreen } from "./_scatter_camera.js";

/** @typedef {import("./_scatter_camera.js").Camera} Camera */
/** @typedef {import("./_scatter_state.js").State} State */
/** Colours of what is drawn here. @typedef {{ground: string, text: string, quiet: string, accent: string, kinds: Record<string, string>}} Inks */
/** @typedef {{path: number, tick: number, hover: number, from: number, to: number[], kinds: string[], names: boolean}} Shown */

const FEW = 24; // trajectories that are all drawn, thin; of more only those through the row pointed at and the selected rows
const DASHES = /** @type {Record<string, number[]>} */ ({ true: [], false: [2, 4], torn: [8, 5] });
const LONGEST = 26;
const AROUND = [0, 16, -16, 32, -32]; // CSS pixels below its place that a name may stand, the best first

/** @param {number[]} a left, top, right, bottom @param {number[]} b @returns {boolean} whether they share a place */
const meet = (a, b) => a[0] < b[2] && a[2] > b[0] && a[1] < b[3] && a[3] > b[1];

/** @param {CanvasRenderingContext2D} pen @param {State} state @param {Camera} camera @param {Inks} inks @param {Shown} shown @param {[number, number][]} stroke in CSS pixels @param {number} size of a point */
export function drawMarks(pen, state, camera, inks, shown, stroke, size) {
  const ratio = pen.canvas.width / camera.width;
  pen.setTransform(1, 0, 0, 1, 0, 0);
  pen.clearRect(0, 0, pen.canvas.width, pen.canvas.height);
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  Object.assign(pen, { lineCap: "round", lineJoin: "round" });
  drawOver(pen, state, camera, inks, shown, size, shown.names ? getComputedStyle(pen.canvas).fontFamily : "");
  if (stroke.length > 1) drawStroke(pen, stroke, inks);
}

/** The same on any pen, without a stroke. @param {import("./_svg.js").Pen} pen @param {State} state @param {Camera} camera @param {Inks} inks @param {Shown} shown @param {number} size @param {string} family of the letters */
export function drawOver(pen, state, camera, inks, shown, size, family) {
  const at = (/** @type {number} */ row) => toScreen(camera, state.points[row * 2], state.points[row * 2 + 1]);
  drawPaths(pen, state, inks, shown, at, size);
  if (shown.names) drawNames(pen, state, camera, inks, family);
  drawLines(pen, inks, shown, at, size);
  if (shown.hover >= 0 && shown.hover < state.count) ring(pen, at(shown.hover), size / 2 + 3, inks.text, inks.ground);
}

/** Trajectories from their first step to an arrowhead, with the step that is marked. @param {import("./_svg.js").Pen} pen @param {State} state @param {Inks} inks @param {Shown} shown @param {(row: number) => [number, number]} at @param {number} size */
function drawPaths(pen, state, inks, shown, at, size) {
  const touched = (/** @type {Uint32Array} */ path) => path.some((row) => row === shown.hover || state.selected[row]);
  const lit = new Set(state.paths.filter((path, i) => i === shown.path || touched(path)));
  for (const path of state.paths.length <= FEW ? state.paths : lit) {
    const near = lit.has(path);
    const places = Array.from(path).filter((row) => state.seen[row]).map(at);
    const lines = /** @type {[string, number, number][]} */ (near ? [[inks.ground, 4, 0.8], [inks.text, 1.75, 0.9]] : [[inks.quiet, 1, 0.35]]);
    for (const [strokeStyle, lineWidth, globalAlpha] of lines) {
      Object.assign(pen, { strokeStyle, lineWidth, globalAlpha });
      pen.beginPath();
      for (const place of places) pen.lineTo(...place);
      pen.stroke();
    }
    if (near) drawHead(pen, places, inks.text);
    pen.globalAlpha = 1;
  }
  for (const path of lit) if (state.seen[path[shown.tick]]) ring(pen, at(path[shown.tick]), size / 2 + 2, inks.accent, inks.ground);
}

/** Where a trajectory ends: an arrowhead. @param {import("./_svg.js").Pen} pen @param {[number, number][]} places @param {string} ink */
function drawHead(pen, places, ink) {
  const end = places[places.length - 1];
  const before = [...places].reverse().find((place) => Math.hypot(end[0] - place[0], end[1] - place[1]) > 4);
  if (!before) return;
  const way = Math.atan2(end[1] - before[1], end[0] - before[0]);
  pen.fillStyle = ink;
  pen.beginPath();
  for (const [turn, length] of [[0, 0], [Math.PI - 0.45, 10], [Math.PI + 0.45, 10]]) pen.lineTo(end[0] + Math.cos(way + turn) * length, end[1] + Math.sin(way + turn) * length);
  pen.fill();
}

/** Names beside their points: the larger category first, none over another. @param {import("./_svg.js").Pen} pen @param {State} state @param {Camera} camera @param {Inks} inks @param {string} family */
function drawNames(pen, state, camera, inks, family) {
  /** @type {[number, number, number, number][]} */
  const taken = [];
  Object.assign(pen, { font: `600 13px ${family}`, textAlign: "center", textBaseline: "middle" });
  for (const { code, x, y } of [...state.anchors].sort((a, b) => b.count - a.count)) {
    const [left, top] = toScreen(camera, x, y);
    const label = state.labels[code];
    const words = label.length > LONGEST ? `${label.slice(0, LONGEST - 1)}…` : label;
    const half = pen.measureText(words).width / 2 + 4;
    const free = AROUND.map((down) => /** @type {[number, number, number, number]} */ ([left - half, top + down - 10, left + half, top + down + 10])).find(
      (box) => box[0] >= 0 && box[1] >= 0 && box[2] <= camera.width && box[3] <= camera.height && !taken.some((other) => meet(box, other)),
    );
    if (!free) continue;
    taken.push(free);
    const middle = free[1] + 10;
    Object.assign(pen, { strokeStyle: inks.ground, lineWidth: 4, fillStyle: inks.text, globalAlpha: 0.85 });
    pen.strokeText(words, left, middle);
    pen.globalAlpha = 1;
    pen.fillText(words, left, middle);
  }
}

/** @param {import("./_svg.js").Pen} pen @param {Inks} inks @param {Shown} shown @param {(row: number) => [number, number]} at @param {number} size */
function drawLines(pen, inks, shown, at, size) {
  if (shown.from < 0) return;
  const start = at(shown.from);
  shown.to.forEach((row, i) => {
    const end = at(row);
    for (const [colour, width] of /** @type {[string, number][]} */ ([[inks.ground, 3.5], [inks.kinds[shown.kinds[i]], 1.75]])) {
      Object.assign(pen, { strokeStyle: colour, lineWidth: width });
      pen.setLineDash(DASHES[shown.kinds[i]] ?? []);
      pen.beginPath();
      pen.moveTo(...start);
      pen.lineTo(...end);
      pen.stroke();
    }
    pen.setLineDash([]);
    ring(pen, end, size / 2 + 1.5, inks.kinds[shown.kinds[i]], inks.ground);
  });
}

/** @param {import("./_svg.js").Pen} pen @param {[number, number]} at @param {number} radius @param {string} colour @param {string} ground */
function ring(pen, at, radius, colour, ground) {
  for (const [ink, width] of /** @type {[string, number][]} */ ([[ground, 4.5], [colour, 2]])) {
    Object.assign(pen, { strokeStyle: ink, lineWidth: width });
    pen.beginPath();
    pen.arc(at[0], at[1], radius, 0, 7);
    pen.stroke();
  }
}

/** @param {import("./_svg.js").Pen} pen @param {[number, number][]} stroke @param {Inks} inks */
function drawStroke(pen, stroke, inks) {
  pen.beginPath();
  for (const corner of stroke) pen.lineTo(...corner);
  pen.closePath();
  Object.assign(pen, { fillStyle: inks.accent, globalAlpha: 0.12 });
  pen.fill();
  Object.assign(pen, { strokeStyle: inks.accent, lineWidth: 1.5, globalAlpha: 1 });
  pen.stroke();
}
