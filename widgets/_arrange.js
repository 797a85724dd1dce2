// Children in order, with the fewest moves.

/**
 * Puts the nodes into the parent in this order without touching those in place: a node that is taken out loses its pointer, focus and scroll.
 * @param {HTMLElement} parent @param {HTMLElement[]} nodes
 */
export function arrange(parent, nodes) {
  const wanted = new Set(/** @type {Element[]} */ (nodes));
  for (const old of [...parent.children]) if (!wanted.has(old)) old.remove();
  nodes.forEach((node, n) => {
    if (parent.children[n] !== node) parent.insertBefore(node, parent.children[n] ?? null);
  });
}
