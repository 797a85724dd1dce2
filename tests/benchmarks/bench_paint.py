"""From letting go of the mouse to the changed map, in the whole app and a real browser.

    python tests/benchmarks/bench_paint.py [--strokes 60] [--sample shapes]

paint           a stroke a second, as a person paints; aim: 95 % within 150 ms.
paint.at_once   the next stroke starts as soon as the map of the last one is there, while the controls are still being computed.

The clock is the browser's: it starts with the time stamp of the `pointerup` event and stops after the frame in which the pane drew the new answer. Every
stroke makes a mask that was never seen before, so that no answer comes out of a memory.
"""

from __future__ import annotations

import argparse
import random
from typing import Any

import _app
import _common as common
import numpy as np

import workbench
from workbench.boards.masks import controls

_AIM, _PACE = 0.150, 700  # seconds; ms between the map and the next stroke
_PROBE = """
(pane) => {
  const probe = (window.workbenchProbe = { released: 0, version: Number(pane.dataset.version), shown: 0 });
  document.addEventListener("pointerup", (event) => (probe.released = event.timeStamp), true);
  const afterFrame = new MessageChannel();
  afterFrame.port1.onmessage = ({ data }) => Object.assign(probe, { version: data, shown: performance.now() });
  new MutationObserver(() => {
    const version = Number(pane.dataset.version);
    if (version !== probe.version) afterFrame.port2.postMessage(version);
  }).observe(pane, { attributes: true, attributeFilter: ["data-version"] });
}
"""


def first_roles(sample: str) -> dict[tuple[int, int], str]:
    """What each token is in the mask that the board opens with; "mixed" where that changes from tick to tick."""
    card = workbench.load(sample).card
    choice = controls.choices(card)[0]
    shape = (max(card.frames // card.tubelet, 1), card.image_size[0] // card.patch[0], card.image_size[1] // card.patch[1])
    mask = controls.draw(controls.sampler(choice, {}), shape, 0)
    roles = np.where(mask.context, "context", np.where(mask.target, "target", "neither"))
    return {(r, c): str(roles[0, r, c]) if (roles[:, r, c] == roles[0, r, c]).all() else "mixed" for r, c in np.ndindex(*shape[1:])}


class Painter:
    """Paints rows of tokens, context and target in turn, never twice to the same mask.

    Args:
        page: with the app. roles: of the tokens now. seed: of the strokes.
    """

    def __init__(self, page: Any, roles: dict[tuple[int, int], str], seed: int) -> None:
        self.page, self.stage, self.dice = page, page.locator(".jw-patch-canvas .jw-stage"), random.Random(seed)
        self.roles, self.seen = roles, {frozenset(roles.items())}
        self.rows, self.cols = (1 + max(place[axis] for place in roles) for axis in (0, 1))

    def next(self, tool: str) -> float:
        """One stroke; seconds until its map was there."""
        before = self.page.evaluate("workbenchProbe.version")
        self._stroke(self._choose(tool), tool)
        self.page.wait_for_function("(before) => workbenchProbe.version > before && workbenchProbe.shown > workbenchProbe.released", arg=before)
        return self.page.evaluate("(workbenchProbe.shown - workbenchProbe.released) / 1000")

    def _choose(self, tool: str) -> list[tuple[int, int]]:
        """Two to four neighbours that make a mask which has not been; one token at least keeps the other role."""
        for _ in range(10_000):
            row, length = self.dice.randrange(self.rows), self.dice.randint(2, min(4, self.cols))
            left = self.dice.randrange(self.cols - length + 1)
            cells = [(row, left + i) for i in range(length)]
            after = {**self.roles, **dict.fromkeys(cells, tool)}
            if frozenset(after.items()) not in self.seen and {"context", "target"} <= set(after.values()):
                return cells
        raise SystemExit(f"no stroke of {tool} makes a new mask of {self.rows} × {self.cols} tokens")

    def _stroke(self, cells: list[tuple[int, int]], tool: str) -> None:
        self.page.locator(f".jw-patch-canvas [data-trait=tool][data-value={tool}]").click()
        box, mouse = self.stage.bounding_box(), self.page.mouse
        places = [(box["x"] + (c + 0.5) * box["width"] / self.cols, box["y"] + (r + 0.5) * box["height"] / self.rows) for r, c in cells]
        mouse.move(*places[0])
        mouse.down()
        for place in places[1:]:
            mouse.move(*place)
        mouse.up()
        self.roles |= dict.fromkeys(cells, tool)
        self.seen.add(frozenset(self.roles.items()))


def measure(sample: str, strokes: int) -> dict[str, list[float]]:
    """Seconds of every stroke, by pace."""
    roles = first_roles(sample)
    with _app.served(sample) as app, _app.chromium() as browser:
        app.wait()
        page = _app.new_page(browser)
        page.goto(app.url)
        pane = _app.wait_for_map(page)
        _app.wait_for_bank(page)
        pane.evaluate(_PROBE)
        painter = Painter(page, roles, seed=0)
        seconds: dict[str, list[float]] = {}
        for name, pause in (("paint", _PACE), ("paint.at_once", 0)):
            seconds[name] = []
            for i in range(strokes + 2):
                taken = painter.next(("context", "target")[i % 2])
                page.wait_for_timeout(pause)
                if i >= 2:
                    seconds[name].append(taken)
        return seconds


def main() -> None:
    """Paint, and report."""
    parser = argparse.ArgumentParser(description="Time from the mouse release to the changed map.")
    parser.add_argument("--strokes", type=int, default=60, help="of each pace")
    parser.add_argument("--sample", default="shapes")
    chosen = parser.parse_args()
    for name, seconds in measure(chosen.sample, chosen.strokes).items():
        figures = {f"p{round(share * 100)}": round(common.percentile(seconds, share), 4) for share in (0.5, 0.95, 1.0)}
        pace = f"{_PACE} ms between strokes" if name == "paint" else "no pause between strokes"
        compared = f"{chosen.sample} sample in headless Chromium at 1280×800, {pace}; release to changed map"
        common.report(name, "panel", "torch", "playwright", compared=compared, aim_p95=_AIM, seconds=figures, n=len(seconds))


if __name__ == "__main__":
    main()
