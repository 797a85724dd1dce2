"""Labels and metadata from a table, joined to vectors by file name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from workbench.core.errors import BadInput
from workbench.core.vectors import Vectors, numbered, plain_column
from workbench.store.rows import NAMES
from workbench.store.tables import read_table

_KEYS = (*NAMES, "image", "images", "video", "videos", "clip", "id")


@dataclass(frozen=True, eq=False)
class Joined:
    """Vectors with the columns of a table.

    Args:
        vectors: with one more column for each of the table; "" or NaN where no row of the table matched.
        on: the column of the table that was matched with names; "" where none was. by: "name" (the whole relative path), "file" (the last part of it)
            or "stem" (that without its suffix): the strictest that matches most clips; or "order", where neither side has names.
        matched: how many clips have a row. unmatched: names of clips without one. unused: names in the table that match no clip.
    """

    vectors: Vectors
    on: str
    by: str
    matched: int
    unmatched: tuple[str, ...]
    unused: tuple[str, ...]

    def sentence(self) -> str:
        """What matched, in words, with up to three names of what did not."""
        if self.by == "order":
            return f"{self.matched} rows matched by their order: neither the vectors nor the table have names"
        words = f"{self.matched} of {self.matched + len(self.unmatched)} clips matched by {self.by} in column {self.on!r}"
        for what, names in (("without a row", self.unmatched), ("rows unused", self.unused)):
            if names:
                words += f"; {len(names)} {what}: {', '.join(names[:3])}{', …' if len(names) > 3 else ''}"
        return words


def join(vectors: Vectors, table: str | Path | Mapping[str, Any], *, on: str | None = None) -> Joined:
    """Add labels and metadata from a table, matched by file name; by order, where the vectors have no names, the table names none, and both have as many rows.

    Args:
        table: a csv or parquet file, or columns by name. on: its column of file names; None = the first of name, file, filename, path, image,
            video, clip, id, … that it has, else its first column of texts.

    Raises:
        BadInput: no such file or column, a name that stands in two rows, or nothing that matches.
    """
    where = str(table) if isinstance(table, str | Path) else "table"
    columns = read_table(table) if isinstance(table, str | Path) else {n: plain_column(n, c) for n, c in table.items()}
    if on is None and _in_order(vectors, columns):
        return Joined(vectors.with_columns({_free(n, vectors.columns): c for n, c in columns.items()}), "", "order", len(vectors), (), ())
    key = _key(columns, on, where)
    theirs = [str(n).strip() for n in columns[key].tolist()]
    ours = [str(n) for n in vectors.names.tolist()]
    wanted = sorted(set(vectors.clip.tolist()))
    by, found = _matched(ours, wanted, theirs, where)
    row_of = np.full(len(ours), -1)
    for clip, row in found.items():
        row_of[clip] = row
    rows = row_of[vectors.clip]
    added = {_free(name, vectors.columns): _spread(column, rows) for name, column in columns.items() if name != key}
    used = set(found.values())
    unmatched = tuple(ours[clip] for clip in wanted if clip not in found)
    unused = tuple(name for row, name in enumerate(theirs) if row not in used)
    return Joined(vectors.with_columns(added), key, by, len(found), unmatched, unused)


def labelled(vectors: Vectors, table: str | Path | Mapping[str, Any]) -> Vectors:
    """The vectors with the columns of a table, see `join`; how they were matched stands in the settings of their origin, as `joined`."""
    found = join(vectors, table)
    settings = {**vectors.origin.settings, "joined": found.sentence()}
    return replace(found.vectors, origin=replace(vectors.origin, settings=settings))


def _in_order(vectors: Vectors, columns: Mapping[str, np.ndarray]) -> bool:
    """Whether rows are matched by their order: the vectors are numbered, no column is of names, and there are as many rows."""
    named = any(name.lower() in _KEYS for name in columns)
    whole = vectors.frame is None and len(vectors.names) == len(vectors)
    same = bool(columns) and len(next(iter(columns.values()))) == len(vectors)
    return whole and same and not named and np.array_equal(vectors.names, numbered(len(vectors)))


def _key(columns: Mapping[str, np.ndarray], on: str | None, where: str) -> str:
    if on is not None:
        if on not in columns:
            raise BadInput(f"there is no column {on!r}", where=where, fix=f"one of {', '.join(columns)}")
        return on
    lower = {name.lower(): name for name in reversed(list(columns))}
    usual = next((lower[k] for k in _KEYS if k in lower), None)
    found = usual or next((name for name, column in columns.items() if column.dtype.kind == "U"), None)
    if found is None:
        raise BadInput(f"no column names files; there are {', '.join(columns)}", where=where, fix="name it: on=…")
    return found


def _matched(ours: Sequence[str], wanted: Sequence[int], theirs: Sequence[str], where: str) -> tuple[str, dict[int, int]]:
    """How names were matched, and clip -> row of the table."""
    best: tuple[str, dict[int, int]] = ("name", {})
    for by, cut in (("name", _whole), ("file", _last), ("stem", _stem)):
        rows = [cut(name) for name in theirs]
        clips = [cut(ours[clip]) for clip in wanted]
        twice, common = Counter(rows), Counter(clips)
        row_of = {name: row for row, name in enumerate(rows)}
        shared = [name for name in common if name and name in row_of]
        double = next((name for name in shared if twice[name] > 1), None)
        if double is not None and by == "name":
            raise BadInput(f"{double!a} stands in {twice[double]} rows", where=where, fix="keep one row a file")
        alone = {name for name in shared if twice[name] == 1 and (common[name] == 1 or by == "name")}
        found = {clip: row_of[name] for clip, name in zip(wanted, clips, strict=True) if name in alone}
        if len(found) > len(best[1]):
            best = (by, found)
    if not best[1]:
        what = f"no name matches: the vectors have {_some([ours[c] for c in wanted])}, the table has {_some(theirs)}"
        raise BadInput(what, where=where, fix="give relative file names in a column, and name that column: on=…")
    return best


def _whole(name: str) -> str:
    return name.replace("\\", "/").removeprefix("./")


def _last(name: str) -> str:
    return _whole(name).rpartition("/")[2]


def _stem(name: str) -> str:
    last = _last(name)
    return last.rpartition(".")[0] or last


def _some(names: Sequence[str]) -> str:
    return ", ".join(f"{n!a}" for n in names[:2])


def _free(name: str, taken: Mapping[str, Any]) -> str:
    """A name that is not taken by another column."""
    while name in taken:
        name += " (table)"
    return name


def _spread(column: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """The entries of a column at these rows; "" or NaN where the row is -1."""
    found = column[np.maximum(rows, 0)]
    if (rows >= 0).all():
        return found
    if column.dtype.kind == "U":
        return np.where(rows >= 0, found, "")
    return np.where(rows >= 0, found.astype(np.float64), np.nan)
