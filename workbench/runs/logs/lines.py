"""Text files that grow by lines: csv with the quirks of trainers, and JSON lines."""

from __future__ import annotations

import csv
import json
from abc import abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import numpy as np

from workbench.runs.logs.table import MOST_COLUMNS, MOST_NAME, Log, Table

_CHUNK, _MOST_LINE, _SEEN = 8 << 20, 1 << 20, 256
_DEEP = 3  # levels of a JSON object that become columns, joined by dots


class LineLog(Log):
    """A file of lines, read on from the last whole one. A file that was written anew is read anew."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._at, self._head, self._tail, self._skipping = 0, b"", b"", False

    def refresh(self) -> int:
        """See `Log.refresh`."""
        before = len(self.table)
        try:
            with self.path.open("rb") as file:
                self.gone = False
                if self._is_new(file):
                    if self._at:
                        self.note("written anew")
                    self.table, before = Table(), 0
                    self._at, self._head, self._tail, self._skipping = 0, b"", b"", False
                    self.begin()
                while self._chunk(file):
                    pass
        except OSError as error:
            self.gone = not self.path.exists()
            if not self.gone:
                self.note(f"cannot be read ({error.strerror})")
        return len(self.table) - before

    def _is_new(self, file: Any) -> bool:
        """Whether it is not the file that was read before: shorter, or with another beginning or another end of what was read."""
        head = file.read(len(self._head))
        file.seek(self._at - len(self._tail))
        return self._at == 0 or head != self._head or file.read(len(self._tail)) != self._tail

    def _chunk(self, file: Any) -> bool:
        file.seek(self._at)
        read = file.read(_CHUNK)
        end = read.rfind(b"\n") + 1
        if not end:
            if len(read) > _MOST_LINE:  # no line of a log: it is passed over to its end, whenever that comes
                self._advance(read)
                self._skipping = True
                self.note(f"lines of more than {_MOST_LINE >> 20} MB")
                return len(read) == _CHUNK
            return False
        lines = read[:end]
        self._advance(lines)
        if self._skipping:
            lines, self._skipping = lines[lines.find(b"\n") + 1 :], False
        self.take(lines.decode("utf-8", "replace").replace("\0", "").lstrip("\ufeff"))
        return len(read) == _CHUNK

    def _advance(self, read: bytes) -> None:
        if len(self._head) < _SEEN:
            self._head = (self._head + read)[:_SEEN]
        self._at += len(read)
        self._tail = (self._tail + read[-_SEEN:])[-_SEEN:]

    @abstractmethod
    def begin(self) -> None:
        """Forget what was known of the file."""

    @abstractmethod
    def take(self, text: str) -> None:
        """Whole lines."""


class CsvLog(LineLog):
    """A csv of a trainer.

    I-JEPA and V-JEPA open theirs to append and write the header each time: it comes again after a resume, also at the end of a line that was cut off
    when the run was killed. Lightning writes a file anew when a column comes; exports of Weights & Biases have their columns in quotes.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.begin()

    def begin(self) -> None:
        """See `LineLog.begin`."""
        self._header: list[str] = []
        self._line, self._delimiter = "", ","

    def take(self, text: str) -> None:
        """See `LineLog.take`."""
        text = text.replace("\r\n", "\n")
        if not self._header:
            text = text.lstrip("\n")
            first, _, text = text.partition("\n")
            if not first:
                return
            self._begin_with(first)
        parts = text.split(f"{self._line}\n") if self._line else [text]
        for k, part in enumerate(parts):
            if k:
                self.note("header again", self._line)
            whole = part
            if k < len(parts) - 1 and not part.endswith("\n") and part:  # the header follows a line that was cut off
                whole, _, half = part.rpartition("\n")
                whole += "\n" if whole else ""
                self.note("half lines", half)
            self._rows(whole)

    def _begin_with(self, line: str) -> None:
        self._delimiter = max(",;\t", key=line.count)
        names = next(csv.reader([line], delimiter=self._delimiter), [])
        if len(names) > MOST_COLUMNS:
            self.note(f"columns beyond {MOST_COLUMNS}", names[MOST_COLUMNS])
        if all(_number(n) is not None for n in names):  # no header at all
            self._header = [f"column {k}" for k in range(len(names))]
            self._rows(line + "\n")
            return
        self._line, self._header, seen = line, [], dict[str, int]()
        for said in names:
            name = " ".join(said.split())[:MOST_NAME] or "column"
            seen[name] = seen.get(name, 0) + 1
            self._header.append(name if seen[name] == 1 else f"{name} ({seen[name]})")

    def _rows(self, text: str) -> None:
        if not text.strip():
            return
        kept = min(len(self._header), MOST_COLUMNS)
        try:  # numbers alone, as nearly all logs of trainers
            found = np.loadtxt(text.splitlines(), delimiter=self._delimiter, comments=None, ndmin=2)
        except ValueError:
            self._slowly(text)
            return
        if found.shape[1] != len(self._header):
            self._slowly(text)
            return
        self.table.extend({name: found[:, k] for k, name in enumerate(self._header[:kept])}, len(found))

    def _slowly(self, text: str) -> None:
        rows = list[list[float | None]]()
        try:
            for fields in csv.reader(text.splitlines(), delimiter=self._delimiter):
                numbers = [_number(f) for f in fields[:MOST_COLUMNS]]
                if fields and all(n is None for n in numbers) and set(fields) & set(self._header):
                    self._put(rows)
                    rows = []
                    self.note("header with other columns", self._delimiter.join(fields))
                    self._begin_with(self._delimiter.join(fields))
                elif len(fields) != len(self._header):
                    if fields:
                        self.note("rows with another number of fields", self._delimiter.join(fields))
                elif all(n is None for n in numbers):
                    self.note("rows without a number", self._delimiter.join(fields))
                else:
                    rows.append(numbers)
        except csv.Error as error:
            self.note(f"rows that are no csv ({error})")
        self._put(rows)

    def _put(self, rows: list[list[float | None]]) -> None:
        if rows:
            values = np.array([[0.0 if n is None else n for n in row] for row in rows])
            there = np.array([[n is not None for n in row] for row in rows])
            names = list(enumerate(self._header[:MOST_COLUMNS]))
            self.table.extend({n: values[:, k] for k, n in names}, len(rows), {n: there[:, k] for k, n in names})


