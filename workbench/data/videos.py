"""A video on disk -> a clip, sampled in time as a model wants it."""

from __future__ import annotations

import math
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8

from workbench.core import progress
from workbench.core.clip import Clip
from workbench.core.errors import ClipError
from workbench.data._cv2 import opencv
from workbench.data.headers import kind_of
from workbench.data.paths import readable
from workbench.data.sampling import pick

MOST_BYTES, MOST_FRAMES = 1 << 30, 4096
_ENDLESS = 2_000_000


def load_video(path: str | Path, *, frames: int | None = None, fps: float | None = None, start: float = 0.0) -> Clip:
    """Frames of a video as 8-bit RGB, turned upright where the file says how.

    With `fps`, every `ceil(video fps) // fps`-th frame is taken, as V-JEPA 2 does; with `frames` alone, that many are spread
    evenly; with neither, all. Where fewer frames can be read than the file announces, `source` says so.

    Args:
        path: an MP4, MOV, WebM, MKV, AVI, Ogg, MPEG, FLV, WMV or GIF file. frames: how many to take; None = all.
        fps: frames a second to take; None = as they come. start: seconds into the video.

    Raises:
        ClipError: not a video, no frame can be read, too short for what is asked, or too large for the memory.
    """
    path = readable(path)
    if not path.is_file() or _kind(path) != "video":
        raise ClipError("this is not a video that is read", where=str(path), fix="give an MP4, MOV, WebM, MKV, AVI or GIF file")
    announced, rate = _announced(path)
    total = announced or _count(path)
    chosen, taken_fps = _affordable(pick(total, rate, frames=frames, fps=fps, start=start, where=str(path)), path)
    found = _read(path, chosen)
    if len(found) < len(chosen):
        total = _count(path)
        said = f"{path}, of whose {announced} frames {total} can be read"
        chosen, taken_fps = pick(total, rate, frames=frames, fps=fps, start=start, where=said)
        found = _read(path, chosen)
    note = f" ({total} of {announced} frames can be read)" if total < announced else ""
    return Clip(found, fps=taken_fps if total > 1 else None, source=str(path) + note)


def still(path: Path) -> bool:
    """Whether a video file holds no more than one frame, as most GIFs do."""
    with _opened(path) as video:
        return not (video.grab() and video.grab())


def _kind(path: Path) -> str:
    with path.open("rb") as file:
        return kind_of(file.read(64))


@contextmanager
def _opened(path: Path) -> Generator[Any, None, None]:
    cv2 = opencv()
    # FFmpeg only: other backends take a file's name for a pattern or a camera.
    video = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    try:
        if not video.isOpened():
            raise ClipError(
                "this video cannot be opened: damaged, cut short, or of an unknown codec", where=str(path), fix="play it elsewhere; convert it to MP4"
            )
        yield video
    finally:
        video.release()


def _announced(path: Path) -> tuple[int, float | None]:
    """(frames, frames a second) as the container says; 0 and None where it does not."""
    cv2 = opencv()
    with _opened(path) as video:
        count, rate = video.get(cv2.CAP_PROP_FRAME_COUNT), video.get(cv2.CAP_PROP_FPS)
    return (int(count) if 0 < count < _ENDLESS else 0, float(rate) if math.isfinite(rate) and rate > 0 else None)


def _count(path: Path) -> int:
    """How many frames can be read, by reading them."""
    with _opened(path) as video:
        total = 0
        while total < _ENDLESS and video.grab():
            total += 1
            if total % 64 == 0:
                progress.report(total, 0)
    if not total:
        raise ClipError("not one frame of this video can be read", where=str(path), fix="play it elsewhere; convert it to MP4")
    return total


def _affordable(picked: tuple[list[int], float | None], path: Path) -> tuple[list[int], float | None]:
    """The picked frames, unless they would fill the memory."""
    cv2 = opencv()
    with _opened(path) as video:
        width, height = (int(video.get(side)) for side in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT))
    needed = len(picked[0]) * width * height * 3
    if len(picked[0]) > MOST_FRAMES or needed > MOST_BYTES:
        raise ClipError(
            f"{len(picked[0])} frames of {width}×{height} are {needed / 2**30:.1f} GiB; "
            f"at most {MOST_FRAMES} frames and {MOST_BYTES >> 30} GiB are read",
            where=str(path),
            fix="ask for fewer frames or for fewer a second, or shrink the video",
        )
    return picked


def _read(path: Path, chosen: list[int]) -> UInt8[np.ndarray, "frames height width 3"]:
    """The chosen frames in one pass, since seeking is not exact; fewer where the file ends early."""
    cv2 = opencv()
    found: list[np.ndarray] = []
    with _opened(path) as video:
        at = -1
        for k in chosen:
            while at < k and video.grab():
                at += 1
            ok, frame = video.retrieve() if at == k else (False, None)
            if not ok:
                break
            found.append(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB))
            if found[-1].shape != found[0].shape:
                raise ClipError(
                    f"its frames change size, from {found[0].shape[:2]} to {found[-1].shape[:2]}", where=str(path), fix="convert it to MP4"
                )
            progress.report(len(found), len(chosen))
    return np.stack(found) if found else np.empty((0, 1, 1, 3), np.uint8)
