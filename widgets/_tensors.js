// Raw keys as a tree that can be searched. Only the visible rows are in the page, so that thousands of tensors stay quick.
import { grouped, many, parameters, shape } from "./_amounts.js";
import { arrange } from "./_arrange.js";
import { element, onNextFrame, setAttribute, setText } from "./_kit.js";
import { above, found, grow, parentOf, rows } from "./_tree.js";

/**
 * @typedef {import("./_tree.js").Tensor} Tensor
 * @typedef {import("./_tree.js").Row} Row
 * @typedef {{choose: (name: string) => void, search: (words: string) => void}} Tell
 * What the tree shows. `turned` holds the groups that are not as they begin: they begin closed, but open within a search.
 * @typedef {{tree: HTMLElement, space: HTMLElement, field: HTMLInputElement, count: HTMLElement, prefix: string, tell: Tell,
 *   nodes: Map<string, HTMLElement>, tensors: Tensor[], shown: Row[], turned: Set<string>, cursor: number, chosen: string}} Tree
 */

const HEIGHT = 24;
const SPARE = 8;

/** The tree. Arrows, Home, End, Page keys, Enter and Space work as in any tree. @param {Tell} tell */
export function tensorTree(tell) {
  const { node, ...nodes } = build();
  /** @type {Tree} */
  const at = { ...nodes, tell, prefix: `jw-${Math.random().toString(36).slice(2)}`, nodes: new Map(), tensors: [], shown: [], turned: new Set(), cursor: -1, chosen: "" };
  const frame = onNextFrame(() => draw(at));
  const sizes = new ResizeObserver(frame.request);
  sizes.observe(at.tree);
  listen(at, frame.request);
  return {
    node,
    show: (/** @type {Tensor[]} */ tensors, /** @type {string} */ search) => {
      const top = grow(tensors);
      at.tensors = tensors;
      at.nodes.clear();
      at.field.value = search;
      at.cursor = -1;
      beginFolding(at);
      if (!search.trim() && top.groups.size === 1) rows(top, () => false).forEach((row) => at.turned.add(row.path));
      lay(at);
    },
    seek: (/** @type {string} */ search) => {
      if (search === at.field.value) return;
      at.field.value = search;
      beginFolding(at);
      lay(at);
    },
    mark: (/** @type {string} */ name) => {
      if (name === at.chosen) return;
      at.chosen = name;
      if (!isSearching(at)) above(name).forEach((path) => at.turned.add(path));
      lay(at);
      const place = at.shown.findIndex((row) => row.tensor?.name === name);
      if (place >= 0 && place !== at.cursor) moveTo(at, place);
    },
    dispose: () => {
      sizes.disconnect();
      frame.cancel();
    },
  };
}

/** The search field, the count and the room of the rows. */
function build() {
  const field = element("input", { type: "search", class: "jw-field", placeholder: "Search names", "aria-label": "Search tensor names" });
  const count = element("span", { class: "jw-quiet", role: "status", "aria-live": "polite" });
  const space = element("div", { class: "jw-tree-space", role: "presentation" });
  const tree = element("div", { class: "jw-tree", role: "tree", tabindex: "0", "aria-label": "Tensors" }, space);
  const bar = element("div", { class: "jw-tensors-bar" }, field, count);
  field.spellcheck = false;
  field.autocomplete = "off";
  return { node: element("section", { class: "jw-tensors", "aria-label": "Tensors of the file" }, bar, tree), field, count, space, tree };
}

/** @param {Tree} at @param {() => void} redraw */
function listen(at, redraw) {
  at.tree.addEventListener("scroll", redraw);
  at.tree.addEventListener("keydown", (event) => {
    const move = event.ctrlKey || event.metaKey || event.altKey ? undefined : KEYS[event.key];
    if (!move) return;
    event.preventDefault();
    move(at);
  });
  at.tree.addEventListener("click", (event) => {
    const place = Math.floor((event.clientY - at.space.getBoundingClientRect().top) / HEIGHT);
    if (place < 0 || place >= at.shown.length) return;
    moveTo(at, place);
    act(at);
  });
  at.tree.addEventListener("focus", () => {
    if (at.cursor < 0 && at.tree.matches(":focus-visible")) moveTo(at, 0);
  });
  at.field.addEventListener("input", () => {
    beginFolding(at);
    lay(at);
    at.tell.search(at.field.value);
  });
}

/** @param {Tree} at */
function isSearching(at) {
  return at.field.value.trim() !== "";
}

/** A search begins with everything open, the whole file with what leads to the chosen tensor. @param {Tree} at */
function beginFolding(at) {
  at.turned = new Set(isSearching(at) ? [] : above(at.chosen));
  at.tree.scrollTop = 0;
}

