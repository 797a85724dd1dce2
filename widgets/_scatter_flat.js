// Points on a plain canvas: where there is no WebGL, and the still picture where a context was given up.

import { toScreen } from "./_scatter_camera.js";
import { FLAT } from "./_scatter_look.js";
import { COLOURS, OTHER } from "./_scatter_rows.js";

/** What is drawn. @typedef {{points: Float32Array, order: Uint32Array, members: Uint32Array[], places: Uint8Array, table: Uint8Array, dim: number}} Scene */

/** Draws as many of the points as it may. @param {CanvasRenderingContext2D} pen @param {Scene} scene @param {import("./_scatter_gl.js").Look} look @returns {number} how many */
export function drawFlat(pen, scene, look) {
  const { ratio } = look;
  pen.setTransform(1, 0, 0, 1, 0, 0);
  pen.clearRect(0, 0, pen.canvas.width, pen.canvas.height);
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  const [all, selected] = scene.members;
  const some = all.subarray(0, FLAT);
  drawSome(pen, scene, look, some, look.size, (selected.length ? scene.dim : 1) * (some.length > 5000 ? 0.6 : 0.85));
  drawSome(pen, scene, look, selected.subarray(0, FLAT), look.size * 1.25, 0.9);
  return some.length;
}

/** @param {import("./_svg.js").Pen} pen @param {Scene} scene @param {import("./_scatter_gl.js").Look} look @param {Uint32Array} members @param {number} size @param {number} alpha @param {boolean} [round] discs, not squares */
export function drawSome(pen, scene, look, members, size, alpha, round = members.length <= 5000) {
  const { points, order, places, table } = scene;
  const { camera } = look;
  Object.assign(pen, { globalAlpha: alpha, lineWidth: 1.5 });
  let ink = -1;
  for (const member of members) {
    const row = order[member];
    const [x, y] = toScreen(camera, points[row * 2], points[row * 2 + 1]);
    if (x < -size || y < -size || x > camera.width + size || y > camera.height + size) continue;
    const place = places[row];
    if (place !== ink) pen.fillStyle = pen.strokeStyle = `rgb(${table[place * 3]} ${table[place * 3 + 1]} ${table[place * 3 + 2]})`;
    ink = place;
    if (round) {
      const ring = look.rings && place >= COLOURS && place < OTHER;
      pen.beginPath();
      pen.arc(x, y, ring ? size / 2 - 0.75 : size / 2, 0, 7);
      if (ring) pen.stroke();
      else pen.fill();
    } else pen.fillRect(x - size / 2, y - size / 2, size, size);
  }
  pen.globalAlpha = 1;
}
