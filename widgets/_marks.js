// Lines, dots, crosses and words cut to their room, on a canvas or as SVG.

/** @typedef {import("./_svg.js").Pen} Pen */

/** @param {Pen} pen @param {number} x @param {number} y @param {number} toX @param {number} toY @param {string} colour @param {number} width @param {number[]} dash */
export function line(pen, x, y, toX, toY, colour, width, dash) {
  Object.assign(pen, { strokeStyle: colour, lineWidth: width });
  pen.setLineDash(dash);
  pen.beginPath();
  pen.moveTo(x, y);
  pen.lineTo(toX, toY);
  pen.stroke();
  pen.setLineDash([]);
}

/** @param {Pen} pen @param {number} x @param {number} y @param {number} radius @param {string} colour @param {boolean} full */
export function dot(pen, x, y, radius, colour, full) {
  Object.assign(pen, { strokeStyle: colour, fillStyle: colour, lineWidth: 1.25 });
  pen.beginPath();
  pen.arc(x, y, radius, 0, 2 * Math.PI);
  if (full) pen.fill();
  else pen.stroke();
}

/** @param {Pen} pen @param {number} x @param {number} y @param {string} colour */
export function cross(pen, x, y, colour) {
  line(pen, x - 3, y - 3, x + 3, y + 3, colour, 1.5, []);
  line(pen, x - 3, y + 3, x + 3, y - 3, colour, 1.5, []);
}

/** @param {Pen} pen @param {string} text @param {number} most pixels */
export function shortened(pen, text, most) {
  if (pen.measureText(text).width <= most) return text;
  let end = text.length;
  while (end > 1 && pen.measureText(`${text.slice(0, end)}…`).width > most) end -= 1;
  return `${text.slice(0, end)}…`;
}
