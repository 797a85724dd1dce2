// Hands on a map: dragging, the wheel, two fingers, and keys.

import { isTyping } from "./_kit.js";
import { zoomOf } from "./_room.js";
import { extend, rectangle } from "./_scatter_region.js";

/**
 * What a map does with them; places are CSS pixels from its upper left.
 * @typedef {{tool: () => string, pan: (right: number, down: number) => void, zoom: (by: number, at: [number, number]) => void,
 *   point: (at: [number, number] | null) => void, draw: (stroke: [number, number][]) => void,
 *   take: (stroke: [number, number][], event: PointerEvent) => void, click: (at: [number, number], event: PointerEvent) => void,
 *   keys: Record<string, (event: KeyboardEvent) => void>, wake: () => void}} Hearer
 */

const CLICK = 4; // CSS pixels that a click may wander
const LINE = 16; // CSS pixels a line of a wheel

/** @param {HTMLElement} node @param {Hearer} hearer @returns {() => void} ends what is under way */
export function listenToHands(node, hearer) {
  /** @type {Map<number, [number, number]>} */
  const fingers = new Map();
  /** @type {{kind: string, from: [number, number], last: [number, number], stroke: [number, number][], moved: boolean} | null} */
  let drag = null;
  let spread = 0;
  let space = false;

  const placeOf = (/** @type {MouseEvent} */ event) => {
    const [box, zoom] = [node.getBoundingClientRect(), zoomOf(node)];
    return /** @type {[number, number]} */ ([(event.clientX - box.left) / zoom, (event.clientY - box.top) / zoom]);
  };
  const cancel = () => {
    drag = null;
    hearer.draw([]);
  };
  const apart = () => {
    const [a, b] = [...fingers.values()];
    return Math.hypot(a[0] - b[0], a[1] - b[1]);
  };

  node.addEventListener("pointerdown", (event) => {
    if (event.button > 1) return;
    if (event.button === 1) event.preventDefault();
    const at = placeOf(event);
    fingers.set(event.pointerId, at);
    node.setPointerCapture(event.pointerId);
    hearer.wake();
    if (fingers.size === 2) {
      cancel();
      spread = apart();
      return;
    }
    const kind = event.button === 1 || space ? "pan" : hearer.tool();
    drag = { kind, from: at, last: at, stroke: [at], moved: false };
  });
  node.addEventListener("pointermove", (event) => {
    const at = placeOf(event);
    if (fingers.has(event.pointerId)) fingers.set(event.pointerId, at);
    if (fingers.size === 2) {
      const now = apart();
      const [a, b] = [...fingers.values()];
      if (spread) hearer.zoom(now / spread, [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2]);
      spread = now;
    } else if (drag) move(drag, at);
    else hearer.point(at);
  });

  /** @param {NonNullable<typeof drag>} held @param {[number, number]} at */
  function move(held, at) {
    held.moved ||= Math.hypot(at[0] - held.from[0], at[1] - held.from[1]) > CLICK;
    if (!held.moved) return;
    hearer.point(null);
    if (held.kind === "pan") hearer.pan(at[0] - held.last[0], at[1] - held.last[1]);
    else if (held.kind === "lasso") extend(held.stroke, at);
    else held.stroke = rectangle(held.from, at);
    if (held.kind !== "pan") hearer.draw(held.stroke);
    held.last = at;
  }

  node.addEventListener("pointerup", (event) => {
    fingers.delete(event.pointerId);
    const held = drag;
    cancel();
    if (!held) return;
    if (!held.moved) hearer.click(held.from, event);
    else if (held.kind !== "pan") hearer.take(held.stroke, event);
    hearer.point(placeOf(event));
  });
  node.addEventListener("pointercancel", (event) => {
    fingers.delete(event.pointerId);
    cancel();
  });
  node.addEventListener("lostpointercapture", (event) => fingers.delete(event.pointerId));
  node.addEventListener("pointerenter", () => hearer.wake());
  node.addEventListener("pointerleave", () => !drag && hearer.point(null));
  node.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      hearer.wake();
      const far = event.deltaY * (event.deltaMode ? LINE : 1) * (event.ctrlKey ? 4 : 1);
      hearer.zoom(Math.exp(-Math.max(-240, Math.min(240, far)) * 0.002), placeOf(event));
    },
    { passive: false },
  );
  node.addEventListener("keydown", (event) => {
    if (event.key === " " && event.target === node) {
      space = true;
      event.preventDefault();
    }
    if (event.key === "Escape" && drag) return cancel();
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const act = hearer.keys[event.ctrlKey || event.metaKey ? `Ctrl+${key.toUpperCase()}` : key];
    if (!act || event.altKey || isTyping(event.composedPath()[0])) return;
    event.preventDefault();
    event.stopPropagation();
    hearer.wake();
    act(event);
  });
  node.addEventListener("keyup", (event) => {
    if (event.key === " ") space = false;
  });
  node.addEventListener("blur", () => (space = false));
  return cancel;
}
