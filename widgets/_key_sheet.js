// The list of all keys, in a sheet under its button.
import { KEYS } from "./_keys.js";
import { element } from "./_kit.js";

/** Fills a sheet. @param {HTMLElement} sheet */
export function listKeys(sheet) {
  const groups = Object.entries(KEYS).map(([title, rows]) => {
    const pairs = Object.values(rows).flatMap(([keys, words]) => [element("dt", {}, ...keys.split(" ").map(cap)), element("dd", { text: words })]);
    return element("section", {}, element("h3", { text: title }), element("dl", {}, ...pairs));
  });
  const note = element("p", { class: "jw-quiet", text: "Keys act on the board in sight, and nowhere while text is being typed." });
  sheet.classList.add("jw-key-sheet");
  sheet.append(element("h2", { text: "Keys" }), element("div", { class: "jw-key-groups" }, ...groups), note);
}

/** @param {string} name */
function cap(name) {
  return element("kbd", { class: "jw-key", text: name });
}
