// Raw keys as a tree that can be searched. Only the rows in sight are in the page, so that thousands of tensors stay quick.
import { grouped, many, parameters, shape } from "./_amounts.js";
import { element, onNextFrame, setAttribute, setText } from "./_kit.js";
import { above, found, grow, rows } from "./_tree.js";

/** @typedef {import("./_tree.js").Tensor} Tensor @typedef {import("./_tree.js").Row} Row */

const HEIGHT = 24;
const SPARE = 8;

/**
 * The tree. Arrows, Home, End, Page keys, Enter and Space work as in any tree.
 * @param {{choose: (name: string) => void, search: (words: string) => void}} tell
 */
export function tensorTree(tell) {
  const prefix = `jw-${Math.random().toString(36).slice(2)}`;
  const field = element("input", { type: "search", class: "jw-field", placeholder: "Search names", "aria-label": "Search tensor names", spellcheck: "false", autocomplete: "off" });
  const count = element("span", { class: "jw-quiet", role: "status", "aria-live": "polite" });
  const space = element("div", { class: "jw-tree-space", role: "presentation" });
  const tree = element("div", { class: "jw-tree", role: "tree", tabindex: "0", "aria-label": "Tensors" }, space);
  const node = element("section", { class: "jw-tensors", "aria-label": "Tensors of the file" }, element("div", { class: "jw-tensors-bar" }, field, count), tree);
  /** @type {Tensor[]} */
  let tensors = [];
  /** @type {Row[]} */
  let shown = [];
  /** @type {Set<string>} */
  let opened = new Set();
  let cursor = -1;
  let chosen = "";

  const draw = () => {
    const first = Math.max(0, Math.floor(tree.scrollTop / HEIGHT) - SPARE);
    const last = Math.min(shown.length, Math.ceil((tree.scrollTop + tree.clientHeight) / HEIGHT) + SPARE);
    const nodes = shown.slice(first, last).map((row, n) => rowNode(row, first + n, { prefix, cursor, chosen }));
    space.style.height = `${shown.length * HEIGHT}px`;
    space.replaceChildren(...nodes);
    setAttribute(tree, "aria-activedescendant", cursor >= first && cursor < last ? `${prefix}-${cursor}` : null);
  };
  const frame = onNextFrame(draw);
  const lay = () => {
    const at = shown[cursor]?.path;
    const hits = found(tensors, field.value);
    const searching = field.value.trim() !== "";
    shown = rows(grow(hits), (path) => searching !== opened.has(path));
    cursor = shown.findIndex((row) => row.path === at);
    setText(count, searching ? `${grouped(hits.length)} of ${many(tensors.length, "tensor")}` : many(tensors.length, "tensor"));
    draw();
  };
  const moveTo = (/** @type {number} */ next) => {
    if (!shown.length) return;
    cursor = Math.max(0, Math.min(shown.length - 1, next));
    const top = cursor * HEIGHT;
    if (top < tree.scrollTop) tree.scrollTop = top;
    else if (top + HEIGHT > tree.scrollTop + tree.clientHeight) tree.scrollTop = top + HEIGHT - tree.clientHeight;
    draw();
  };
  const fold = (/** @type {Row} */ row) => {
    if (!opened.delete(row.path)) opened.add(row.path);
    lay();
  };
  const act = (/** @type {Row | undefined} */ row) => {
    if (row?.group) fold(row);
    else if (row?.tensor) tell.choose(row.tensor.name);
  };
  const parentOf = (/** @type {number} */ at) => {
    for (let n = at - 1; n >= 0; n -= 1) if (shown[n].level < shown[at].level) return n;
    return at;
  };
  const page = () => Math.max(1, Math.floor(tree.clientHeight / HEIGHT) - 1);
  /** @type {Record<string, () => void>} */
  const keys = {
    ArrowDown: () => moveTo(cursor + 1),
    ArrowUp: () => moveTo(cursor - 1),
    PageDown: () => moveTo(cursor + page()),
    PageUp: () => moveTo(cursor - page()),
    Home: () => moveTo(0),
    End: () => moveTo(shown.length - 1),
    Enter: () => act(shown[cursor]),
    " ": () => act(shown[cursor]),
    ArrowRight: () => {
      const row = shown[cursor];
      if (row?.group && !row.open) fold(row);
      else if (row?.group) moveTo(cursor + 1);
    },
    ArrowLeft: () => {
      const row = shown[cursor];
      if (row?.open) fold(row);
      else if (row) moveTo(parentOf(cursor));
    },
  };
  tree.addEventListener("keydown", (event) => {
    const act = event.ctrlKey || event.metaKey || event.altKey ? undefined : keys[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
  tree.addEventListener("click", (event) => {
    const at = Math.floor((event.clientY - space.getBoundingClientRect().top) / HEIGHT);
    if (at < 0 || at >= shown.length) return;
    moveTo(at);
    act(shown[at]);
  });
  tree.addEventListener("scroll", frame.request);
  tree.addEventListener("focus", () => {
    if (cursor < 0 && tree.matches(":focus-visible")) moveTo(0);
  });
  field.addEventListener("input", () => {
    // The folding of a search is its own: it begins with everything open.
    opened = new Set(field.value.trim() ? [] : above(chosen));
    tree.scrollTop = 0;
    lay();
    tell.search(field.value);
  });
  const sizes = new ResizeObserver(frame.request);
  sizes.observe(tree);
  return {
    node,
    show: (/** @type {Tensor[]} */ next, /** @type {string} */ search) => {
      tensors = next;
      field.value = search;
      const top = grow(next);
      opened = new Set(search.trim() ? [] : [...above(chosen), ...(top.groups.size === 1 ? rows(top, () => false).map((row) => row.path) : [])]);
      cursor = -1;
      tree.scrollTop = 0;
      lay();
    },
    seek: (/** @type {string} */ search) => {
      if (search === field.value) return;
      field.value = search;
      opened = new Set(search.trim() ? [] : above(chosen));
      lay();
    },
    mark: (/** @type {string} */ name) => {
      if (name === chosen) return;
      chosen = name;
      if (!field.value.trim()) above(name).forEach((path) => opened.add(path));
      lay();
      const at = shown.findIndex((row) => row.tensor?.name === name);
      if (at >= 0 && at !== cursor) moveTo(at);
    },
    dispose: () => {
      sizes.disconnect();
      frame.cancel();
    },
  };
}

/** @param {Row} row @param {number} index @param {{prefix: string, cursor: number, chosen: string}} state */
function rowNode(row, index, state) {
  const { tensor, group } = row;
  const node = element(
    "div",
    {
      class: "jw-tree-row",
      id: `${state.prefix}-${index}`,
      role: "treeitem",
      title: row.path,
      "aria-level": row.level + 1,
      "aria-posinset": row.place + 1,
      "aria-setsize": row.of,
      "aria-expanded": group ? String(row.open) : null,
      "aria-selected": tensor ? String(tensor.name === state.chosen) : null,
      "data-cursor": index === state.cursor ? "true" : null,
    },
    element("span", { class: "jw-tree-fold", "aria-hidden": "true", text: group ? "›" : "" }),
    element("span", { class: "jw-tree-label", text: row.label }),
    element("span", { class: "jw-tree-shape", text: tensor ? shape(tensor.shape) : many(group?.count ?? 0, "tensor") }),
    element("span", { class: "jw-tree-amount", text: tensor ? (tensor.dtype ?? "") : parameters(group?.parameters ?? 0) }),
  );
  node.style.top = `${index * HEIGHT}px`;
  node.style.paddingLeft = `${8 + row.level * 16}px`;
  return node;
}
