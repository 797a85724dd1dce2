// The controls of a toolbar, each from its description: a node, and a way to show a value without telling anyone.
import { button, element, onNextFrame, setAttribute, setText } from "./_kit.js";
import { figuresOf, fit, moved, reading, readingWidth, share } from "./_span.js";

/**
 * @typedef {{kind: string, id: string, label?: string, help?: string, disabled?: boolean, reason?: string, width?: number,
 *   options?: {value: any, label?: string, disabled?: boolean, reason?: string}[],
 *   min?: number, max?: number, step?: number, unit?: string, key?: string, primary?: boolean}} Control
 * @typedef {(value: any) => void} Commit
 * @typedef {{node: HTMLElement, show: (value: any) => void}} Built
 */

/** @type {Record<string, (control: Control, commit: Commit, again: () => void) => Built>} */
const KINDS = { select, slider, range, int: whole, toggle, button: press, text, label };

/**
 * A control from its description.
 * @param {Control} control @param {Commit} commit called with each value that the user gives; a button gives nothing
 * @param {() => void} again called where Enter is pressed on a text that has not changed
 * @returns {Built}
 */
export function build(control, commit, again) {
  const built = KINDS[control.kind](control, commit, again);
  const { node } = built;
  const hint = control.disabled ? control.reason || "not available here" : control.help;
  setAttribute(node, "title", hint || null);
  setAttribute(node, "data-control", control.id);
  setAttribute(node, "data-kind", control.kind);
  setAttribute(node, "data-off", control.disabled ? "true" : null);
  for (const input of node.querySelectorAll("input, select, button")) {
    if (control.disabled) setAttribute(input, "disabled", true);
    if (hint) setAttribute(input, "aria-description", hint);
  }
  return built;
}

/** A label and what it names, side by side. @param {Control} control @param {HTMLElement} input what the label is tied to @param {...Node} rest */
function labelled(control, input, ...rest) {
  const node = element("div", { class: "jw-control" });
  if (control.label) {
    input.id = `jw-${Math.random().toString(36).slice(2)}`;
    node.append(element("label", { for: input.id, text: control.label }));
  } else setAttribute(input, "aria-label", control.id);
  node.append(...(rest.length ? rest : [input]));
  return node;
}

/** @param {Control} control @param {Commit} commit @returns {Built} */
function select(control, commit) {
  const options = control.options ?? [];
  const input = element("select", { class: "jw-field" });
  for (const option of options) {
    const words = option.label ?? String(option.value);
    const node = element("option", { text: option.disabled && option.reason ? `${words} — ${option.reason}` : words });
    setAttribute(node, "disabled", Boolean(option.disabled));
    setAttribute(node, "title", option.reason || null);
    input.append(node);
  }
  size(input, control);
  input.addEventListener("change", () => commit(options[input.selectedIndex].value));
  const name = () => setAttribute(input, "title", [input.selectedOptions[0]?.text, control.help].filter(Boolean).join("\n") || null); // whole, however little room there is
  input.addEventListener("change", name);
  const show = (/** @type {any} */ value) => {
    input.selectedIndex = options.findIndex((option) => option.value === value);
    name();
  };
  return { node: labelled(control, input), show };
}

/** One thumb of a slider. @param {Control} control @param {(value: number) => void} tell @param {() => void} settled */
function thumb(control, tell, settled) {
  const { min = 0, max = 1, step = 1 } = control;
  const input = element("input", { type: "range", min, max, step });
  let dragging = false;
  input.addEventListener("pointerdown", () => (dragging = true));
  input.addEventListener("input", () => tell(fit(control, input.valueAsNumber)));
  for (const end of ["pointerup", "pointercancel", "change", "blur"]) {
    input.addEventListener(end, () => {
      if (dragging) settled();
      dragging = false;
    });
  }
  return { input, isDragging: () => dragging };
}

/** The line under the thumbs, filled between them. @param {Control} control @param {...HTMLInputElement} thumbs */
function track(control, ...thumbs) {
  const node = element("span", { class: "jw-slider" }, ...thumbs);
  node.style.width = `${control.width ?? 120}px`;
  return node;
}

/** The value beside a slider, as wide as its longest. @param {Control} control @param {number} count */
function readout(control, count) {
  const figures = element("span");
  figures.style.minWidth = `${readingWidth(control, count)}ch`;
  const node = element("output", { class: "jw-reading" }, figures);
  if (control.unit) node.append(element("span", { class: "jw-quiet", text: control.unit }));
  return { node, show: (/** @type {number[]} */ values) => setText(figures, figuresOf(control, ...values)) };
}

/** @param {Control} control @param {Commit} commit @returns {Built} */
function slider(control, commit) {
  let held = control.min ?? 0;
  let told = held;
  const frame = onNextFrame(() => commit(held));
  const draw = () => {
    one.input.valueAsNumber = held;
    line.style.setProperty("--jw-high", String(share(control, held)));
    value.show([held]);
    setAttribute(one.input, "aria-valuetext", reading(control, held));
  };
  const take = (/** @type {number} */ next) => {
    held = next;
    draw();
    frame.request();
  };
  // After the last value was told: what was agreed meanwhile.
  const settle = onNextFrame(() => show(told));
  const one = thumb(control, take, settle.request);
  const line = track(control, one.input);
  const value = readout(control, 1);
  const show = (/** @type {number} */ next) => {
    told = next;
    if (one.isDragging()) return;
    held = next;
    draw();
  };
  return { node: labelled(control, one.input, line, value.node), show };
}

