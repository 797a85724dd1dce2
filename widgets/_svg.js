// What is drawn on a canvas, as SVG: the same calls on a pen that writes them down. Only what curves use.

/** @typedef {Pick<CanvasRenderingContext2D, "fillStyle" | "strokeStyle" | "lineWidth" | "lineJoin" | "lineCap" | "globalAlpha" | "font" | "textAlign" | "textBaseline" | "setLineDash" | "beginPath" | "moveTo" | "lineTo" | "closePath" | "arc" | "stroke" | "fill" | "fillRect" | "fillText" | "strokeText" | "measureText">} Pen */

const ESCAPES = /** @type {Record<string, string>} */ ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" });
const ANCHORS = /** @type {Record<string, string>} */ ({ left: "start", start: "start", center: "middle", right: "end", end: "end" });

/** @param {string} text */
function escaped(text) {
  return text.replace(/[&<>"]/g, (sign) => ESCAPES[sign]);
}

/** @param {number} value */
function short(value) {
  return String(Number(value.toFixed(2)));
}

/** A colour as attributes that old viewers know: its opacity apart. @param {string} name "fill" or "stroke" @param {string | CanvasGradient | CanvasPattern} style */
function coloured(name, style) {
  const parts = /^rgb\((\d+) (\d+) (\d+)(?: \/ ([\d.]+)%)?\)$/.exec(String(style));
  if (!parts) return `${name}="${style}"`;
  return `${name}="rgb(${parts[1]},${parts[2]},${parts[3]})"${parts[4] ? ` ${name}-opacity="${Number(parts[4]) / 100}"` : ""}`;
}

/**
 * A pen that draws SVG, and what it has drawn.
 * @param {number} width @param {number} height CSS pixels @param {CanvasRenderingContext2D} real measures text
 * @returns {{pen: Pen, picture: (url: string, width: number, height: number) => void, text: () => string}} picture: an image from the upper left
 */
export function svgPen(width, height, real) {
  /** @type {string[]} */
  const nodes = [];
  let path = "";
  let dash = "";
  const seen = () => (pen.globalAlpha < 1 ? ` opacity="${short(pen.globalAlpha)}"` : "");
  const write = (/** @type {string} */ words, /** @type {number} */ x, /** @type {number} */ y, /** @type {string} */ look) => {
    const down = pen.textBaseline === "middle" ? ' dy="0.35em"' : "";
    nodes.push(`<text x="${short(x)}" y="${short(y)}"${down} ${look} text-anchor="${ANCHORS[pen.textAlign]}" style="font:${escaped(pen.font.replaceAll('"', "'"))}"${seen()}>${escaped(words)}</text>`);
  };
  const pen = {
    fillStyle: /** @type {string | CanvasGradient | CanvasPattern} */ ("#000000"),
    strokeStyle: /** @type {string | CanvasGradient | CanvasPattern} */ ("#000000"),
    lineWidth: 1,
    lineJoin: /** @type {CanvasLineJoin} */ ("miter"),
    lineCap: /** @type {CanvasLineCap} */ ("butt"),
    textBaseline: /** @type {CanvasTextBaseline} */ ("alphabetic"),
    globalAlpha: 1,
    font: real.font,
    textAlign: /** @type {CanvasTextAlign} */ ("left"),
    setLineDash: (/** @type {Iterable<number>} */ lengths) => void (dash = [...lengths].join(" ")),
    beginPath: () => void (path = ""),
    moveTo: (/** @type {number} */ x, /** @type {number} */ y) => void (path += `M${short(x)} ${short(y)}`),
    lineTo: (/** @type {number} */ x, /** @type {number} */ y) => void (path += `${path ? "L" : "M"}${short(x)} ${short(y)}`),
    arc: (/** @type {number} */ x, /** @type {number} */ y, /** @type {number} */ r) =>
      void (path += `M${short(x - r)} ${short(y)}a${short(r)} ${short(r)} 0 1 0 ${short(2 * r)} 0a${short(r)} ${short(r)} 0 1 0 ${short(-2 * r)} 0`),
    closePath: () => void (path += "Z"),
    stroke: () => {
      const dashes = dash ? ` stroke-dasharray="${dash}"` : "";
      nodes.push(`<path d="${path}" fill="none" ${coloured("stroke", pen.strokeStyle)} stroke-width="${pen.lineWidth}" stroke-linejoin="${pen.lineJoin}"${dashes}${seen()}/>`);
    },
    fill: () => void nodes.push(`<path d="${path}" ${coloured("fill", pen.fillStyle)}${seen()}/>`),
    fillRect: (/** @type {number} */ x, /** @type {number} */ y, /** @type {number} */ w, /** @type {number} */ h) =>
      void nodes.push(`<rect x="${short(x)}" y="${short(y)}" width="${short(w)}" height="${short(h)}" ${coloured("fill", pen.fillStyle)}${seen()}/>`),
    fillText: (/** @type {string} */ text, /** @type {number} */ x, /** @type {number} */ y) => write(text, x, y, coloured("fill", pen.fillStyle)),
    strokeText: (/** @type {string} */ text, /** @type {number} */ x, /** @type {number} */ y) =>
      write(text, x, y, `fill="none" ${coloured("stroke", pen.strokeStyle)} stroke-width="${pen.lineWidth}" stroke-linejoin="${pen.lineJoin}"`),
    measureText: (/** @type {string} */ text) => {
      real.font = pen.font;
      return real.measureText(text);
    },
  };
  const head = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`;
  const picture = (/** @type {string} */ url, /** @type {number} */ wide, /** @type {number} */ tall) =>
    void nodes.push(`<image href="${escaped(url)}" width="${wide}" height="${tall}"/>`);
  return { pen: /** @type {Pen} */ (pen), picture, text: () => `${head}${nodes.join("")}</svg>\n` };
}
