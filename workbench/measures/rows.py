"""What rows of vectors stand for, and their pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Int, UInt8

from workbench.core.clip import Clip
from workbench.core.errors import BadInput
from workbench.core.questions.rows import DescribeRows, DescribeVectors, FindVectors, PicturesOfRows, RowPictures, RowTable, VectorsFacts
from workbench.core.vectors import ELSEWHERE, Vectors
from workbench.data import Clips
from workbench.data.scaling import scaled_down
from workbench.measures.base import answers
from workbench.model.jepa import Jepa
from workbench.store import open_vectors
from workbench.store.recognising import found_in

_MOST, _LARGEST = 64, 512  # pictures of one question; pixels of a side


@answers(FindVectors)
def find_vectors(file: str) -> str:
    """What of a file `open_vectors` takes as vectors, in words; "" where the file is something else, as a checkpoint or a bank of clips.

    Args:
        file: its path, or that of the folder of an embedding. Only headers are read.

    Raises:
        BadInput: several arrays could be the vectors.
    """
    return found_in(file)


@answers(DescribeVectors)
def describe_vectors(vectors: Vectors | str | Path) -> VectorsFacts:
    """How many vectors there are, of how many features.

    Args:
        vectors: or the path of a file or folder that holds them.
    """
    given = open_vectors(vectors) if isinstance(vectors, str | Path) else vectors
    found = given.usable()
    return VectorsFacts(len(found), found.left_out, found.dim, found.level)


@answers(DescribeRows)
def row_table(vectors: Vectors | str | Path) -> RowTable:
    """Names, places and metadata of the rows that hold neither NaN nor infinity.

    Args:
        vectors: or the path of a file or folder that holds them.
    """
    given = open_vectors(vectors) if isinstance(vectors, str | Path) else vectors
    found = given.usable()
    columns = {name: np.asarray(column) for name, column in found.columns.items()}
    lost = found.left_out
    return RowTable(found.names, found.clip, found.frame, found.token, columns, found.dim, lost, found.skipped, _notes(given))


def _notes(vectors: Vectors) -> tuple[str, ...]:
    """What of a file the vectors are, how labels were joined, and what was left out; nothing is said of an embedding."""
    origin = vectors.origin
    if origin.made != ELSEWHERE:
        return ()
    taken = found_in(origin.data) if origin.data else ""
    left = origin.settings.get("left_out", ())
    unused = f"columns that are neither numbers nor texts are left out: {', '.join(left[:4])}" if left else ""
    return tuple(
        note
        for note in (f"vectors: {taken}" if taken else "", f"labels: {origin.settings.get('joined')}" if "joined" in origin.settings else "", unused)
        if note
    )


@answers(PicturesOfRows)
def row_pictures(
    jepa: Jepa,
    clips: Clips,
    *,
    rows: Int[np.ndarray, "rows"],
    clip: Int[np.ndarray, "rows"],
    frame: Int[np.ndarray, "rows"],
    token: Int[np.ndarray, "rows 2"],
    side: int = 96,
) -> RowPictures:
    """The pictures of some rows. Arguments as of `PicturesOfRows`. Clips that can no longer be read are grey.

    Raises:
        BadInput: too many rows, or squares that are too large or too small.
    """
    if not 8 <= side <= _LARGEST or len(rows) > _MOST:
        raise BadInput(f"{len(rows)} pictures of {side} pixels", where="rows", fix=f"at most {_MOST} rows, sides of 8 to {_LARGEST} pixels")
    pictures, boxes = np.full((len(rows), side, side, 3), 128, np.uint8), np.zeros((len(rows), 4), np.int64)
    shown: dict[int, Any] = {}
    for k, which in enumerate(clip.tolist()):
        if which not in shown:
            try:
                shown[which] = jepa.encoder.prepare([clips[which]])
            except BadInput:
                shown[which] = None
        if (prepared := shown[which]) is None:
            continue
        video, grid = prepared.shown[0].numpy(), prepared.grid
        at = len(video) // 2 if frame[k] < 0 else min(int(frame[k]), len(video) - 1)
        pictures[k], place = _fitted(video[at], side)
        if token[k, 0] >= 0:
            corner = np.array([token[k, 0] * grid.patch[0], token[k, 1] * grid.patch[1]])
            boxes[k] = np.round([*(corner * place[0] + place[1:]), grid.patch[0] * place[0], grid.patch[1] * place[0]])
    return RowPictures(rows, pictures, boxes)


def _fitted(picture: UInt8[np.ndarray, "height width 3"], side: int) -> tuple[UInt8[np.ndarray, "side side 3"], np.ndarray]:
    """A picture in the middle of a square, and by how much it was scaled, then how far it was moved down and right. Small ones are enlarged by whole numbers."""
    high, wide = picture.shape[:2]
    longest = max(high, wide)
    if longest > side:
        short = max(1, round(min(high, wide) * side / longest))
        small = scaled_down(Clip(picture[None]), short).pixels[0][:side, :side]
    else:
        small = picture.repeat(side // longest, 0).repeat(side // longest, 1)
    top, left = (side - small.shape[0]) // 2, (side - small.shape[1]) // 2
    square = np.full((side, side, 3), 128, np.uint8)
    square[top : top + small.shape[0], left : left + small.shape[1]] = small
    return square, np.array([small.shape[0] / high, top, left])
