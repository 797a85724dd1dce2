// Published checkpoints: a search field, what is on this machine first, and for the rest the command that fetches it.
import { button, element, icon, mount, onAll, press, setAttribute, setText, write } from "./_kit.js";
import { copyText } from "./_popover.js";

/** @typedef {import("./_kit.js").Model} Model */
/**
 * @typedef {{name: string, title: string, family?: string, role?: string, where?: string, input?: string, parameters?: string, size?: string,
 *   licence?: string, note?: string, path?: string, fetch?: string}} Row
 */

const COPY = "M5.5 5.5h8v8h-8ZM3 10.5H2.5v-8h8V3";

/** @param {{model: Model, el: HTMLElement}} host */
function render({ model, el }) {
  const { root, dispose } = mount(model, el, "jw-catalogue");
  const field = element("input", { type: "search", class: "jw-field", placeholder: "Search name, family, size, licence …", "aria-label": "Search checkpoints", spellcheck: "false" });
  const count = element("span", { class: "jw-quiet", role: "status" });
  const list = element("div", { class: "jw-catalogue-list" });
  root.append(element("div", { class: "jw-progress" }), element("div", { class: "jw-catalogue-bar" }, field, count), list);
  field.addEventListener("input", () => void write(model, { search: field.value }));

  const draw = () => {
    const search = model.get("search");
    if (field.value !== search) field.value = search;
    const words = search.toLowerCase().split(/\s+/).filter(Boolean);
    const rows = /** @type {Row[]} */ (model.get("rows"));
    const found = rows.filter((row) => words.every((/** @type {string} */ word) => Object.values(row).join(" ").toLowerCase().includes(word)));
    setText(count, found.length === rows.length ? `${rows.length} published checkpoints` : `${found.length} of ${rows.length}`);
    const [here, rest] = [found.filter((row) => row.path), found.filter((row) => !row.path)];
    list.replaceChildren(
      ...group("On this machine", here, model),
      ...(here.length || !found.length ? [] : [element("p", { class: "jw-quiet", text: "None of them is in the caches of torch hub or Hugging Face." })]),
      ...group("To be downloaded: nothing is fetched unless you run the command", rest, model),
    );
  };
  const drawBusy = () => setAttribute(root, "data-busy", String(Boolean(model.get("busy"))));
  draw();
  drawBusy();
  const stops = [onAll(model, ["rows", "search"], draw), onAll(model, ["busy"], drawBusy)];
  return () => [...stops, dispose].forEach((end) => end());
}

/** @param {string} title @param {Row[]} rows @param {Model} model @returns {HTMLElement[]} */
function group(title, rows, model) {
  return rows.length ? [element("h3", { text: title }), element("ul", { class: "jw-catalogue-rows" }, ...rows.map((row) => item(row, model)))] : [];
}

/** @param {Row} row @param {Model} model */
function item(row, model) {
  const about = [row.input, row.parameters && `${row.parameters} parameters`, row.size, row.licence === "not stated" ? "licence not stated" : row.licence].filter(Boolean);
  const words = element(
    "div",
    { class: "jw-catalogue-words" },
    element("div", {}, element("strong", { text: row.title }), element("span", { class: "jw-catalogue-name", text: row.name })),
    element("div", { class: "jw-quiet", title: row.where, text: about.join(" · ") }),
    ...(row.note ? [element("div", { class: "jw-catalogue-note", text: row.note })] : []),
  );
  return element("li", { class: "jw-catalogue-row", "data-name": row.name, "data-here": String(Boolean(row.path)) }, words, row.path ? open(row, model) : fetching(row));
}

/** @param {Row} row @param {Model} model */
function open(row, model) {
  const act = () => press(model, "pressed", row.name);
  const push = row.role === "model" || !row.role ? [element("button", { type: "button", class: "jw-button jw-push", onclick: act, text: "Open", "aria-label": `Open ${row.name}` })] : [];
  return element("div", { class: "jw-catalogue-act" }, element("code", { title: row.path, text: row.path ?? "" }), ...push);
}

/** @param {Row} row */
function fetching(row) {
  const line = element("code", { title: row.fetch, text: row.fetch ?? "" });
  const copy = button(`Copy the line that fetches ${row.name}`, icon(COPY), () => copyText(row.fetch ?? "", line));
  return element("div", { class: "jw-catalogue-act" }, line, copy);
}

export default { render };
