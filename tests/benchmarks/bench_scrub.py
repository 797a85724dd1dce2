"""How fast the line of the Run board moves over stored checkpoints: from a key to the redrawn pictures.

    python tests/benchmarks/bench_scrub.py [--moves 60]

scrub    milliseconds from an arrow key to the frame in which chart, galleries and map of the other checkpoint are drawn: median and p95. Aim: p95 at most 100.
"""

from __future__ import annotations

import argparse
import re

import _app as app
import _common as common

_AIM = 100


def main() -> None:
    """Open the shipped run, wait until it is measured, move the line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--moves", type=int, default=60)
    chosen = parser.parse_args()
    with app.served("shapes-run", command="watch") as server, app.chromium() as browser:
        server.wait()
        page = app.new_page(browser)
        page.goto(server.url)
        page.locator(".jw-headline-detail", has_text=re.compile(r"Measured 12 of 12 checkpoints over \d+ clips\.")).wait_for()
        stage = page.get_by_role("slider", name="Checkpoint").first
        stage.focus()
        page.keyboard.press("Home")
        page.locator(".jw-headline-sentence", has_text=re.compile("^Step 0 ")).wait_for()
        page.evaluate(_LISTEN)
        spent = [page.evaluate(_MOVE, "ArrowRight" if (k // 10) % 2 == 0 else "ArrowLeft") for k in range(chosen.moves + 10)][10:]
        median, p95 = (round(common.percentile(spent, share), 1) for share in (0.5, 0.95))
        common.report("scrub", "panel", "bokeh", median_ms=median, p95_ms=p95, aim_ms=_AIM, moves=len(spent), most_ms=round(max(spent), 1))


# Everything lies in shadow roots: they are walked once, and the elements are kept.
_LISTEN = """() => {
  const found = [];
  const walk = (root) => root.querySelectorAll("*").forEach((node) => {
    if (node.matches?.(".jw-run-chart, .jw-gallery, .jw-map, .jw-headline-sentence")) found.push(node);
    if (node.shadowRoot) walk(node.shadowRoot);
  });
  walk(document);
  window.scrub = {
    stage: found.find((node) => node.matches(".jw-run-chart")).querySelector(".jw-run-stage"),
    galleries: found.filter((node) => node.matches(".jw-gallery") && node.clientWidth > 0 && /tokens/.test(node.textContent)),
    sentence: found.find((node) => node.matches(".jw-headline-sentence")),
  };
}"""
_MOVE = """(key) => new Promise((done) => {
  const { stage, galleries, sentence } = window.scrub;
  const before = [sentence.textContent, ...galleries.map((node) => node.dataset.version)];
  const began = performance.now();
  const look = () => {
    const now = [sentence.textContent, ...galleries.map((node) => node.dataset.version)];
    if (now.every((value, i) => value !== before[i])) done(performance.now() - began);
    else requestAnimationFrame(look);
  };
  stage.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, composed: true }));
  requestAnimationFrame(look);
})"""

if __name__ == "__main__":
    main()
