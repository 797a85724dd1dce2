// One number.
import { element, mount, onAll, setText } from "./_kit.js";

/** @param {{model: any, el: HTMLElement}} host */
function render({ model, el }) {
  const { root, dispose } = mount(model, el, "guest-gauge");
  const words = element("output");
  root.append(words);
  const draw = () => setText(words, `brightness ${model.get("value").toFixed(2)}`);
  const stop = onAll(model, ["value"], draw);
  draw();
  return () => [stop, dispose].forEach((end) => end());
}

export default { render };
