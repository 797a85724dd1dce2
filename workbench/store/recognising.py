"""Which files hold vectors: by their headers, since checkpoints and banks of clips use the same formats."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from workbench.core.errors import BadInput
from workbench.store import arrays, tables
from workbench.store.embeddings import is_embedding

SUFFIXES = (".npy", ".npz", ".safetensors", ".parquet", ".pq")
_OTHERS = ("pixels", "config")  # arrays by which a bank of clips and a checkpoint are known


def may_hold(path: str | Path) -> bool:
    """Whether a path is worth a look at its header: by its suffix, or as the folder of an embedding."""
    place = Path(path)
    return place.suffix.lower() in SUFFIXES or (os.path.isdir(place) and is_embedding(place))  # a name that is too long is no folder


def found_in(path: str | Path) -> str:
    """What of a file or folder `open_vectors` takes as vectors, in words; "" where it is something else, or damaged.

    - .npy: an array with two axes, or of floating-point numbers with three.
    - .npz: the array `vectors`, or floating-point numbers with two axes, else with three; no bank of clips (`pixels`) and no checkpoint (`config`).
    - .safetensors: a tensor `vectors`, or one tensor with two axes and no other.
    - .parquet: any.

    Raises:
        BadInput: an .npz of several arrays that could be the vectors.
    """
    place = Path(path)
    kind = place.suffix.lower()
    if is_embedding(place):
        return f"the embedding {place.name}"
    try:
        if kind in (".parquet", ".pq"):
            return f"the columns {tables.vector_words(place)} of {place.name}"
        read = {".npy": arrays.npy_heads, ".npz": arrays.npz_heads, ".safetensors": arrays.safetensors_heads}.get(kind)
        heads = {} if read is None else read(place)
    except (BadInput, OSError, ValueError, zipfile.BadZipFile, NotImplementedError):
        return ""  # whoever opens it as something else says what is wrong
    name = _which(kind, heads, str(place))
    if name is None:
        return ""
    shape = " × ".join(f"{n:,}" for n in heads[name][0])
    unused = f"; not used: {', '.join(sorted(n for n in heads if n != name and len(heads[n][0]) > 1)[:4])}" if kind != ".npy" else ""
    return f"the array {f'{name!r} ' if kind != '.npy' else ''}({shape}) of {place.name}{unused if unused != '; not used: ' else ''}"


def _which(kind: str, heads: Mapping[str, arrays.Head], where: str) -> str | None:
    """The name of the array of vectors; None where there is none."""
    if any(name in heads for name in _OTHERS):
        return None
    named = heads.get(arrays.WANTED)
    if named is not None and len(named[0]) in (2, 3) and named[1].kind in "fiub":
        return arrays.WANTED
    if kind == ".safetensors":
        ((name, (shape, dtype)),) = heads.items() if len(heads) == 1 else (("", ((), np.dtype(bool))),)
        return name if len(shape) == 2 and dtype.kind == "f" else None
    for axes in (2, 3):
        fitting = [n for n, (shape, dtype) in heads.items() if len(shape) == axes and (dtype.kind == "f" or (kind == ".npy" and axes == 2))]
        if len(fitting) > 1:
            what = f"{len(fitting)} arrays have {axes} axes: {', '.join(fitting[:8])}"
            raise BadInput(what, where=where, fix=f"save the one with the vectors as {arrays.WANTED!r}, or leave the others out")
        if fitting:
            return fitting[0]
    return None
