// The top of a board: a sentence, what is shown instead while a key is held, and the ways to doubt, copy and reset.
import { downloads } from "./_download.js";
import { MODEL, follow, latch, letGo, letGoOfAll, noHold, reasonOfKey, release, shown, sourceOfKey, take } from "./_hold.js";
import { listKeys } from "./_key_sheet.js";
import { keyOf } from "./_keys.js";
import { button, element, icon, isForBoards, isTyping, mount, onAll, press, same, setAttribute, setText, write } from "./_kit.js";
import { copyText, popover } from "./_popover.js";
import { setWords } from "./_words.js";

/** @typedef {import("./_kit.js").Model} Model */
/** @typedef {{id: string, key: string, label: string, enabled?: boolean, reason?: string}} Source */

const ICONS = {
  reset: "M3.2 6.2A5.2 5.2 0 1 1 2.8 9M3 2.6v3.8h3.8",
  undo: "M6 3 2.8 6.2 6 9.4M3 6.2h6.4a3.8 3.8 0 0 1 0 7.6H6",
  redo: "M10 3l3.2 3.2L10 9.4M13 6.2H6.6a3.8 3.8 0 0 0 0 7.6H10",
  pin: "M6 2.2h4M6.8 2.4v4L4.6 9.2h6.8L9.2 6.4v-4M8 9.4v4.6",
  export: "M8 2.4v7.4M4.8 6.8 8 10l3.2-3.2M2.8 11.4v2h10.4v-2",
  info: "M8 1.8a6.2 6.2 0 1 1 0 12.4A6.2 6.2 0 0 1 8 1.8M8 7.4v3.8M8 4.9v.1",
  code: "M5.4 4.4 1.8 8l3.6 3.6M10.6 4.4 14.2 8l-3.6 3.6M9.2 3 6.8 13",
  keys: "M1.8 4h12.4v8H1.8zM4.2 6.6h.1M6.7 6.6h.1M9.200 6.6h.1M11.700 6.6h.1M5 9.600h6",
  warn: "M8 2.2 14.4 13.4H1.6ZM8 6.4v3.4M8 11.6v.1",
  error: "M5.4 1.8h5.2l3.6 3.6v5.2l-3.6 3.6H5.4l-3.6-3.6V5.4ZM8 4.8v4M8 11v.1",
};
/** What the first link of the page sends: the board in sight takes the focus. */
const SKIP = "jw-skip";
/** The source that is another model, not a baseline of this one. */
const SECOND = "second";
/** What a button says where its label is long: two rows of buttons leave the sentence its room. @type {Record<string, string>} */
const SHORT = { "position mean": "position", "second model": "second" };
const COMMANDS = { undo: "Undo (Ctrl+Z)", redo: "Redo (Ctrl+Shift+Z)", reset: "Reset the board to how it opened", pin: "Pin: keep this result in the tray", export: "Export" };
const ABOUT = { formula: "Formula", source: "Source", cannot: "What it cannot tell" };

/** @param {{model: Model, el: HTMLElement}} host */
function render({ model, el }) {
  const { root, dispose } = mount(model, el, "jw-headline");
  const words = sentence(model);
  const sources = sourceButtons(model, root, words.refuse);
  const tools = toolButtons(model, root);
  const line = element("div", { class: "jw-progress", role: "progressbar", "aria-label": "Computing" });
  root.prepend(line, words.node, element("div", { class: "jw-headline-tools" }, sources.node, tools.node));
  const drawBusy = () => {
    const share = Number(model.get("progress"));
    setAttribute(root, "data-busy", String(Boolean(model.get("busy"))));
    setAttribute(root, "data-known", String(share >= 0));
    setAttribute(line, "aria-valuenow", share >= 0 ? Math.round(100 * share) : null);
    setAttribute(line, "aria-hidden", String(!model.get("busy")));
    line.style.setProperty("--jw-done", String(Math.max(0, share)));
  };
  drawBusy();
  const stop = onAll(model, ["busy", "progress"], drawBusy);
  const stopDownloads = downloads(model);
  const onSkip = () => {
    if (!root.getClientRects().length) return;
    setAttribute(root, "tabindex", "-1"); // for this once: a press on it would take the focus from the board
    root.focus();
  };
  root.addEventListener("blur", () => root.removeAttribute("tabindex"));
  document.addEventListener(SKIP, onSkip);
  const stopSkip = () => document.removeEventListener(SKIP, onSkip);
  return () => [stop, stopSkip, stopDownloads, words.dispose, sources.dispose, tools.dispose, dispose].forEach((end) => end());
}

