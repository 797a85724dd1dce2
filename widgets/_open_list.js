// The list of files of the Open dialog: filtered by typing, moved through by arrow keys.
import { bytes } from "./_amounts.js";
import { element, icon, setAttribute, setText } from "./_kit.js";

/**
 * @typedef {{path: string, name: string, kind: string, note?: string, bytes?: number, changed?: number}} Row
 * @typedef {{go: (path: string) => void, choose: (path: string) => void, open: (path: string) => void, up: () => void}} Act
 */

const MOST = 400;
const ICONS = {
  folder: "M1.8 4.2v8.4h12.4V5.4H7.6L6.2 3.6H1.8Z",
  model: "M8 1.8 13.6 5v6L8 14.2 2.4 11V5ZM2.4 5 8 8.2 13.6 5M8 8.2v6",
  image: "M2 3h12v10H2ZM2.4 11.6 6 8l2.6 2.6L10.6 9l3 2.8M10.6 6.4v.1",
  video: "M2 3.4h12v9.2H2ZM6.6 5.8v4.4L10.4 8Z",
  bank: "M2.4 2.4h4.4v4.4H2.4ZM9.2 2.4h4.4v4.4H9.2ZM2.4 9.2h4.4v4.4H2.4ZM9.2 9.2h4.4v4.4H9.2Z",
  file: "M4 1.8h5l3 3v9.4H4ZM9 1.8v3h3",
  sample: "M8 1.8 9.9 6l4.5.5-3.4 3 1 4.5L8 11.7 4 14l1-4.5-3.4-3L6.1 6Z",
};

/** Rows whose name holds every word, whatever the case. @param {Row[]} rows @param {string} search @returns {Row[]} */
export function matching(rows, search) {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  return words.length ? rows.filter((row) => words.every((word) => `${row.name} ${row.note ?? ""}`.toLowerCase().includes(word))) : rows;
}

/** A day as 2026-11-30; empty where it is not known. @param {number | undefined} seconds since 1970 */
export function day(seconds) {
  if (!seconds) return "";
  const date = new Date(seconds * 1000);
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** @param {Act} act */
export function fileList(act) {
  const filter = element("input", { type: "search", class: "jw-field jw-open-filter", placeholder: "Filter", "aria-label": "Filter names", spellcheck: "false" });
  const list = element("div", { class: "jw-open-rows", role: "listbox", tabindex: "0", "aria-label": "Files" });
  const note = element("div", { class: "jw-open-note jw-quiet", role: "status" });
  const nothing = element("p", { class: "jw-open-empty", role: "status" });
  const node = element("div", { class: "jw-open-list" }, list, nothing, note);
  /** @type {Row[]} */
  let rows = [];
  /** @type {Row[]} */
  let seen = [];
  let at = -1;
  let words = "";
  let empty = "";
  let rest = 0;

  const draw = () => {
    const found = matching(rows, filter.value);
    seen = found.slice(0, MOST);
    if (at >= seen.length) at = -1;
    list.replaceChildren(...seen.map(line));
    const hidden = found.length - seen.length;
    setText(nothing, seen.length ? "" : rows.length ? `No name holds “${filter.value}”.` : empty);
    setText(note, hidden > 0 ? `${hidden} more: type to filter.` : words);
    mark();
  };
  const mark = () => {
    [...list.querySelectorAll("[role=option]")].forEach((each, k) => setAttribute(each, "aria-selected", String(k === at)));
    setAttribute(list, "aria-activedescendant", at < 0 ? null : `jw-open-row-${at}`);
    if (at >= 0) list.children[at]?.scrollIntoView({ block: "nearest" });
  };
  const line = (/** @type {Row} */ row, /** @type {number} */ k) => {
    const shape = icon(ICONS[/** @type {"file"} */ (row.kind)] ?? ICONS.file);
    const name = element("span", { class: "jw-open-name", text: row.name, title: row.name });
    const size = element("span", { class: "jw-open-size", text: row.note || (row.bytes ? bytes(row.bytes) : "") });
    const when = element("span", { class: "jw-open-when", text: day(row.changed) });
    const made = element("div", { class: "jw-open-row", role: "option", id: `jw-open-row-${k}`, "data-kind": row.kind, "data-path": row.path }, shape, name, size, when);
    made.addEventListener("click", () => press(k));
    made.addEventListener("dblclick", () => row.kind !== "folder" && act.open(row.path));
    return made;
  };
  const press = (/** @type {number} */ k) => {
    at = k;
    mark();
    if (seen[k].kind === "folder") act.go(seen[k].path);
    else act.choose(seen[k].path);
  };
  const settle = () => {
    clearTimeout(rest);
    rest = window.setTimeout(() => {
      if (at >= 0) act.choose(seen[at].path);
    }, 160);
  };
  const move = (/** @type {number} */ to) => {
    if (!seen.length) return;
    at = Math.max(0, Math.min(seen.length - 1, to));
    mark();
    settle();
  };

  list.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === "ArrowRight") clearTimeout(rest); // what follows says more than the choice
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(1, Math.floor(list.clientHeight / 30) - 1);
    const moves = { ArrowDown: at + 1, ArrowUp: Math.max(0, at - 1), Home: 0, End: seen.length - 1, PageDown: at + page, PageUp: at - page };
    if (event.key in moves) move(moves[/** @type {"Home"} */ (event.key)]);
    else if (event.key === "Enter" && at >= 0) act[seen[at].kind === "folder" ? "go" : "open"](seen[at].path);
    else if (event.key === "ArrowRight" && at >= 0 && seen[at].kind === "folder") act.go(seen[at].path);
    else if (event.key === "Backspace" || event.key === "ArrowLeft") act.up();
    else if (event.key.length === 1 && event.key !== " ") {
      filter.focus(); // the letter goes there
      return;
    } else return;
    event.preventDefault();
  });
  filter.addEventListener("input", () => {
    at = -1;
    draw();
  });
  filter.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || (event.key === "Enter" && seen.length)) {
      event.preventDefault();
      list.focus();
      move(Math.max(at, 0));
    } else if (event.key === "Escape" && filter.value) {
      event.preventDefault(); // the first Escape clears the filter, the next closes the dialog
      filter.value = "";
      draw();
    }
  });

  return {
    node,
    filter,
    list,
    /** Shows another folder or place. @param {{rows?: Row[], note?: string, empty?: string}} listing @param {string} chosen path of the row that is marked */
    show(listing, chosen) {
      clearTimeout(rest);
      [rows, words, empty] = [listing.rows ?? [], listing.note ?? "", listing.empty ?? ""];
      filter.value = "";
      at = rows.slice(0, MOST).findIndex((row) => row.path === chosen);
      list.scrollTop = 0;
      draw();
    },
    dispose: () => clearTimeout(rest),
  };
}
