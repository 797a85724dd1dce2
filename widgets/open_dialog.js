// A button, and the dialog behind it in which a model, images or a bank are chosen and opened.
import { build } from "./_controls.js";
import { element, icon, mount, onAll, same, setAttribute, setText, write } from "./_kit.js";
import { chooser, dropping, sender } from "./_open_drop.js";
import { fileList } from "./_open_list.js";

/** @typedef {import("./_kit.js").Model} Model */
/** @typedef {{id: string, label: string}} Place */

const CLOSE = "M3.6 3.6l8.8 8.8M12.4 3.6l-8.8 8.8";
const UP = "M8 13V3.4M4 7.2 8 3.2l4 4";
const PAGES = [
  ["model", "Model"],
  ["data", "Images, video"],
  ["bank", "Bank"],
];
const HINTS = {
  model: "Path of a checkpoint, or the name of a sample",
  data: "Path of an image, a video, a folder or a bank",
  bank: "Path of a folder or an npz that baselines are taken over",
};

/** @param {{model: Model, el: HTMLElement}} host */
function render({ model, el }) {
  const { root, dispose } = mount(model, el, "jw-open");
  const wishes = wisher(model);
  const launch = element("button", { type: "button", class: "jw-button jw-push jw-open-button", "data-primary": "true", "aria-haspopup": "dialog", text: "Open …", onclick: () => show() });
  const leave = element("button", { type: "button", class: "jw-button jw-push", text: "Cancel opening", onclick: () => wishes.ask("cancel") });
  const back = element("button", { type: "button", class: "jw-button jw-push", onclick: () => wishes.ask("clear") });
  const dialog = element("dialog", { class: "jw-dialog jw-open-dialog", "aria-label": "Open" });
  const send = sender(model);
  const inside = contents(model, wishes, send, () => dialog.close());
  dialog.append(inside.node);
  root.append(element("div", { class: "jw-progress" }), element("div", { class: "jw-open-launch" }, launch, leave, back), dialog);

  function show() {
    if (!dialog.open) dialog.showModal();
    inside.focus();
    write(model, { shown: true });
    wishes.ask("show");
  }
  dialog.addEventListener("close", () => {
    drawOpening();
    write(model, { shown: false });
    launch.focus({ preventScroll: true });
  });
  // Keys are the dialog's while it is open; the browser's own Escape closes it.
  dialog.addEventListener("keydown", (event) => event.stopPropagation());
  dialog.addEventListener("pointerdown", (event) => {
    if (event.target === dialog && outside(dialog, event)) dialog.close();
  });
  const drawShown = () => {
    const wanted = Boolean(model.get("shown"));
    if (wanted && !dialog.open) {
      dialog.showModal();
      inside.focus();
    } else if (!wanted && dialog.open) dialog.close();
  };
  const drawOpening = () => {
    leave.hidden = !model.get("opening") || dialog.open; // the dialog has one of its own
    setText(back, model.get("clearable"));
    back.hidden = !model.get("clearable");
    setAttribute(root, "data-busy", String(Boolean(model.get("opening"))));
  };
  drawOpening();
  drawShown();
  const stopDrops = dropping(root, send, () => dialog.open);
  const stops = [onAll(model, ["shown"], drawShown), onAll(model, ["opening", "clearable"], drawOpening), stopDrops, send.dispose];
  return () => [...stops, inside.dispose, dispose].forEach((end) => end());
}

/** Did a press land beside the box of a dialog? @param {HTMLElement} dialog @param {PointerEvent} event */
function outside(dialog, event) {
  const box = dialog.getBoundingClientRect();
  return event.clientX < box.left || event.clientX > box.right || event.clientY < box.top || event.clientY > box.bottom;
}

/** What the user asks for, with the settings as they stand. @param {Model} model */
function wisher(model) {
  const values = () => model.get("values");
  /** @type {() => Record<string, any>} */
  let settings = values;
  const ask = (/** @type {string} */ what, path = "") => {
    write(model, { wish: { n: (Number(model.get("wish").n) || 0) + 1, do: what, path, values: settings() } });
  };
  return { ask, from: (/** @type {() => Record<string, any>} */ read) => (settings = read) };
}

