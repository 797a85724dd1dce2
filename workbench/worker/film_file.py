"""Films as a video file that any browser plays, with the labels burnt in."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from jaxtyping import UInt8

from workbench.core import progress
from workbench.core.errors import BadInput
from workbench.core.films import Reel

if TYPE_CHECKING:
    from workbench.worker.shelf import Shelf

_EACH, _BAR, _GAP = 256, 28, 8  # pixels: a film's side at least, its label, the gap to the next
_COLOURS = {"real": (255, 255, 255), "teacher-forced": (0, 158, 115), "open loop": (213, 94, 0), "impossible": (204, 121, 167)}
_GREY = (122, 130, 145)


def labelled(reel: Reel, frame: int) -> UInt8[np.ndarray, "height width 3"]:
    """One frame of a film under its label; blank where nobody knows what came."""
    height, width = reel.pixels.shape[1:3]
    scale = max(1, -(-_EACH // max(height, width)))
    picture = cv2.resize(reel.pixels[min(frame, len(reel.pixels) - 1)], (width * scale, height * scale), interpolation=cv2.INTER_NEAREST)
    if frame >= reel.comes:
        picture = np.full_like(picture, 40)
    bar = np.full((_BAR, picture.shape[1], 3), 16, np.uint8)
    bar[:, :6] = _COLOURS.get(reel.kind, _GREY)
    cv2.putText(bar, reel.label, (12, 19), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (255, 255, 255), 1, cv2.LINE_AA)
    return np.concatenate([bar, picture])


def film_file(shelf: Shelf, reels: list[Reel], fps: float = 8.0) -> UInt8[np.ndarray, "bytes"]:
    """The films side by side as a webm file (VP8).

    Raises:
        BadInput: no films, or no speed.
    """
    if not reels or not fps > 0:
        raise BadInput(f"{len(reels)} films at {fps} frames a second", where="film_file", fix="give at least one film, and a speed above 0")
    frames = max(len(r.pixels) for r in reels)
    tall = max(labelled(r, 0).shape[0] for r in reels)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.webm"
        writer: cv2.VideoWriter | None = None
        for frame in range(frames):
            progress.report(frame, frames)
            row = _beside([labelled(r, frame) for r in reels], tall)
            if writer is None:
                writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"VP80"), fps, (row.shape[1], row.shape[0]))
            writer.write(row[:, :, ::-1])
        if writer is not None:
            writer.release()
        return np.frombuffer(path.read_bytes(), np.uint8)


def _beside(pictures: list[np.ndarray], tall: int) -> UInt8[np.ndarray, "height width 3"]:
    parts: list[np.ndarray] = []
    for picture in pictures:
        parts += [np.pad(picture, ((0, tall - len(picture)), (0, 0), (0, 0))), np.zeros((tall, _GAP, 3), np.uint8)]
    row = np.concatenate(parts[:-1], 1)
    return np.ascontiguousarray(np.pad(row, ((0, len(row) % 2), (0, row.shape[1] % 2), (0, 0))))  # codecs want even sides
