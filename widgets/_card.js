// A checkpoint's card and its parts. Every name here may come from a stranger's file: text content only.
import { bytes, grouped, many, parameters, plain, shape } from "./_amounts.js";
import { element, icon } from "./_kit.js";

/**
 * @typedef {{name: string, value: any, origin: string, why?: string}} Fact
 * @typedef {{name: string, label?: string, status: string, matched?: number, missing?: string[], unexpected?: string[],
 *   reshaped?: [string, number[], number[]][], ignored?: [string, string][], parameters?: number, bytes?: number, dtype?: string, refused?: string}} Part
 * @typedef {{name: string, family?: string, paper?: string, licence?: string, notes?: string, preprocessing?: string, path?: string, file_bytes?: number,
 *   facts?: Fact[], parts?: Part[], wants?: {name: string, alarming: boolean}[], other?: string[], tensors?: import("./_tree.js").Tensor[]}} Checkpoint
 */

const ORIGINS = {
  read: "read from the tensors",
  inferred: "inferred from a published table",
  given: "given by you or by a file beside it",
  assumed: "assumed: not stated in the file",
};
const STATUS = { whole: "complete", partial: "partial", missing: "not in the file" };
const WARN = "M8 2.2 14.4 13.4H1.6ZM8 6.4v3.4M8 11.6v.1";
const FIRST = 200;
const LONG = 240; // letters of notes that are folded
const FEW = 4; // settings that need not be folded
const SHORT = 24; // letters of a value that stays on one line

/** Who the model is, and where each value came from. @param {Checkpoint} model @returns {HTMLElement} */
export function card(model) {
  const about = [model.family, model.paper, model.licence].filter(Boolean).map((words) => element("span", { text: words }));
  const node = element("section", { class: "jw-card", "aria-label": "Card" }, element("h2", { text: model.name }), element("p", { class: "jw-card-about" }, ...about));
  if (model.notes) node.append(...notesOf(model.notes));
  const facts = model.facts ?? [];
  const said = /** @type {[string, string | undefined][]} */ ([
    ["preprocessing", model.preprocessing],
    ["file", [model.path, model.file_bytes === undefined ? "" : bytes(model.file_bytes)].filter(Boolean).join(" · ")],
  ]);
  const rest = said.filter(([, value]) => value).map(([name, value]) => element("tr", {}, element("th", { scope: "row", text: name }), element("td", { colspan: 2, text: value })));
  if (facts.length <= FEW) node.append(table([...facts.map(factRow), ...rest]));
  else {
    const unsure = facts.filter(({ origin }) => origin === "assumed");
    node.append(table(unsure.map(factRow)));
    node.append(element("details", { class: "jw-fold" }, element("summary", { text: countOf(facts) }), table([...facts.map(factRow), ...rest])));
  }
  return node;
}

/** The first sentence; what follows is folded where it is long. @param {string} notes @returns {HTMLElement[]} */
function notesOf(notes) {
  const end = notes.search(/\. /) + 1;
  if (!end || notes.length < LONG) return [element("p", { text: notes })];
  const rest = element("p", { text: notes.slice(end).trim() });
  return [element("p", { text: notes.slice(0, end) }), element("details", { class: "jw-fold" }, element("summary", { text: "More about this model" }), rest)];
}

/** @param {HTMLElement[]} rows */
function table(rows) {
  return rows.length ? element("table", { class: "jw-facts" }, element("tbody", {}, ...rows)) : "";
}

/** How many settings there are of each origin, in words. @param {Fact[]} facts */
function countOf(facts) {
  const counts = Object.entries(ORIGINS).map(([origin, words]) => /** @type {const} */ ([facts.filter((fact) => fact.origin === origin).length, words.replace(":", ",")]));
  const said = counts.filter(([count]) => count).map(([count, words]) => `${count} ${words}`);
  return `All ${facts.length} settings and the file: ${said.join("; ")}`;
}

/** @param {Fact} fact */
function factRow(fact) {
  const meaning = ORIGINS[/** @type {"read"} */ (fact.origin)];
  const origin = element("span", { class: "jw-origin", "data-origin": fact.origin, title: meaning, text: fact.origin });
  const why = fact.why ? [element("span", { class: "jw-why", title: fact.why, text: fact.why })] : [];
  return element(
    "tr",
    {},
    element("th", { scope: "row", text: fact.name.replaceAll("_", " ") }),
    element("td", { class: "jw-fact-value", "data-short": plain(fact.value).length < SHORT, text: plain(fact.value) }),
    element("td", {}, element("div", { class: "jw-fact-origin" }, origin, ...why)),
  );
}

