"""The door to vectors: whatever lies at a path, as `Vectors`. Nothing in a file is unpickled or executed."""

from __future__ import annotations

from pathlib import Path

from workbench.core.errors import BadInput, WorkbenchError
from workbench.core.vectors import Vectors
from workbench.store import arrays, tables
from workbench.store.embeddings import Entry, is_embedding

MOST_BYTES = 8 << 30  # of vectors that must be held in memory
READ = "give vectors as .npy, .npz, .parquet or .safetensors, or the folder of an embedding made by jw.embed"
_READERS = {
    ".npy": arrays.read_npy,
    ".npz": arrays.read_npz,
    ".safetensors": arrays.read_safetensors,
    ".parquet": tables.read_parquet,
    ".pq": tables.read_parquet,
}


def open_vectors(path: str | Path, *, array: str | None = None, most_bytes: int = MOST_BYTES) -> Vectors:
    """The vectors of a file or of an embedding, wherever they were made.

    - .npy: rows × dim, or clips × steps × dim for trajectories. float32 is mapped into memory and not read.
    - .npz and .safetensors: the array `vectors`, else the only one with two or three axes. Arrays with one entry a row are columns.
    - the folder of an embedding made by `jw.embed`, once it is complete.
    - .parquet: a column of lists of numbers, else all floating-point columns, in their order; the others are columns of metadata.

    A column `names`, `name`, `file`, `filename` or `path` gives the names. Rows with NaN or infinity are kept: see `Vectors.nonfinite`.

    Args:
        path: the file or folder. array: which array or column holds the vectors; None = as above. most_bytes: of vectors that must be held in memory.

    Raises:
        BadInput: no such file, another format, damaged, Python objects in it, no vectors or several candidates, columns of another length, or too large.
        MissingExtra: parquet without pyarrow.
    """
    place = Path(path)
    where = str(place)
    reader = _READERS.get(place.suffix.lower())
    if not place.exists():
        raise BadInput("there is no such file or folder", where=where, fix="check the spelling")
    if is_embedding(place):
        return Entry(place).vectors(most_bytes)
    if reader is None or not place.is_file():
        raise BadInput(
            f"vectors cannot be read from {'a folder' if place.is_dir() else place.suffix or 'a file without a suffix'}", where=where, fix=READ
        )
    try:
        return reader(place, array, most_bytes)
    except WorkbenchError:
        raise
    except Exception as err:  # readers of foreign bytes raise many types; each becomes a BadInput with its cause
        said = (str(err) or type(err).__name__).splitlines()[0][:160]
        raise BadInput(f"these vectors cannot be read: {said}", where=where, fix="the file may be incomplete: save or copy it again") from err