/** The sentence with its thin line, and the badge that says what is shown in place of the model. @param {Model} model */
function sentence(model) {
  const mark = element("span", { class: "jw-headline-mark" });
  const text = element("span");
  const badge = element("strong", { class: "jw-headline-badge", role: "status" });
  const detail = element("span", { class: "jw-headline-detail" });
  const offer = element("button", { type: "button", class: "jw-button jw-headline-offer", onclick: () => press(model, "command", "offer") });
  const node = element(
    "div",
    { class: "jw-headline-words" },
    element("p", { class: "jw-headline-sentence", "aria-live": "polite" }, mark, text),
    element("div", { class: "jw-headline-under" }, badge, detail, offer),
  );
  let refused = "";
  const refuse = (/** @type {string} */ reason) => {
    refused = reason;
    draw();
  };
  const draw = () => {
    const tone = model.get("tone");
    const source = model.get("source");
    setAttribute(node, "data-tone", tone);
    mark.replaceChildren(...(tone === "warn" || tone === "error" ? [icon(ICONS[/** @type {"warn"} */ (tone)])] : []));
    setAttribute(mark, "role", mark.firstChild ? "img" : null);
    setAttribute(mark, "aria-label", tone === "warn" ? "Warning:" : tone === "error" ? "Error:" : null);
    setWords(text, model.get("sentence"));
    setWords(detail, model.get("detail"));
    setText(offer, model.get("offer"));
    offer.hidden = !model.get("offer");
    setAttribute(detail, "title", model.get("detail") || null);
    const shown = model.get("note") || labelOf(model, source);
    setText(badge, refused ? refused : source === MODEL ? "" : source === SECOND ? shown : `Not the model: ${shown}`);
  };
  draw();
  return { node, refuse, dispose: onAll(model, ["sentence", "detail", "tone", "source", "sources", "note", "offer"], draw) };
}

/** @param {Model} model @param {string} id @returns {string} */
function labelOf(model, id) {
  return model.get("sources").find((/** @type {Source} */ source) => source.id === id)?.label ?? id;
}

/**
 * The buttons and page keys that show something else than the model.
 * @param {Model} model @param {HTMLElement} root @param {(reason: string) => void} refuse says why a key does nothing, while it is down
 */
function sourceButtons(model, root, refuse) {
  const hold = noHold();
  const node = element("div", { class: "jw-group jw-headline-sources", role: "group", "aria-label": "Is it real? Hold to show instead of the model" });
  const tell = () => void write(model, { source: shown(hold) });
  /** @type {Source[]} */
  let drawn = [];
  const draw = () => {
    const sources = /** @type {Source[]} */ (model.get("sources"));
    if (!same(drawn, sources)) node.replaceChildren(...sources.map((source) => (source.enabled === false ? offButton(source, refuse) : sourceButton(source, hold, tell))));
    drawn = sources;
    follow(hold, model.get("source"));
    for (const each of node.querySelectorAll("button")) setAttribute(each, "aria-pressed", String(each.dataset.source === model.get("source")));
  };
  const stopKeys = pageKeys(root, {
    down: (event) => {
      const source = sourceOfKey(model.get("sources"), event.key);
      if (event.key === "Escape" && release(hold)) tell();
      if (!source) refuse(reasonOfKey(model.get("sources"), event.key));
      if (!source || event.repeat) return;
      take(hold, `key:${event.code}`, source);
      tell();
    },
    up: (event) => {
      refuse("");
      if (letGo(hold, `key:${event.code}`)) tell();
    },
    away: () => {
      refuse("");
      letGoOfAll(hold);
      tell();
    },
  });
  const stop = onAll(model, ["source", "sources"], draw);
  draw();
  const dispose = () => {
    stop();
    stopKeys();
  };
  return { node, dispose };
}

