// Sentences on the page: a number stays with its unit at the end of a line. The text itself is as it was given.

const KEPT = /\bn = \d+|[−-]?\d[\d.,]* (?:%|×|px|s|ms|M|MB|GB)(?![\p{L}\d])/gu;

/** Shows a text in which no number parts from its unit; nothing happens where it stands already. @param {HTMLElement} node @param {string} text */
export function setWords(node, text) {
  if (node.textContent === text) return;
  const parts = [];
  let done = 0;
  for (const found of text.matchAll(KEPT)) {
    const kept = document.createElement("span");
    kept.style.whiteSpace = "nowrap";
    kept.textContent = found[0];
    parts.push(text.slice(done, found.index), kept);
    done = found.index + found[0].length;
  }
  node.replaceChildren(...parts, text.slice(done));
}
