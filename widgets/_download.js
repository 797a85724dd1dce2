// Offers bytes from Python as a download, in any host.
import { bytesOf, onAll } from "./_kit.js";
import { offer } from "./_plot_files.js";

/** @param {import("./_kit.js").Model} model @returns {() => void} what ends it */
export function downloads(model) {
  return onAll(model, ["file"], () => {
    const bytes = bytesOf(model.get("file"));
    if (bytes.length) offer(new Blob([bytes.slice()], { type: "application/octet-stream" }), model.get("file_name") || "results.npz");
  });
}
