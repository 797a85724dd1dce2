"""Does a player show 30 frames a second when 30 are asked for? 64 frames of 256 × 256, three films side by side, in a real browser.

    python tests/benchmarks/bench_player.py [--seconds 6]

player          the ClipPlayer of the boards, served by Panel: pictures that were really drawn a second, gaps between them, and frames shown late.
player.panel    what one would write with Panel instead: its own Player widget, whose value sets three image panes from ready-made jpegs.
player.gif      the same films as three animated gifs, which every browser plays by itself: how large they are beside the raw films.

A frame is late when it is drawn more than half a frame's time after it was due, counted from the first; a picture that is drawn again unchanged does not count.
"""

from __future__ import annotations

import argparse
import io
import socket
from contextlib import closing
from typing import Any

import _app
import _common as common
import numpy as np
import panel as pn

from widgets import ClipPlayer
from workbench.app import fast
from workbench.app.to_panel import to_panel

_FPS, _FRAMES, _SIDE = 30, 64, 256
_NAMES = ("real", "teacher-forced", "open loop")
_WATCH_CANVAS = """
async (root, seconds) => {
  const times = [];
  const watch = new MutationObserver(() => times.push([performance.now(), root.dataset.frame]));
  watch.observe(root, { attributes: true, attributeFilter: ["data-frame"] });
  root.querySelector(".jw-player .jw-group button:nth-child(2)").click();
  await new Promise((done) => setTimeout(done, seconds * 1000));
  root.querySelector(".jw-player .jw-group button:nth-child(2)").click();
  watch.disconnect();
  return times.map(([time, frame]) => [time, Number(frame)]);
}
"""
_WATCH_IMAGE = """
async (seconds) => {
  const find = (node) => [...node.querySelectorAll("*")].flatMap((e) => [...(e.matches("img") ? [e] : []), ...(e.shadowRoot ? find(e.shadowRoot) : [])]);
  const times = [];
  let last = "";
  const start = performance.now();
  while (performance.now() - start < seconds * 1000) {
    const image = find(document)[0];
    if (image && image.complete && image.src !== last) { last = image.src; times.push([performance.now(), times.length]); }
    await new Promise((done) => requestAnimationFrame(done));
  }
  return times;
}
"""


def films() -> list[np.ndarray]:
    """Three films of a spot that moves over a ground that changes; no frame is the one before."""
    y, x = np.mgrid[:_SIDE, :_SIDE]
    made = []
    for k in range(3):
        frames = np.zeros((_FRAMES, _SIDE, _SIDE, 3), np.uint8)
        for f in range(_FRAMES):
            spot = 180 * np.exp(-((x - 20 - 3.3 * f) ** 2 + (y - 60 - 50 * k) ** 2) / 400)
            frames[f] = np.stack([spot, np.roll(x, f, 1) // 4, (y + 2 * f) % 256 // 3], -1)
        made.append(frames)
    return made


def jpegs(film: np.ndarray) -> list[bytes]:
    """Each frame as a jpeg."""
    from PIL import Image

    made = list[bytes]()
    for frame in film:
        target = io.BytesIO()
        Image.fromarray(frame).save(target, "jpeg")
        made.append(target.getvalue())
    return made


def gif(film: np.ndarray) -> bytes:
    """The film as an animated gif; its clock knows hundredths of a second only."""
    from PIL import Image

    pages, target = [Image.fromarray(frame) for frame in film], io.BytesIO()
    pages[0].save(target, "gif", save_all=True, append_images=pages[1:], duration=round(1000 / _FPS), loop=0)
    return target.getvalue()


def ours() -> Any:
    """The player of the boards."""
    player = ClipPlayer(fps=float(_FPS), picture_height=_SIDE)
    player.set_films([({"name": name, "kind": name}, film) for name, film in zip(_NAMES, films(), strict=True)])
    player.set_curves({name: (name, np.linspace(0, 1, _FRAMES)) for name in _NAMES}, label="error")
    return to_panel(player, width=900)


def theirs() -> Any:
    """Panel's own."""
    pictures = [jpegs(film) for film in films()]
    panes = [pn.pane.JPG(p[0], width=_SIDE, height=_SIDE) for p in pictures]
    player = pn.widgets.Player(start=0, end=_FRAMES - 1, interval=round(1000 / _FPS), loop_policy="loop")

    def show(event: Any) -> None:
        for pane, frames in zip(panes, pictures, strict=True):
            pane.object = frames[event.new]

    player.param.watch(show, "value")
    pn.state.onload(lambda: setattr(player, "direction", 1))
    return pn.Column(pn.Row(*panes), player)


def judged(times: list[list[float]]) -> dict[str, Any]:
    """Pictures a second, gaps in milliseconds, and how many were late."""
    at, frames = np.array([t for t, _ in times]), np.array([f for _, f in times])
    steps = np.r_[0, np.cumsum(np.maximum(1, np.diff(frames) % _FRAMES))]  # frames that were due until each picture
    late = int((at - at[0] - steps * 1000 / _FPS > 500 / _FPS).sum())
    gaps = np.diff(at)
    figures = {"p50": round(float(np.percentile(gaps, 50)), 1), "p95": round(float(np.percentile(gaps, 95)), 1), "max": round(float(gaps.max()), 1)}
    shown = round(1000 * len(gaps) / float(at[-1] - at[0]), 2)
    return {"fps_asked": _FPS, "fps_shown": shown, "gap_ms": figures, "late": late, "skipped": int(steps[-1] + 1 - len(at)), "n": len(at)}


def main() -> None:
    """Play, and report."""
    parser = argparse.ArgumentParser(description="Frames a second that a player shows.")
    parser.add_argument("--seconds", type=float, default=6.0)
    seconds = parser.parse_args().seconds
    fast.apply()
    pn.extension()
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = pn.serve({"ours": ours, "theirs": theirs}, port=port, show=False, threaded=True, websocket_max_message_size=1 << 28)
    what = f"{_FRAMES} frames of {_SIDE}×{_SIDE}, three films, headless Chromium at 1280×800"
    with _app.chromium() as browser:
        page = _app.new_page(browser)
        page.goto(f"http://localhost:{port}/ours")
        root = page.locator(".jw-clip-player")
        page.wait_for_function("(root) => root.querySelectorAll('.jw-film').length === 3", arg=root.element_handle())
        page.wait_for_timeout(1000)
        found = judged(root.evaluate(_WATCH_CANVAS, seconds))
        common.report("player", "panel", "playwright", compared=f"{what}, with curves; canvases drawn", aim_fps=_FPS, **found)
        page = _app.new_page(browser)
        page.goto(f"http://localhost:{port}/theirs")
        page.wait_for_timeout(2000)
        other = judged(page.evaluate(_WATCH_IMAGE, seconds))
        ratio = round(found["fps_shown"] / other["fps_shown"], 2)
        common.report("player.panel", "panel", compared=f"{what}; Panel's Player with JPG panes, sends at once", **other, player_over_panel=ratio)
    sizes = [sum(map(len, part)) for part in ([gif(f) for f in films()], [f.tobytes() for f in films()])]
    common.report("player.gif", compared="bytes of the films as gifs beside raw", bytes={"gif": sizes[0], "raw": sizes[1]}, colours_kept=256)
    server.stop()


if __name__ == "__main__":
    main()
