// How pictures, regions and rings are drawn, in device pixels on a 2D canvas.

import { outlinesOf } from "./_geometry.js";
import { MEANINGS } from "./_meanings.js";

/** @typedef {{x: number[], y: number[], ratio: number}} Lattice lines between columns and rows in device pixels */
/** @typedef {CanvasRenderingContext2D} Pen */
/** @typedef {ArrayLike<number>} Flags one flag a cell, rows × cols */

const CONTEXT = MEANINGS.context[0];
const TARGET = MEANINGS.target[0];
const DARK = "rgb(12 16 24 / 80%)";
const LIGHT = "rgb(255 255 255 / 85%)";

/** Wipes a layer. @param {Pen} pen */
export function wipe(pen) {
  pen.clearRect(0, 0, pen.canvas.width, pen.canvas.height);
}

/** Draws small RGBA pixels over the whole canvas or a place in it, crisp when enlarged. @param {Pen} pen @param {ImageData} image @param {number} [opacity] @param {[number, number, number, number]} [place] left, top, width, height */
export function spread(pen, image, opacity = 1, place = [0, 0, pen.canvas.width, pen.canvas.height]) {
  const small = document.createElement("canvas");
  small.width = image.width;
  small.height = image.height;
  small.getContext("2d")?.putImageData(image, 0, 0);
  pen.save();
  pen.globalAlpha = opacity;
  pen.imageSmoothingEnabled = place[2] < image.width * 1.5;
  pen.imageSmoothingQuality = "high";
  pen.drawImage(small, ...place);
  pen.restore();
}

/** Small RGBA pixels over the lattice, so that each lies exactly on its cell. @param {Pen} pen @param {Lattice} lattice @param {Uint8ClampedArray} rgba @param {number} opacity */
export function fillCells(pen, lattice, rgba, opacity) {
  const cols = lattice.x.length - 1;
  pen.save();
  pen.globalAlpha = opacity;
  for (let i = 0; i < rgba.length / 4; i++) {
    if (!rgba[i * 4 + 3]) continue;
    const [left, top, wide, high] = box(lattice, Math.floor(i / cols), i % cols);
    pen.fillStyle = `rgb(${rgba[i * 4]} ${rgba[i * 4 + 1]} ${rgba[i * 4 + 2]})`;
    pen.fillRect(left, top, wide, high);
  }
  pen.restore();
}

/** One frame of a clip as image data. @param {Uint8Array} bytes RGB of all frames @param {number[]} shape [frames, height, width] @param {number} frame @returns {ImageData} */
export function frameOf(bytes, shape, frame) {
  const [frames, height, width] = shape;
  const image = new ImageData(width, height);
  const words = new Uint32Array(image.data.buffer);
  let from = Math.max(0, Math.min(frames - 1, frame)) * height * width * 3;
  for (let i = 0; i < words.length; i++, from += 3) {
    words[i] = 0xff000000 | (bytes[from + 2] << 16) | (bytes[from + 1] << 8) | bytes[from];
  }
  return image;
}

/** Grey veil with dots: neither context nor target. @param {Pen} pen @param {Lattice} lattice @param {Flags} flags */
export function veil(pen, lattice, flags) {
  if (!region(pen, lattice, flags)) return;
  pen.fillStyle = "rgb(122 127 136 / 74%)";
  pen.fill();
  pen.fillStyle = tile(pen, lattice.ratio, "dots", "rgb(255 255 255 / 60%)");
  pen.fill();
}

/** A quiet pattern where there is nothing to show. @param {Pen} pen @param {Lattice} lattice @param {Flags} flags @param {boolean} dark theme */
export function blank(pen, lattice, flags, dark) {
  if (!region(pen, lattice, flags)) return;
  pen.fillStyle = dark ? "#1f242d" : "#f1f2f5";
  pen.fill();
  pen.fillStyle = tile(pen, lattice.ratio, "dots", dark ? "rgb(255 255 255 / 17%)" : "rgb(20 28 45 / 20%)");
  pen.fill();
}

