"""`make film`: the film of the README, recorded of `jepa-workbench demo` as anybody would see it: a goal, a plan, the way there, and the untrained model."""

from __future__ import annotations

import base64
import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from PIL import Image

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "benchmarks"))  # they know how to start the app and a browser

import _app  # noqa: E402  found only once its folder is on the path

FILM = HERE.parent / "docs" / "demo.webp"
_SIZE, _QUALITY, _MOST = (1120, 700), 78, 2_500_000  # pixels; of the lossy encoder; bytes
_LEAST, _STILL, _LAST = 0.07, 1.0, 1.6  # seconds: frames nearer than that are one; how long one stays at most, and the last one
_GOAL = (0.72, 0.86)  # in sides of the picture
_SHOWN = """() => {
  const add = (id, css) => document.body.appendChild(Object.assign(document.createElement("div"), { id, style: css }));
  const words = "position:fixed;z-index:9999;pointer-events:none;font:600 15px system-ui,sans-serif;color:#fff;background:#0c1018e8;border-radius:8px;";
  add("film-words", words + "left:254px;bottom:116px;width:164px;padding:9px 12px");
  const dot = add("film-dot", words + "width:18px;height:18px;margin:-9px;border-radius:50%;background:#2f5fd0aa;border:2px solid #fff;left:640px;top:400px");
  document.addEventListener("mousemove", (e) => Object.assign(dot.style, { left: `${e.clientX}px`, top: `${e.clientY}px` }));
}"""


@dataclass
class Film:
    """Frames of a page as they come, with when they came, in seconds; `speed` shortens what is recorded from now on."""

    frames: list[tuple[float, bytes]] = field(default_factory=list)
    speeds: list[tuple[float, float]] = field(default_factory=lambda: [(0.0, 1.0)])

    def hurry(self, speed: float) -> None:
        """What comes after the newest frame is shown so much faster."""
        self.speeds.append((max(at for at, _ in self.frames), speed))

    def _span(self, start: float, end: float) -> float:
        """How long a frame stays, in seconds of the film."""
        return (end - start) / next(speed for since, speed in reversed(self.speeds) if since <= start)

    def save(self, path: Path) -> float:
        """Write it as an animated picture. Returns its length in seconds."""
        kept = list[tuple[float, bytes]]()
        for at, picture in sorted(self.frames, reverse=True):  # from the end, so that what stays is what was last seen of a moment
            if not kept or self._span(at, kept[-1][0]) >= _LEAST:
                kept.append((at, picture))
        kept.reverse()
        spans = [min(_STILL, self._span(a, b)) for (a, _), (b, _) in pairwise(kept)] + [_LAST]
        pictures = [Image.open(io.BytesIO(data)).convert("RGB").resize(_SIZE, Image.Resampling.LANCZOS) for _, data in kept]
        durations = [round(1000 * s) for s in spans]
        pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=durations, loop=0, quality=_QUALITY, method=5)
        return sum(spans)


@contextmanager
def recorded(page: Any) -> Iterator[Film]:
    """What the page shows, for the time of the block."""
    film, devtools = Film(), page.context.new_cdp_session(page)

    def came(event: dict[str, Any]) -> None:
        film.frames.append((event["metadata"]["timestamp"], base64.b64decode(event["data"])))
        devtools.send("Page.screencastFrameAck", {"sessionId": event["sessionId"]})

    devtools.on("Page.screencastFrame", came)
    devtools.send("Page.startScreencast", {"format": "jpeg", "quality": 92, "maxWidth": 1280, "maxHeight": 800})
    yield film
    devtools.send("Page.stopScreencast")


def tell(page: Any, words: str, seconds: float = 0.0) -> None:
    """Words over the page, and time to read them."""
    page.evaluate("(words) => { document.getElementById('film-words').textContent = words; }", words)
    page.wait_for_timeout(1000 * seconds)


def says(page: Any, words: str) -> None:
    page.locator(".jw-headline-sentence", has_text=words).wait_for()


def play(page: Any, film: Film) -> None:
    """The demo: a goal is clicked, planned for, gone to; then the twin."""
    tell(page, "A small world model. It knows these rooms from pictures alone.", 1.0)
    box = page.locator(".jw-world-box").bounding_box()
    x, y = (box[side] + box[length] * at for side, length, at in (("x", "width", _GOAL[0]), ("y", "height", _GOAL[1])))
    page.mouse.move(x, y, steps=12)
    tell(page, "Click a goal ★ …", 0.4)
    first = page.locator(".jw-headline-sentence").inner_text()
    page.mouse.click(x, y)
    page.wait_for_function(_CHANGED, arg=first)
    tell(page, "… and the planner samples 1,024 futures, in four iterations.", 0.2)
    page.locator(".jw-timeline-view").get_by_role("button", name="Play").click()
    page.locator(".jw-timeline-view output", has_text="iteration 1 of").wait_for()
    page.locator(".jw-timeline-view").get_by_role("button", name="Play").wait_for()
    page.wait_for_timeout(200)
    tell(page, "E: execute in closed loop, replanning every 2 steps.")
    page.keyboard.press("e")
    says(page, "reached the goal")
    page.wait_for_timeout(900)
    tell(page, "Hold R: the same model, untrained.")
    page.keyboard.down("r")
    says(page, "Untrained model")
    page.wait_for_timeout(700)
    film.hurry(4.0)
    tell(page, "Hold R: the same model, untrained. (4 × as fast)")
    page.keyboard.press("e")
    says(page, "did not reach the goal")
    film.hurry(1.0)
    tell(page, "Same architecture, same planner: training made the difference.", 0.3)


_CHANGED = """(old) => { const find = (n) => n.querySelector?.('.jw-headline-sentence') ?? [...(n.querySelectorAll?.('*') ?? [])].map((k) => k.shadowRoot && find(k.shadowRoot)).find(Boolean);
  const node = find(document); return node && node.innerText !== old && /predicted cost/.test(node.innerText); }"""


def main() -> None:
    """Start, wait for the first plan, record, and check that it is small enough for a README."""
    with _app.served(command="demo") as app, _app.chromium() as browser:
        app.wait()
        page = _app.new_page(browser)
        page.emulate_media(color_scheme="light")
        page.goto(app.url)
        says(page, "reaches the goal")
        page.wait_for_timeout(3000)  # the twin is planned for in advance, and shall not be waited for in the film
        page.evaluate(_SHOWN)
        with recorded(page) as film:
            play(page, film)
        seconds = film.save(FILM)
    size = FILM.stat().st_size
    if size > _MOST:
        raise SystemExit(f"{FILM.name} has {size:,} bytes, {_MOST:,} are allowed: lower its quality")
    print(f"{FILM.relative_to(HERE.parent)}: {seconds:.1f} s, {size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