/** What of each part was found; of a file that was not loaded, what it would call. @param {Checkpoint} model @returns {HTMLElement} */
export function parts(model) {
  if (!model.parts) return wants(model);
  const list = element("ul", { class: "jw-parts" }, ...(model.parts ?? []).map((part) => partRow(part)));
  const titles = ["part", "loaded", "parameters", "stored", "type"].map((word) => element("span", { text: word }));
  const node = element("section", { "aria-label": "Parts" }, element("div", { class: "jw-part-head jw-part-titles", "aria-hidden": "true" }, ...titles), list);
  node.append(...others(model, "Also in the file, no part of the model"));
  return node;
}

/** @param {Checkpoint} model */
function wants(model) {
  const items = (model.wants ?? []).map(({ name, alarming }) => {
    const item = element("li", { "data-alarming": String(alarming), text: name });
    if (alarming) item.prepend(icon(WARN));
    return item;
  });
  const node = element("section", { "aria-label": "Code that it would call" });
  if (items.length) node.append(element("h3", { text: "Code that loading it would call" }), element("ul", { class: "jw-names jw-wants" }, ...items));
  node.append(...others(model, "Also in the file"));
  return node;
}

/** Top-level entries that are no weights. @param {Checkpoint} model @param {string} title @returns {HTMLElement[]} */
function others(model, title) {
  const other = model.other ?? [];
  const words = `${title}: ${other.slice(0, 12).join(", ")}${other.length > 12 ? ` and ${other.length - 12} more` : ""}`;
  return other.length ? [element("p", { class: "jw-quiet jw-parts-other", text: words })] : [];
}

/** @param {Part} part */
function partRow(part) {
  const status = STATUS[/** @type {"whole"} */ (part.status)];
  const has = part.status !== "missing";
  const dot = element("span", { class: "jw-dot", "data-status": part.status, "aria-hidden": "true" });
  const mark = part.status === "partial" ? [icon(WARN)] : [];
  const head = element(
    "div",
    { class: "jw-part-head" },
    element("span", { class: "jw-part-name" }, dot, element("span", { text: part.label || part.name })),
    element("span", { class: "jw-part-status" }, ...mark, element("span", { text: status })),
    element("span", { class: "jw-part-amount", text: has ? parameters(part.parameters ?? 0) : "", title: has ? `${grouped(part.parameters ?? 0)} parameters` : null }),
    element("span", { class: "jw-part-amount", text: has ? bytes(part.bytes ?? 0) : "" }),
    element("span", { class: "jw-part-dtype", text: part.dtype ?? "" }),
  );
  const node = element("li", { class: "jw-part", "data-status": part.status, "data-part": part.name }, head);
  if (part.refused) node.append(element("p", { class: "jw-part-refused", text: part.refused }));
  const groups = namesOf(part);
  const counts = element("span", { text: [`${many(part.matched ?? 0, "tensor")} matched`, ...groups.map((group) => `${grouped(group.lines.length)} ${group.word}`)].join(" · ") });
  if (groups.length) node.append(names(counts, groups));
  else if (has) node.append(element("div", { class: "jw-part-counts" }, counts));
  return node;
}

/** What did not match, group by group. @param {Part} part */
function namesOf(part) {
  return [
    { word: "missing", title: "Expected, but not in the file", lines: part.missing ?? [] },
    { word: "unexpected", title: "In the file, but not used", lines: part.unexpected ?? [] },
    { word: "of another shape", title: "Of another shape, not loaded", lines: (part.reshaped ?? []).map(([name, a, b]) => `${name}: expected ${shape(a)}, found ${shape(b)}`) },
    { word: "left out on purpose", title: "Left out on purpose", lines: (part.ignored ?? []).map(([name, reason]) => `${name}: ${reason}`) },
  ].filter((group) => group.lines.length);
}

/** The counts, which open the list of names; the list is built when it is first opened. @param {HTMLElement} counts @param {ReturnType<typeof namesOf>} groups */
function names(counts, groups) {
  const node = element("details", { class: "jw-part-counts" }, element("summary", {}, counts));
  const build = () => {
    for (const { title, lines } of groups) {
      const list = element("ul", { class: "jw-names" });
      const show = (/** @type {string[]} */ some) => list.append(...some.map((line) => element("li", { text: line })));
      show(lines.slice(0, FIRST));
      node.append(element("h4", { text: title }), list);
      if (lines.length <= FIRST) continue;
      const more = element("button", { type: "button", class: "jw-button", text: `Show the other ${grouped(lines.length - FIRST)}` });
      more.addEventListener("click", () => {
        show(lines.slice(FIRST));
        more.remove();
      });
      node.append(more);
    }
  };
  node.addEventListener("toggle", build, { once: true });
  return node;
}