/** Diagonal hatch with casing, apart so that the picture is seen between its lines: to be predicted. @param {Pen} pen @param {Lattice} lattice @param {Flags} flags @param {number} [opacity] */
export function hatch(pen, lattice, flags, opacity = 1) {
  if (!region(pen, lattice, flags)) return;
  pen.save();
  pen.globalAlpha = opacity;
  pen.fillStyle = tile(pen, lattice.ratio, "hatch", TARGET);
  pen.fill();
  pen.restore();
}

/** Thin blue outline on the inside of the visible region. @param {Pen} pen @param {Lattice} lattice @param {Flags} flags @param {number} [opacity] */
export function contextEdge(pen, lattice, flags, opacity = 1) {
  edge(pen, lattice, flags, opacity, [[LIGHT, 2.5], [CONTEXT, 1.5]]);
}

/** Orange outline on the inside of a target block. @param {Pen} pen @param {Lattice} lattice @param {Flags} flags @param {number} opacity @param {boolean} strong */
export function targetEdge(pen, lattice, flags, opacity, strong) {
  edge(pen, lattice, flags, opacity, strong ? [[LIGHT, 5], [DARK, 4], [TARGET, 3]] : [[DARK, 3], [TARGET, 2]]);
}

/** A ring around one cell, seen on any picture. @param {Pen} pen @param {Lattice} lattice @param {number} row @param {number} col @param {"hover" | "selected"} kind */
export function ring(pen, lattice, row, col, kind) {
  const unit = lattice.ratio;
  const [left, top, wide, high] = box(lattice, row, col);
  const lines = kind === "hover" ? [[DARK, 5, 0], ["#ffffff", 2.5, 0]] : [["#ffffff", 3.5, 3], [DARK, 1.5, 3]];
  for (const [colour, width, inset] of /** @type {[string, number, number][]} */ (lines)) {
    pen.strokeStyle = colour;
    pen.lineWidth = width * unit;
    pen.strokeRect(left + inset * unit, top + inset * unit, Math.max(1, wide - 2 * inset * unit), Math.max(1, high - 2 * inset * unit));
  }
}

/** A cross over one cell, seen on any picture. @param {Pen} pen @param {Lattice} lattice @param {number} row @param {number} col */
export function cross(pen, lattice, row, col) {
  const [left, top, wide, high] = box(lattice, row, col);
  for (const [colour, width] of /** @type {[string, number][]} */ ([[DARK, 4], ["#ffffff", 1.8]])) {
    pen.beginPath();
    for (const [from, to] of [[0.22, 0.78], [0.78, 0.22]]) {
      pen.moveTo(left + 0.22 * wide, top + from * high);
      pen.lineTo(left + 0.78 * wide, top + to * high);
    }
    pen.strokeStyle = colour;
    pen.lineWidth = width * lattice.ratio;
    pen.stroke();
  }
}

/** A dashed frame around a range of cells: what the next stroke would paint. @param {Pen} pen @param {Lattice} lattice @param {{row: number, col: number}[]} cells */
export function dashed(pen, lattice, cells) {
  const [rows, cols] = [cells.map((c) => c.row), cells.map((c) => c.col)];
  const [left, top] = [lattice.x[Math.min(...cols)], lattice.y[Math.min(...rows)]];
  const [right, bottom] = [lattice.x[Math.max(...cols) + 1], lattice.y[Math.max(...rows) + 1]];
  pen.save();
  for (const [colour, dash] of /** @type {[string, number[]][]} */ ([[DARK, []], ["#ffffff", [4 * lattice.ratio, 4 * lattice.ratio]]])) {
    pen.strokeStyle = colour;
    pen.lineWidth = 1.5 * lattice.ratio;
    pen.setLineDash(dash);
    pen.strokeRect(left, top, right - left, bottom - top);
  }
  pen.restore();
}

