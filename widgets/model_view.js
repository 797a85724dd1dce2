// A checkpoint at a glance: card, parts, every tensor with the values of the chosen one.
import { tensorSheet } from "./_histogram.js";
import { element, mount, onAll, setAttribute, setText, write } from "./_kit.js";
import { card, parts } from "./_card.js";
import { tensorTree } from "./_tensors.js";

/** @typedef {import("./_kit.js").Model} Model */

/** @param {{model: Model, el: HTMLElement}} host */
function render({ model, el }) {
  const { root, dispose } = mount(model, el, "jw-model-view");
  const empty = element("p", { class: "jw-empty", role: "status" });
  const top = element("div", { class: "jw-model-top" });
  const tree = tensorTree({ choose: (name) => void write(model, { chosen: name }), search: (words) => void write(model, { search: words }) });
  const values = element("div", { class: "jw-values-frame", "aria-live": "polite" });
  const bottom = element("div", { class: "jw-model-bottom" }, tree.node, values);
  const body = element("div", { class: "jw-model-body" }, top, bottom);
  root.append(element("div", { class: "jw-progress" }), empty, body);

  const drawModel = () => {
    const checkpoint = model.get("model");
    const has = Boolean(checkpoint?.name);
    empty.hidden = has;
    body.hidden = !has;
    setText(empty, model.get("message"));
    if (!has) return;
    top.replaceChildren(card(checkpoint), parts(checkpoint));
    tree.show(checkpoint.tensors ?? [], model.get("search"));
    bottom.hidden = !checkpoint.tensors?.length;
    drawValues();
  };
  const drawValues = () => {
    const chosen = model.get("chosen");
    const histogram = model.get("histogram");
    const tensor = (model.get("model").tensors ?? []).find((/** @type {{name: string}} */ each) => each.name === chosen);
    tree.mark(chosen);
    values.replaceChildren(tensorSheet(tensor, histogram?.name === chosen ? histogram : undefined));
  };
  const drawBusy = () => setAttribute(root, "data-busy", String(Boolean(model.get("busy"))));
  drawModel();
  drawBusy();
  const stops = [
    onAll(model, ["model"], drawModel),
    onAll(model, ["message"], () => setText(empty, model.get("message"))),
    onAll(model, ["chosen", "histogram"], drawValues),
    onAll(model, ["search"], () => tree.seek(model.get("search"))),
    onAll(model, ["busy"], drawBusy),
  ];
  return () => [...stops, tree.dispose, dispose].forEach((end) => end());
}

export default { render };
