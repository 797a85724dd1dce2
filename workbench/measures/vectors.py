"""Vectors as measures are given them: an array, or a file that holds them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from workbench.core.errors import BadInput
from workbench.core.questions.projection import Points
from workbench.fits.projection import usable
from workbench.store import open_vectors


def points_of(vectors: Any, *, rows: Any = None, least: int = 1) -> Points:
    """Vectors that can be used, from an array or from the path of a file.

    Args:
        rows: that are wanted, in this order; None: all. Others may hold NaN.

    Raises:
        BadInput: see `fits.projection.usable`; a file that holds none; or rows that are not there.
    """
    found = read(vectors) if isinstance(vectors, str | Path) else vectors
    return usable(found if rows is None else _chosen(found, np.asarray(rows)), least=least)


def column_of(vectors: Any, name: str) -> np.ndarray:
    """A column of metadata, one entry a row.

    Raises:
        BadInput: the vectors have no such column, or none at all.
    """
    columns = getattr(open_vectors(vectors) if isinstance(vectors, str | Path) else vectors, "columns", {})
    if name not in columns:
        raise BadInput(
            f"the vectors have no column {name!r}", where="labels", fix=f"one of {', '.join(columns)}" if columns else "give one label a point"
        )
    return np.asarray(columns[name])


def _chosen(vectors: Any, rows: np.ndarray) -> np.ndarray:
    values = np.asarray(getattr(vectors, "values", vectors))
    if rows.ndim != 1 or rows.dtype.kind not in "iu" or not len(rows) or rows.min() < 0 or rows.max() >= len(values):
        raise BadInput("rows that are not there", where="rows", fix=f"row numbers from 0 to {len(values) - 1}")
    return values[rows]


def read(path: str | Path) -> Any:
    """What a file of vectors holds: of an .npy with two axes its very numbers, of another see `store.open_vectors`.

    Raises:
        BadInput: no such file, or it holds no vectors. MissingExtra: parquet without pyarrow.
    """
    found = open_vectors(path)
    if Path(path).suffix == ".npy" and (exact := np.load(path, allow_pickle=False, mmap_mode="r")).shape == found.values.shape:
        return exact  # float64 is not rounded to float32
    return found
