// A slim row of controls from their descriptions. Only what changed is built again, so that a thumb being dragged is never pulled away.
import { arrange } from "./_arrange.js";
import { build } from "./_controls.js";
import { element, isForBoards, mount, onAll, press, same, setAttribute, write } from "./_kit.js";

/** @typedef {import("./_kit.js").Model} Model */
/** @typedef {import("./_controls.js").Control} Control */
/** @typedef {import("./_controls.js").Built & {control: Control}} Kept */

/** @param {{model: Model, el: HTMLElement}} host */
function render({ model, el }) {
  const { root, dispose } = mount(model, el, "jw-toolbar");
  const row = element("div", { class: "jw-toolbar-row", role: "group", "aria-label": "Controls" });
  root.append(element("div", { class: "jw-progress" }), row);
  /** @type {Map<string, Kept>} */
  let kept = new Map();

  const drawControls = () => {
    const focused = /** @type {Document | ShadowRoot} */ (root.getRootNode()).activeElement;
    const at = focused && row.contains(focused) ? placeOf(focused) : undefined;
    const controls = /** @type {Control[]} */ (model.get("controls"));
    kept = new Map(controls.map((control) => [control.id, keepOrBuild(model, kept.get(control.id), control)]));
    arrange(row, [...kept.values()].map((each) => each.node));
    drawValues();
    if (at) inputsOf(kept.get(at.id)?.node)[at.place]?.focus();
  };
  const drawValues = () => {
    const values = model.get("values");
    for (const [id, each] of kept) if (id in values) each.show(values[id]);
  };
  const drawBusy = () => setAttribute(root, "data-busy", String(Boolean(model.get("busy"))));

  setAttribute(root, "data-vertical", String(Boolean(model.get("vertical"))));
  drawControls();
  drawBusy();
  const stops = [onAll(model, ["controls"], drawControls), onAll(model, ["values"], drawValues), onAll(model, ["busy"], drawBusy), pressKeys(model, root)];
  return () => [...stops, dispose].forEach((end) => end());
}

/** Buttons are pressed by their keys while the row is to be seen. @param {Model} model @param {HTMLElement} root @returns {() => void} stops */
function pressKeys(model, root) {
  const down = (/** @type {KeyboardEvent} */ event) => {
    const controls = /** @type {Control[]} */ (model.get("controls"));
    const meant = controls.find(({ key, disabled }) => key && !disabled && key.toLowerCase() === event.key.toLowerCase());
    const chord = event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || event.repeat;
    if (meant && !chord && root.getClientRects().length > 0 && isForBoards(event, root)) press(model, "pressed", meant.id);
  };
  document.addEventListener("keydown", down);
  return () => document.removeEventListener("keydown", down);
}

/** The control that stands, if its description is the same; else a new one. @param {Model} model @param {Kept | undefined} old @param {Control} control @returns {Kept} */
function keepOrBuild(model, old, control) {
  if (old && same(old.control, control)) return old;
  const { id, kind } = control;
  const commit = (/** @type {any} */ value) => {
    if (kind === "button") press(model, "pressed", id);
    else write(model, { values: { ...model.get("values"), [id]: value } });
  };
  return { ...build(control, commit, () => press(model, "entered", id)), control };
}

/** Which input of which control has the focus. @param {Element} focused */
function placeOf(focused) {
  const node = /** @type {HTMLElement | null} */ (focused.closest("[data-control]"));
  return node ? { id: node.dataset.control ?? "", place: inputsOf(node).indexOf(/** @type {HTMLElement} */ (focused)) } : undefined;
}

/** @param {HTMLElement | undefined} node @returns {HTMLElement[]} */
function inputsOf(node) {
  return node ? [...node.querySelectorAll(/** @type {"input"} */ ("input, select, button"))] : [];
}

export default { render };
