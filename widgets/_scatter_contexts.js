// How many maps of a page hold a WebGL context: browsers take the oldest away above sixteen, so the map that was used longest ago gives up its own above eight.

const MOST = 8;
const KEY = Symbol.for("jepa-workbench.scatter.contexts");

/** A map that holds a context. @typedef {{release: () => void}} Holder */

/** All holders of the page, the one used last at the end: each view has this module for itself, the page is what they share. @returns {Holder[]} */
function holders() {
  const page = /** @type {any} */ (globalThis);
  return (page[KEY] ??= []);
}

/** Says that a map uses its context now; another gives up its own where there are too many. @param {Holder} holder */
export function use(holder) {
  const all = holders();
  const at = all.indexOf(holder);
  if (at >= 0) all.splice(at, 1);
  all.push(holder);
  while (all.length > MOST) all.shift()?.release();
}

/** Says that a map holds none any more. @param {Holder} holder */
export function drop(holder) {
  const all = holders();
  const at = all.indexOf(holder);
  if (at >= 0) all.splice(at, 1);
}
