// A Plotly figure: Plotly.react changes it in place. The library is run once a page, whichever chart got it first.

import { createBehind, ofFigure } from "./_behind.js";
import { LINE, RISE, TOP, linesOf } from "./_chart_title.js";
import { element, mount, onAll, onNextFrame, setAttribute, write } from "./_kit.js";
import { plotFiles } from "./_plot_files.js";
import { growth } from "./_room.js";
import { followSize } from "./_stage.js";

/** @typedef {{react: (node: HTMLElement, data: any, layout: any, config: any) => Promise<any>, purge: (node: HTMLElement) => void, toImage: (figure: any, options: any) => Promise<string>}} Plotly */
/** The promise of the library stands here, for all charts of the page. */
const HOME = /** @type {{jwPlotly?: Promise<Plotly>, Plotly?: Plotly}} */ (/** @type {any} */ (globalThis));
const CONFIG = { displayModeBar: false };

/** Runs the library as a module of its own, whatever else on the page may be called `define` or `module`. @param {string} source @returns {Promise<Plotly>} */
async function run(source) {
  const parts = ["const module = { exports: {} }; const exports = module.exports; const define = undefined;\n", source, "\nexport default module.exports;"];
  const url = URL.createObjectURL(new Blob(parts, { type: "text/javascript" }));
  const found = await import(url);
  URL.revokeObjectURL(url);
  return found.default;
}

/** Loads the library from the server, once a page. @param {string} place @param {HTMLElement} root @returns {Promise<Plotly>} */
function load(place, root) {
  return new Promise((done, fail) => {
    const script = element("script", { src: place, onload: () => (HOME.Plotly ? done(HOME.Plotly) : fail(new Error("this is not plotly.js"))) });
    script.addEventListener("error", () => {
      HOME.jwPlotly = undefined; // the next chart tries again
      script.remove();
      fail(new Error("plotly.js did not come"));
    });
    root.append(script);
  });
}

/** @param {{model: import("./_kit.js").Model, el: HTMLElement}} host */
function render({ model, el }) {
  const { root, dispose } = mount(model, el, "jw-chart-view");
  const plot = element("div", { class: "jw-plot", role: "img", "aria-label": model.get("label") });
  const files = plotFiles(() => model.get("label"), save);
  const behind = createBehind();
  root.append(plot, files, behind.node);
  const pen = document.createElement("canvas").getContext("2d");
  let told = -1;
  let gone = false;

  /** @param {"png" | "svg"} kind @returns {Promise<Blob>} the chart on the ground of the page, as large as it is shown */
  async function save(kind) {
    const [{ data, layout }, plotly] = [structuredClone(model.get("figure")), await HOME.jwPlotly];
    if (!plotly) throw new Error("plotly.js is not there");
    const ground = getComputedStyle(root).getPropertyValue("--jw-ground").trim();
    const size = { width: root.clientWidth, height: tall() };
    const drawn = { data, layout: { ...layout, ...size, paper_bgcolor: ground, plot_bgcolor: ground } };
    return (await fetch(await plotly.toImage(drawn, { format: kind, scale: kind === "png" ? 2 : 1, ...size }))).blob();
  }

  const tall = () => Math.round(model.get("chart_height") * Math.max(1, growth(root)));

  /** The layout with its title in as many lines as it needs. @param {any} layout */
  function titled(layout) {
    const text = layout.title?.text;
    if (!text || !pen) return layout;
    const { size, family } = { ...layout.font, ...layout.title.font };
    pen.font = `${size}px ${family ?? layout.font?.family}`;
    const lines = linesOf(text, root.clientWidth, (words) => pen.measureText(words).width);
    const more = lines.length - text.split("<br>").length;
    const pad = { t: TOP + (lines.length > 1 ? RISE * size : 0) };
    return { ...layout, title: { ...layout.title, text: lines.join("<br>"), y: 1, pad }, margin: { ...layout.margin, t: (layout.margin?.t ?? 0) + LINE * more } };
  }

  async function draw() {
    const { data, layout } = model.get("figure");
    const [version, height] = [model.get("version"), tall()];
    root.style.height = `${height}px`;
    files.hidden = !data?.length;
    if (told !== version) {
      const { words, tables } = ofFigure({ data, layout }, model.get("label"));
      behind.fill(words, tables);
      told = version;
    }
    if (!data) return;
    if (!HOME.jwPlotly && HOME.Plotly) HOME.jwPlotly = Promise.resolve(HOME.Plotly);
    if (!HOME.jwPlotly && model.get("library_at")) HOME.jwPlotly = load(model.get("library_at"), root);
    if (!HOME.jwPlotly && model.get("library")) HOME.jwPlotly = run(model.get("library"));
    write(model, { wanted: !HOME.jwPlotly });
    const plotly = await HOME.jwPlotly;
    if (gone || !plotly || version !== model.get("version")) return;
    await plotly.react(plot, structuredClone(data), { ...titled(structuredClone(layout)), height, width: root.clientWidth }, CONFIG);
    if (!gone) setAttribute(root, "data-version", version);
  }

  const frame = onNextFrame(() => void draw(), () => root.clientWidth > 0);
  const stops = [onAll(model, ["figure", "chart_height", "library", "version"], frame.request), followSize(root, frame.request), frame.cancel, dispose];
  return () => {
    gone = true;
    void HOME.jwPlotly?.then((plotly) => plotly.purge(plot));
    stops.forEach((stop) => stop());
  };
}

export default { render };
