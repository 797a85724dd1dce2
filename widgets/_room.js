// How much room there is: pictures and charts are laid out for a window of 1280 × 800, and grow with a page that says so.

const [TALL, AROUND] = [800, 380]; // CSS pixels: of the window that heights are chosen for, and of what does not grow in it
const LEAST = 0.8; // enlarged pages scroll sooner than their pictures get small

/**
 * By what heights grow in the window: 1 in a notebook, where pages scroll. A page that grows sets --jw-grows; one that is shown enlarged has less room.
 * @param {HTMLElement} root @returns {number}
 */
export function growth(root) {
  if (!getComputedStyle(root).getPropertyValue("--jw-grows").trim()) return 1;
  return grown(window.innerHeight, zoomOf(root));
}

/** Device pixels of a CSS pixel there: canvases are drawn with so many. @param {HTMLElement} node @returns {number} */
export function ratioOf(node) {
  return (window.devicePixelRatio || 1) * zoomOf(node);
}

/** By what a page enlarges this element. @param {HTMLElement} node @returns {number} */
export function zoomOf(node) {
  const zoom = node.currentCSSZoom ?? (node.offsetWidth ? node.getBoundingClientRect().width / node.offsetWidth : 1);
  return Math.round(zoom * 20) / 20 || 1; // widths in whole pixels tell it roughly
}

/** @param {number} height of the window @param {number} zoom by which the page is enlarged @returns {number} */
export function grown(height, zoom) {
  const found = (height / zoom - AROUND) / (TALL - AROUND);
  return Math.max(zoom > 1.01 ? LEAST : 1, found);
}
