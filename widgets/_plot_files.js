// Two quiet buttons in the corner of a plot: the plot as a file, png for slides, svg for papers. Made here, nothing is asked of the internet.

import { button, element } from "./_kit.js";

const SHARP = 2; // device pixels a CSS pixel in a png

/** A link that is clicked once and forgotten. @param {Blob} blob @param {string} name */
export function offer(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

/** A file name of ours from what a plot is called. @param {string} name @param {string} ending */
export function fileName(name, ending) {
  const words = name.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-+|-+$/g, "");
  return `jepa-workbench-${words || "plot"}.${ending}`;
}

/**
 * The buttons.
 * @param {() => string} name what the plot is called @param {(kind: "png" | "svg") => Promise<Blob>} make
 */
export function plotFiles(name, make) {
  const buttons = /** @type {const} */ (["png", "svg"]).map((kind) =>
    button(`Save as ${kind}`, kind, () => void make(kind).then((blob) => offer(blob, fileName(name(), kind)))),
  );
  return element("span", { class: "jw-plot-files", role: "group", "aria-label": "Save this plot" }, ...buttons);
}

/** An SVG as it is, or drawn sharply on a ground. @param {"png" | "svg"} kind @param {string} svg @param {string} ground @returns {Promise<Blob>} */
export async function filed(kind, svg, ground) {
  if (kind === "svg") return new Blob([svg], { type: "image/svg+xml" });
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const canvas = element("canvas", { width: image.width * SHARP, height: image.height * SHARP });
  const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  pen.fillStyle = ground;
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((done, fail) => canvas.toBlob((blob) => (blob ? done(blob) : fail(new Error("no png"))), "image/png"));
}
