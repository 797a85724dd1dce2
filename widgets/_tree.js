// Dotted tensor names as a tree, and the tree as the rows that are open. No DOM here; made for thousands of names.

/**
 * @typedef {{name: string, shape: number[], dtype?: string, bytes?: number, part?: string}} Tensor
 * @typedef {{label: string, path: string, groups: Map<string, Group>, leaves: {label: string, tensor: Tensor}[], count: number, parameters: number}} Group
 * @typedef {{label: string, path: string, level: number, place: number, of: number, group?: Group, tensor?: Tensor, open: boolean}} Row
 */

const ORDER = new Intl.Collator("en", { numeric: true });

/** @param {string} label @param {string} path @returns {Group} */
function group(label, path) {
  return { label, path, groups: new Map(), leaves: [], count: 0, parameters: 0 };
}

/** How many numbers a tensor holds. @param {number[]} shape @returns {number} */
export function numbersIn(shape) {
  return shape.reduce((product, n) => product * n, 1);
}

/** The names grouped at their dots, with how many tensors and numbers lie below each. @param {Tensor[]} tensors @returns {Group} */
export function grow(tensors) {
  const root = group("", "");
  for (const tensor of tensors) {
    const words = tensor.name.split(".");
    const leaf = words.pop() ?? "";
    const size = numbersIn(tensor.shape);
    let at = root;
    add(at, size);
    for (const word of words) {
      const path = at === root ? word : `${at.path}.${word}`;
      const next = at.groups.get(word) ?? group(word, path);
      at.groups.set(word, next);
      at = next;
      add(at, size);
    }
    at.leaves.push({ label: leaf, tensor });
  }
  return root;
}

/** @param {Group} at @param {number} size */
function add(at, size) {
  at.count += 1;
  at.parameters += size;
}

/** Tensors whose name holds all words of the search, whatever their case. @param {Tensor[]} tensors @param {string} search @returns {Tensor[]} */
export function found(tensors, search) {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return tensors;
  return tensors.filter((tensor) => {
    const name = tensor.name.toLowerCase();
    return words.every((word) => name.includes(word));
  });
}

/**
 * The rows that are to be seen, from top to bottom. A group that holds nothing but one group shares a row with it.
 * @param {Group} root @param {(path: string) => boolean} isOpen
 * @returns {Row[]}
 */
export function rows(root, isOpen) {
  /** @type {Row[]} */
  const out = [];
  const visit = (/** @type {Group} */ at, /** @type {number} */ level) => {
    const groups = [...at.groups.values()].sort((a, b) => ORDER.compare(a.label, b.label));
    const leaves = [...at.leaves].sort((a, b) => ORDER.compare(a.label, b.label));
    const of = groups.length + leaves.length;
    groups.forEach((first, place) => {
      const { label, last } = folded(first);
      const open = isOpen(last.path);
      out.push({ label, path: last.path, level, place, of, group: last, open });
      if (open) visit(last, level + 1);
    });
    leaves.forEach(({ label, tensor }, place) => {
      out.push({ label, path: tensor.name, level, place: groups.length + place, of, tensor, open: false });
    });
  };
  visit(root, 0);
  return out;
}

/** The end of a chain of single groups, and its words joined. @param {Group} first */
function folded(first) {
  let last = first;
  let label = first.label;
  while (last.groups.size === 1 && !last.leaves.length) {
    [last] = last.groups.values();
    label += `.${last.label}`;
  }
  return { label, last };
}

/** Paths of the groups above a tensor, outermost first. @param {string} name @returns {string[]} */
export function above(name) {
  const words = name.split(".");
  return words.slice(1).map((_, n) => words.slice(0, n + 1).join("."));
}

/** Where the group stands that a row lies in; the row itself at the top. @param {Row[]} shown @param {number} place @returns {number} */
export function parentOf(shown, place) {
  for (let n = place - 1; n >= 0; n -= 1) if (shown[n].level < shown[place].level) return n;
  return place;
}
