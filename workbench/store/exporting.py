"""Vectors to files that other programs read."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from workbench.core.errors import BadInput
from workbench.core.vectors import Vectors
from workbench.store.rows import CLIP, FRAME, TOKEN
from workbench.store.tables import parquet

_BATCH = 1 << 14  # rows written together
_NAME, _VECTOR = "name", "vector"


def save_vectors(vectors: Vectors, path: str | Path) -> Path:
    """Write vectors to .parquet, .npz or .npy. A half-written file never replaces a good one.

    - .parquet: `vector` (lists of float32), `name`, `clip`, where they are known `frame`, `token_row`, `token_col`, then the metadata.
    - .npz: the array `vectors`, and the same columns.
    - .npy: the vectors alone.

    `open_vectors` reads all three.

    Returns:
        The path.

    Raises:
        BadInput: another suffix, a column that is named as one of the above, or a place that cannot be written. MissingExtra: parquet without pyarrow.
    """
    place = Path(path)
    writers: dict[str, Callable[[Vectors, Path], None]] = {".parquet": _parquet, ".npz": _npz, ".npy": _npy}
    write = writers.get(place.suffix.lower())
    if write is None:
        raise BadInput(f"vectors are not written as {place.suffix or 'a file without a suffix'}", where=str(path), fix="use .parquet, .npz or .npy")
    part = place.with_name(f"{place.name}.{os.getpid()}.partial")
    try:
        write(vectors, part)
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        part.replace(place)
    except OSError as err:
        raise BadInput(
            f"the vectors cannot be written: {err.strerror or err}", where=str(path), fix="choose a folder with room that may be written"
        ) from err
    finally:
        part.unlink(missing_ok=True)
    return place


def _columns(vectors: Vectors) -> dict[str, np.ndarray]:
    """Names, places and metadata, one entry a row."""
    found = {_NAME: vectors.names[vectors.clip], CLIP: vectors.clip}
    if vectors.frame is not None:
        found[FRAME] = vectors.frame
    if vectors.token is not None:
        found |= {name: vectors.token[:, k] for k, name in enumerate(TOKEN)}
    double = next((n for n in vectors.columns if n in (*found, _VECTOR, "vectors")), None)
    if double is not None:
        raise BadInput(f"a column is named {double!r}, as one that is written for every vector", where="columns", fix="rename it")
    return {**found, **vectors.columns}


def _npy(vectors: Vectors, path: Path) -> None:
    with path.open("wb") as file:
        np.save(file, vectors.values, allow_pickle=False)


def _npz(vectors: Vectors, path: Path) -> None:
    arrays: dict[str, Any] = {"vectors": vectors.values, **_columns(vectors)}
    with path.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)


def _parquet(vectors: Vectors, path: Path) -> None:
    parquet()
    import pyarrow as pa

    columns = _columns(vectors)
    schema = pa.schema([(_VECTOR, pa.list_(pa.float32(), vectors.dim)), *((n, pa.array(c[:0]).type) for n, c in columns.items())])
    with parquet().ParquetWriter(path, schema) as writer:
        for i in range(0, len(vectors), _BATCH):
            part = slice(i, i + _BATCH)
            flat = pa.array(np.ascontiguousarray(vectors.values[part]).reshape(-1))
            rows = [pa.FixedSizeListArray.from_arrays(flat, vectors.dim), *(pa.array(c[part]) for c in columns.values())]
            writer.write_batch(pa.record_batch(rows, schema=schema))
