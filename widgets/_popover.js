// A small sheet under a button: one open at a time, closed by Escape, by its button and by a press elsewhere.
import { element, setAttribute } from "./_kit.js";

const MARGIN = 8;

/**
 * A button's sheet. It lies in the browser's top layer, so that no scrolling parent cuts it off.
 * @param {HTMLElement} root the view @param {HTMLButtonElement} opener @param {string} label name for screen readers
 * @returns {{sheet: HTMLDivElement, close: () => void, dispose: () => void}}
 */
export function popover(root, opener, label) {
  const sheet = element("div", { class: "jw-sheet", role: "dialog", "aria-label": label, popover: "manual", tabindex: "-1" });
  root.append(sheet);
  const isOpen = () => sheet.matches(":popover-open");
  const place = () => {
    const box = opener.getBoundingClientRect();
    const left = Math.max(MARGIN, Math.min(box.right, window.innerWidth - MARGIN) - sheet.offsetWidth);
    const below = Math.min(box.bottom + 6, window.innerHeight - MARGIN - sheet.offsetHeight);
    sheet.style.left = `${left}px`;
    sheet.style.top = `${Math.max(MARGIN, below)}px`;
  };
  const close = () => {
    if (!isOpen()) return;
    const within = /** @type {Document | ShadowRoot} */ (sheet.getRootNode()).activeElement;
    sheet.hidePopover();
    setAttribute(opener, "aria-expanded", "false");
    if (within && sheet.contains(within)) opener.focus();
  };
  const toggle = () => {
    if (isOpen()) return close();
    sheet.showPopover();
    setAttribute(opener, "aria-expanded", "true");
    place();
    sheet.focus({ preventScroll: true });
  };
  const onPress = (/** @type {Event} */ event) => {
    const path = event.composedPath();
    if (!path.includes(sheet) && !path.includes(opener)) close();
  };
  const onMove = (/** @type {Event} */ event) => {
    if (isOpen() && !(event.target instanceof Node && sheet.contains(event.target))) place();
  };
  setAttribute(opener, "aria-expanded", "false");
  setAttribute(opener, "aria-haspopup", "dialog");
  opener.addEventListener("click", toggle);
  document.addEventListener("pointerdown", onPress);
  window.addEventListener("scroll", onMove, true);
  window.addEventListener("resize", onMove);
  const dispose = () => {
    document.removeEventListener("pointerdown", onPress);
    window.removeEventListener("scroll", onMove, true);
    window.removeEventListener("resize", onMove);
  };
  return { sheet, close, dispose };
}

/** Puts text on the clipboard, also where the page may not use it directly. @param {string} text @param {HTMLElement} near @returns {Promise<boolean>} */
export async function copyText(text, near) {
  if (navigator.clipboard) {
    const copied = await navigator.clipboard.writeText(text).then(() => true, () => false);
    if (copied) return true;
  }
  const field = element("textarea", { class: "jw-heard", "aria-hidden": "true" });
  field.value = text;
  near.append(field);
  field.select();
  const copied = document.execCommand("copy");
  field.remove();
  near.focus({ preventScroll: true });
  return copied;
}
