// Where the camera of a map is: pure arithmetic between data, screen and the unit square that is drawn. y points upwards in data, downwards on screen.

/** The middle of the picture in data, data units a CSS pixel, and the size of the picture in CSS pixels. @typedef {{x: number, y: number, unit: number, width: number, height: number}} Camera */
/** @typedef {{x: number, y: number, half: number, low: [number, number], high: [number, number]}} Extent */

const MARGIN = 28; // CSS pixels that stay free around all points
const CLOSEST = 1 / 20000; // of the extent, how wide the narrowest picture is

/** All points, as large as they go. @param {Extent} extent @param {number} width @param {number} height @returns {Camera} */
export function whole(extent, width, height) {
  return around(extent.low, extent.high, extent, width, height);
}

/** A rectangle of data, as large as it goes. @param {[number, number]} low @param {[number, number]} high @param {Extent} extent @param {number} width @param {number} height @returns {Camera} */
export function around(low, high, extent, width, height) {
  const room = [Math.max(1, width - 2 * MARGIN), Math.max(1, height - 2 * MARGIN)];
  const unit = Math.max((high[0] - low[0]) / room[0], (high[1] - low[1]) / room[1]) || (extent.half * 2) / room[0] / 8;
  return { x: (low[0] + high[0]) / 2, y: (low[1] + high[1]) / 2, unit, width, height };
}

/** The same picture in another size: what its smaller side shows stays. @param {Camera} camera @param {number} width @param {number} height @returns {Camera} */
export function resized(camera, width, height) {
  const by = Math.min(camera.width, camera.height) / Math.min(width, height);
  return { ...camera, unit: camera.unit * (Number.isFinite(by) && by > 0 ? by : 1), width, height };
}

/** @param {Camera} camera @param {number} x in data @param {number} y in data @returns {[number, number]} CSS pixels from the upper left */
export function toScreen(camera, x, y) {
  return [(x - camera.x) / camera.unit + camera.width / 2, camera.height / 2 - (y - camera.y) / camera.unit];
}

/** @param {Camera} camera @param {number} left in CSS pixels @param {number} top in CSS pixels @returns {[number, number]} in data */
export function toData(camera, left, top) {
  return [camera.x + (left - camera.width / 2) * camera.unit, camera.y - (top - camera.height / 2) * camera.unit];
}

/** Moved by CSS pixels, as a hand moves paper. @param {Camera} camera @param {number} right @param {number} down @param {Extent} extent @returns {Camera} */
export function panned(camera, right, down, extent) {
  const keep = (/** @type {number} */ at, /** @type {number} */ middle, /** @type {number} */ room) => {
    const far = extent.half + (room * camera.unit) / 3;
    return Math.max(middle - far, Math.min(middle + far, at));
  };
  const [x, y] = [camera.x - right * camera.unit, camera.y + down * camera.unit];
  return { ...camera, x: keep(x, extent.x, camera.width), y: keep(y, extent.y, camera.height) };
}

/** Zoomed so that what is under a place of the screen stays there. @param {Camera} camera @param {number} by above 1 = closer @param {number} left @param {number} top @param {Extent} extent @returns {Camera} */
export function zoomed(camera, by, left, top, extent) {
  const full = whole(extent, camera.width, camera.height).unit;
  const unit = Math.max((extent.half * CLOSEST) / camera.width, Math.min(full * 2.5, camera.unit / by));
  const [x, y] = toData(camera, left, top);
  return { ...camera, unit, x: x - (left - camera.width / 2) * unit, y: y + (top - camera.height / 2) * unit };
}

/** How much closer than all points. @param {Camera} camera @param {Extent} extent @returns {number} */
export function closeness(camera, extent) {
  return whole(extent, camera.width, camera.height).unit / camera.unit;
}

/** From unit coordinates, (data − middle of the extent) ÷ half, to clip space: scale and offset of each axis. @param {Camera} camera @param {Extent} extent @returns {{scale: [number, number], offset: [number, number]}} */
export function toClip(camera, extent) {
  const [across, up] = [(camera.unit * camera.width) / 2, (camera.unit * camera.height) / 2];
  return { scale: [extent.half / across, extent.half / up], offset: [(extent.x - camera.x) / across, (extent.y - camera.y) / up] };
}
