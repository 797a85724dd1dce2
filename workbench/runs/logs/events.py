"""Scalars of TensorBoard's event files: the frames are read here, the messages by the package `tensorboard`."""

from __future__ import annotations

import struct
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from workbench.core.errors import MissingExtra
from workbench.runs.logs.table import MOST_COLUMNS, MOST_NAME, Log, Table

_HEAD, _FOOT = 12, 4  # bytes before a record (length, checksum) and after it
_MOST_RECORD = 64 << 20  # larger ones hold pictures or graphs, and are passed over
_DAMAGED = 1 << 33  # no record is so long: the file is damaged


class EventLog(Log):
    """An event file, read on from the last whole record.

    Raises:
        MissingExtra: the package tensorboard is not installed.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        try:
            self._event: Any = import_module("tensorboard.compat.proto.event_pb2").Event
            self._array: Any = import_module("tensorboard.util.tensor_util").make_ndarray
        except ImportError as error:
            fix = 'pip install "jepa-workbench[runs]"'
            raise MissingExtra("event files of TensorBoard need the package tensorboard", where=str(path), fix=fix) from error
        self._at, self._step, self._row = 0, None, dict[str, float]()

    def refresh(self) -> int:
        """See `Log.refresh`."""
        before = len(self.table)
        try:
            size = self.path.stat().st_size
            self.gone = False
            if size < self._at:
                self.note("written anew")
                self.table, self._at, self._step, self._row, before = Table(), 0, None, {}, 0
            with self.path.open("rb") as file:
                while self._record(file, size):
                    pass
        except OSError as error:
            self.gone = not self.path.exists()
            if not self.gone:
                self.note(f"cannot be read ({error.strerror})")
        self._put()
        return len(self.table) - before

    def _record(self, file: Any, size: int) -> bool:
        """Read one record if it is there whole."""
        file.seek(self._at)
        head = file.read(_HEAD)
        if len(head) < _HEAD:
            return False
        (length,) = struct.unpack("<Q", head[:8])
        if length > _DAMAGED:
            self.note("damaged after some records", str(len(self.table)))
            return False
        end = self._at + _HEAD + length + _FOOT
        if end > size:  # is still being written
            return False
        self._at = end
        if length > _MOST_RECORD:
            self.note(f"records of more than {_MOST_RECORD >> 20} MB")
            return True
        try:
            self._take(self._event.FromString(file.read(length)))
        except Exception as error:  # the reader of foreign bytes raises many types
            self.note(f"records that cannot be read ({type(error).__name__})")
        return True

    def _take(self, event: Any) -> None:
        for value in event.summary.value:
            number = self._scalar(value)
            if number is None or (value.tag not in self._row and len(self._row) >= MOST_COLUMNS):
                continue
            if event.step != self._step:
                self._put()
                self._step = event.step
            self._row[value.tag[:MOST_NAME]] = number

    def _scalar(self, value: Any) -> float | None:
        kind = value.WhichOneof("value")
        if kind == "simple_value":
            return float(value.simple_value)
        if kind == "tensor" and value.metadata.plugin_data.plugin_name in ("scalars", ""):
            found = self._array(value.tensor)
            return float(found) if np.size(found) == 1 and found.dtype.kind in "biuf" else None
        return None

    def _put(self) -> None:
        if self._row:
            self.table.add({"step": float(self._step or 0), **self._row})
            self._row = {}
