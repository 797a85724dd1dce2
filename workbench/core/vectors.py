"""Vectors with what is known of each row: the input of every projection, neighbour search and map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, cast

import numpy as np
from jaxtyping import Bool, Float32, Int, Shaped

from workbench.core import codec
from workbench.core.errors import BadInput

ELSEWHERE = "made elsewhere"
NOWHERE = -1  # the frame or the token position of a row that stands for more than one
_SCANNED = 1 << 24  # numbers looked at together

Rows = Int[np.ndarray, "rows"]


@codec.portable
@dataclass(frozen=True)
class Origin:
    """How vectors came about.

    Args:
        made: "embed", or "made elsewhere" for vectors that were imported.
        question: digest of the question that they answer; "" where there was none.
        model: the card's name. hashes: part -> sha256 of the tensors used. data: path of the clips, or of the imported file.
        settings: of the question, by name: what, layer, pool, …
    """

    made: str = ELSEWHERE
    question: str = ""
    model: str = ""
    hashes: Mapping[str, str] = field(default_factory=dict[str, str])
    data: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])


@codec.portable
@dataclass(frozen=True, eq=False)
class Vectors:
    """One vector a row, with names, metadata and the place that each row comes from.

    Args:
        values: the vectors; may be a memory map of a file, which is read only.
        names: of the clips, or of the rows where nothing else is known; relative paths where the clips are files.
        clip: row -> index into `names`.
        frame: row -> index of its first frame within its clip; NOWHERE for a row that stands for a whole clip.
        token: row -> (row, column) of its token on the grid of that frame; NOWHERE for a row that is no token.
        columns: name -> one number or text a row.
        skipped: (name, reason) of clips that could not be read. left_out: rows with NaN or infinity, which `usable` took away.
        origin: how the vectors came about.

    Raises:
        BadInput: lengths that differ, or a `clip` without a name.
    """

    values: Float32[np.ndarray, "rows dim"]
    names: Shaped[np.ndarray, "clips"]
    clip: Rows
    frame: Rows | None = None
    token: Int[np.ndarray, "rows 2"] | None = None
    columns: Mapping[str, Shaped[np.ndarray, "rows"]] = field(default_factory=dict[str, np.ndarray])
    skipped: tuple[tuple[str, str], ...] = ()
    origin: Origin = Origin()
    left_out: int = 0

    def __post_init__(self) -> None:
        if self.values.ndim != 2 or self.values.shape[1] == 0:
            what = f"vectors of shape {list(self.values.shape)}; rows × dim is expected"
            raise BadInput(what, where="Vectors", fix="give a 2-D array with at least one column")
        tracks = {"clip": self.clip, "frame": self.frame, "token": self.token, **self.columns}
        for name, track in tracks.items():
            if track is not None and len(track) != len(self.values):
                what = f"{name!r} has {len(track)} entries for {len(self.values)} vectors"
                raise BadInput(what, where="Vectors", fix="give one entry a row")
        if len(self.clip) and not 0 <= int(self.clip.min()) <= int(self.clip.max()) < len(self.names):
            what = f"clips {int(self.clip.min())} to {int(self.clip.max())} for {len(self.names)} names"
            raise BadInput(what, where="Vectors", fix="number clips from 0, with one name each")

    def __len__(self) -> int:
        return len(self.values)

    @classmethod
    def of(cls, values: np.ndarray, names: Sequence[str] | None = None, **columns: Any) -> Vectors:
        """Vectors from an array in memory, one name a row.

        Args:
            values: rows × dim, any kind of numbers. names: None = the row numbers. columns: metadata, one number or text a row.

        Raises:
            BadInput: another shape, or a column of another length.
        """
        rows = np.ascontiguousarray(values, np.float32)
        said = numbered(len(rows)) if names is None else np.asarray(list(names), dtype=str)
        if len(said) != len(rows):
            raise BadInput(f"{len(said)} names for {len(rows)} vectors", where="Vectors.of", fix="give one name a row")
        return cls(rows, said, np.arange(len(rows)), columns={k: plain_column(k, v) for k, v in columns.items()})

    @property
    def dim(self) -> int:
        """Features of a vector."""
        return self.values.shape[1]

    @property
    def level(self) -> str:
        """What a row stands for: "clip", "frame" or "token"."""
        if self.token is not None:
            return "token"
        return "clip" if self.frame is None else "frame"

    @cached_property
    def finite(self) -> Bool[np.ndarray, "rows"]:
        """Which rows hold neither NaN nor infinity. Only these can be projected or searched."""
        step = max(1, _SCANNED // self.dim)
        parts = [np.isfinite(self.values[i : i + step]).all(1) for i in range(0, len(self), step)]
        return np.concatenate(parts) if parts else np.ones(0, bool)

    @property
    def nonfinite(self) -> int:
        """How many rows hold NaN or infinity."""
        return int(len(self) - self.finite.sum())

    def name(self, row: int) -> str:
        """The name of a row: that of its clip, with the frame and the token where it is one."""
        words = str(self.names[self.clip[row]])
        if self.frame is not None and self.frame[row] != NOWHERE:
            words += f" frame {int(self.frame[row])}"
        if self.token is not None and self.token[row, 0] != NOWHERE:
            words += f" token {int(self.token[row, 0])},{int(self.token[row, 1])}"
        return words

    def take(self, rows: Shaped[np.ndarray, "chosen"] | slice) -> Vectors:
        """Some rows, by their numbers or a mask. Names of clips keep their indices."""
        return replace(
            self,
            values=self.values[rows],
            clip=self.clip[rows],
            frame=None if self.frame is None else self.frame[rows],
            token=None if self.token is None else self.token[rows],
            columns={name: column[rows] for name, column in self.columns.items()},
        )

    def usable(self) -> Vectors:
        """The rows without NaN and infinity; the same object where all are."""
        return self if self.finite.all() else replace(self.take(self.finite), left_out=self.nonfinite)

    def by_position(self) -> Vectors:
        """What position alone tells: each vector replaced by the mean over all clips at its frame, row and column.

        Raises:
            BadInput: the rows are whole clips.
        """
        if self.frame is None:
            raise BadInput("whole clips have no position", where="Vectors.by_position", fix="give vectors of tokens or frames")
        places = self.frame[:, None] if self.token is None else np.column_stack([self.frame, self.token])
        which = np.unique(places, axis=0, return_inverse=True)[1].reshape(-1)
        order = np.argsort(which, kind="stable")
        starts = np.flatnonzero(np.diff(which[order], prepend=-1))
        sums = np.add.reduceat(self.values[order], starts, axis=0, dtype=np.float64) if len(order) else np.empty((0, self.dim))
        return replace(self, values=(sums / np.bincount(which)[:, None])[which].astype(np.float32))

    def shuffled(self, seed: int = 0) -> Vectors:
        """Each column permuted on its own: the distribution of every feature stays, what features have in common goes."""
        return replace(self, values=np.random.default_rng(seed).permuted(self.values, axis=0))

    def with_columns(self, columns: Mapping[str, Any]) -> Vectors:
        """The same vectors with further metadata; a column of a known name is replaced.

        Raises:
            BadInput: a column of another length or kind.
        """
        return replace(self, columns={**self.columns, **{k: plain_column(k, v) for k, v in columns.items()}})


def numbered(count: int) -> Shaped[np.ndarray, "rows"]:
    """Row numbers as names."""
    return np.arange(count).astype(str)


def plain_column(name: str, values: Any) -> Shaped[np.ndarray, "rows"]:
    """A column as numbers or text: bytes are decoded, dates become ISO text, what is missing becomes "".

    Raises:
        BadInput: entries of another kind, or more than one axis.
    """
    found = np.asarray(values)
    if found.dtype.kind == "S":
        found = np.char.decode(found, "utf-8", "replace")
    if found.dtype.kind in "Mm":
        texts = found.astype(str)
        found = np.where(texts == "NaT", "", texts)
    if found.dtype.kind == "O":
        rows = cast("list[object]", found.tolist()) if found.ndim == 1 else []
        if not rows or not all(v is None or isinstance(v, str) for v in rows):
            raise BadInput(f"column {name!r} holds Python objects", where=name, fix="give numbers or texts")
        found = np.array(["" if v is None else v for v in rows], dtype=str)
    if found.ndim != 1 or found.dtype.kind not in "biufU":
        raise BadInput(f"column {name!r} is {found.dtype} of shape {list(found.shape)}", where=name, fix="give one number or text a row")
    return found
