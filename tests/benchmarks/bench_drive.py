"""From a drag on the action pad to the redrawn future of 16 steps, in the whole app and a real browser.

    python tests/benchmarks/bench_drive.py [--drags 60]

drive          one drag at a time, each from the `pointermove` event to the display frame that shows the films and curves made with that action; aim: 95 % within 100 ms.
drive.bytes    what the server sends for one such drag, counted in the browser's web socket: the median and the most.
drive.held     the pointer keeps moving 60 times a second: how many futures a second are redrawn meanwhile, and the longest time without one.
drive.rerun    what one would do in a notebook instead: run the cell again, and make one animated gif of the films; without sending and showing it.

The clip has 17 frames, one of them known. Every drag makes an action that was never there before, so that no answer comes out of a memory.
"""

from __future__ import annotations

import argparse
import io
import tempfile
import time
from pathlib import Path
from typing import Any

import _app
import _common as common
import numpy as np

import workbench as jw
from workbench import samples

_AIM, _STEPS = 0.100, 16
_PROBE = """
(root) => {
  const probe = (window.driveProbe = { moved: 0, version: Number(root.dataset.version), shown: 0, times: [] });
  document.addEventListener("pointermove", (event) => (probe.moved = event.timeStamp), true);
  const afterFrame = new MessageChannel();
  afterFrame.port1.onmessage = ({ data }) => {
    Object.assign(probe, { version: data, shown: performance.now() });
    probe.times.push(probe.shown);
  };
  new MutationObserver(() => {
    const version = Number(root.dataset.version);
    if (version !== probe.version) afterFrame.port2.postMessage(version);
  }).observe(root, { attributes: true, attributeFilter: ["data-version"] });
}
"""
_HELD = """
async (seconds) => {
  const pad = driveProbe.pad;
  const box = pad.getBoundingClientRect();
  const point = (type, x, y) => pad.dispatchEvent(new PointerEvent(type, { bubbles: true, composed: true, pointerId: 1, button: 0, buttons: 1, clientX: x, clientY: y }));
  pad.setPointerCapture = () => {};
  const start = performance.now();
  driveProbe.times = [];
  point("pointerdown", box.left + box.width / 2, box.top + box.height / 2);
  for (let now = start; now < start + seconds * 1000; now = performance.now()) {
    const turn = (now - start) / 300;
    point("pointermove", box.left + box.width * (0.5 + 0.4 * Math.cos(turn)), box.top + box.height * (0.5 + 0.4 * Math.sin(turn)));
    await new Promise((done) => requestAnimationFrame(done));
  }
  const times = driveProbe.times.filter((t) => t > start);
  pad.dispatchEvent(new PointerEvent("lostpointercapture", { pointerId: 1 }));
  return [start, ...times].map((t) => t - start);
}
"""


def short_walks(folder: str) -> Path:
    """Clips of 17 frames: one known, 16 to predict."""
    path = Path(folder) / "walks.npz"
    with np.load(samples.find("two-rooms").bank) as bank:
        np.savez(path, **{k: bank[k][:16, : _STEPS + 1] for k in ("pixels", "states")}, actions=bank["actions"][:16, :_STEPS], fps=bank["fps"])
    return path


def measure(walks: Path, drags: int, held: float) -> tuple[list[tuple[float, int]], list[float]]:
    """Seconds and bytes of every single drag; milliseconds at which futures were redrawn while the pointer kept moving."""
    with _app.served("two-rooms", "--data", str(walks)) as app, _app.chromium() as browser:
        app.wait()
        page, sizes = _app.new_page(browser), list[int]()
        page.on("websocket", lambda socket: socket.on("framereceived", lambda sent: sizes.append(len(sent))))
        page.goto(app.url)
        page.get_by_role("button", name="Rollout", exact=True).click()
        root = page.locator(".jw-clip-player").first
        page.wait_for_function("(root) => Number(root.dataset.version) > 0", arg=root.element_handle())
        page.locator(".jw-headline-detail", has_text="Over 16 clips").wait_for()
        page.locator(".jw-film", has=page.get_by_role("img", name="noise")).wait_for()
        root.evaluate(_PROBE)
        pad = page.locator(".jw-pad")
        pad.evaluate("(pad) => (driveProbe.pad = pad)")
        singles = [_drag(page, pad.bounding_box(), k, sizes) for k in range(drags + 3)][3:]
        return singles, page.evaluate(_HELD, held)


