"""Maps, similarity and attention of a ViT with random weights on images of 224 px, in one process, turn by turn.

    python tests/benchmarks/bench_features.py [--size small] [--side 224] [--clips 32] [--rounds 10] [--clicks 100]

features.layers     all layers in one forward pass ÷ the bare forward pass; aim 1.15 at most.
features.first      seconds of the first answer for a clip, all layers, basis of the clip.
features.redraw     milliseconds until a slider's layer is taken out of the answer that is there, and until the maps are asked again; p95, aim 80 ms.
features.similar    milliseconds from a click to similarity in the clip and in other clips; p95, aim 60 ms.
features.attention  forward pass with the attention of all layers read ÷ the bare one, which uses the fused kernel; no aim, it is asked for.
features.slider     in the app and a browser: milliseconds from a key on the slider over layers to the frame in which the sentence names the layer, which follows the map; p95, aim 80 ms.
features.click      the same from a key that moves the chosen token until its map is drawn, in which its own cosine is 1, and until the sentence states it; p95, aim 60 ms.
"""

from __future__ import annotations

import argparse
import re
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import _app
import _common as common
import numpy as np
import torch
from bench_embed import checkpoint, photos

from workbench.core.clip import Clip
from workbench.families.load import load
from workbench.measures.bank import Bank
from workbench.measures.base import threads_for
from workbench.measures.features import features, similarity
from workbench.model.jepa import Jepa
from workbench.worker.memo import remembering


def clips(count: int, side: int) -> list[Clip]:
    """Noise."""
    rng = np.random.default_rng(0)
    return [Clip(rng.integers(0, 256, (1, side, side, 3), dtype=np.uint8)) for _ in range(count)]


def forwards(jepa: Jepa, clip: Clip, rounds: int) -> None:
    """All layers, and attention, against the bare forward pass."""
    video = jepa.encoder.prepare([clip]).video
    runs: dict[str, Callable[[], object]] = {
        "bare": lambda: jepa.encoder.encode(video),
        "layers": lambda: jepa.encoder.layered(video),
        "attention": lambda: jepa.encoder.attention(video, lambda w: w[0, :, 0]),
    }
    with threads_for(jepa):
        seconds = common.alternate(runs, rounds)
    common.report("features.layers", "torch", ratio=common.ratio(seconds["layers"], seconds["bare"]), seconds=common.medians(seconds), aim=1.15)
    common.report("features.attention", "torch", ratio=common.ratio(seconds["attention"], seconds["bare"]))


def milliseconds(run: Callable[[int], object], count: int) -> dict[str, float]:
    """Median and 95th percentile of so many runs."""
    taken = list[float]()
    for k in range(count):
        start = time.perf_counter()
        run(k)
        taken.append((time.perf_counter() - start) * 1000)
    return {"median": round(common.percentile(taken, 0.5), 2), "p95": round(common.percentile(taken, 0.95), 2)}


def answers(jepa: Jepa, found: list[Clip], clicks: int) -> None:
    """The first answer, slides over layers, and clicks."""
    start = time.perf_counter()
    maps = features(jepa, found[0])
    common.report("features.first", "torch", seconds=round(time.perf_counter() - start, 3), layers=len(maps.layers))
    slide = milliseconds(lambda k: (maps.colours[k % len(maps.layers)].tobytes(), maps.norms[k % len(maps.layers)].tobytes()), clicks)
    common.report("features.redraw", "torch", slide=slide, ask=milliseconds(lambda _: features(jepa, found[0], robust=True), 10), aim=80)
    bank, tokens = Bank(found, "noise"), maps.norms[0].size
    similarity(jepa, found[0], 0, bank=bank)
    click = milliseconds(lambda k: similarity(jepa, found[0], k * 7 % tokens, layer=k % jepa.encoder.layers, bank=bank), clicks)
    common.report("features.similar", "torch", click=click, clips=len(found), aim=60)


_PROBE = """
(watched, until) => {
  const probe = (window.workbenchProbe = { pressed: 0 });
  probe.expect = () => { probe.taken = new Promise((resolve) => (probe.tell = resolve)); };  // a page that is asked in each frame has no time to draw
  document.addEventListener("keydown", (event) => (probe.pressed = event.timeStamp), true);
  const afterFrame = new MessageChannel();
  afterFrame.port1.onmessage = () => probe.tell(performance.now() - probe.pressed);
  const watch = new MutationObserver(() => watched.textContent.includes(until) && afterFrame.port2.postMessage(0));
  watch.observe(watched, { subtree: true, childList: true, characterData: true });
  window.workbenchProbe.stop = () => watch.disconnect();
}
"""


def pressed(page: Any, watched: Any, keys: list[str], until: str = "") -> dict[str, float]:
    """Milliseconds from each key to the frame after which the words of an element have changed, and hold certain ones."""
    watched.evaluate(_PROBE, until)
    taken = list[float]()
    for key in keys:
        page.evaluate("workbenchProbe.expect()")
        page.keyboard.press(key)
        taken.append(page.evaluate("workbenchProbe.taken"))
        page.wait_for_timeout(150)  # what follows the answer is not counted for the next key
    page.evaluate("workbenchProbe.stop()")
    return {"median": round(common.percentile(taken, 0.5), 1), "p95": round(common.percentile(taken, 0.95), 1)}


def browsed(file: Path, folder: Path, keys: int) -> None:
    """The slider and the chosen token in the app, in a browser."""
    with _app.served(str(file), "--data", str(folder), "--board", "features") as app, _app.chromium() as browser:
        app.wait()
        page = _app.new_page(browser)
        page.goto(app.url)
        page.locator(".jw-headline-sentence", has_text="Three components").wait_for()
        page.locator(".jw-headline-detail", has_text="RankMe").or_(page.get_by_role("button", name="Measure layers")).first.wait_for()
        page.locator(".jw-headline[data-busy=false]").wait_for()
        page.get_by_label("layer", exact=True).focus()
        there = ["ArrowLeft"] * 5 + ["ArrowRight"] * 5
        said = page.locator(".jw-headline-sentence")  # the shares under the map can be the same in two layers
        pressed(page, said, there)  # every layer once
        common.report("features.slider", "panel", "torch", "playwright", milliseconds=pressed(page, said, there * (keys // 10)), aim=80)
        page.locator(".jw-patch-canvas .jw-stage").first.click(position={"x": 60, "y": 60})
        sentence = page.locator(".jw-headline-sentence", has_text=re.compile("Mean cosine"))
        sentence.wait_for()
        page.locator(".jw-headline[data-busy=false]").wait_for()
        along = ["ArrowRight"] * 8, ["ArrowLeft"] * 8
        down, up = ([*along[0], to, *along[1], to] * min(max(keys // 18, 1), 5) for to in ("ArrowDown", "ArrowUp"))  # and back, within the grid
        said = pressed(page, sentence, down)
        found = pressed(page, page.locator(".jw-patch-canvas").first, up, "· cosine 1")
        common.report("features.click", "panel", "torch", "playwright", milliseconds=found, sentence=said, aim=60)


def main() -> None:
    """Run all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", default="small")
    parser.add_argument("--side", type=int, default=224)
    parser.add_argument("--clips", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--clicks", type=int, default=100)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        jepa = load(checkpoint(Path(folder) / "vit.pt", chosen.size, chosen.side))
        found = clips(chosen.clips, chosen.side)
        forwards(jepa, found[0], chosen.rounds)
        answers(remembering(jepa), found, chosen.clicks)
        browsed(Path(folder) / "vit.pt", photos(Path(folder) / "photos", chosen.clips), chosen.clicks)


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
