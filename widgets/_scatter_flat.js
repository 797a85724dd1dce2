// Points on a plain canvas: where there is no WebGL, and the still picture where a context was given up.

import { toScreen } from "./_scatter_camera.js";
import { FLAT } from "./_scatter_look.js";

/** What is drawn. @typedef {{points: Float32Array, order: Uint32Array, members: Uint32Array[], places: Uint8Array, table: Uint8Array, dim: number}} Scene */

/** Draws as many of the points as it may. @param {CanvasRenderingContext2D} pen @param {Scene} scene @param {import("./_scatter_gl.js").Look} look @returns {number} how many */
export function drawFlat(pen, scene, look) {
  const { camera, ratio } = look;
  pen.setTransform(1, 0, 0, 1, 0, 0);
  pen.clearRect(0, 0, pen.canvas.width, pen.canvas.height);
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  const [all, selected] = scene.members;
  const some = all.subarray(0, FLAT);
  drawSome(pen, scene, camera, some, look.size, (selected.length ? scene.dim : 1) * (some.length > 5000 ? 0.6 : 0.85));
  drawSome(pen, scene, camera, selected.subarray(0, FLAT), look.size * 1.25, 0.9);
  return some.length;
}

/** @param {CanvasRenderingContext2D} pen @param {Scene} scene @param {import("./_scatter_camera.js").Camera} camera @param {Uint32Array} members @param {number} size @param {number} alpha */
function drawSome(pen, scene, camera, members, size, alpha) {
  const { points, order, places, table } = scene;
  const round = members.length <= 5000;
  pen.globalAlpha = alpha;
  let ink = -1;
  for (const member of members) {
    const row = order[member];
    const [x, y] = toScreen(camera, points[row * 2], points[row * 2 + 1]);
    if (x < -size || y < -size || x > camera.width + size || y > camera.height + size) continue;
    const place = places[row];
    if (place !== ink) pen.fillStyle = `rgb(${table[place * 3]} ${table[place * 3 + 1]} ${table[place * 3 + 2]})`;
    ink = place;
    if (round) {
      pen.beginPath();
      pen.arc(x, y, size / 2, 0, 7);
      pen.fill();
    } else pen.fillRect(x - size / 2, y - size / 2, size, size);
  }
  pen.globalAlpha = 1;
}
