// Presentation mode: what is around the board is hidden and the board enlarged, for a room with a screen. Key F, or the button; Escape or F leaves it.
// And whether the window is narrow, for a page that then hides what stands beside the board.

import { element, icon, isTyping, mount, setAttribute, setText, write } from "./_kit.js";

const MARK = "data-presenting"; // on every element around the button, in all shadow roots: style sheets there hide and enlarge by it
const ICON = "M2.2 3h11.6v7.4H2.2zM8 10.4v3M5.4 13.6h5.2";

/** @param {{model: import("./_kit.js").Model, el: HTMLElement}} host */
function render({ model, el }) {
  const { root, dispose } = mount(model, el, "jw-presenting");
  const word = element("span");
  const toggle = element("button", { type: "button", class: "jw-button", "aria-keyshortcuts": "F", onclick: () => present(!on) }, icon(ICON), word);
  root.append(toggle);
  let on = false;

  /** @param {boolean} wanted */
  function present(wanted) {
    on = wanted;
    for (const node of around(root)) setAttribute(node, MARK, on);
    setText(word, on ? "Leave presentation (F)" : "Present");
    setAttribute(toggle, "aria-label", word.textContent);
    setAttribute(toggle, "aria-pressed", String(on));
    setAttribute(toggle, "title", on ? "Back to the page (F or Escape)" : "Only the board, enlarged (F)");
    window.dispatchEvent(new Event("resize")); // heights follow the window
  }

  const onKey = (/** @type {KeyboardEvent} */ event) => {
    const path = event.composedPath();
    const elsewhere = event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.defaultPrevented || isTyping(path[0]);
    if (elsewhere || path.some(isOpenDialog)) return;
    if (event.key.toLowerCase() === "f") present(!on);
    else if (event.key !== "Escape" || !on) return;
    else present(false);
    event.preventDefault();
  };
  const narrow = window.matchMedia("(max-width: 999px)");
  const tell = () => void write(model, { narrow: narrow.matches });
  narrow.addEventListener("change", tell);
  window.addEventListener("keydown", onKey); // after every listener of the document: Escape may have closed something there
  present(false);
  tell();
  return () => {
    narrow.removeEventListener("change", tell);
    window.removeEventListener("keydown", onKey);
    if (on) present(false);
    dispose();
  };
}

/** @param {EventTarget} node */
function isOpenDialog(node) {
  return node instanceof HTMLDialogElement && node.open;
}

/** Every element that the button stands in, to the page itself. @param {Element} from @returns {Element[]} */
function around(from) {
  const found = [];
  for (let node = /** @type {Node | null} */ (from); node; node = node instanceof ShadowRoot ? node.host : node.parentNode) {
    if (node instanceof Element) found.push(node);
  }
  return found;
}

export default { render };
