// Files from the user's own machine: dropped on the page or chosen, sent in chunks, the next one when Python has taken the last.
import { element } from "./_kit.js";

/** @typedef {import("./_kit.js").Model} Model */

const CHUNK = 384 * 1024;
const ORDER = new Intl.Collator("en", { numeric: true });

/** Base64 of bytes. @param {Uint8Array} bytes @returns {string} */
export function base64(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text);
}

/**
 * Sends files one after another. Python answers each piece through `taken`, with `error` where it wants no more of these files.
 * @param {Model} model
 */
export function sender(model) {
  let number = Number(model.get("piece").n) || 0;
  /** @type {((answer: {n: number, error: string}) => void) | undefined} */
  let heard;
  let sending = false;
  const onAnswer = () => heard?.(model.get("taken"));
  model.on("change:taken", onAnswer);

  const tell = (/** @type {Record<string, any>} */ piece) => {
    number += 1;
    const n = number;
    const answer = new Promise((/** @type {(value: string) => void} */ done) => {
      heard = (said) => {
        if (said.n === n) done(said.error);
      };
    });
    model.set("piece", { n, do: "begin", name: "", size: 0, offset: 0, data: "", files: 0, ...piece });
    model.save_changes();
    return answer;
  };
  const one = async (/** @type {File} */ file, /** @type {number} */ files) => {
    if (await tell({ do: "begin", name: file.name, size: file.size, files })) return false;
    for (let offset = 0; offset < file.size; offset += CHUNK) {
      const read = await file.slice(offset, offset + CHUNK).arrayBuffer().catch(() => undefined);
      if (!read) return void (await tell({ do: "stop", name: file.name }));
      if (await tell({ do: "chunk", name: file.name, offset, data: base64(new Uint8Array(read)) })) return false;
    }
    return !(await tell({ do: "end", name: file.name }));
  };
  return {
    /** @param {File[]} files */
    async send(files) {
      if (sending || !files.length) return;
      sending = true;
      try {
        const row = [...files].sort((a, b) => ORDER.compare(a.name, b.name));
        for (const file of row) if (!(await one(file, row.length))) return;
        await tell({ do: "done" });
      } finally {
        sending = false;
      }
    },
    folder: () => void tell({ do: "folder" }),
    dispose: () => model.off("change:taken", onAnswer),
  };
}

/**
 * Shows where files can be dropped while they are dragged over the page, and takes them. In a notebook only over the board itself.
 * @param {HTMLElement} root @param {ReturnType<typeof sender>} send @param {() => boolean} open whether the dialog is
 */
export function dropping(root, send, open) {
  const words = element("div", { class: "jw-drop-words", text: "Drop images, videos or vectors to look at them" });
  const sheet = element("div", { class: "jw-drop", popover: "manual", "aria-hidden": "true" }, words);
  root.append(sheet);
  const meant = (/** @type {DragEvent} */ event) => {
    if (!event.dataTransfer?.types.includes("Files")) return false;
    const lab = "jpThemeLight" in document.body.dataset;
    const box = root.closest(".jw-board");
    return !lab || open() || Boolean(box && event.composedPath().includes(box)) || event.composedPath().includes(sheet);
  };
  const hide = () => sheet.matches(":popover-open") && sheet.hidePopover();
  const over = (/** @type {DragEvent} */ event) => {
    if (!meant(event)) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.dataTransfer) event.dataTransfer.dropEffect = "copy";
    if (!sheet.matches(":popover-open")) sheet.showPopover();
  };
  const leave = (/** @type {DragEvent} */ event) => {
    if (!event.relatedTarget) hide();
  };
  const drop = (/** @type {DragEvent} */ event) => {
    hide();
    if (!meant(event)) return;
    event.preventDefault();
    event.stopPropagation();
    const items = [...(event.dataTransfer?.items ?? [])];
    if (items.some((item) => item.webkitGetAsEntry?.()?.isDirectory)) send.folder();
    else void send.send([...(event.dataTransfer?.files ?? [])]);
  };
  const heard = /** @type {const} */ ([["dragenter", over], ["dragover", over], ["dragleave", leave], ["drop", drop], ["dragend", hide]]);
  for (const [name, act] of heard) window.addEventListener(name, /** @type {EventListener} */ (act), true);
  return () => {
    for (const [name, act] of heard) window.removeEventListener(name, /** @type {EventListener} */ (act), true);
    hide();
    sheet.remove();
  };
}

/** A button that lets files be chosen where dragging is no way. @param {ReturnType<typeof sender>} send */
export function chooser(send) {
  const field = element("input", { type: "file", multiple: true, accept: "image/*,video/*,.npy,.npz,.parquet,.pq,.safetensors,.csv,.mkv,.heic", class: "jw-heard", tabindex: "-1", "aria-hidden": "true" });
  field.addEventListener("change", () => {
    void send.send([...(field.files ?? [])]);
    field.value = "";
  });
  const press = element("button", { type: "button", class: "jw-button jw-open-place jw-open-own", text: "Your computer …", title: "Send images, videos, or vectors with their labels from the machine of the browser. Or drop them on the page.", onclick: () => field.click() });
  return element("div", {}, press, field);
}