def _drag(page: Any, box: dict[str, float], k: int, sizes: list[int]) -> tuple[float, int]:
    turn, mouse = 2.4 * k, page.mouse
    mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    before = page.evaluate("driveProbe.version")
    mouse.down()
    page.wait_for_function("(before) => driveProbe.version > before", arg=before)  # of the press itself
    page.wait_for_timeout(150)
    before = page.evaluate("driveProbe.version")
    sizes.clear()
    mouse.move(box["x"] + box["width"] * (0.5 + 0.3 * np.cos(turn) + 0.001 * k), box["y"] + box["height"] * (0.5 + 0.3 * np.sin(turn)))
    page.wait_for_function("(before) => driveProbe.version > before && driveProbe.shown > driveProbe.moved", arg=before)
    taken = page.evaluate("(driveProbe.shown - driveProbe.moved) / 1000")
    page.wait_for_timeout(100)
    sent = sum(sizes)
    mouse.up()
    page.wait_for_timeout(150)
    return taken, sent


def rerun(walks: Path, times: int) -> list[float]:
    """Seconds of the same future in a cell of a notebook: computed, and its films put beside each other in one animated gif. Not yet sent, not yet shown."""
    from PIL import Image

    jepa, bank = jw.load("two-rooms"), jw.open_bank(walks)
    clip, dice, taken = bank.clips[0], np.random.default_rng(0), list[float]()
    for k in range(times + 1):
        actions = np.array(clip.actions)
        actions[0] = dice.uniform(-0.08, 0.08, 2)
        start = time.perf_counter()
        view = jw.film_view(jepa, clip, known=1, bank=bank, actions=actions)
        rows = np.concatenate([reel.pixels.repeat(3, 1).repeat(3, 2) for reel in view.reels], 2)
        pages = [Image.fromarray(row) for row in rows]
        pages[0].save(io.BytesIO(), "gif", save_all=True, append_images=pages[1:], duration=125, loop=0)
        if k:
            taken.append(time.perf_counter() - start)
    return taken


def main() -> None:
    """Drag, and report."""
    parser = argparse.ArgumentParser(description="Time from a drag on the action pad to the redrawn future.")
    parser.add_argument("--drags", type=int, default=60)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        walks = short_walks(folder)
        found, held = measure(walks, chosen.drags, 4.0)
        singles = [seconds for seconds, _ in found]
        instead = rerun(walks, 20)
    packages = ("panel", "torch", "playwright")
    figures = {f"p{round(share * 100)}": round(common.percentile(singles, share), 4) for share in (0.5, 0.95, 1.0)}
    where = "two-rooms, 16 steps, three films of 64×64 with curves, headless Chromium at 1280×800"
    common.report("drive", *packages, compared=f"{where}; pointermove to redrawn", aim_p95=_AIM, seconds=figures, n=len(singles))
    sent = sorted(size for _, size in found)
    common.report(
        "drive.bytes", *packages, compared=f"{where}; the first step of the clip", bytes={"p50": sent[len(sent) // 2], "max": sent[-1]}, n=len(sent)
    )
    gaps = np.diff(held)
    rate = {"redrawn_a_second": round(1000 * len(gaps) / held[-1], 1), "longest_gap": round(float(gaps.max()) / 1000, 3)}
    common.report("drive.held", *packages, compared=f"{where}; pointer moving all the time", **rate, n=len(gaps))
    words = "the same future and one gif of its films in a notebook's kernel, not yet sent"
    ratio = round(common.percentile(singles, 0.5) / common.percentile(instead, 0.5), 3)
    common.report("drive.rerun", "torch", compared=words, seconds=common.spread(instead), drive_over_rerun=ratio, n=len(instead))


if __name__ == "__main__":
    main()
