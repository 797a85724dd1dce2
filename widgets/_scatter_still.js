// One picture of all points, made in Python: for more of them than a browser draws quickly, or than it draws without WebGL.

import { bytesOf } from "./_kit.js";
import { toData, toScreen } from "./_scatter_camera.js";
import { drawSome } from "./_scatter_flat.js";
import { FLAT } from "./_scatter_look.js";

/** More points than these are not drawn one by one, with WebGL either. */
export const MOST = 1000000;

/** A picture and the edges that it reaches to, in data. @typedef {{canvas: HTMLCanvasElement, extent: number[]}} Still */

/** The picture that a view holds; null where there is none. @param {import("./_kit.js").Model} model @returns {Still | null} */
export function stillOf(model) {
  const bytes = bytesOf(model.get("still"));
  if (!bytes.length) return null;
  const [[height, width], extent] = [model.get("still_shape"), model.get("still_extent")];
  if (extent.length !== 4 || bytes.length !== height * width * 4) return null;
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width, height });
  canvas.getContext("2d")?.putImageData(new ImageData(Uint8ClampedArray.from(bytes), width, height), 0, 0);
  return { canvas, extent };
}

/** What a picture is wanted of: edges in data, and its size in CSS pixels. @param {import("./_scatter_camera.js").Camera} camera @returns {number[]} */
export function sightOf(camera) {
  const [left, top] = toData(camera, 0, 0);
  const [right, bottom] = toData(camera, camera.width, camera.height);
  return [left, right, bottom, top, Math.round(camera.width), Math.round(camera.height)];
}

/** Draws the picture where it lies now, and the points that stand out above it. @param {CanvasRenderingContext2D} pen @param {Still} still @param {import("./_scatter_flat.js").Scene} scene @param {import("./_scatter_gl.js").Look} look */
export function drawStill(pen, still, scene, look) {
  const { camera, ratio } = look;
  const selected = scene.members[1].subarray(0, FLAT);
  const [left, right, bottom, top] = still.extent;
  const [from, to] = [toScreen(camera, left, top), toScreen(camera, right, bottom)];
  pen.setTransform(1, 0, 0, 1, 0, 0);
  pen.clearRect(0, 0, pen.canvas.width, pen.canvas.height);
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.globalAlpha = selected.length ? scene.dim : 1;
  pen.drawImage(still.canvas, from[0], from[1], to[0] - from[0], to[1] - from[1]);
  pen.globalAlpha = 1;
  drawSome(pen, scene, look, selected, 2.5, 0.9);
}
