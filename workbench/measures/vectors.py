"""Vectors as measures are given them: an array, or a file that holds them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from workbench.core.questions.projection import Points
from workbench.fits.projection import usable
from workbench.store import open_vectors


def points_of(vectors: Any, *, least: int = 1) -> Points:
    """Vectors that can be used, from an array or from the path of a file.

    Raises:
        BadInput: see `fits.projection.usable`; or a file that holds none.
    """
    return usable(read(vectors) if isinstance(vectors, str | Path) else vectors, least=least)


def read(path: str | Path) -> Any:
    """What a file of vectors holds: of an .npy with two axes its very numbers, of another see `store.open_vectors`.

    Raises:
        BadInput: no such file, or it holds no vectors. MissingExtra: parquet without pyarrow.
    """
    found = open_vectors(path)
    if Path(path).suffix == ".npy" and (exact := np.load(path, allow_pickle=False, mmap_mode="r")).shape == found.values.shape:
        return exact  # float64 is not rounded to float32
    return found
