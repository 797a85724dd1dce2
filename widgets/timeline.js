// Curves over the frames of a clip, alone: the cursor is shared with every other view of the clip.

import { mount, onAll, write } from "./_kit.js";
import { createPlayer } from "./_player.js";
import { followSize } from "./_stage.js";
import { createTimeline, TRAITS } from "./_timeline.js";

/** @typedef {import("./_kit.js").Model} Model */

/** @param {{model: Model, el: HTMLElement}} host */
function render({ model, el }) {
  const { root, dispose } = mount(model, el, "jw-timeline-view", () => line.request());
  const frames = () => Math.max(1, model.get("frames"));
  const clamp = (/** @type {number} */ frame) => Math.max(0, Math.min(frames() - 1, frame));
  const line = createTimeline(model, root, { frames, frame: () => clamp(model.get("tick")), go });
  const named = { word: model.get("word"), origin: model.get("origin"), loop: false };
  // Python hears each step, also while it plays: what is shown beside the curves comes from there.
  const player = model.get("player") ? createPlayer(asClip(model, frames), () => queueMicrotask(tell), named) : null;
  root.append(line.node, ...(player ? [player.node] : []));

  function tell() {
    if (player) write(model, { tick: player.frame() });
    line.request();
  }

  /** @param {number} frame */
  function go(frame) {
    if (player) player.goTo(clamp(frame));
    else write(model, { tick: clamp(frame) });
    line.request();
  }

  const stops = [onAll(model, [...TRAITS, "tick", "frames"], line.request), followSize(root, line.request), line.dispose, dispose];
  if (player) stops.push(player.dispose);
  line.request();
  return () => stops.forEach((stop) => stop());
}

/** The curves as the player of a clip sees them: a tick a frame. @param {Model} model @param {() => number} frames @returns {Model} */
function asClip(model, frames) {
  const named = (/** @type {string} */ event) => (event === "change:grid" ? "change:frames" : event);
  return {
    get: (name) => (name === "grid" ? [frames(), 1, 1] : name === "tubelet" ? 1 : model.get(name)),
    set: (name, value) => model.set(name, value),
    save_changes: () => model.save_changes(),
    on: (event, fn) => event !== "change:tubelet" && model.on(named(event), fn),
    off: (event, fn) => event !== "change:tubelet" && model.off(named(event), fn),
  };
}

export default { render };
