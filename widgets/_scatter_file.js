// The map as an SVG for papers: points as circles up to a number, above it one picture of them; names, axes and what the colours mean as shapes and text.

import { figure } from "./_kit.js";
import { grouped } from "./_scatter_legend.js";
import { DISCS, hasRings, inkOf, inkOfValue } from "./_scatter_look.js";
import { drawOver } from "./_scatter_marks.js";
import { COLOURS, NO_LABEL, OTHER } from "./_scatter_rows.js";
import { svgPen } from "./_svg.js";

/** @typedef {import("./_svg.js").Pen} Pen */
/** @typedef {import("./_scatter_state.js").State} State */

const [SIDE, FOOT, LINE, LISTED] = [200, 26, 18, 40]; // CSS pixels of the legend, of the axis below, of a line; categories that are listed
const BANDS = 64; // of a scale of values

/**
 * What is on screen, as SVG.
 * @param {import("./_kit.js").Model} model @param {State} state @param {ReturnType<typeof import("./_scatter_screen.js").createScreen>} screen
 * @param {import("./_scatter_camera.js").Camera} camera @param {import("./_scatter_marks.js").Inks} inks @param {import("./_scatter_marks.js").Shown} shown
 * @param {{family: string, dark: boolean, real: CanvasRenderingContext2D}} style real: measures text @returns {string}
 */
export function mapSvg(model, state, screen, camera, inks, shown, { family, dark, real }) {
  const { width, height } = camera;
  const by = state.shade().by;
  const [x, y] = [model.get("x_label"), model.get("y_label")];
  const { pen, picture, text } = svgPen(width + (by === "none" ? 0 : SIDE), height + FOOT, real);
  pen.fillStyle = inks.ground;
  pen.fillRect(0, 0, width + (by === "none" ? 0 : SIDE), height + FOOT);
  if (state.members[0].length <= DISCS) screen.drawOn(pen, camera);
  else picture(screen.points(), width, height);
  drawOver(pen, state, camera, inks, shown, screen.size(), family);
  Object.assign(pen, { fillStyle: inks.text, font: `12px ${family}`, textAlign: "left", textBaseline: "middle" });
  if (x || y) {
    Object.assign(pen, { strokeStyle: inks.quiet, lineWidth: 1 });
    pen.beginPath();
    pen.moveTo(0.5, 0);
    pen.lineTo(0.5, height + 0.5);
    pen.lineTo(width, height + 0.5);
    pen.stroke();
  }
  if (x) pen.fillText(`→ ${x}`, 2, height + 14);
  if (y) pen.fillText(`↑ ${y}`, 8, 12);
  if (by === "category") categories(pen, model, state, width + 20, dark);
  if (by === "value") values(pen, model, state, width + 20, dark);
  return text();
}

/** @param {Pen} pen @param {import("./_kit.js").Model} model @param {State} state @param {number} left @param {boolean} dark */
function categories(pen, model, state, left, dark) {
  const rings = hasRings(state.shade(), state.order.length);
  const rest = state.counts[state.labels.length];
  const codes = [...state.labels.keys()].slice(0, LISTED);
  pen.fillText(model.get("category_name"), left, LINE / 2);
  [...codes, ...(rest ? [NO_LABEL] : [])].forEach((code, i) => {
    const [slot, top, words] = [code === NO_LABEL ? OTHER : state.slots[code], LINE * (i + 1.5), pen.fillStyle];
    pen.fillStyle = pen.strokeStyle = inkOf(slot, rings, dark);
    pen.lineWidth = 2;
    pen.beginPath();
    pen.arc(left + 5, top, 4, 0, 7);
    if (rings && slot >= COLOURS && slot < OTHER) pen.stroke();
    else pen.fill();
    pen.fillStyle = words;
    const label = code === NO_LABEL ? model.get("no_label") || "no label" : state.labels[code];
    pen.fillText(`${label}  ${grouped(state.counts[code === NO_LABEL ? state.labels.length : code])}`, left + 16, top);
  });
  if (state.labels.length > LISTED) pen.fillText(`and ${grouped(state.labels.length - LISTED)} more`, left + 16, LINE * (codes.length + (rest ? 2.5 : 1.5)));
}

/** @param {Pen} pen @param {import("./_kit.js").Model} model @param {State} state @param {number} left @param {boolean} dark */
function values(pen, model, state, left, dark) {
  const words = pen.fillStyle;
  pen.fillText([model.get("value_name"), model.get("value_unit")].filter(Boolean).join(", "), left, LINE / 2);
  for (let band = 0; band < BANDS; band++) {
    pen.fillStyle = `rgb(${inkOfValue(model.get("colour_map"), Math.round((band / (BANDS - 1)) * 254), dark).join(",")})`;
    pen.fillRect(left + band * 2, LINE, 2.2, 10);
  }
  pen.fillStyle = words;
  pen.fillText(figure(state.ends[0]), left, LINE * 2.2);
  pen.textAlign = "right";
  pen.fillText(figure(state.ends[1]), left + BANDS * 2, LINE * 2.2);
}
