// The frames of films by their names: each crosses once and stays here as long as a film shows it. What is lacking, for it was sent before this view came or
// its message was lost on the way, is asked for.

import { bytesOf, onAll } from "./_kit.js";

/** @typedef {import("./_kit.js").Model} Model */
/** @typedef {{frames: string[]}} Named */

const COUNTER = 4; // bytes at the start of a message, so that no two are the same
const NAME = 12; // ASCII letters of a name, before the size of its frame as uint32
const WAITS = [100, 400, 1000, 3000, 10000, 30000]; // milliseconds until it is asked, and asked again

/** Adds the frames of a message to a table. @param {Map<string, Uint8Array>} table @param {Uint8Array} bytes */
export function absorb(table, bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = COUNTER; at + NAME + 4 <= bytes.length; ) {
    const name = String.fromCharCode(...bytes.subarray(at, at + NAME));
    const from = at + NAME + 4;
    at = from + view.getUint32(at + NAME, true);
    if (at <= bytes.length && !table.has(name)) table.set(name, bytes.slice(from, at)); // a copy: one frame that stays must not keep its whole message
  }
}

/** Drops what no film shows. @param {Map<string, Uint8Array>} table @param {Named[]} films */
export function prune(table, films) {
  const shown = new Set(films.flatMap(({ frames }) => frames));
  for (const name of [...table.keys()]) if (!shown.has(name)) table.delete(name);
}

/** Names of what is not here, each once. @param {Map<string, Uint8Array>} table @param {Named[]} films @returns {string[]} */
export function lackingOf(table, films) {
  return [...new Set(films.flatMap(({ frames }) => frames))].filter((name) => !table.has(name));
}

/**
 * The frames of a model's films.
 * @param {Model} model @returns {{whole: () => boolean, of: (film: Named) => Uint8Array[], stop: () => void}} whole: is every frame of every film here?
 */
export function createFrames(model) {
  /** @type {Map<string, Uint8Array>} */
  const table = new Map();
  let [timer, asked, lacking] = [0, 0, false];

  const look = () => {
    lacking = lackingOf(table, model.get("films")).length > 0;
    if (!lacking || asked) {
      clearTimeout(timer);
      [timer, asked] = [0, 0];
    }
    if (lacking && !timer) timer = window.setTimeout(ask, WAITS[0]); // the rest of a message may be just behind
  };
  const ask = () => {
    const names = lackingOf(table, model.get("films"));
    timer = window.setTimeout(ask, WAITS[Math.min(++asked, WAITS.length - 1)]);
    model.set("wanted", [(Number(model.get("wanted")?.[0]) || 0) + 1, ...names]);
    model.save_changes();
  };
  const stop = onAll(model, ["films", "frames_new"], (name) => {
    if (name === "films") prune(table, model.get("films"));
    else absorb(table, bytesOf(model.get("frames_new")));
    look();
  });
  absorb(table, bytesOf(model.get("frames_new")));
  prune(table, model.get("films"));
  look();
  return {
    whole: () => !lacking,
    of: (film) => film.frames.map((name) => /** @type {Uint8Array} */ (table.get(name))),
    stop: () => {
      stop();
      clearTimeout(timer);
    },
  };
}
