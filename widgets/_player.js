// The time cursor of a clip: scrubbing and playing happen here, without a round trip; Python hears the tick on a pause and on a scrub.

import { byKey, keyOf } from "./_keys.js";
import { gridOf } from "./_geometry.js";
import { button, element, icon, onAll, setAttribute, setText, write } from "./_kit.js";

/** @typedef {import("./_kit.js").Model} Model */

const ICONS = { back: "M10 3.5 5.5 8 10 12.5", on: "M6 3.5 10.5 8 6 12.5", play: "M5 3l8.5 5L5 13z", pause: "M4.5 3.5H7v9H4.5zM9 3.5h2.5v9H9z" };
const DEFAULT_FPS = 8;

/** @param {string} what @returns {string} with the key */
const named = (what) => `${what} (${keyOf("play").toUpperCase()})`;

/**
 * The row under a picture that moves through its ticks; hidden for a still.
 * @param {Model} model with tick, playing, fps, grid and tubelet @param {() => void} show called when another tick or frame is to be shown
 * @param {{word?: string, origin?: number, loop?: boolean}} [options] what one step of the cursor is called, and the first one's number; else it stops at the end
 */
export function createPlayer(model, show, { word = "time step", origin = 0, loop = true } = {}) {
  let tick = 0;
  let frame = 0;
  let running = false;
  let handle = 0;
  let started = 0;
  const ticks = () => Math.max(1, gridOf(model.get("grid")).ticks);
  const tubelet = () => Math.max(1, model.get("tubelet"));
  const speed = () => (model.get("fps") > 0 ? model.get("fps") : DEFAULT_FPS);

  const faces = { play: icon(ICONS.play, { fill: true }), pause: icon(ICONS.pause, { fill: true }) };
  const back = button(`Previous ${word} (${keyOf("back")})`, icon(ICONS.back), () => goTo(tick - 1));
  const toggle = button(named("Play"), faces.play, () => flip());
  const on = button(`Next ${word} (${keyOf("on")})`, icon(ICONS.on), () => goTo(tick + 1));
  const slider = element("input", { type: "range", min: "0", step: "1", "aria-label": word[0].toUpperCase() + word.slice(1), oninput: () => goTo(Number(slider.value)) });
  const text = element("output", { class: "jw-time" });
  const node = element("div", { class: "jw-player" }, element("span", { class: "jw-group" }, back, toggle, on), slider, text);

  /** @param {number} wanted */
  function goTo(wanted) {
    halt();
    set(wanted);
    write(model, { playing: false, tick });
  }

  /** @param {number} wanted */
  function set(wanted) {
    tick = Math.max(0, Math.min(ticks() - 1, wanted));
    frame = tick * tubelet();
    refresh();
    show();
  }

  function flip() {
    if (running) goTo(tick);
    else {
      run();
      write(model, { playing: true });
    }
  }

  function run() {
    if (running || ticks() < 2) return;
    if (!loop && tick === ticks() - 1) set(0);
    running = true;
    started = performance.now() - (frame / speed()) * 1000;
    handle = requestAnimationFrame(step);
    refresh();
  }

  function halt() {
    running = false;
    cancelAnimationFrame(handle);
  }

  /** @param {number} now */
  function step(now) {
    const passed = Math.floor((Math.max(0, now - started) / 1000) * speed());
    const frames = ticks() * tubelet();
    if (!loop && passed >= frames && frame === frames - 1) return goTo(ticks() - 1);
    const next = loop ? passed % frames : Math.min(passed, frame + 1, frames - 1); // what plays once shows every frame, also on a machine that is late
    if (next !== frame) {
      frame = next;
      tick = Math.floor(frame / tubelet());
      refresh();
      show();
    }
    if (running) handle = requestAnimationFrame(step);
  }

  function refresh() {
    node.hidden = ticks() < 2;
    setAttribute(slider, "max", ticks() - 1);
    slider.value = String(tick);
    const seconds = loop && model.get("fps") > 0 ? ` · ${((tick * tubelet()) / model.get("fps")).toFixed(2)} s` : "";
    setText(text, `${word} ${origin + tick} of ${origin}–${origin + ticks() - 1}${seconds}`);
    setAttribute(slider, "aria-valuetext", `${word} ${origin + tick}${seconds}`);
    const face = running ? faces.pause : faces.play;
    if (toggle.firstChild !== face) toggle.replaceChildren(face);
    const label = named(running ? "Pause" : "Play");
    setAttribute(toggle, "title", label);
    setAttribute(toggle, "aria-label", label);
    back.disabled = !running && tick === 0;
    on.disabled = !running && tick === ticks() - 1;
  }

  /** The tick from Python, unless this view is playing. */
  function adopt() {
    if (running) return;
    const wanted = Math.min(ticks() - 1, model.get("tick"));
    if (wanted !== tick) set(wanted);
    else refresh();
  }

  const stop = onAll(model, ["tick", "playing", "fps", "grid", "tubelet"], (name) => {
    if (name === "playing" && model.get("playing")) run();
    else if (name === "playing") halt();
    adopt();
  });
  adopt();
  if (model.get("playing")) run();
  const keys = byKey({ back: () => goTo(tick - 1), on: () => goTo(tick + 1), play: flip });
  const dispose = () => {
    halt();
    stop();
  };
  return { node, keys, flip, tick: () => tick, frame: () => frame, goTo, dispose };
}
