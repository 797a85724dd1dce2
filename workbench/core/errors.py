"""Every error that the workbench raises on purpose.

WorkbenchError                what, where it came from, what to do
├── BadInput                  a file, clip, mask or argument that cannot be used
│   ├── CheckpointError       not a checkpoint, damaged, or of a layout that is not read
│   │   ├── UnsafeFile        would have to run code to be read
│   │   └── AmbiguousModel    the tensors do not say something that changes the numbers (heads, grid)
│   ├── ClipError             an image, video or folder that cannot be decoded
│   └── MaskError             no context, no target, or the wrong grid
├── PartUnavailable           the model lacks a part, or it did not load whole
├── Incomparable              latents of two different spaces
├── MissingExtra              an optional dependency is not installed
├── DownloadFailed            a published file could not be fetched
├── OutOfMemory               the device has too little memory for this request
├── WorkerDied                the process that was computing ended
└── Cancelled                 the question was withdrawn
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class WorkbenchError(Exception):
    """An error with a place and a way out.

    Args:
        what: what is wrong, with the values.
        where: the file, argument or part that it came from.
        fix: what the user can do.
    """

    def __init__(self, what: str, *, where: str = "", fix: str = "") -> None:
        super().__init__(what, where, fix)
        self.what, self.where, self.fix = what, where, fix

    def __str__(self) -> str:
        place = f" ({self.where})" if self.where else ""
        return f"{self.what}{place}" + (f"\n  → {self.fix}" if self.fix else "")


class BadInput(WorkbenchError):
    """A file, clip, mask or argument that cannot be used."""


class CheckpointError(BadInput):
    """Not a checkpoint, damaged, or of a layout that is not read."""


class UnsafeFile(CheckpointError):
    """The file holds pickled objects: reading it would run code."""


class AmbiguousModel(CheckpointError):
    """The tensors leave something open that changes the numbers.

    Args:
        choices: name of each setting that is to be given -> the values that fit the tensors; empty where they cannot be listed.
    """

    def __init__(self, what: str, *, where: str = "", fix: str = "", choices: Mapping[str, Sequence[Any]] | None = None) -> None:
        super().__init__(what, where=where, fix=fix)
        self.choices = {name: tuple(values) for name, values in (choices or {}).items()}


class ClipError(BadInput):
    """An image, video or folder that cannot be turned into a clip."""


class MaskError(BadInput):
    """A mask without context or without target, or on another grid."""


class PartUnavailable(WorkbenchError):
    """A measure needs a part that is missing or did not load whole."""


class Incomparable(WorkbenchError):
    """Distances between latents of different spaces mean nothing."""


class MissingExtra(WorkbenchError):
    """An optional dependency is not installed."""


class DownloadFailed(WorkbenchError):
    """A published file could not be fetched."""


class OutOfMemory(WorkbenchError):
    """The device has too little memory for this request."""


class WorkerDied(WorkbenchError):
    """The process that was computing ended; it is started again for the next request."""


class Cancelled(WorkbenchError):
    """The work was cancelled, or a newer request took its place."""

    def __init__(self, what: str = "cancelled", *, where: str = "", fix: str = "") -> None:
        super().__init__(what, where=where, fix=fix)
