// The values of one tensor as bars, with what they come to in words.
import { bytes, grouped, shape } from "./_amounts.js";
import { element, figure } from "./_kit.js";

/** @typedef {{name: string, counts: number[], edges: number[], mean?: number | null, std?: number | null, min?: number | null, max?: number | null,
 *   nan?: number, infinite?: number}} Histogram */

const SPACE = "http://www.w3.org/2000/svg";
const WIDTH = 320;
const TALL = 120;

/** A node of a drawing. @param {string} tag @param {Record<string, string | number>} attributes */
function shapeNode(tag, attributes) {
  const node = document.createElementNS(SPACE, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
  return node;
}

/**
 * What is known of the chosen tensor.
 * @param {import("./_tree.js").Tensor | undefined} tensor @param {Histogram | undefined} histogram undefined: on its way, or nothing chosen
 * @returns {HTMLElement}
 */
export function tensorSheet(tensor, histogram) {
  if (!tensor) return element("div", { class: "jw-values jw-quiet" }, element("p", { text: "Choose a tensor to see its values." }));
  const about = [shape(tensor.shape), tensor.dtype, tensor.bytes === undefined ? "" : bytes(tensor.bytes), tensor.part].filter(Boolean).join(" · ");
  const node = element("div", { class: "jw-values" }, element("h3", { text: tensor.name }), element("p", { class: "jw-quiet", text: about }));
  if (!histogram) {
    node.append(element("p", { class: "jw-quiet jw-values-wait", text: "Reading its values …" }));
    return node;
  }
  if (histogram.counts.length) node.append(bars(histogram));
  node.append(element("p", { class: "jw-values-words", text: words(histogram) }));
  const wrong = [histogram.nan ? `${grouped(histogram.nan)} not a number` : "", histogram.infinite ? `${grouped(histogram.infinite)} infinite` : ""].filter(Boolean);
  if (wrong.length) node.append(element("p", { class: "jw-values-wrong", text: `⚠ ${wrong.join(", ")}: these weights are broken` }));
  return node;
}

/** @param {Histogram} histogram @returns {string} */
function words(histogram) {
  const parts = /** @type {const} */ (["mean", "std", "min", "max"]).map((key) => [key, histogram[key]]);
  return parts.filter(([, value]) => typeof value === "number").map(([key, value]) => `${key} ${figure(Number(value))}`).join(" · ");
}

/** @param {Histogram} histogram */
function bars(histogram) {
  const { counts, edges } = histogram;
  const most = Math.max(1, ...counts);
  const low = edges[0];
  const span = edges[edges.length - 1] - low || 1;
  const x = (/** @type {number} */ value) => (WIDTH * (value - low)) / span;
  const svg = shapeNode("svg", { viewBox: `0 0 ${WIDTH} ${TALL + 1}`, preserveAspectRatio: "none", role: "img", class: "jw-bars", "aria-label": `Histogram: ${words(histogram)}` });
  counts.forEach((count, n) => {
    const tall = (TALL * count) / most;
    svg.append(shapeNode("rect", { x: x(edges[n]), y: TALL - tall, width: Math.max(0.5, x(edges[n + 1]) - x(edges[n]) - 0.6), height: tall }));
  });
  if (low <= 0 && low + span >= 0) svg.append(shapeNode("path", { d: `M${x(0)} 0V${TALL}`, class: "jw-bars-zero" }));
  svg.append(shapeNode("path", { d: `M0 ${TALL + 0.5}H${WIDTH}`, class: "jw-bars-ground" }));
  const ends = element("div", { class: "jw-bars-ends jw-quiet" }, element("span", { text: figure(low) }), element("span", { text: `most in one bar: ${grouped(most)}` }), element("span", { text: figure(low + span) }));
  const node = element("div", { class: "jw-bars-frame" });
  node.append(svg, ends);
  return node;
}