/** @param {Model} model @param {ReturnType<typeof wisher>} wishes @param {ReturnType<typeof sender>} send @param {() => void} close */
function contents(model, wishes, send, close) {
  const tabs = pages(model, wishes);
  const places = element("div", { class: "jw-open-places", role: "group", "aria-label": "Places" });
  const crumbs = element("nav", { class: "jw-open-crumbs", "aria-label": "Folder" });
  const up = element("button", { type: "button", class: "jw-button", title: "The folder above (Backspace)", "aria-label": "The folder above", onclick: () => above() }, icon(UP));
  const path = element("input", { type: "text", class: "jw-field jw-open-path", "aria-label": "Path", spellcheck: "false", autocomplete: "off" });
  const go = element("button", { type: "button", class: "jw-button jw-push", "data-primary": "true", text: "Open", onclick: () => wishes.ask("open", path.value) });
  const leave = element("button", { type: "button", class: "jw-button jw-push", text: "Cancel opening", onclick: () => wishes.ask("cancel") });
  const shut = element("button", { type: "button", class: "jw-button jw-open-close", title: "Close (Esc)", "aria-label": "Close", onclick: close }, icon(CLOSE));
  const said = element("div", { class: "jw-open-said", role: "status", "aria-live": "polite" });
  const side = details(model, wishes);
  let typing = false; // what is typed stays when an answer to what was asked before comes
  const own = chooser(send);
  const files = fileList({
    go: (folder) => visit(folder),
    choose: (chosen) => {
      typing = false;
      path.value = chosen;
      wishes.ask("choose", chosen);
    },
    open: (chosen) => {
      path.value = chosen;
      wishes.ask("open", chosen);
    },
    up: () => above(),
  });
  const bar = element("div", { class: "jw-open-bar" }, up, crumbs, files.filter);
  const middle = element("div", { class: "jw-open-middle" }, bar, files.node);
  const body = element("div", { class: "jw-open-body", role: "tabpanel", "aria-label": "What can be opened" }, places, middle, side.node);
  const foot = element("div", { class: "jw-open-foot" }, said, element("div", { class: "jw-open-go" }, path, leave, go));
  const head = element("div", { class: "jw-open-head" }, tabs.node, shut);
  const node = element("div", { class: "jw-open-box" }, element("div", { class: "jw-progress" }), head, body, foot);

  function visit(/** @type {string} */ folder) {
    typing = false;
    wishes.ask("go", folder);
  }
  function above() {
    const steps = /** @type {Place[]} */ (model.get("listing").crumbs ?? []);
    if (steps.length > 1) visit(steps[steps.length - 2].id);
  }
  path.addEventListener("input", () => (typing = true));
  path.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    wishes.ask("open", path.value);
  });
  path.addEventListener("change", () => {
    if (path.value !== model.get("path")) wishes.ask("choose", path.value);
  });
  side.node.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target instanceof HTMLInputElement) wishes.ask("open", path.value);
  });

  const drawPlaces = () => {
    const place = model.get("listing").place;
    const drawn = /** @type {Place[]} */ (model.get("places")).map(({ id, label }) => {
      const each = element("button", { type: "button", class: "jw-button jw-open-place", text: label, title: label, onclick: () => visit(id) });
      setAttribute(each, "aria-pressed", String(id === place));
      return each;
    });
    places.replaceChildren(...drawn, ...(model.get("target") === "data" ? [own] : []));
  };
  const drawListing = () => {
    const listing = model.get("listing");
    const steps = /** @type {Place[]} */ (listing.crumbs ?? []);
    crumbs.replaceChildren(
      ...steps.flatMap(({ id, label }, k) => {
        const last = k === steps.length - 1;
        const step = element("button", { type: "button", class: "jw-button", text: label, "aria-current": last ? "location" : null, onclick: () => visit(id) });
        return last ? [step] : [step, element("span", { class: "jw-open-slash", text: "/", "aria-hidden": "true" })];
      }),
    );
    crumbs.scrollLeft = crumbs.scrollWidth;
    up.disabled = steps.length < 2;
    files.show(listing, model.get("path"));
    drawPlaces();
  };
  const drawPath = () => {
    const held = typing || /** @type {Document | ShadowRoot} */ (path.getRootNode()).activeElement === path;
    if (!held) path.value = model.get("path");
    setAttribute(path, "placeholder", HINTS[/** @type {"model"} */ (model.get("target"))]);
  };
  const drawSaid = () => {
    const { sentence = "", detail = "", tone = "plain" } = model.get("said");
    const opening = Boolean(model.get("opening"));
    setAttribute(said, "data-tone", tone);
    said.replaceChildren(element("strong", { text: sentence }), element("span", { text: detail }));
    leave.hidden = !opening;
    go.disabled = opening;
    setAttribute(node, "data-busy", String(opening));
  };
  drawListing();
  drawPath();
  drawSaid();
  const stops = [
    onAll(model, ["places", "target"], drawPlaces),
    onAll(model, ["listing"], drawListing),
    onAll(model, ["target"], () => {
      typing = false;
      drawPath();
    }),
    onAll(model, ["path"], drawPath),
    onAll(model, ["shown"], () => (typing = typing && Boolean(model.get("shown")))),
    onAll(model, ["said", "opening"], drawSaid),
  ];
  const dispose = () => [...stops, tabs.dispose, side.dispose, files.dispose].forEach((end) => end());
  return { node, dispose, focus: () => files.list.focus({ preventScroll: true }) };
}

