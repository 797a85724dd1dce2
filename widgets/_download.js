// Offers bytes from Python as a download, in any host: a link that is clicked once and forgotten.
import { bytesOf, onAll } from "./_kit.js";

/** @param {import("./_kit.js").Model} model @returns {() => void} what ends it */
export function downloads(model) {
  return onAll(model, ["file"], () => {
    const bytes = bytesOf(model.get("file"));
    if (!bytes.length) return;
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([bytes.slice()], { type: "application/octet-stream" }));
    link.download = model.get("file_name") || "results.npz";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  });
}
