// A board's place in a notebook: a box that takes the focus, and keeps its keys.

import { keepKeys, mount, setAttribute, write } from "./_kit.js";

/** @param {{model: import("./_kit.js").Model, el: HTMLElement}} host */
function render({ model, el }) {
  const tell = () => void write(model, { dark: root.dataset.theme === "dark" });
  const { root, dispose } = mount(model, el, "jw-frame", tell);
  let handle = 0;
  let stop = () => {};

  /** The host puts `el` into the page some time after it was rendered. */
  const claim = () => {
    const box = /** @type {HTMLElement | null} */ (el.closest(".jw-board"));
    if (!box) {
      handle = requestAnimationFrame(claim);
      return;
    }
    // A press anywhere in the box gives it the focus, so that the keys that follow are its own.
    const marks = { tabindex: "-1", role: "region", "aria-label": model.get("name") };
    for (const [name, value] of Object.entries(marks)) setAttribute(box, name, value);
    stop = keepKeys(box);
  };
  claim();
  tell();
  return () => {
    cancelAnimationFrame(handle);
    stop();
    dispose();
  };
}

export default { render };