/** @param {Control} control @param {Commit} commit @returns {Built} */
function range(control, commit) {
  /** @type {[number, number]} */
  let held = [control.min ?? 0, control.max ?? 1];
  let told = held;
  const frame = onNextFrame(() => commit([...held]));
  const settle = onNextFrame(() => show(told));
  const thumbs = /** @type {const} */ ([0, 1]).map((which) => {
    const take = (/** @type {number} */ next) => {
      held = moved(held, which, next);
      draw();
      frame.request();
    };
    return thumb(control, take, settle.request);
  });
  const line = track(control, ...thumbs.map((one) => one.input));
  const value = readout(control, 2);
  const draw = () => {
    thumbs.forEach((one, which) => {
      one.input.valueAsNumber = held[which];
      setAttribute(one.input, "aria-valuetext", reading(control, held[which]));
    });
    line.style.setProperty("--jw-low", String(share(control, held[0])));
    line.style.setProperty("--jw-high", String(share(control, held[1])));
    // Where both thumbs meet, the one that can still move lies on top.
    setAttribute(line, "data-top", share(control, held[0]) > 0.5 ? "low" : "high");
    value.show(held);
  };
  const name = control.label || control.id;
  thumbs.forEach((one, which) => setAttribute(one.input, "aria-label", `${name}, ${which ? "to" : "from"}`));
  const words = control.label ? [element("span", { class: "jw-control-name", text: control.label })] : [];
  const node = element("div", { class: "jw-control", role: "group", "aria-label": name }, ...words, line, value.node);
  const show = (/** @type {[number, number]} */ next) => {
    told = next;
    if (thumbs.some((one) => one.isDragging())) return;
    held = [next[0], next[1]];
    draw();
  };
  return { node, show };
}

/** A whole number with steppers. @param {Control} control @param {Commit} commit @returns {Built} */
function whole(control, commit) {
  const { min, max, step = 1, label: name = control.id } = control;
  const input = element("input", { type: "number", inputmode: "numeric", min, max, step, class: "jw-field" });
  let held = 0;
  const show = (/** @type {number} */ next) => {
    held = next;
    input.value = String(next);
    less.disabled = Boolean(control.disabled) || (min !== undefined && next <= min);
    more.disabled = Boolean(control.disabled) || (max !== undefined && next >= max);
  };
  const take = (/** @type {number} */ wanted) => {
    const next = Number.isFinite(wanted) ? fit({ ...control, step: 1 }, Math.round(wanted)) : held;
    const changed = next !== held;
    show(next);
    if (changed) commit(next);
  };
  const less = button(`${name}: less`, "−", () => take(held - step));
  const more = button(`${name}: more`, "+", () => take(held + step));
  input.addEventListener("change", () => take(input.valueAsNumber));
  input.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "z" || input.value !== String(held)) return;
    event.preventDefault(); // nothing is being typed: it is the board's undo, not the field's
    event.stopPropagation();
    const { key, ctrlKey, metaKey, shiftKey } = event;
    node.dispatchEvent(new KeyboardEvent("keydown", { key, ctrlKey, metaKey, shiftKey, bubbles: true, composed: true, cancelable: true }));
  });
  input.style.width = `${control.width ?? 8 * Math.max(3, String(max ?? 9999).length) + 16}px`;
  const steppers = element("span", { class: "jw-steppers" }, less, input, more);
  const unit = control.unit ? [element("span", { class: "jw-quiet", text: control.unit })] : [];
  const node = labelled(control, input, steppers, ...unit);
  return { node, show };
}

/** @param {Control} control @param {Commit} commit @returns {Built} */
function toggle(control, commit) {
  const input = element("input", { type: "checkbox", role: "switch", class: "jw-switch" });
  input.addEventListener("change", () => commit(input.checked));
  return { node: labelled(control, input), show: (value) => (input.checked = Boolean(value)) };
}

/** @param {Control} control @param {Commit} commit @returns {Built} */
function press(control, commit) {
  const input = element("button", { type: "button", class: "jw-button jw-push", text: control.label || control.id, onclick: () => commit(undefined) });
  size(input, control);
  setAttribute(input, "data-primary", control.primary ? "true" : null);
  if (control.key) {
    setAttribute(input, "aria-keyshortcuts", control.key);
    input.append(element("kbd", { class: "jw-key", "aria-hidden": "true", text: control.key }));
  }
  return { node: element("div", { class: "jw-control" }, input), show: () => {} };
}

/** @param {Control} control @param {Commit} commit @param {() => void} again @returns {Built} */
function text(control, commit, again) {
  const input = element("input", { type: "text", class: "jw-field", spellcheck: "false", autocomplete: "off" });
  let held = "";
  const give = () => {
    if (input.value === held) return;
    held = input.value;
    commit(held);
  };
  input.style.width = `${control.width ?? 140}px`;
  input.addEventListener("change", give);
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && input.value === held && held) again();
    else if (event.key === "Enter") give();
    if (event.key === "Escape") input.value = held;
  });
  const show = (/** @type {string} */ value) => {
    const untouched = input.value === held;
    held = value;
    if (untouched) input.value = value;
  };
  return { node: labelled(control, input), show };
}

/** @param {Control} control @returns {Built} */
function label(control) {
  const words = element("span", { class: "jw-control-name", title: control.label, text: control.label ?? "" });
  return { node: element("div", { class: "jw-control jw-quiet" }, words), show: () => {} };
}

/** @param {HTMLElement} node @param {Control} control */
function size(node, control) {
  if (control.width) node.style.width = `${control.width}px`;
}
