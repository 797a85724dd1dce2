"""Vectors and metadata in tables: parquet and csv."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np

from workbench.core.errors import BadInput, MissingExtra
from workbench.core.vectors import plain_column
from workbench.store.rows import assembled, check_size

_MOST_TEXT = 1 << 30  # bytes of a csv
_BATCH = 8192  # rows read together
_VECTOR = ("vector", "vectors", "embedding", "embeddings")


def parquet() -> Any:
    """The module `pyarrow.parquet`.

    Raises:
        MissingExtra: pyarrow is not installed.
    """
    try:
        from pyarrow import parquet as found
    except ModuleNotFoundError as err:
        raise MissingExtra("parquet needs pyarrow", where="parquet", fix='pip install "jepa-workbench[maps]"') from err
    return found


def read_parquet(path: Path, array: str | None, most_bytes: int) -> Any:
    """The vectors of a parquet file, read in batches; see `open_vectors`."""
    with parquet().ParquetFile(path, memory_map=True) as file:
        schema, rows = file.schema_arrow, file.metadata.num_rows
        if rows == 0:
            raise BadInput("this table has no rows", where=str(path), fix="save one row a vector")
        wanted = _vector_columns(schema, array, str(path))
        others = [f.name for f in schema if f.name not in wanted and _plain(f.type)]
        left_out = tuple(f.name for f in schema if f.name not in wanted and f.name not in others)
        values: np.ndarray | None = None
        parts, row = {name: list[np.ndarray]() for name in others}, 0
        for batch in file.iter_batches(_BATCH, columns=[*wanted, *others]):
            found = _vectors(batch, wanted, str(path))
            if values is None:
                check_size((rows, found.shape[1]), most_bytes, str(path))
                values = np.empty((rows, found.shape[1]), np.float32)
            if found.shape[1] != values.shape[1]:
                what = f"a vector of {found.shape[1]} numbers among vectors of {values.shape[1]}"
                raise BadInput(what, where=str(path), fix="save vectors of one length")
            values[row : row + len(found)] = found
            row += len(found)
            for name in others:
                parts[name].append(_column(name, batch.column(name)))
    assert values is not None
    return assembled(values, {n: np.concatenate(p) for n, p in parts.items()}, str(path), left_out)


def vector_words(path: Path) -> str:
    """The names of the columns that hold the vectors of a parquet file, for a reader."""
    with parquet().ParquetFile(path, memory_map=True) as file:
        names = _vector_columns(file.schema_arrow, None, str(path))
    return ", ".join(map(repr, names[:3])) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def read_table(path: str | Path) -> dict[str, np.ndarray]:
    """The columns of a csv or parquet file of labels and metadata, numbers where every entry is one.

    Args:
        path: .csv, .tsv, .txt (comma, semicolon or tab; the first line names the columns), or .parquet.

    Raises:
        BadInput: no such file, another format, no rows, or lines of another length. MissingExtra: parquet without pyarrow.
    """
    place, kind = Path(path), Path(path).suffix.lower()
    if not place.is_file():
        raise BadInput("there is no such file", where=str(path), fix="check the spelling")
    if kind not in (".csv", ".tsv", ".txt", ".parquet", ".pq"):
        raise BadInput(f"a table cannot be read from {kind or 'a file without a suffix'}", where=str(path), fix="give a .csv, .tsv or .parquet")
    try:
        return _table(place) if kind in (".parquet", ".pq") else _csv(place)
    except (BadInput, MissingExtra):
        raise
    except Exception as err:  # csv, codecs and pyarrow raise many types over foreign bytes
        said = (str(err) or type(err).__name__).splitlines()[0][:160]
        raise BadInput(f"this table cannot be read: {said}", where=str(path), fix="save it again as UTF-8 csv or as parquet") from err


def _table(path: Path) -> dict[str, np.ndarray]:
    with parquet().ParquetFile(path, memory_map=True) as file:
        names = [f.name for f in file.schema_arrow if _plain(f.type)]
        if not names or not file.metadata.num_rows:
            raise BadInput("this table has no rows of numbers or texts", where=str(path), fix="save one row a file, with its name in a column")
        batches = list(file.iter_batches(columns=names))
        return {n: np.concatenate([_column(n, b.column(n)) for b in batches]) for n in names}


def _csv(path: Path) -> dict[str, np.ndarray]:
    if path.stat().st_size > _MOST_TEXT:
        raise BadInput(
            f"a table of {path.stat().st_size / 2**30:.3g} GiB", where=str(path), fix="save it as parquet, with the columns that are needed"
        )
    with path.open(newline="", encoding="utf-8-sig") as file:
        first = file.readline()
        file.seek(0)
        rows = list(csv.reader(file, delimiter=max(",;\t", key=first.count)))
    rows = [row for row in rows if row]
    if len(rows) < 2:
        raise BadInput("this table has no rows under its first line", where=str(path), fix="name the columns in the first line, then one line a file")
    head = [name.strip() for name in rows[0]]
    if len(set(head)) != len(head):
        raise BadInput(f"two columns have one name: {', '.join(head)[:160]}", where=str(path), fix="give each column its own name")
    wrong = next((i for i, row in enumerate(rows) if len(row) != len(head)), None)
    if wrong is not None:
        what = f"row {wrong + 1} has {len(rows[wrong])} entries, the first has {len(head)}"
        raise BadInput(what, where=str(path), fix="quote entries that hold the separator")
    return {name: _numbers(np.array([row[k].strip() for row in rows[1:]])) for k, name in enumerate(head)}


def _numbers(texts: np.ndarray) -> np.ndarray:
    """Texts as whole numbers or numbers, where all are; empty ones become NaN."""
    empty = texts == ""
    if empty.all():
        return texts
    try:
        if not empty.any() and all(t.lstrip("-").isascii() and t.lstrip("-").isdigit() for t in texts):
            return texts.astype(np.int64)
        return np.where(empty, "nan", texts).astype(np.float64)
    except (ValueError, OverflowError):
        return texts


def _vector_columns(schema: Any, array: str | None, where: str) -> list[str]:
    """The column of lists that holds the vectors, else the floating-point columns."""
    import pyarrow as pa

    lists = [f.name for f in schema if _is_list(f.type)]
    if array is not None:
        if array not in lists:
            raise BadInput(f"there is no column of lists {array!a}", where=where, fix=f"one of {', '.join(lists) or 'none'}")
        return [array]
    usual = next((n for n in _VECTOR if n in lists), None)
    if usual is not None or len(lists) == 1:
        return [usual or lists[0]]
    if lists:
        raise BadInput(
            f"{len(lists)} columns hold lists: {', '.join(lists[:8])}", where=where, fix=f"name the one with the vectors: array={lists[0]!a}"
        )
    floats = [f.name for f in schema if pa.types.is_floating(f.type)]
    if not floats:
        fix = "save the vectors as a column of lists, or one floating-point column a feature"
        raise BadInput(f"no column holds vectors; there are {', '.join(schema.names[:8])}", where=where, fix=fix)
    return floats


def _is_list(kind: Any) -> bool:
    import pyarrow as pa

    listed = pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
    return listed and (pa.types.is_floating(kind.value_type) or pa.types.is_integer(kind.value_type))


def _plain(kind: Any) -> bool:
    import pyarrow as pa

    t = pa.types
    kind = kind.value_type if t.is_dictionary(kind) else kind
    tests = (t.is_integer, t.is_floating, t.is_boolean, t.is_string, t.is_large_string, t.is_temporal, t.is_decimal)
    return any(test(kind) for test in tests)


def _vectors(batch: Any, wanted: list[str], where: str) -> np.ndarray:
    """The vectors of one batch; a missing one is a row of NaN."""
    import pyarrow as pa

    first = batch.column(wanted[0])
    if not _is_list(first.type):
        return np.stack([np.asarray(batch.column(n).to_numpy(zero_copy_only=False), np.float32) for n in wanted], 1)
    there = ~np.asarray(first.is_null())
    lengths = np.unique(np.asarray(_call("list_value_length", first.drop_null())))
    if len(lengths) != 1 or not lengths[0]:
        what = f"vectors of {', '.join(map(str, lengths[:4]))} numbers" if len(lengths) else f"{len(first)} missing vectors in a row"
        raise BadInput(what, where=where, fix="save vectors of one length")
    found = np.full((len(first), int(lengths[0])), np.nan, np.float32)
    flat = first.drop_null().flatten().cast(pa.float32(), safe=False)
    found[there] = flat.to_numpy(zero_copy_only=False).reshape(-1, int(lengths[0]))
    return found


def _call(function: str, values: Any) -> Any:
    from pyarrow import compute

    return compute.call_function(function, [values])


def _column(name: str, values: Any) -> np.ndarray:
    import pyarrow as pa

    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
        return plain_column(name, np.array(["" if v is None else v for v in values.to_pylist()], dtype=str))
    if pa.types.is_decimal(values.type):
        values = values.cast(pa.float64())
    if pa.types.is_temporal(values.type):
        return np.array(["" if v is None else str(v) for v in values.to_pylist()], dtype=str)
    if pa.types.is_boolean(values.type) and values.null_count:
        values = values.cast(pa.int8())
    return plain_column(name, values.to_numpy(zero_copy_only=False))