/** Finds the rows anew; the cursor stays on its row. @param {Tree} at */
function lay(at) {
  const path = at.shown[at.cursor]?.path;
  const hits = found(at.tensors, at.field.value);
  const all = many(at.tensors.length, "tensor");
  at.shown = rows(grow(hits), (group) => isSearching(at) !== at.turned.has(group));
  at.cursor = at.shown.findIndex((row) => row.path === path);
  setText(at.count, isSearching(at) ? `${grouped(hits.length)} of ${all}` : all);
  draw(at);
}

/** Puts the visible rows into the page; those that look as before stay the same nodes. @param {Tree} at */
function draw(at) {
  const { tree, space, shown, cursor } = at;
  const first = Math.max(0, Math.floor(tree.scrollTop / HEIGHT) - SPARE);
  const last = Math.min(shown.length, Math.ceil((tree.scrollTop + tree.clientHeight) / HEIGHT) + SPARE);
  space.style.height = `${shown.length * HEIGHT}px`;
  const old = at.nodes;
  at.nodes = new Map();
  for (let place = first; place < last; place += 1) {
    const row = shown[place];
    const key = JSON.stringify([place, row.path, row.open, row.of, row.group?.count, place === cursor, row.tensor?.name === at.chosen]);
    at.nodes.set(key, old.get(key) ?? rowNode(at, row, place));
  }
  arrange(space, [...at.nodes.values()]);
  setAttribute(tree, "aria-activedescendant", cursor >= first && cursor < last ? `${at.prefix}-${cursor}` : null);
}

/** @param {Tree} at @param {number} place */
function moveTo(at, place) {
  if (!at.shown.length) return;
  const { tree } = at;
  at.cursor = Math.max(0, Math.min(at.shown.length - 1, place));
  const top = at.cursor * HEIGHT;
  if (top < tree.scrollTop) tree.scrollTop = top;
  else if (top + HEIGHT > tree.scrollTop + tree.clientHeight) tree.scrollTop = top + HEIGHT - tree.clientHeight;
  draw(at);
}

/** @param {Tree} at @param {Row} row */
function fold(at, row) {
  if (!at.turned.delete(row.path)) at.turned.add(row.path);
  lay(at);
}

/** Folds the group or chooses the tensor under the cursor. @param {Tree} at */
function act(at) {
  const row = at.shown[at.cursor];
  if (row?.group) fold(at, row);
  else if (row?.tensor) at.tell.choose(row.tensor.name);
}

/** @param {Tree} at */
function open(at) {
  const row = at.shown[at.cursor];
  if (row?.group && !row.open) fold(at, row);
  else if (row?.group) moveTo(at, at.cursor + 1);
}

/** @param {Tree} at */
function close(at) {
  const row = at.shown[at.cursor];
  if (row?.open) fold(at, row);
  else if (row) moveTo(at, parentOf(at.shown, at.cursor));
}

/** @param {Tree} at */
function page(at) {
  return Math.max(1, Math.floor(at.tree.clientHeight / HEIGHT) - 1);
}

/** @type {Record<string, (at: Tree) => void>} */
const KEYS = {
  ArrowDown: (at) => moveTo(at, at.cursor + 1),
  ArrowUp: (at) => moveTo(at, at.cursor - 1),
  PageDown: (at) => moveTo(at, at.cursor + page(at)),
  PageUp: (at) => moveTo(at, at.cursor - page(at)),
  Home: (at) => moveTo(at, 0),
  End: (at) => moveTo(at, at.shown.length - 1),
  Enter: act,
  " ": act,
  ArrowRight: open,
  ArrowLeft: close,
};

/** @param {Tree} at @param {Row} row @param {number} place */
function rowNode(at, row, place) {
  const { tensor, group } = row;
  const attributes = {
    class: "jw-tree-row",
    id: `${at.prefix}-${place}`,
    role: "treeitem",
    title: row.path,
    "aria-level": row.level + 1,
    "aria-posinset": row.place + 1,
    "aria-setsize": row.of,
    "aria-expanded": group ? String(row.open) : null,
    "aria-selected": tensor ? String(tensor.name === at.chosen) : null,
    "data-cursor": place === at.cursor ? "true" : null,
  };
  const node = element(
    "div",
    attributes,
    element("span", { class: "jw-tree-fold", "aria-hidden": "true", text: group ? "›" : "" }),
    element("span", { class: "jw-tree-label", text: row.label }),
    element("span", { class: "jw-tree-shape", text: tensor ? shape(tensor.shape) : many(group?.count ?? 0, "tensor") }),
    element("span", { class: "jw-tree-amount", text: tensor ? (tensor.dtype ?? "") : parameters(group?.parameters ?? 0) }),
  );
  node.style.top = `${place * HEIGHT}px`;
  node.style.paddingLeft = `${8 + row.level * 16}px`;
  return node;
}
