// What every view shares: reading synced bytes, listening, the root element with its theme, small DOM helpers, page keys.
// Portable between JupyterLab (anywidget) and Panel (AnyWidgetComponent): only get, set, save_changes, on("change:name") and off are used.

/**
 * The part of a host's model that exists in every host.
 * @typedef {{get(name: string): any, set(name: string, value: any): void, save_changes(): void,
 *   on(event: string, fn: (...args: any[]) => void): void, off(event: string, fn: (...args: any[]) => void): void}} Model
 */

/** Bytes of a synced binary trait; empty where there are none. @param {any} value @returns {Uint8Array} */
export function bytesOf(value) {
  if (!value) return new Uint8Array(0);
  if (value instanceof Uint8Array) return value;
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  return new Uint8Array(0);
}

/** Float32 values of a synced binary trait. @param {any} value @returns {Float32Array} */
export function floatsOf(value) {
  const bytes = bytesOf(value);
  if (bytes.byteLength % 4) return new Float32Array(0);
  if (bytes.byteOffset % 4 === 0) return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  return new Float32Array(bytes.slice().buffer);
}

/**
 * Calls `fn(name)` when one of the named traits changes.
 * @param {Model} model @param {string[]} names @param {(name: string) => void} fn
 * @returns {() => void} stops listening
 */
export function onAll(model, names, fn) {
  const stops = names.map((name) => {
    const listener = () => fn(name);
    model.on(`change:${name}`, listener);
    return () => model.off(`change:${name}`, listener);
  });
  return () => stops.forEach((stop) => stop());
}

/**
 * The model with the values of some traits read once until they change: in Panel each `get` gathers all traits anew, and a value that was set can be read
 * only after it was saved.
 * @param {Model} model @param {string[]} names @returns {{model: Model, stop: () => void}}
 */
export function remembering(model, names) {
  /** @type {Map<string, any>} */
  const held = new Map();
  const known = new Set(names);
  const stop = onAll(model, names, (name) => held.delete(name));
  const get = (/** @type {string} */ name) => {
    if (!known.has(name)) return model.get(name);
    if (!held.has(name)) held.set(name, model.get(name));
    return held.get(name);
  };
  const set = (/** @type {string} */ name, /** @type {any} */ value) => {
    model.set(name, value);
    if (known.has(name)) held.set(name, value);
  };
  const quick = { get, set, save_changes: () => model.save_changes(), on: model.on.bind(model), off: model.off.bind(model) };
  return { model: quick, stop };
}

/** Same value? Numbers, strings, lists and dicts; not for bytes. @param {any} a @param {any} b @returns {boolean} */
export function same(a, b) {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

/** Tells Python new values, only those that differ, in one message. @param {Model} model @param {Record<string, any>} values @returns {boolean} */
export function write(model, values) {
  const changed = Object.entries(values).filter(([name, value]) => !same(model.get(name), value));
  for (const [name, value] of changed) model.set(name, value);
  if (changed.length) model.save_changes();
  return changed.length > 0;
}

/** Presses a button in Python: sets `[name, n + 1]`, so that the same press twice is two events. @param {Model} model @param {string} trait @param {string} name */
export function press(model, trait, name) {
  const last = model.get(trait);
  write(model, { [trait]: [name, (last && Number(last[1])) + 1 || 1] });
}

/**
 * An element. Attributes that start with "on" are listeners, `text` is text content; untrusted text is safe here, nothing is parsed as HTML.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag @param {Record<string, any>} [attributes] @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "text") node.textContent = value;
    else setAttribute(node, name, value);
  }
  node.append(...children);
  return node;
}

/** Sets an attribute only when it changes; false, null and undefined remove it. @param {Element} node @param {string} name @param {any} value */
export function setAttribute(node, name, value) {
  if (value === false || value === null || value === undefined) node.removeAttribute(name);
  else if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value === true ? "" : String(value));
}

/** Sets text only when it changes, so that screen readers hear each status once. @param {Node} node @param {string} text */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** A line icon of 16 × 16 from SVG path data. @param {string} path @param {{fill?: boolean}} [options] @returns {SVGSVGElement} */
export function icon(path, options = {}) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  const shape = document.createElementNS(space, "path");
  setAttribute(svg, "viewBox", "0 0 16 16");
  setAttribute(svg, "aria-hidden", "true");
  setAttribute(svg, "class", options.fill ? "jw-icon jw-icon-fill" : "jw-icon");
  setAttribute(shape, "d", path);
  svg.append(shape);
  return svg;
}

/** A button with its name for screen readers and its hint. @param {string} label @param {Node | string} face @param {() => void} act @returns {HTMLButtonElement} */
export function button(label, face, act) {
  return element("button", { type: "button", class: "jw-button", title: label, "aria-label": label, onclick: act }, face);
}

