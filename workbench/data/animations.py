"""An animated GIF, WebP, PNG or AVIF -> a clip whose frames have their own times."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8

from workbench.core import progress
from workbench.core.clip import Clip
from workbench.core.errors import ClipError
from workbench.core.footage import FilmFacts
from workbench.data._cv2 import opencv
from workbench.data.headers import HEAD_BYTES, image_format
from workbench.data.images import decoding, flat
from workbench.data.limits import MOST_BYTES, MOST_FRAMES, check_frame, fitted
from workbench.data.paths import plainly
from workbench.data.sampling import pick, pick_at
from workbench.data.timeline import constant_rate

_MOVING = ("GIF", "WEBP", "PNG", "AVIF")
_UNSAID, _SHORTEST = 0.1, 0.02  # seconds; GIFs that say less than 20 ms are shown for 100 ms by every browser


def animated(path: Path) -> bool:
    """Whether an image file holds more than one frame to be shown one after another.

    Raises:
        ClipError: its first frame cannot be read.
    """
    with path.open("rb") as file:
        name = image_format(file.read(HEAD_BYTES))
        if name not in _MOVING:
            return False
        file.seek(0)
        with decoding(file, name, plainly(str(path))) as image:
            return _frames(image) > 1


def load_animation(path: Path, *, frames: int | None = None, fps: float | None = None, start: float = 0.0, length: float | None = None) -> Clip:
    """Frames of an animation as 8-bit RGB over white, chosen as those of a video; `times` are as the file says.

    Raises:
        ClipError: it has one frame only, is damaged, too short for what is asked, or too large for the memory.
    """
    where = plainly(str(path))
    with path.open("rb") as file:
        name = image_format(file.read(HEAD_BYTES))
        if name not in _MOVING:
            raise ClipError(f"this is a {name} picture, not a video", where=where, fix="open it with open_clips() or load_image()")
        file.seek(0)
        with decoding(file, name, where) as image:
            width, height = image.size
            check_frame(width, height, where)
            count = _frames(image)
            if count < 2:
                raise ClipError(f"this {name} file holds one picture, not a video", where=where, fix="open it with open_clips() or load_image()")
            if count > MOST_FRAMES:
                raise ClipError(f"this animation has {count} frames; at most {MOST_FRAMES} are read", where=where, fix="cut it into shorter ones")
            lasts = _durations(image, name, count)
            times = np.concatenate([[0.0], np.cumsum(lasts)])
            rate = constant_rate(times, 1e-3)
            asked: dict[str, Any] = {"frames": frames, "fps": fps, "start": start, "length": length, "where": where}
            chosen, taken = pick(count, rate, **asked) if rate else pick_at(times[:-1].tolist(), float(times[-1]), **asked)
            size = fitted(width, height, len(chosen), where, most_bytes=MOST_BYTES)
            note = "" if size == (width, height) else f" (scaled down from {width}×{height})"
            pixels = _decode(image, chosen, size)
    return Clip(pixels, fps=taken if len(chosen) > 1 else None, source=where + note, times=times[chosen])


def animation_facts(path: Path) -> FilmFacts:
    """How long an animation is, as its frames say.

    Raises:
        ClipError: it cannot be read.
    """
    with path.open("rb") as file:
        name = image_format(file.read(HEAD_BYTES))
        file.seek(0)
        with decoding(file, name, plainly(str(path))) as image:
            lasts = _durations(image, name, _frames(image))
    rate = constant_rate(np.concatenate([[0.0], np.cumsum(lasts)]), 1e-3)
    return FilmFacts(len(lasts), float(lasts.sum()), rate)


def _frames(image: Any) -> int:
    """How many frames are shown. A PNG may hold a still in front that is not part of its animation."""
    count = getattr(image, "n_frames", 1)
    return count - 1 if count > 1 and image.info.get("default_image") else count


def _first(image: Any) -> int:
    return 1 if image.info.get("default_image") else 0


def _durations(image: Any, name: str, count: int) -> np.ndarray:
    """Seconds for which each frame is shown."""
    first, found = _first(image), np.zeros(count)
    for k in range(count):
        image.seek(first + k)
        if name in ("WEBP", "AVIF"):
            image.load()
        found[k] = float(image.info.get("duration", 0) or 0) / 1000
        progress.report(k, 2 * count)
    least = _SHORTEST if name == "GIF" else 1e-6
    return np.where(found < least, _UNSAID, found)


def _decode(image: Any, chosen: list[int], size: tuple[int, int]) -> UInt8[np.ndarray, "frames height width 3"]:
    """The chosen frames in rising order, each scaled as it is decoded."""
    cv2 = opencv()
    found = np.empty((len(chosen), size[1], size[0], 3), np.uint8)
    first, last = _first(image), -1
    for place, k in enumerate(chosen):
        if k == last:
            found[place] = found[place - 1]
            continue
        image.seek(first + k)
        image.load()
        pixels = flat(image)
        found[place] = pixels if size == image.size else cv2.resize(pixels, size, interpolation=cv2.INTER_AREA).reshape(size[1], size[0], -1)
        last = k
        progress.report(len(chosen) + place, 2 * len(chosen))
    return found
