// Every key and what it does, declared once: views take their keys from here, Python reads the same text (keys.py), and ? lists it. A key means one thing.

/** By group, then by what the key does: the keys, as they are written on screen, and the words. */
export const KEYS = {
  "Hold to show instead of the model": {
    "twin": ["R", "the untrained model"],
    "other": ["O", "the prediction from another context"],
    "position": ["0", "the mean at each position"],
    "pixels": ["P", "raw pixels"],
    "shuffled": ["S", "the same vectors or tokens, shuffled"],
    "second": ["B", "the second open model"]
  },
  "Everywhere": {
    "keys": ["?", "this list"],
    "present": ["F", "presentation mode"],
    "leave": ["Escape", "close, cancel, or return to the model"],
    "act": ["Space", "press what has the focus: lock a button, select a token, play a video"],
    "move": ["← ↑ → ↓", "move within what has the focus: tokens, frames, points, a map"],
    "ends": ["Home End", "the first, the last"],
    "undo": ["Ctrl+Z", "undo"],
    "redo": ["Ctrl+Shift+Z", "redo"]
  },
  "Videos and time": {
    "play": ["K", "play or pause"],
    "back": [",", "the previous frame or time step"],
    "on": [".", "the next frame or time step"]
  },
  "Pictures of tokens": {
    "tabs": ["1 2 3 4", "target, predicted, error, nearest patches"],
    "context": ["C", "paint context"],
    "target": ["T", "paint target"],
    "neither": ["D", "paint ignored"],
    "brush": ["U", "paint with the brush"],
    "invert": ["I", "swap context and target"]
  },
  "Pictures and maps": {
    "select": ["L", "select: tokens one by one, points with a lasso"],
    "rectangle": ["M", "draw a rectangle"],
    "larger": ["+", "a wider brush; closer to the map"],
    "smaller": ["-", "a narrower brush; further from the map"]
  },
  "Maps of points": {
    "pan": ["V", "drag to move the map"],
    "whole": ["W", "the whole map"],
    "frame": ["Z", "closer to the selected points"],
    "all": ["Ctrl+A", "select all points"],
    "search": ["/", "search names"]
  },
  "Plans and steps": {
    "execute": ["E", "execute the plan"],
    "step": ["N", "plan, and make one step"],
    "plan": ["A", "plan again"],
    "reset": ["H", "reset the agent"],
    "start": ["X", "start at this frame"],
    "goal": ["G", "goal at this frame"],
    "previous": ["[", "the previous action; the previous point of a map"],
    "next": ["]", "the next action; the next point of a map"],
    "restore": ["Delete", "restore the action of the clip"]
  }
};

/** The key of an action, as in KeyboardEvent.key; letters as without Shift. @param {string} action @returns {string} */
export function keyOf(action) {
  const found = Object.values(KEYS).flatMap((group) => Object.entries(group)).find(([name]) => name === action);
  if (!found) throw new Error(`no key for ${action}`);
  return found[1][0].length === 1 ? found[1][0].toLowerCase() : found[1][0];
}

/** An object of acts by the keys of their actions. @template T @param {Record<string, T>} acts @returns {Record<string, T>} */
export function byKey(acts) {
  return Object.fromEntries(Object.entries(acts).map(([action, act]) => [keyOf(action), act]));
}