/** Light or dark, as the trait says or the page around shows. @param {string} wish "auto", "light" or "dark" @returns {"light" | "dark"} */
export function resolveTheme(wish) {
  if (wish === "light" || wish === "dark") return wish;
  const lab = document.body.dataset.jpThemeLight;
  if (lab === "true" || lab === "false") return lab === "true" ? "light" : "dark";
  return window.matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

/**
 * Keeps plain keys, undo and "select all" from the shortcuts of JupyterLab, where R would make the cell raw and 0, 0 restart the kernel. Lab's own chords, as Ctrl+S,
 * still work. Lab looks for its mark at the element with the focus before its shortcuts, which are for whatever has the focus.
 * @param {HTMLElement} node @returns {() => void} stops
 */
export function keepKeys(node) {
  const mark = (/** @type {KeyboardEvent} */ event) => {
    const chord = event.ctrlKey || event.metaKey || event.altKey;
    const ours = !chord || ["z", "a"].includes(event.key.toLowerCase());
    const target = event.composedPath()[0];
    if (target instanceof Element) setAttribute(target, "data-lm-suppress-shortcuts", ours && "true");
  };
  node.addEventListener("keydown", mark, true);
  return () => node.removeEventListener("keydown", mark, true);
}

/**
 * The root element of a view, in `el`, following the theme.
 * @param {Model} model @param {HTMLElement} el @param {string} name class of this view, as "jw-headline"
 * @param {() => void} [onTheme] called when light and dark swap
 * @returns {{root: HTMLDivElement, dispose: () => void}} dispose removes it with its listeners
 */
export function mount(model, el, name, onTheme = () => {}) {
  const root = element("div", { class: `jw-root ${name}` });
  keepKeys(root);
  const apply = () => {
    const theme = resolveTheme(model.get("theme"));
    if (root.dataset.theme === theme) return;
    root.dataset.theme = theme;
    onTheme();
  };
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const lab = new MutationObserver(apply);
  const stop = onAll(model, ["theme"], apply);
  system.addEventListener("change", apply);
  lab.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light"] });
  root.dataset.theme = resolveTheme(model.get("theme"));
  const age = () => setAttribute(root, "data-stale", String(Boolean(model.get("stale"))));
  const stopAge = onAll(model, ["stale"], age);
  age();
  el.append(root);
  const dispose = () => {
    stop();
    stopAge();
    lab.disconnect();
    system.removeEventListener("change", apply);
    root.remove();
  };
  return { root, dispose };
}

const RETRIES = 300;

/**
 * Runs `draw` once in the next display frame, however often it is asked for. Without room it waits a few frames: JupyterLab hides its page for a moment
 * while it swaps themes, too short for a ResizeObserver to tell.
 * @param {() => void} draw @param {() => boolean} [hasRoom] @returns {{request: () => void, cancel: () => void}}
 */
export function onNextFrame(draw, hasRoom = () => true) {
  let handle = 0;
  let left = 0;
  const run = () => {
    handle = 0;
    if (hasRoom()) draw();
    else if (left-- > 0) handle = requestAnimationFrame(run);
  };
  return {
    request: () => {
      left = RETRIES;
      if (!handle) handle = requestAnimationFrame(run);
    },
    cancel: () => {
      cancelAnimationFrame(handle);
      handle = 0;
    },
  };
}

const TYPING = new Set(["text", "search", "number", "email", "url", "password", "tel", "date", "time", ""]);

/** Is someone typing there? Sliders and checkboxes do not count. @param {EventTarget | undefined} target @returns {boolean} */
export function isTyping(target) {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return TYPING.has(target.getAttribute("type") ?? "");
  return target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}

/**
 * Is a key of the page meant for this view: focus on the body or within a view (also in a shadow root), and nobody typing? Where a page holds several
 * boards, each in a box of its own, only the board with the focus hears it. In the app also after a button of its menu was pressed; Lab's are Lab's.
 * @param {Event} event @param {HTMLElement} root of the view that asks
 */
export function isForBoards(event, root) {
  const path = event.composedPath();
  if (isTyping(path[0])) return false;
  const board = path.find((node) => node instanceof HTMLElement && node.classList.contains("jw-board"));
  if (board) return /** @type {HTMLElement} */ (board).contains(root);
  if (path[0] === document.body || path[0] === document.documentElement || path[0] === document) return true;
  if (path[0] instanceof HTMLButtonElement && !("jpThemeLight" in document.body.dataset)) return true;
  return path.some((node) => node instanceof HTMLElement && node.classList.contains("jw-root"));
}

/** A number to three significant figures, without needless zeros. @param {number} value @returns {string} */
export function figure(value) {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "—" : value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  if (size !== 0 && (size < 0.001 || size >= 1e5)) return value.toExponential(1).replace("-", "−");
  return String(Number(value.toPrecision(3))).replace("-", "−");
}