/** @param {Source} source @param {string} name @param {string} hint @returns {HTMLButtonElement} */
function sourceFace(source, name, hint) {
  const node = button(name, element("span", { text: SHORT[source.label] ?? source.label }), () => {});
  node.prepend(element("kbd", { class: "jw-key", text: source.key }));
  for (const [attribute, value] of Object.entries({ title: hint, "data-source": source.id, "aria-keyshortcuts": source.key })) setAttribute(node, attribute, value);
  return node;
}

/** One that cannot be shown now: it says why while it is pressed, or has the focus after Space or Enter. @param {Source} source @param {(reason: string) => void} refuse */
function offButton(source, refuse) {
  const reason = source.reason || "not available here";
  const node = sourceFace(source, `${source.label}: ${reason}`, reason);
  setAttribute(node, "aria-disabled", "true");
  node.addEventListener("pointerdown", () => refuse(reason));
  node.addEventListener("click", (event) => refuse(event.detail ? "" : reason));
  for (const end of /** @type {const} */ (["pointerleave", "pointercancel", "blur"])) node.addEventListener(end, () => refuse(""));
  return node;
}

/** Held by a pointer; latched by Space or Enter, which click without a pointer. @param {Source} source @param {import("./_hold.js").Hold} hold @param {() => void} tell */
function sourceButton(source, hold, tell) {
  const node = sourceFace(source, source.label, `Hold ${source.key} to show ${source.label}; Space latches it, Escape returns`);
  node.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    node.setPointerCapture(event.pointerId);
    take(hold, `pointer:${event.pointerId}`, source.id);
    tell();
  });
  for (const end of /** @type {const} */ (["pointerup", "pointercancel", "lostpointercapture"])) {
    node.addEventListener(end, (event) => {
      if (letGo(hold, `pointer:${event.pointerId}`)) tell();
    });
  }
  node.addEventListener("click", (event) => {
    if (event.detail !== 0) return;
    latch(hold, source.id);
    tell();
  });
  node.addEventListener("contextmenu", (event) => event.preventDefault());
  return node;
}

/**
 * Keys of the whole page while this board is to be seen: pressed where they are meant for boards, released anywhere.
 * @param {HTMLElement} root
 * @param {{down: (event: KeyboardEvent) => void, up: (event: KeyboardEvent) => void, away: () => void}} act
 */
function pageKeys(root, act) {
  const down = (/** @type {KeyboardEvent} */ event) => {
    // On a Mac no key is seen to go up while Command is down.
    if (event.key === "Meta") act.away();
    const chord = event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented;
    if (!chord && root.getClientRects().length > 0 && isForBoards(event, root)) act.down(event);
  };
  const hidden = () => {
    if (document.hidden) act.away();
  };
  document.addEventListener("keydown", down);
  document.addEventListener("keyup", act.up);
  document.addEventListener("visibilitychange", hidden);
  window.addEventListener("blur", act.away);
  return () => {
    document.removeEventListener("keydown", down);
    document.removeEventListener("keyup", act.up);
    document.removeEventListener("visibilitychange", hidden);
    window.removeEventListener("blur", act.away);
  };
}

