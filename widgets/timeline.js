// Curves over the frames of a clip, alone: the cursor is shared with every other view of the clip.

import { mount, onAll, write } from "./_kit.js";
import { followSize } from "./_stage.js";
import { createTimeline, TRAITS } from "./_timeline.js";

/** @param {{model: import("./_kit.js").Model, el: HTMLElement}} host */
function render({ model, el }) {
  const { root, dispose } = mount(model, el, "jw-timeline-view", () => line.request());
  const frames = () => Math.max(1, model.get("frames"));
  const clamp = (/** @type {number} */ frame) => Math.max(0, Math.min(frames() - 1, frame));
  const line = createTimeline(model, root, {
    frames,
    frame: () => clamp(model.get("tick")),
    go: (frame) => {
      write(model, { tick: clamp(frame) });
      line.request();
    },
  });
  root.append(line.node);
  const stops = [onAll(model, [...TRAITS, "tick", "frames"], line.request), followSize(root, line.request), line.dispose, dispose];
  line.request();
  return () => stops.forEach((stop) => stop());
}

export default { render };