class JsonLog(LineLog):
    """One JSON object a line; objects within it become columns with dots in their names."""

    def begin(self) -> None:
        """See `LineLog.begin`."""

    def take(self, text: str) -> None:
        """See `LineLog.take`."""
        rows = list[dict[str, float]]()
        for line in text.splitlines():
            if not line.strip():
                continue
            try:
                said = json.loads(line)
            except (ValueError, RecursionError):
                self.note("lines that are no JSON", line)
                continue
            row = dict[str, float]()
            if isinstance(said, dict):
                _flatten(cast("dict[str, Any]", said), "", row, _DEEP)
            if row:
                rows.append(row)
            else:
                self.note("lines without a number", line)
        names = list(dict.fromkeys(name for row in rows for name in row))
        if len(names) > MOST_COLUMNS:
            self.note(f"columns beyond {MOST_COLUMNS}", names[MOST_COLUMNS])
        if rows:
            values = {n: np.array([row.get(n, 0.0) for row in rows]) for n in names[:MOST_COLUMNS]}
            self.table.extend(values, len(rows), {n: np.array([n in row for row in rows]) for n in names[:MOST_COLUMNS]})


def _flatten(said: Mapping[str, Any], before: str, row: dict[str, float], deep: int) -> None:
    for name, value in said.items():
        if len(row) >= MOST_COLUMNS:
            return
        whole = f"{before}{name}"[:MOST_NAME]
        if isinstance(value, dict) and deep > 1:
            _flatten(cast("dict[str, Any]", value), f"{whole}.", row, deep - 1)
        elif not isinstance(value, bool):
            number = _number(value) if isinstance(value, int | float | str) else None
            if number is not None:
                row[whole] = number


def _number(said: object) -> float | None:
    """A number, also NaN and infinity as they are written; None for what is none."""
    try:
        return float(said)  # type: ignore[arg-type]  # float says itself what is no number
    except (TypeError, ValueError, OverflowError):
        return None
