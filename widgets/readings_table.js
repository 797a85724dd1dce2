// Measures as a table: a row each, with what it needs and what it cannot tell; its formula unfolds.
import { element, mount, onAll, setText } from "./_kit.js";

/** @typedef {import("./_kit.js").Model} Model */
/** @typedef {{title: string, cells: string[], needs: string, cannot: string, formula?: string, missing?: string}} Row */

/** @param {{model: Model, el: HTMLElement}} host */
function render({ model, el }) {
  const { root, dispose } = mount(model, el, "jw-readings");
  const empty = element("p", { class: "jw-quiet" });
  const caption = element("caption");
  const [head, body] = [element("thead"), element("tbody")];
  const table = element("table", {}, caption, head, body);
  root.append(empty, table);

  const draw = () => {
    const rows = /** @type {Row[]} */ (model.get("rows"));
    const columns = /** @type {string[]} */ (model.get("columns"));
    const unfolded = new Set([...body.querySelectorAll("details[open]")].map((node) => node.getAttribute("data-of")));
    table.hidden = !rows.length;
    empty.hidden = rows.length > 0;
    setText(empty, model.get("message"));
    setText(caption, model.get("caption"));
    head.replaceChildren(element("tr", {}, ...["measure", ...columns, "needs", "cannot tell"].map((text) => element("th", { scope: "col", text }))));
    body.replaceChildren(...rows.map((row) => lineOf(row, columns.length, unfolded.has(row.title))));
  };
  draw();
  const stop = onAll(model, ["rows", "columns", "caption", "message"], draw);
  return () => [stop, dispose].forEach((end) => end());
}

/** @param {Row} row @param {number} columns @param {boolean} open */
function lineOf(row, columns, open) {
  const formula = row.formula ? [element("details", { "data-of": row.title, open }, element("summary", { text: "formula" }), element("span", { text: row.formula }))] : [];
  const cells = row.missing ? [element("td", { class: "jw-readings-missing", colspan: columns, text: row.missing })] : row.cells.map((text) => element("td", { text }));
  const about = [row.needs, row.cannot].map((text) => element("td", { class: "jw-readings-about", text }));
  return element("tr", {}, element("th", { scope: "row" }, element("span", { text: row.title }), ...formula), ...cells, ...about);
}

export default { render };