/** Cancel, undo, redo, reset, export, about and code. @param {Model} model @param {HTMLElement} root */
function toolButtons(model, root) {
  const cancel = element("button", { type: "button", class: "jw-button jw-headline-cancel", text: "Cancel", onclick: () => press(model, "command", "cancel") });
  const commands = Object.entries(COMMANDS).map(([name, label]) => {
    const node = button(label, icon(ICONS[/** @type {"undo"} */ (name)]), () => press(model, "command", name));
    return /** @type {const} */ ([name, node]);
  });
  const info = button("About this number", icon(ICONS.info), () => {});
  const code = button("Copy as Python", icon(ICONS.code), () => {});
  const keys = button(`Keys (${keyOf("keys")})`, icon(ICONS.keys), () => {});
  const node = element("div", { class: "jw-group" }, cancel, ...commands.map(([, each]) => each), info, code, keys);
  const sheets = [about(model, root, info), codeSheet(model, root, code), keySheet(root, keys)];
  const draw = () => {
    cancel.hidden = !model.get("cancellable");
    cancel.style.visibility = model.get("busy") ? "visible" : "hidden";
    for (const [name, each] of commands) {
      each.hidden = !model.get("commands").includes(name);
      each.disabled = (name === "undo" && !model.get("can_undo")) || (name === "redo" && !model.get("can_redo")) || (name === "pin" && (model.get("busy") || model.get("stale")));
    }
    info.disabled = !Object.keys(model.get("info")).length;
    code.disabled = !model.get("code");
  };
  const onEscape = (/** @type {KeyboardEvent} */ event) => {
    if (event.key === "Escape" && !isTyping(event.composedPath()[0])) sheets.forEach((sheet) => sheet.close());
    if (event.key === keyOf("keys") && root.getClientRects().length && isForBoards(event, root)) keys.click();
  };
  const onUndo = (/** @type {KeyboardEvent} */ event) => {
    const key = event.key.toLowerCase();
    const name = key === "z" ? (event.shiftKey ? "redo" : "undo") : key === "y" ? "redo" : "";
    if (!name || !(event.ctrlKey || event.metaKey) || event.altKey || event.defaultPrevented || !model.get("commands").includes(name)) return;
    if (!root.getClientRects().length || !isForBoards(event, root)) return;
    event.preventDefault(); // the browser would take back what was typed into some field
    if (model.get(`can_${name}`)) press(model, "command", name);
  };
  document.addEventListener("keydown", onEscape);
  document.addEventListener("keydown", onUndo);
  draw();
  const stop = onAll(model, ["cancellable", "busy", "stale", "commands", "can_undo", "can_redo", "info", "code"], draw);
  const dispose = () => {
    stop();
    document.removeEventListener("keydown", onEscape);
    document.removeEventListener("keydown", onUndo);
    sheets.forEach((sheet) => sheet.dispose());
  };
  return { node, dispose };
}

/** All keys. @param {HTMLElement} root @param {HTMLButtonElement} opener */
function keySheet(root, opener) {
  const made = popover(root, opener, "Keys");
  listKeys(made.sheet);
  return made;
}

/** What the number means, and what it cannot tell. @param {Model} model @param {HTMLElement} root @param {HTMLButtonElement} opener */
function about(model, root, opener) {
  const { sheet, close, dispose } = popover(root, opener, "About this number");
  const draw = () => {
    const info = model.get("info");
    const rows = Object.entries(ABOUT).filter(([key]) => info[key]);
    const list = rows.flatMap(([key, label]) => [element("dt", { text: label }), element("dd", { class: `jw-about-${key}`, text: info[key] })]);
    sheet.replaceChildren(element("h2", { text: info.title || "About this number" }), element("dl", {}, ...list));
  };
  draw();
  const stop = onAll(model, ["info"], draw);
  return { close, dispose: () => [stop, dispose].forEach((end) => end()) };
}

/** The lines that reproduce the number. @param {Model} model @param {HTMLElement} root @param {HTMLButtonElement} opener */
function codeSheet(model, root, opener) {
  const { sheet, close, dispose } = popover(root, opener, "Copy as Python");
  const lines = element("code");
  const status = element("span", { class: "jw-quiet", role: "status", "aria-live": "polite" });
  const copy = element("button", { type: "button", class: "jw-button jw-headline-copy", text: "Copy" });
  copy.addEventListener("click", async () => {
    const copied = await copyText(model.get("code"), sheet);
    setText(status, copied ? "Copied" : "The browser refused: select the lines and copy them by hand");
  });
  sheet.append(element("h2", { text: "The same number in Python" }), element("pre", { tabindex: "0", "aria-label": "Python lines" }, lines));
  sheet.append(element("div", { class: "jw-headline-copy-row" }, status, copy));
  const draw = () => {
    setText(lines, model.get("code"));
    setText(status, "");
  };
  draw();
  const stop = onAll(model, ["code"], draw);
  return { close, dispose: () => [stop, dispose].forEach((end) => end()) };
}

export default { render };
