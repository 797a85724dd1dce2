// The canvases of a map: WebGL where there is, a plain canvas where there is none or where the context was given up, and marks above.

import { element, onNextFrame, setAttribute } from "./_kit.js";
import { closeness } from "./_scatter_camera.js";
import { drop, use } from "./_scatter_contexts.js";
import { drawFlat, drawSome } from "./_scatter_flat.js";
import { createGl } from "./_scatter_gl.js";
import { FLAT, hasRings, sizeOf, tableOf } from "./_scatter_look.js";
import { drawStill, MOST } from "./_scatter_still.js";

/** @typedef {import("./_scatter_camera.js").Camera} Camera */

const DIM = 0.28; // how strong points are drawn while others are selected

/**
 * @param {import("./_scatter_state.js").State} state @param {HTMLElement} root carries data-renderer, data-drawn and data-complete
 * @param {(pen: CanvasRenderingContext2D) => void} drawOver draws the marks @param {() => void} onRenderer called when another renderer draws
 */
export function createScreen(state, root, drawOver, onRenderer) {
  const flat = element("canvas", { class: "jw-layer", "data-layer": "flat", "aria-hidden": "true" });
  const marks = element("canvas", { class: "jw-layer", "data-layer": "marks", "aria-hidden": "true" });
  const node = element("div", { class: "jw-map-plot", role: "application", tabindex: "0" }, flat, marks);
  const pens = [flat, marks].map((canvas) => /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d")));
  const frame = onNextFrame(paint, () => node.clientWidth > 0);
  /** @type {HTMLCanvasElement | null} */
  let canvas = null;
  /** @type {ReturnType<typeof createGl>} */
  let gl = null;
  /** @type {Camera | null} */
  let camera = null;
  let possible = true;
  let released = false;
  let lost = false; // the browser has taken the context away, and may give it back
  let drawn = 0;
  const due = { anew: true, more: false, marks: true };
  const stale = new Set(["places", "shades", "table", "members"]);
  const holder = { release };

  /** Gets a context, if there is none and there can be one. */
  function acquire() {
    if (gl || !possible) return;
    const fresh = element("canvas", { class: "jw-layer", "data-layer": "gl", "aria-hidden": "true" });
    gl = createGl(fresh);
    possible = Boolean(gl);
    if (!gl) return;
    fresh.addEventListener("webglcontextlost", lose);
    fresh.addEventListener("webglcontextrestored", restored);
    canvas?.remove();
    canvas = fresh;
    node.insertBefore(fresh, marks);
    fresh.width = flat.width;
    fresh.height = flat.height;
    released = lost = false;
    for (const part of ["places", "shades", "table", "members"]) stale.add(part);
    due.anew = true;
    use(holder);
  }

  /** @param {Event} event */
  function lose(event) {
    event.preventDefault(); // so that the browser gives it back
    gl = null;
    lost = true;
    drop(holder);
    canvas?.style.setProperty("visibility", "hidden");
    request("points");
  }

  function restored() {
    canvas?.removeEventListener("webglcontextlost", lose);
    acquire();
    frame.request();
  }

  /** Gives the context up; the last picture stays. */
  function release() {
    if (!gl || !canvas) return;
    const last = gl;
    if (camera && flat.width && drawing()) {
      const done = last.draw(look(camera), false);
      pens[0].setTransform(1, 0, 0, 1, 0, 0);
      pens[0].clearRect(0, 0, flat.width, flat.height);
      pens[0].drawImage(canvas, 0, 0);
      if (!done) request("points");
    }
    free();
    released = true;
    name("still");
  }

  /** @param {string} renderer that has drawn */
  function name(renderer) {
    if (root.dataset.renderer === renderer) return;
    root.dataset.renderer = renderer;
    onRenderer();
  }

  function free() {
    canvas?.removeEventListener("webglcontextlost", lose);
    canvas?.removeEventListener("webglcontextrestored", restored);
    gl?.dispose();
    canvas?.remove();
    drop(holder);
    canvas = gl = null;
  }

  /** Someone uses the map: it needs its context. */
  function wake() {
    if (gl) use(holder);
    else if (released || lost) {
      acquire();
      frame.request();
    }
  }

  /** Takes what is new in the state, and draws it. @param {Set<string>} fresh of "points", "shade", "seen", "selected" and "theme" */
  function follow(fresh) {
    if (fresh.has("points")) stale.add("places");
    if (fresh.has("points") || fresh.has("shade")) stale.add("shades");
    if (fresh.has("shade") || fresh.has("theme")) stale.add("table");
    if (fresh.has("points") || fresh.has("seen") || fresh.has("selected")) stale.add("members");
    if (fresh.size) request("points");
  }

  /** @param {"points" | "marks"} what */
  function request(what) {
    if (what === "points") due.anew = true;
    due.marks = true;
    frame.request();
  }

  /** Looks at something else. @param {Camera} to */
  function look_(to) {
    camera = to;
    request("points");
  }

  /** The size of a point in CSS pixels. */
  function size() {
    return camera ? sizeOf(state.members[0].length, Math.max(1, closeness(camera, state.extent)), camera.width * camera.height) : 4;
  }

  /** @param {Camera} now @returns {import("./_scatter_gl.js").Look} */
  function look(now) {
    const ratio = flat.width / now.width;
    const cell = state.grid.size / now.unit;
    const share = state.order.length ? state.members[0].length / state.order.length : 1;
    const crowd = (state.crowd * share * ((Math.PI * size() ** 2) / 4)) / (cell * cell);
    return { camera: now, extent: state.extent, size: size(), ratio, crowd, dim: DIM, rings: rings() };
  }

  /** The context, where it draws the points. */
  const drawing = () => (state.order.length <= MOST ? gl : null);

  /** Are there more points than are drawn one by one? @returns {boolean} */
  const crowded = () => state.order.length > MOST || (!gl && !released && state.members[0].length > FLAT);

  /** The picture of Python that stands in place of the points; null where they are drawn. */
  const pictured = () => (crowded() ? state.still : null);

  const rings = () => hasRings(state.shade(), state.order.length);
  const table = () => tableOf(state.shade(), rings(), root.dataset.theme === "dark");

  /** Gives the context what has changed. */
  function upload() {
    if (!gl) return;
    const { order, points, extent, places, members } = state;
    if (stale.has("places")) {
      const unit = new Float32Array(order.length * 2);
      for (let i = 0; i < order.length; i++) {
        unit[i * 2] = (points[order[i] * 2] - extent.x) / extent.half;
        unit[i * 2 + 1] = (points[order[i] * 2 + 1] - extent.y) / extent.half;
      }
      gl.setPlaces(unit);
    }
    if (stale.has("shades")) gl.setShades(Uint8Array.from(order, (row) => places[row]));
    if (stale.has("table")) gl.setTable(table());
    if (stale.has("members")) /** @type {const} */ ([0, 1]).forEach((layer) => gl?.setMembers(layer, members[layer]));
    stale.clear();
  }

  function paint() {
    const [width, height] = [node.clientWidth, node.clientHeight];
    const ratio = window.devicePixelRatio || 1;
    const wanted = [Math.round(width * ratio), Math.round(height * ratio)];
    for (const each of [flat, marks, ...(canvas ? [canvas] : [])]) {
      if (each.width === wanted[0] && each.height === wanted[1]) continue;
      [each.width, each.height] = wanted;
      Object.assign(due, { anew: true, marks: true });
    }
    if (!released && !lost && state.order.length <= MOST) acquire();
    if (!camera) return;
    if (due.anew || due.more) paintPoints(camera);
    if (due.marks) drawOver(pens[1]);
    due.marks = false;
    if (due.more) frame.request();
  }

  /** @param {Camera} now */
  function paintPoints(now) {
    const anew = due.anew;
    due.anew = due.more = false;
    const [byGl, still] = [drawing(), pictured()];
    flat.style.visibility = byGl ? "hidden" : "";
    if (canvas && !lost) canvas.style.visibility = byGl ? "" : "hidden";
    if (byGl) {
      upload();
      due.more = !byGl.draw(look(now), anew);
    } else if (still) drawStill(pens[0], still, { ...state, table: table(), dim: DIM }, look(now));
    else drawFlat(pens[0], { ...state, table: table(), dim: DIM }, look(now));
    name(byGl ? "webgl" : still ? "picture" : released ? "still" : "canvas");
    setAttribute(root, "data-complete", String(!due.more));
    if (anew) setAttribute(root, "data-drawn", String(++drawn));
  }

  /** The points that are in sight, as discs on another pen. @param {import("./_svg.js").Pen} pen @param {Camera} now */
  function drawOn(pen, now) {
    const [scene, seen, [all, selected]] = [{ ...state, table: table(), dim: DIM }, look(now), state.members];
    drawSome(pen, scene, seen, all, seen.size, (selected.length ? DIM : 1) * 0.85, true);
    drawSome(pen, scene, seen, selected, seen.size * 1.25, 0.9, true);
  }

  /** The picture of the points alone, as the URL of a png. @returns {string} */
  function points() {
    const whole = element("canvas", { width: flat.width, height: flat.height });
    const byGl = drawing();
    if (byGl && camera) byGl.draw(look(camera), false); // as for `picture`
    whole.getContext("2d")?.drawImage(byGl && canvas ? canvas : flat, 0, 0);
    return whole.toDataURL("image/png");
  }

  /** What is on screen now, points and marks on a ground. @param {string} ground @returns {Promise<Blob>} */
  function picture(ground) {
    const whole = element("canvas", { width: flat.width, height: flat.height });
    const pen = /** @type {CanvasRenderingContext2D} */ (whole.getContext("2d"));
    pen.fillStyle = ground;
    pen.fillRect(0, 0, whole.width, whole.height);
    const byGl = drawing();
    if (byGl && camera) byGl.draw(look(camera), false); // a context keeps its picture only until the frame ends
    for (const each of [byGl ? canvas : flat, marks]) if (each) pen.drawImage(each, 0, 0);
    return new Promise((done, fail) => whole.toBlob((blob) => (blob ? done(blob) : fail(new Error("no png"))), "image/png"));
  }

  /** How many points the plain canvas leaves out; 0 where there is WebGL, or a picture of all of them. @returns {number} */
  const left = () => (drawing() || released || pictured() ? 0 : Math.max(0, state.members[0].length - FLAT));

  /** Is the picture by WebGL, or a still one of it? */
  const hasGl = () => possible && !lost;

  const dispose = () => {
    frame.cancel();
    free();
  };
  return { node, follow, request, look: look_, size, wake, left, hasGl, crowded, pictured, picture, points, drawOn, dispose };
}
