// A button that counts what is pinned, and the dialog behind it: pinned results side by side, their numbers in one table.
import { downloads } from "./_download.js";
import { bytesOf, element, icon, mount, onAll, press, setAttribute, setText } from "./_kit.js";

/** @typedef {import("./_kit.js").Model} Model */
/** @typedef {{id: number, title: string, of: string, sentence: string, detail: string, note: string, closed: boolean, figures: [string, string][]}} Pin */

const PIN = "M6 2.2h4M6.8 2.4v4L4.6 9.2h6.8L9.2 6.4v-4M8 9.4v4.6";
const CLOSE = "M3.6 3.6l8.8 8.8M12.4 3.6l-8.8 8.8";
const EXPORTS = [
  ["png", "Save as PNG"],
  ["csv", "Numbers as CSV"],
  ["json", "All as JSON"],
];

/** @param {{model: Model, el: HTMLElement}} host */
function render({ model, el }) {
  const { root, dispose } = mount(model, el, "jw-tray");
  const count = element("span");
  const opener = element("button", { type: "button", class: "jw-button jw-tray-opener", "aria-haspopup": "dialog", title: "Pinned results, side by side", onclick: () => show() }, icon(PIN), count);
  const heard = element("span", { class: "jw-heard", role: "status", "aria-live": "polite" });
  const dialog = element("dialog", { class: "jw-dialog jw-tray-dialog", "aria-label": "Tray: pinned results" });
  const cards = element("div", { class: "jw-tray-cards", role: "list" });
  const table = element("table", { class: "jw-tray-numbers" });
  const head = element(
    "div",
    { class: "jw-tray-head" },
    element("h2", { text: "Pinned results" }),
    ...EXPORTS.map(([name, label]) => textButton(label, () => press(model, "command", name))),
    textButton("Remove all", () => press(model, "command", "clear")),
    element("button", { type: "button", class: "jw-button", title: "Close (Esc)", "aria-label": "Close", onclick: () => dialog.close() }, icon(CLOSE)),
  );
  dialog.append(head, element("div", { class: "jw-tray-body", tabindex: "0", role: "group", "aria-label": "Pinned results" }, cards, table));
  root.append(opener, heard, dialog);
  /** @type {string[]} */
  let urls = [];
  let known = (model.get("pins") ?? []).length;

  function show() {
    if (!dialog.open) dialog.showModal();
    draw();
  }
  const forget = () => {
    urls.forEach((url) => URL.revokeObjectURL(url));
    urls = [];
  };
  // Keys are the dialog's while it is open; the browser's own Escape closes it.
  dialog.addEventListener("keydown", (event) => event.stopPropagation());
  dialog.addEventListener("close", () => {
    forget();
    cards.replaceChildren();
    if (!opener.hidden) opener.focus({ preventScroll: true });
  });

  const draw = () => {
    const pins = /** @type {Pin[]} */ (model.get("pins"));
    el.style.display = pins.length ? "" : "none";
    opener.hidden = !pins.length;
    setText(count, `Tray ${pins.length}`);
    setAttribute(opener, "aria-label", `Tray: ${pins.length} pinned`);
    setAttribute(root, "data-count", pins.length);
    if (pins.length !== known) setText(heard, pins.length > known ? `Pinned. The tray holds ${pins.length}.` : `Removed. The tray holds ${pins.length}.`);
    known = pins.length;
    if (!pins.length && dialog.open) dialog.close();
    if (!dialog.open) return;
    forget();
    urls = picturesOf(model).map((bytes) => (bytes.length ? URL.createObjectURL(new Blob([bytes.slice()], { type: "image/png" })) : ""));
    cards.replaceChildren(...pins.map((pin, k) => card(model, pin, urls[k] ?? "")));
    table.replaceChildren(...rowsOf(pins));
  };
  draw();
  const stops = [onAll(model, ["pins", "pictures"], draw), downloads(model)];
  return () => {
    forget();
    [...stops, dispose].forEach((end) => end());
  };
}

/** @param {string} label @param {() => void} act */
function textButton(label, act) {
  return element("button", { type: "button", class: "jw-button jw-tray-act", text: label, onclick: act });
}

/** The PNG of each pin. @param {Model} model @returns {Uint8Array[]} */
function picturesOf(model) {
  const [bytes, ends] = [bytesOf(model.get("pictures")), /** @type {number[]} */ (model.get("ends"))];
  return ends.map((end, k) => bytes.subarray(k ? ends[k - 1] : 0, end));
}

/** @param {Model} model @param {Pin} pin @param {string} url */
function card(model, pin, url) {
  const node = element("article", { class: "jw-tray-card", role: "listitem", "data-pin": pin.id });
  const note = element("p", { class: "jw-tray-note", text: pin.note });
  note.hidden = !pin.note;
  const acts = element(
    "div",
    { class: "jw-tray-acts" },
    textButton("Save as PNG", () => press(model, "command", `png ${pin.id}`)),
    textButton("Remove", () => press(model, "command", `remove ${pin.id}`)),
  );
  const words = [element("h3", { text: pin.title }), element("p", { class: "jw-tray-of", text: pin.of }), note, element("p", { text: pin.sentence }), element("p", { class: "jw-tray-detail", text: pin.detail })];
  node.append(...words, acts, ...(url ? [enlarging(url, pin, node)] : []));
  return node;
}

/** The picture, which a press shows in its full size and in its column again. @param {string} url @param {Pin} pin @param {HTMLElement} within */
function enlarging(url, pin, within) {
  const picture = element("img", { src: url, alt: `${pin.title}: ${pin.sentence}` });
  const node = element("button", { type: "button", class: "jw-tray-picture", title: "Full size", "aria-pressed": "false" }, picture);
  node.addEventListener("click", () => setAttribute(node, "aria-pressed", String(within.toggleAttribute("data-large"))));
  return node;
}

/** One row a number, one column a pin. @param {Pin[]} pins @returns {HTMLElement[]} */
function rowsOf(pins) {
  const names = [...new Set(pins.flatMap((pin) => pin.figures.map(([name]) => name)))];
  if (!names.length) return [];
  const cells = (/** @type {string} */ name) => pins.map((pin) => element("td", { text: pin.figures.find(([each]) => each === name)?.[1] ?? "–" }));
  const head = element("tr", {}, element("th", { scope: "col", text: "number" }), ...pins.map((pin) => element("th", { scope: "col", text: `${pin.title}, ${pin.of}` })));
  const rows = names.map((name) => element("tr", {}, element("th", { scope: "row", text: name }), ...cells(name)));
  return [element("caption", { text: "Numbers behind the pictures" }), element("thead", {}, head), element("tbody", {}, ...rows)];
}

export default { render };
