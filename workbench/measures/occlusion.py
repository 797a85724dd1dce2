"""Occlusion maps of surprise, for models of one vector per frame: occlude cells one after another, and measure again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Unpack

import numpy as np
from jaxtyping import UInt8

from workbench.core import progress
from workbench.core.clip import Clip
from workbench.core.errors import BadInput
from workbench.core.questions.surprise import Covered
from workbench.measures.windows import Looking, surprises
from workbench.model.jepa import Jepa

_TOGETHER = 8  # films at a time


def cover(jepa: Jepa, clip: Clip, frame: int, *, cells: int = 8, film: int = 0, **how: Unpack[Looking]) -> Covered:
    """How much of the surprise at a frame goes when a part of that frame is covered with what surrounds it.

    Each cell of a grid is covered together with half a cell around it. What was seen before the frame stays as it was.

    Args:
        clip: with one frame a step of the model. cells: along each side. film: number of the film, for the answer. how: options of `surprise`.

    Raises:
        BadInput: the frame is context, or there is no such frame. Cancelled: the question was withdrawn.
    """
    whole = surprises(jepa, [clip], **how)[0]
    curve = whole.curve()
    if not 0 <= frame < len(curve) or not np.isfinite(curve[frame]):
        raise BadInput(f"frame {frame} is context, not predicted: it has no surprise to localise", where="cover", fix="choose a later frame")
    tubelet = jepa.card.tubelet
    frames = slice(frame // tubelet * tubelet, (frame // tubelet + 1) * tubelet)
    films = _covered(clip, frames, cells)
    after: list[float] = []
    while len(after) < cells * cells:
        some = [next(films) for _ in range(min(_TOGETHER, cells * cells - len(after)))]
        with progress.part(len(after) // _TOGETHER, -(-cells * cells // _TOGETHER)):
            found = surprises(jepa, some, **how)
        after += [float(s.curve()[frame]) for s in found]
    before = float(curve[frame])
    return Covered(frame, film, (before - np.array(after).reshape(cells, cells)) / max(before, 1e-12), before, whole.provenance)


def _covered(clip: Clip, frames: slice, cells: int) -> Iterator[Clip]:
    """The clip with each cell of these frames covered in turn."""
    height, width = clip.pixels.shape[1:3]
    for row in range(cells):
        for col in range(cells):
            box = [_reach(k, cells, side) for k, side in ((row, height), (col, width))]
            pixels = clip.pixels.copy()
            for picture in pixels[frames]:
                _fill(picture, box)
            yield replace(clip, pixels=pixels)


def _reach(number: int, cells: int, side: int) -> tuple[int, int]:
    """A cell with half of one around it, within the picture."""
    each = side / cells
    low, high = max(0, round((number - 0.5) * each)), min(side, round((number + 1.5) * each))
    return low, max(high, low + 1)


def _fill(picture: UInt8[np.ndarray, "height width channels"], box: list[tuple[int, int]]) -> None:
    """Cover a box with the median of the pixels just around it."""
    (top, bottom), (left, right) = box
    rim = max(1, (bottom - top) // 6)
    around = np.zeros(picture.shape[:2], bool)
    around[max(0, top - rim) : bottom + rim, max(0, left - rim) : right + rim] = True
    around[top:bottom, left:right] = False
    ground = picture[around] if around.any() else picture.reshape(-1, picture.shape[-1])
    picture[top:bottom, left:right] = np.median(ground, axis=0).round().astype(np.uint8)
