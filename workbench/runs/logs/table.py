"""Columns of numbers that grow, and the curves that are drawn of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float

MOST_ROWS, MOST_COLUMNS, MOST_NAME = 4_000_000, 512, 200
_NOTES = 20
_STEPS = ("global_step", "step", "_step", "trainer/global_step", "iteration", "iter", "update")  # in this order of preference
_EPOCHS, _WITHIN = ("epoch",), ("itr", "iter", "batch")
_CLOCKS = ("time (ms)", "_timestamp", "_runtime", "wall_time", "timestamp", "created_at", "relative_time")


@dataclass(frozen=True, eq=False)
class Curve:
    """One column along training. steps: rising; what a resumed run did again is there once, as it was done last. values: NaN where NaN was logged."""

    name: str
    steps: Float[np.ndarray, "rows"]
    values: Float[np.ndarray, "rows"]

    @property
    def minimum(self) -> tuple[float, float] | None:
        """Step and value of the smallest finite value; None where there is none."""
        finite = np.flatnonzero(np.isfinite(self.values))
        if not len(finite):
            return None
        at = finite[self.values[finite].argmin()]
        return float(self.steps[at]), float(self.values[at])

    @property
    def first_bad(self) -> float | None:
        """Step of the first NaN or infinity that was logged."""
        bad = np.flatnonzero(~np.isfinite(self.values))
        return float(self.steps[bad[0]]) if len(bad) else None


class Table:
    """Columns by name, all of one length. A cell that was not logged is held apart from a NaN that was."""

    def __init__(self) -> None:
        self._columns: dict[str, array[float]] = {}
        self._there: dict[str, bytearray] = {}
        self._curves: dict[str, Curve] = {}
        self.rows = 0

    def __len__(self) -> int:
        return self.rows

    @property
    def names(self) -> tuple[str, ...]:
        """The columns that hold a number anywhere, in the order in which they appeared."""
        return tuple(name for name, there in self._there.items() if b"\1" in there)

    def add(self, row: Mapping[str, float]) -> None:
        """Append one row; NaN is a value that was logged."""
        self.extend({name: np.array([value]) for name, value in row.items()}, 1)

    def extend(self, columns: Mapping[str, np.ndarray], rows: int, there: Mapping[str, np.ndarray] | None = None) -> None:
        """Append rows of some columns. there: which cells were logged; None: all."""
        rows = min(rows, MOST_ROWS - self.rows)
        for name, values in columns.items():
            if name not in self._columns:
                if len(self._columns) >= MOST_COLUMNS:
                    continue
                self._columns[name], self._there[name] = array("d", bytes(8 * self.rows)), bytearray(self.rows)
            self._columns[name].frombytes(np.ascontiguousarray(values[:rows], np.float64).tobytes())
            said = b"\1" * rows if there is None or name not in there else np.ascontiguousarray(there[name][:rows], np.uint8).tobytes()
            self._there[name].extend(said)
        self.rows += rows
        for name, column in self._columns.items():
            if len(column) < self.rows:
                missing = self.rows - len(column)
                column.frombytes(bytes(8 * missing))
                self._there[name].extend(bytes(missing))
        self._curves.clear()

    def values(self, name: str) -> tuple[Float[np.ndarray, "rows"], np.ndarray]:
        """The numbers of a column, and which were logged.

        Raises:
            KeyError: no such column.
        """
        return np.array(self._columns[name]), np.frombuffer(bytes(self._there[name]), bool)

    @property
    def steps(self) -> Float[np.ndarray, "rows"]:
        """Where each row lies along training: its step; else epoch and iteration counted together; else its epoch; else its number.

        Epochs are counted from 1, or from 0 where there is one; iterations an epoch are the most that were logged in one.
        """
        names = {name.lower(): name for name in self._columns}
        epoch = next((names[n] for n in _EPOCHS if n in names), None)
        within = next((names[n] for n in _WITHIN if n in names), None)
        if epoch is not None and within is not None:
            (epochs, there), (inside, also) = self.values(epoch), self.values(within)
            known = there & also
            if known.any():
                each = inside[known].max() + 1
                return _filled((epochs - min(epochs[known].min(), 1)) * each + inside, known)
        for name in (*_STEPS, *_EPOCHS):
            if name in names:
                found, there = self.values(names[name])
                if there.any():
                    return _filled(found, there)
        return np.arange(self.rows, dtype=np.float64)

    @property
    def terms(self) -> tuple[str, ...]:
        """The columns that are worth a curve: all but steps, epochs and clocks."""
        return tuple(n for n in self.names if n.lower() not in (*_STEPS, *_EPOCHS, *_WITHIN, *_CLOCKS))

    def curve(self, name: str) -> Curve:
        """One column along training.

        Raises:
            KeyError: no such column.
        """
        if name not in self._curves:
            values, there = self.values(name)
            steps, values = self.steps[there], values[there]
            again = np.full(len(steps) + 1, np.inf)  # the earliest step that is done again after each row
            back = np.flatnonzero(np.diff(steps) < 0) + 1
            again[back] = steps[back]
            last = steps < np.minimum.accumulate(again[::-1])[::-1][1:]
            self._curves[name] = Curve(name, steps[last], values[last])
        return self._curves[name]

    @property
    def resumed(self) -> Sequence[float]:
        """Steps at which the run went back and began again."""
        steps = self.steps
        back = np.flatnonzero(np.diff(steps) < 0)
        return tuple(steps[back + 1].tolist())


def _filled(steps: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Rows without a step take that of the row before."""
    at = np.maximum.accumulate(np.where(known, np.arange(len(steps)), -1))
    return np.where(at >= 0, steps[np.maximum(at, 0)], steps[known.argmax()] if known.any() else 0.0)


class Log(ABC):
    """A file that is read on. Nothing is read that is not written whole: a line without its end waits.

    Attributes:
        table: what was read. notes: what was left out, and why; few, one a kind. gone: the file is not there any more; what was read stays.
    """

    def __init__(self, path: Path) -> None:
        self.path, self.table, self.gone = path, Table(), False
        self._notes: dict[str, tuple[int, str]] = {}

    @abstractmethod
    def refresh(self) -> int:
        """Read what is new; the number of new rows. Never raises for what a file holds."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What was left out, with its count."""
        return tuple(f"{what}: {count}{f', first {first}' if first else ''}" for what, (count, first) in self._notes.items())

    def note(self, what: str, first: str = "") -> None:
        """Count something that was left out. first: an example, kept of the first time."""
        count, known = self._notes.get(what, (0, ascii(first)[1:-1][:80]))
        if what in self._notes or len(self._notes) < _NOTES:
            self._notes[what] = (count + 1, known)
