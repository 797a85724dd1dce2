// The fragment of the page's address: written as Python says, told to Python when the page opens and after Back, Forward or an edit.
import { downloads } from "./_download.js";
import { button, element, icon, mount, onAll, press, setAttribute, setText, write } from "./_kit.js";
import { copyText } from "./_popover.js";

/** @typedef {import("./_kit.js").Model} Model */

const LONGEST = 64 * 1024; // characters that Python is told of a fragment: it refuses what is longer
const SHOWN = 6000; // milliseconds that a note is up
const SOON = 1500; // milliseconds that copying waits for an address that follows
const ICONS = {
  link: "M6.6 9.4a2.6 2.6 0 0 0 3.7 0l2.6-2.6a2.6 2.6 0 0 0-3.7-3.7l-.9.9M9.4 6.6a2.6 2.6 0 0 0-3.7 0L3.1 9.2a2.6 2.6 0 0 0 3.7 3.7l.9-.9",
  save: "M8 2.4v7.4M4.8 6.8 8 10l3.2-3.2M2.8 11.4v2h10.4v-2",
};

const here = () => window.location.hash.slice(1);

/** The address of the page with another fragment, and without the token that let this browser in. @param {string} fragment */
function addressOf(fragment) {
  const url = new URL(window.location.href);
  url.searchParams.delete("token");
  url.hash = "";
  return `${url.href.replace(/#$/, "")}${fragment ? `#${fragment}` : ""}`;
}

/** @param {{model: Model, el: HTMLElement}} host */
function render({ model, el }) {
  const { root, dispose } = mount(model, el, "jw-address");
  const note = noteIn(root);
  const copy = async () => {
    await settled(model);
    const copied = await copyText(addressOf(here()), root);
    const without = model.get("without");
    note.tell(copied ? `Link copied.${without ? ` Not in the link: ${without}.` : ""}` : "The browser does not allow copying: copy the address of this page.");
  };
  const unless = (/** @type {() => void} */ act) => () => (model.get("refusal") ? note.tell(model.get("refusal")) : act());
  root.prepend(
    labelled("Copy link", "Copy a link to what is on screen", ICONS.link, unless(() => void copy())),
    labelled("Save view", "Save what is on screen as a file, which jepa-workbench app and jw.open_view open", ICONS.save, unless(() => press(model, "command", "save"))),
  );

  let told = Number(model.get("seen")[1]);
  let entries = Math.max(1, Number(model.get("address")[1]));
  const follow = () => {
    const [fragment, count, after] = model.get("address");
    if (!count || after !== told) return; // of before the user went elsewhere
    const fresh = count > entries;
    entries = Math.max(entries, count);
    if (fragment === here()) return;
    const place = `${window.location.pathname}${window.location.search}${fragment ? `#${fragment}` : ""}`;
    if (fresh) window.history.pushState(null, "", place);
    else window.history.replaceState(window.history.state, "", place);
  };
  const tell = () => void write(model, { seen: [here().slice(0, LONGEST), (told += 1)] });
  window.addEventListener("popstate", tell);
  const drawState = () => {
    setAttribute(root, "data-due", String(Boolean(model.get("due"))));
    setAttribute(root, "data-shown", model.get("address")[0]);
  };
  const stops = [onAll(model, ["address"], follow), onAll(model, ["address", "due"], drawState), downloads(model)];
  follow();
  drawState();
  tell();
  return () => {
    window.removeEventListener("popstate", tell);
    [...stops, note.dispose, dispose].forEach((stop) => stop());
  };
}

/** Until the address says what is on screen, or has had its time. @param {Model} model @returns {Promise<void>} */
function settled(model) {
  if (!model.get("due")) return Promise.resolve();
  return new Promise((done) => {
    const end = () => {
      stop();
      window.clearTimeout(timer);
      done();
    };
    const stop = onAll(model, ["due"], end);
    const timer = window.setTimeout(end, SOON);
  });
}

/** @param {string} label @param {string} hint @param {string} path @param {() => void} act */
function labelled(label, hint, path, act) {
  const node = button(hint, icon(path), act);
  node.append(element("span", { text: label }));
  node.setAttribute("aria-label", label);
  return node;
}

/** A line under the buttons that goes by itself, in the browser's top layer. @param {HTMLElement} root */
function noteIn(root) {
  const node = element("div", { class: "jw-address-note", role: "status", popover: "manual" });
  root.append(node);
  let timer = 0;
  const hide = () => {
    if (node.matches(":popover-open")) node.hidePopover();
  };
  const tell = (/** @type {string} */ words) => {
    window.clearTimeout(timer);
    if (!node.matches(":popover-open")) node.showPopover();
    setText(node, words);
    const box = root.getBoundingClientRect();
    node.style.top = `${box.bottom + 6}px`;
    node.style.left = `${Math.max(8, Math.min(box.right, window.innerWidth - 8) - node.offsetWidth)}px`;
    timer = window.setTimeout(hide, SHOWN);
  };
  document.addEventListener("pointerdown", hide);
  const dispose = () => {
    window.clearTimeout(timer);
    document.removeEventListener("pointerdown", hide);
  };
  return { tell, dispose };
}

export default { render };
