"""From arrays of one file to `Vectors`: which column names the rows, and which say where each comes from."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod

import numpy as np

from workbench.core.errors import BadInput
from workbench.core.vectors import NOWHERE, Origin, Vectors, numbered, plain_column

NAMES = ("names", "name", "file", "filename", "file_name", "path")  # columns that name rows, in this order
CLIP, FRAME, TOKEN = "clip", "frame", ("token_row", "token_col")  # columns that `save_vectors` writes
_STEP = 1 << 22  # numbers converted together


def check_size(shape: tuple[int, ...], most_bytes: int, where: str) -> None:
    """Refuse vectors that take more memory than allowed.

    Raises:
        BadInput: with both sizes.
    """
    size = prod(shape) * 4
    if size > most_bytes:
        what = f"{size / 2**30:.3g} GiB of vectors, shape {list(shape)}; at most {most_bytes / 2**30:.3g} GiB are held in memory"
        raise BadInput(what, where=where, fix="save them as a float32 .npy, which is mapped and not read, or save fewer")


def as_float32(values: np.ndarray) -> np.ndarray:
    """The same numbers as float32 in rows; a map of such a file is given back as it is."""
    if values.dtype == np.float32 and values.flags.c_contiguous:
        return values
    found = np.empty(values.shape, np.float32)
    step = max(1, _STEP // max(1, prod(values.shape[1:])))
    for i in range(0, len(values), step):
        found[i : i + step] = values[i : i + step]
    return found


def assembled(values: np.ndarray, columns: Mapping[str, np.ndarray], where: str, left_out: tuple[str, ...] = ()) -> Vectors:
    """Vectors with the columns of their file.

    Args:
        values: rows × dim, or clips × steps × dim. columns: one entry a row, a clip, or a clip and step. where: the file.
        left_out: columns of the file that are neither numbers nor texts.

    Raises:
        BadInput: a column of Python objects.
    """
    origin = Origin(data=where, settings={"left_out": left_out} if left_out else {})
    said = {name: column for name, column in columns.items()}
    naming = next((n for n in NAMES if n in said and said[n].ndim == 1), None)
    if values.ndim == 3:
        clips, steps, dim = values.shape
        names = plain_column(naming, said.pop(naming)).astype(str) if naming else numbered(clips)
        spread = {n: plain_column(n, np.repeat(c, steps) if c.ndim == 1 else c.reshape(-1)) for n, c in said.items()}
        clip, frame = np.repeat(np.arange(clips), steps), np.tile(np.arange(steps), clips)
        return Vectors(values.reshape(-1, dim), names, clip, frame, columns=spread, origin=origin)
    plain = {name: plain_column(name, column) for name, column in said.items()}
    names = plain.pop(naming).astype(str) if naming else numbered(len(values))
    clip = _clips(plain, names)
    if clip is None:
        return Vectors(values, names, np.arange(len(values)), columns=plain, origin=origin)
    frame = plain.pop(FRAME) if _whole(plain.get(FRAME)) else None
    token = np.stack([plain.pop(n) for n in TOKEN], 1) if all(_whole(plain.get(n)) for n in TOKEN) else None
    first = np.full(int(clip.max()) + 1, "", names.dtype)
    first[clip] = names
    return Vectors(values, first, clip, frame, token, columns=plain, origin=origin)


def _clips(plain: dict[str, np.ndarray], names: np.ndarray) -> np.ndarray | None:
    """The column of clip numbers, taken out of the others, if it is one: the rows of a clip have one name."""
    clip = plain.get(CLIP)
    if clip is None or not _whole(clip) or not 0 <= int(clip.min()) <= int(clip.max()) < 10 * len(names) + 1000:
        return None
    first = np.full(int(clip.max()) + 1, "", names.dtype)
    first[clip] = names
    return plain.pop(CLIP) if (first[clip] == names).all() else None


def _whole(column: np.ndarray | None) -> bool:
    return column is not None and column.dtype.kind in "iu" and int(column.min()) >= NOWHERE
