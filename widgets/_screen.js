// One film on a canvas: what it is above its picture, by what it was drawn below. Nothing covers the picture, and no screenshot loses the words.

import { element, setAttribute } from "./_kit.js";
import { MEANINGS } from "./_meanings.js";

/** @typedef {{name: string, kind: string, note?: string, comes?: number, shape: number[], frames: string[]}} Film */
/** @typedef {{top: number, bottom: number}} Bars CSS pixels above and below the picture */
/** @typedef {{node: HTMLElement, pen: CanvasRenderingContext2D, small: CanvasRenderingContext2D, film: Film, frames: Uint8Array[], image: ImageData | null, at: number}} Screen */
/** @typedef {{now: number, ratio: number, bars: Bars, colour: string, state: string, changed: boolean, dark: boolean}} Look */

const BOLD = '600 12px system-ui, "Liberation Sans", sans-serif';
const PLAIN = '12px system-ui, "Liberation Sans", sans-serif';
const [LINE, PAD, RULE, INDENT] = [14, 3, 3, 11];
const SQUEEZE = 0.92; // of its width: names are pressed so far before they are broken
const GROUND = "#0c1018";
const EDIT = MEANINGS.edit[1];

/** @param {Film} film @param {Uint8Array[]} frames RGB of each @returns {Screen} */
export function createScreen(film, frames) {
  const canvas = element("canvas", { role: "img" });
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const small = /** @type {CanvasRenderingContext2D} */ (element("canvas").getContext("2d"));
  return { film, frames, pen, small, image: null, at: -1, node: element("figure", { class: "jw-film" }, canvas) };
}

/** Another film in the same place. @param {Screen} screen @param {Film} film @param {Uint8Array[]} frames */
export function refill(screen, film, frames) {
  Object.assign(screen, { film, frames, at: -1 });
}

/** Room for the words of all films, so that their pictures stand in line. @param {Screen[]} screens @param {number[]} widths @param {boolean} stated is there a line for what the frame is @returns {Bars} */
export function barsOf(screens, widths, stated) {
  const names = screens.map(({ pen, film }, i) => nameLines(pen, film.name, widths[i]).length);
  const notes = screens.map(({ pen, film }, i) => noteLines(pen, film.note ?? "", widths[i]).length);
  const [name, note] = [Math.max(1, ...names), Math.max(0, ...notes)];
  return { top: 2 * PAD + LINE * (name + (stated ? 1 : 0)), bottom: RULE + (note ? 2 * PAD + LINE * note : 0) };
}

/** @param {Screen} screen @param {number} width @param {number} height of the picture, CSS pixels @param {Bars} bars @param {number} ratio */
export function resize({ pen, node, film }, width, height, bars, ratio) {
  const { canvas } = pen;
  const high = height + bars.top + bars.bottom;
  node.style.width = `${width}px`;
  canvas.style.height = `${high}px`;
  if (canvas.width !== Math.round(width * ratio)) canvas.width = Math.round(width * ratio);
  if (canvas.height !== Math.round(high * ratio)) canvas.height = Math.round(high * ratio);
  setAttribute(canvas, "aria-label", film.note ? `${film.name}; ${film.note}` : film.name);
  setAttribute(canvas, "title", film.note || null);
}

/** One frame with its words; blank where there is no ground truth. @param {Screen} screen @param {Look} look @param {(place: [number, number, number, number]) => void} [over] draws over the picture */
export function drawScreen(screen, look, over) {
  const { pen, film } = screen;
  const [wide, high] = [pen.canvas.width, pen.canvas.height];
  const top = Math.round(look.bars.top * look.ratio);
  const place = /** @type {[number, number, number, number]} */ ([0, top, wide, high - top - Math.round(look.bars.bottom * look.ratio)]);
  pen.setTransform(1, 0, 0, 1, 0, 0);
  pen.clearRect(0, 0, wide, high);
  if (look.now < (film.comes ?? film.shape[0])) {
    paint(screen, look.now, place);
    over?.(place);
  } else nothing(pen, look, place);
  words(pen, film, look, place[1] + place[3]);
}