/** Faint lines between the cells. @param {Pen} pen @param {Lattice} lattice */
export function gridLines(pen, lattice) {
  const [right, bottom] = [lattice.x[lattice.x.length - 1], lattice.y[lattice.y.length - 1]];
  for (const [colour, shift] of /** @type {[string, number][]} */ ([["rgb(0 0 0 / 15%)", 0.5], ["rgb(255 255 255 / 20%)", -0.5]])) {
    pen.beginPath();
    for (const x of lattice.x.slice(1, -1)) pen.rect(x + shift - 0.5, 0, 0, bottom);
    for (const y of lattice.y.slice(1, -1)) pen.rect(0, y + shift - 0.5, right, 0);
    pen.strokeStyle = colour;
    pen.lineWidth = 1;
    pen.stroke();
  }
}

/** The number of a block, in its first cell. @param {Pen} pen @param {Lattice} lattice @param {Flags} flags @param {string} text @param {number} opacity */
export function badge(pen, lattice, flags, text, opacity) {
  const first = Array.prototype.findIndex.call(flags, Boolean);
  if (first < 0) return;
  const unit = lattice.ratio;
  const [left, top] = box(lattice, Math.floor(first / (lattice.x.length - 1)), first % (lattice.x.length - 1));
  pen.save();
  pen.globalAlpha = opacity;
  pen.font = `600 ${12 * unit}px system-ui, "Liberation Sans", sans-serif`;
  const wide = Math.max(16 * unit, pen.measureText(text).width + 8 * unit);
  pen.fillStyle = "#14181f";
  pen.fillRect(left, top, wide, 16 * unit);
  pen.fillStyle = "#ffc44d";
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.fillText(text, left + wide / 2, top + 8.5 * unit);
  pen.restore();
}

/** @param {Lattice} lattice @param {number} row @param {number} col @returns {[number, number, number, number]} left, top, width, height */
function box(lattice, row, col) {
  const [left, top] = [lattice.x[col], lattice.y[row]];
  return [left, top, lattice.x[col + 1] - left, lattice.y[row + 1] - top];
}

/** Makes the region the current path; false when it is empty. @param {Pen} pen @param {Lattice} lattice @param {Flags} flags @returns {boolean} */
function region(pen, lattice, flags) {
  const loops = outlinesOf(flags, lattice.y.length - 1, lattice.x.length - 1);
  pen.beginPath();
  for (const loop of loops) {
    loop.forEach(([x, y], i) => (i ? pen.lineTo(lattice.x[x], lattice.y[y]) : pen.moveTo(lattice.x[x], lattice.y[y])));
    pen.closePath();
  }
  return loops.length > 0;
}

/** Lines along the inside of a region's outline. @param {Pen} pen @param {Lattice} lattice @param {Flags} flags @param {number} opacity @param {(string | number)[][]} lines */
function edge(pen, lattice, flags, opacity, lines) {
  if (!region(pen, lattice, flags)) return;
  pen.save();
  pen.clip();
  pen.globalAlpha = opacity;
  for (const [colour, width] of lines) {
    pen.strokeStyle = String(colour);
    pen.lineWidth = 2 * Number(width) * lattice.ratio;
    pen.stroke();
  }
  pen.restore();
}

/** A repeating pattern in device pixels. @param {Pen} pen @param {number} ratio @param {"dots" | "hatch"} kind @param {string} colour @returns {CanvasPattern | string} */
function tile(pen, ratio, kind, colour) {
  const size = Math.round((kind === "dots" ? 6 : 16) * ratio);
  const small = document.createElement("canvas");
  small.width = small.height = size;
  const brush = small.getContext("2d");
  if (!brush) return colour;
  if (kind === "dots") {
    brush.fillStyle = colour;
    brush.arc(size / 2, size / 2, 0.85 * ratio, 0, 2 * Math.PI);
    brush.fill();
  } else {
    for (const [line, width] of /** @type {[string, number][]} */ ([["rgb(12 16 24 / 35%)", 2.6], [colour, 1.6]])) {
      brush.beginPath();
      for (const shift of [-size, 0, size]) {
        brush.moveTo(shift - size, size * 2);
        brush.lineTo(shift + size * 2, -size);
      }
      brush.strokeStyle = line;
      brush.lineWidth = width * ratio;
      brush.stroke();
    }
  }
  return pen.createPattern(small, "repeat") ?? colour;
}
