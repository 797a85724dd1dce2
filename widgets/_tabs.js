// Tabs that swap one pane in place, also with the number keys of the page.

import { element, isForBoards, setAttribute, setText, write } from "./_kit.js";

/**
 * @param {import("./_kit.js").Model} model with mode, labels and missing @param {string[]} modes in the order of the keys 1, 2, ...
 * @param {HTMLElement} panel what they swap
 */
export function createTabs(model, modes, panel) {
  panel.id ||= `jw-panel-${Math.random().toString(36).slice(2)}`;
  const tabs = modes.map((mode, i) => {
    const name = element("span");
    const key = element("span", { class: "jw-letter", text: String(i + 1), "aria-hidden": "true" });
    const tab = element("button", { type: "button", class: "jw-button jw-tab", role: "tab", "aria-controls": panel.id, "data-mode": mode, onclick: () => choose(i) });
    tab.append(name, key);
    return { mode, tab, name };
  });
  const node = element("div", { class: "jw-tabs", role: "tablist", "aria-label": "What the pane shows" }, ...tabs.map(({ tab }) => tab));

  /** @param {number} i */
  function choose(i) {
    write(model, { mode: modes[i] });
  }

  /** @param {string[]} [without] modes whose tabs are not to be seen */
  function refresh(without = []) {
    for (const { mode, tab, name } of tabs) {
      const on = mode === model.get("mode");
      const reason = model.get("missing")[mode] ?? "";
      const label = model.get("labels")[mode] ?? mode;
      tab.hidden = without.includes(mode);
      setText(name, label);
      setAttribute(tab, "aria-selected", String(on));
      setAttribute(tab, "tabindex", on ? "0" : "-1");
      setAttribute(tab, "title", reason || `${label} (${modes.indexOf(mode) + 1})`);
      tab.classList.toggle("jw-off", Boolean(reason));
    }
  }

  node.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const next = (modes.indexOf(model.get("mode")) + step + modes.length) % modes.length;
    choose(next);
    tabs[next].tab.focus();
  });
  const onKey = (/** @type {KeyboardEvent} */ event) => {
    const i = event.ctrlKey || event.metaKey || event.altKey || !isForBoards(event, node) ? -1 : Number(event.key) - 1;
    if (!(i in modes)) return;
    event.preventDefault();
    choose(i);
  };
  document.addEventListener("keydown", onKey);
  return { node, refresh, dispose: () => document.removeEventListener("keydown", onKey) };
}
