// Which source is shown while keys and buttons are held, released and latched. No DOM here.

/**
 * Sources that are held, by whatever holds them, and one that may be latched. The last one held wins, then the latch, then the model.
 * @typedef {{held: Map<string, string>, latched: string}} Hold
 */

/** What is shown when nothing is held. */
export const MODEL = "model";

/** Nothing held, nothing latched. @returns {Hold} */
export function noHold() {
  return { held: new Map(), latched: MODEL };
}

/** What the board shows now. @param {Hold} hold @returns {string} */
export function shown(hold) {
  return [...hold.held.values()].at(-1) ?? hold.latched;
}

/** Something began to hold a source. @param {Hold} hold @param {string} by "key:KeyR" or "pointer:1" @param {string} source */
export function take(hold, by, source) {
  hold.held.delete(by);
  hold.held.set(by, source);
}

/** It let go. @param {Hold} hold @param {string} by @returns {boolean} whether it had held anything */
export function letGo(hold, by) {
  return hold.held.delete(by);
}

/** Nothing is held any more: the window lost the keyboard. A latch stays. @param {Hold} hold */
export function letGoOfAll(hold) {
  hold.held.clear();
}

/** Latches a source, or releases the latch when it was this one. @param {Hold} hold @param {string} source */
export function latch(hold, source) {
  hold.latched = hold.latched === source ? MODEL : source;
}

/** Back to the model. @param {Hold} hold @returns {boolean} whether something else was shown */
export function release(hold) {
  const was = shown(hold);
  hold.held.clear();
  hold.latched = MODEL;
  return was !== MODEL;
}

/** Someone else chose what is shown: it stays until it is changed. @param {Hold} hold @param {string} source */
export function follow(hold, source) {
  if (shown(hold) === source) return;
  hold.held.clear();
  hold.latched = source;
}

/**
 * Why the source that a key stands for cannot be shown; "" where it can, or where the key stands for none.
 * @param {{key: string, enabled?: boolean, reason?: string}[]} sources @param {string} key as in KeyboardEvent.key
 * @returns {string}
 */
export function reasonOfKey(sources, key) {
  const off = sources.find((source) => source.enabled === false && source.key.toLowerCase() === key.toLowerCase());
  return off ? off.reason || "Not available here." : "";
}

/**
 * The source that a key stands for, if it can be shown.
 * @param {{id: string, key: string, enabled?: boolean}[]} sources @param {string} key as in KeyboardEvent.key
 * @returns {string | undefined}
 */
export function sourceOfKey(sources, key) {
  return sources.find((source) => source.enabled !== false && source.key.toLowerCase() === key.toLowerCase())?.id;
}
