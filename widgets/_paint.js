// What painting does to a mask. Pure. A token is context, or in one or more target blocks, or neither; never context and target at once.

/** @typedef {{context: number[], blocks: number[][]}} Mask */
/** @typedef {"context" | "target" | "neither"} Role */

/** The mask of a trait; null where none was given. @param {any} value @returns {Mask | null} */
export function maskOf(value) {
  if (!value || !Array.isArray(value.context) || !Array.isArray(value.blocks)) return null;
  return value.context.length || value.blocks.length ? value : null;
}

/** Everything visible, nothing asked: where painting starts when there is no mask. @param {number} count tokens @returns {Mask} */
export function openMask(count) {
  return { context: Array.from({ length: count }, (_, i) => i), blocks: [[]] };
}

/**
 * The mask after painting tokens; the given one is left as it is. Empty blocks stay in the list.
 * "target" adds to the active block. Without one (−1), a token that is in a block stays there, and the others go to the last block.
 * @param {Mask} mask @param {Iterable<number>} tokens @param {string} tool context, target or neither @param {number} block active block or −1
 * @returns {Mask}
 */
export function painted(mask, tokens, tool, block) {
  const context = new Set(mask.context);
  const blocks = mask.blocks.length ? mask.blocks.map((ids) => new Set(ids)) : [new Set()];
  const active = blocks[block < 0 ? blocks.length - 1 : Math.min(block, blocks.length - 1)];
  for (const token of tokens) {
    if (tool === "target") {
      context.delete(token);
      if (block >= 0 || !blocks.some((ids) => ids.has(token))) active.add(token);
      continue;
    }
    for (const ids of blocks) ids.delete(token);
    if (tool === "context") context.add(token);
    else context.delete(token);
  }
  return { context: ascending(context), blocks: blocks.map(ascending) };
}

/** The selection with tokens added or taken out, ascending. @param {number[]} selection @param {Iterable<number>} tokens @param {boolean} add @returns {number[]} */
export function selected(selection, tokens, add) {
  const chosen = new Set(selection);
  for (const token of tokens) {
    if (add) chosen.add(token);
    else chosen.delete(token);
  }
  return ascending(chosen);
}

/** One flag a cell of a tick. @param {number[]} tokens @param {number} tick @param {number} cells cells a tick @returns {Uint8Array} */
export function flagsOf(tokens, tick, cells) {
  const flags = new Uint8Array(cells);
  const first = tick * cells;
  for (const token of tokens) {
    if (token >= first && token < first + cells) flags[token - first] = 1;
  }
  return flags;
}

/**
 * What a tick shows: context, each block, their union, and neither, one flag a cell.
 * @param {Mask} mask @param {number} tick @param {number} cells cells a tick
 * @returns {{context: Uint8Array, blocks: Uint8Array[], target: Uint8Array, neither: Uint8Array}}
 */
export function layersOf(mask, tick, cells) {
  const context = flagsOf(mask.context, tick, cells);
  const blocks = mask.blocks.map((ids) => flagsOf(ids, tick, cells));
  const target = new Uint8Array(cells);
  for (const flags of blocks) flags.forEach((flag, i) => (target[i] |= flag));
  return { context, blocks, target, neither: target.map((flag, i) => Number(!flag && !context[i])) };
}

/** What a token is, in words; blocks are counted from 1. @param {Mask} mask @param {number} token @returns {string} */
export function roleText(mask, token) {
  const found = mask.blocks.flatMap((ids, i) => (ids.includes(token) ? [i + 1] : []));
  if (!found.length) return mask.context.includes(token) ? "context" : "ignored";
  if (mask.blocks.length === 1) return "target";
  return `target (block${found.length > 1 ? "s" : ""} ${found.join(", ")})`;
}

/** The whole mask in words. @param {Mask} mask @param {number} count tokens @returns {string} */
export function summaryOf(mask, count) {
  const target = new Set(mask.blocks.flat()).size;
  const filled = mask.blocks.filter((ids) => ids.length).length;
  const blocks = filled > 1 ? ` in ${filled} blocks` : "";
  const neither = count - mask.context.length - target;
  return `${count} tokens · ${mask.context.length} context · ${target} target${blocks} · ${neither} ignored`;
}

/** @param {Set<number>} ids @returns {number[]} */
function ascending(ids) {
  return [...ids].sort((a, b) => a - b);
}