/** @param {Screen} screen @param {number} now @param {[number, number, number, number]} place */
function paint(screen, now, place) {
  const { pen, small } = screen;
  const [frames, height, width] = screen.film.shape;
  const frame = Math.max(0, Math.min(frames - 1, now));
  if (!screen.image || screen.image.width !== width || screen.image.height !== height) {
    Object.assign(small.canvas, { width, height });
    screen.image = new ImageData(width, height);
    screen.at = -1;
  }
  if (screen.at !== frame) {
    const pixels = new Uint32Array(screen.image.data.buffer);
    const bytes = screen.frames[frame];
    for (let i = 0, from = 0; i < pixels.length; i++, from += 3) {
      pixels[i] = 0xff000000 | (bytes[from + 2] << 16) | (bytes[from + 1] << 8) | bytes[from];
    }
    small.putImageData(screen.image, 0, 0);
    screen.at = frame;
  }
  pen.imageSmoothingEnabled = place[2] < width * 1.5;
  pen.imageSmoothingQuality = "high";
  pen.drawImage(small.canvas, ...place);
}

/** Beyond what is known to come. @param {CanvasRenderingContext2D} pen @param {Look} look @param {[number, number, number, number]} place */
function nothing(pen, { ratio, dark }, [left, top, width, height]) {
  pen.fillStyle = dark ? "#1f242d" : "#eceef2";
  pen.fillRect(left, top, width, height);
  pen.fillStyle = dark ? "#a8b0bf" : "#5a6375";
  pen.font = PLAIN.replace("12px", `${12 * ratio}px`);
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.fillText("no ground truth", left + width / 2, top + height / 2);
}

/** @param {CanvasRenderingContext2D} pen @param {Film} film @param {Look} look @param {number} under where the picture ends, device pixels */
function words(pen, film, { ratio, bars, colour, state, changed }, under) {
  const width = pen.canvas.width / ratio;
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.textAlign = "left";
  pen.textBaseline = "middle";
  const lines = nameLines(pen, film.name, width);
  const notes = noteLines(pen, film.note ?? "", width);
  const top = Math.max(0, bars.top - 2 * PAD - LINE * (lines.length + (state ? 1 : 0))); // no dark ground where nothing is said
  pen.fillStyle = GROUND;
  pen.fillRect(0, top, width, bars.top - top);
  if (notes.length) pen.fillRect(0, under / ratio + RULE, width, 2 * PAD + LINE * notes.length);
  pen.fillStyle = colour;
  pen.fillRect(0, top, 5, bars.top - top);
  pen.fillRect(0, under / ratio, width, RULE);
  pen.font = BOLD;
  pen.fillStyle = "#ffffff";
  lines.forEach((line, n) => pen.fillText(line, INDENT, top + PAD + LINE * (n + 0.5) + 0.5, width - INDENT - 5));
  pen.font = PLAIN;
  const y = top + PAD + LINE * (lines.length + 0.5) + 0.5;
  pen.fillStyle = changed ? EDIT : "#c3cad6";
  if (changed) {
    pen.beginPath();
    pen.arc(INDENT + 3, y, 3, 0, 2 * Math.PI);
    pen.fill();
  }
  pen.fillText(state, INDENT + (changed ? 11 : 0), y, width - INDENT - 16);
  pen.fillStyle = "#c3cad6";
  notes.forEach((line, n) => pen.fillText(line, 6, under / ratio + RULE + PAD + LINE * (n + 0.5), width - 10));
}

/** @param {CanvasRenderingContext2D} pen @param {string} name @param {number} width */
function nameLines(pen, name, width) {
  pen.font = BOLD;
  const room = width - INDENT - 5;
  return pen.measureText(name).width * SQUEEZE <= room ? [name] : broken((line) => pen.measureText(line).width, name, room / SQUEEZE, 3);
}

/** @param {CanvasRenderingContext2D} pen @param {string} note @param {number} width */
function noteLines(pen, note, width) {
  pen.font = PLAIN;
  return broken((line) => pen.measureText(line).width, note, width - 12, 4);
}

/** Text broken into lines of a width; what is left after the last ends in an ellipsis. @param {(line: string) => number} wide @param {string} text @param {number} room @param {number} most @returns {string[]} */
export function broken(wide, text, room, most) {
  /** @type {string[]} */
  const lines = [];
  for (const word of text.split(/\s+/).filter(Boolean)) {
    const last = lines.at(-1);
    if (last !== undefined && wide(`${last} ${word}`) <= room) lines[lines.length - 1] = `${last} ${word}`;
    else if (lines.length < most) lines.push(word);
    else {
      lines[most - 1] = `${last} …`;
      break;
    }
  }
  return lines;
}