/** The three pages, each with what is open of its kind. @param {Model} model @param {ReturnType<typeof wisher>} wishes */
function pages(model, wishes) {
  const turn = (/** @type {string} */ target) => {
    write(model, { target });
    wishes.ask("target", target);
  };
  const tabs = PAGES.map(([id, label]) => {
    const now = element("span", { class: "jw-open-now" });
    const name = element("span", { class: "jw-open-title", text: label });
    const tab = element("button", { type: "button", class: "jw-button jw-open-tab", role: "tab", "data-target": id, onclick: () => turn(id) }, name, now);
    return { id, tab, now };
  });
  const node = element("div", { class: "jw-open-tabs", role: "tablist", "aria-label": "What to open" }, ...tabs.map(({ tab }) => tab));
  node.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const next = (tabs.findIndex(({ id }) => id === model.get("target")) + step + tabs.length) % tabs.length;
    turn(tabs[next].id);
    tabs[next].tab.focus();
  });
  const draw = () => {
    for (const { id, tab, now } of tabs) {
      const on = id === model.get("target");
      setText(now, model.get("current")[id] ?? "");
      setAttribute(now, "title", model.get("current")[id] || null);
      setAttribute(tab, "aria-selected", String(on));
      setAttribute(tab, "tabindex", on ? "0" : "-1");
    }
  };
  draw();
  return { node, dispose: onAll(model, ["target", "current"], draw) };
}

/** What is known of the path, and its settings. @param {Model} model @param {ReturnType<typeof wisher>} wishes */
function details(model, wishes) {
  const about = element("div", { class: "jw-open-about", "aria-live": "polite" });
  const form = element("div", { class: "jw-open-form", role: "group", "aria-label": "Settings" });
  const node = element("div", { class: "jw-open-side" }, about, form);
  /** @type {Record<string, any>} */
  let values = {};
  /** @type {Map<string, import("./_controls.js").Built>} */
  let built = new Map();
  /** @type {any[]} */
  let drawn = [];
  wishes.from(() => {
    // A text tells its value when it is left or entered; here what stands in it counts.
    for (const field of form.querySelectorAll("input[type=text]")) field.dispatchEvent(new Event("change"));
    return values;
  });
  const drawAbout = () => {
    const { sentence = "", detail = "", tone = "plain" } = model.get("about");
    setAttribute(about, "data-tone", tone);
    about.replaceChildren(element("strong", { text: sentence }), ...detail.split("\n").filter(Boolean).map((/** @type {string} */ line) => element("p", { text: line })));
    about.hidden = !sentence && !detail;
  };
  const drawForm = () => {
    const controls = model.get("controls");
    if (!same(drawn, controls)) {
      drawn = controls;
      built = new Map(controls.map((/** @type {any} */ each) => [each.id, build(each, (value) => (values = { ...values, [each.id]: value }), () => {})]));
      form.replaceChildren(...[...built.values()].map((each) => each.node));
    }
    values = { ...model.get("values") };
    for (const [id, each] of built) if (id in values) each.show(values[id]);
    form.hidden = !controls.length;
  };
  drawAbout();
  drawForm();
  const stops = [onAll(model, ["about"], drawAbout), onAll(model, ["controls", "values"], drawForm)];
  return { node, dispose: () => stops.forEach((end) => end()) };
}

export default { render };
