"""Where the numbers of a tensor lie in a file, and reading just these."""

from __future__ import annotations

import os
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from pathlib import Path
from typing import Any, BinaryIO

import torch
from torch import Tensor

from workbench.core.errors import CheckpointError

_LOCAL_HEADER = struct.Struct("<4s22xHH")
_MAX_RANK, _MAX_SIDE = 64, 1 << 62
_MAX_COUNT_BITS = 256  # larger counts make the arithmetic itself slow
AGAIN = "the file may be incomplete: copy or download it again and compare its size"


def shape_text(shape: Sequence[Any]) -> str:
    """The first eight sides of a shape that was not checked; a side that is no plausible integer is given by its size or type."""
    shown = (
        (str(side) if side.bit_length() <= 64 else f"an integer of {side.bit_length()} bits") if isinstance(side, int) else type(side).__name__
        for side in shape[:8]
    )
    return f"[{', '.join(shown)}{', …' if len(shape) > 8 else ''}]"


class NotPlain(ValueError):
    """A tensor that is not a plain array of as many stored numbers as its shape has."""


@dataclass(frozen=True, eq=False)
class Record:
    """A tensor as the file describes it.

    Args:
        storage: key of what holds its numbers; None where the file has none. dtype: as stored.
        offset: of its first number, counted in numbers. stride: None = row by row.
        odd: why it is no plain array: "sparse", "quantised"; "" where it is one.
    """

    shape: tuple[int, ...]
    dtype: torch.dtype
    storage: str | None = None
    offset: int = 0
    stride: tuple[int, ...] | None = None
    odd: str = ""

    def __post_init__(self) -> None:
        sides = (*self.shape, *(self.stride or ()), self.offset)
        possible = len(self.shape) <= _MAX_RANK and all(type(s) is int and 0 <= s < _MAX_SIDE for s in sides)
        if not possible or sum(s.bit_length() for s in self.shape) > _MAX_COUNT_BITS:
            raise ValueError(f"a tensor of the impossible shape {shape_text(self.shape)}")
        if self.stride is not None and len(self.stride) != len(self.shape):
            raise ValueError(f"a tensor of shape {shape_text(self.shape)} with {len(self.stride)} strides")

    @property
    def count(self) -> int:
        """How many numbers it has."""
        return prod(self.shape)

    @property
    def bytes(self) -> int:
        """Of its numbers."""
        return self.count * self.dtype.itemsize

    @property
    def span(self) -> int:
        """How many numbers lie from its first to its last, both included."""
        if self.stride is None or self.count == 0:
            return self.count
        return 1 + sum((side - 1) * step for side, step in zip(self.shape, self.stride, strict=True))

    @property
    def in_rows(self) -> bool:
        """Its numbers lie one after the other."""
        if self.stride is None or self.count == 0:
            return True
        step = 1
        for side, stride in zip(reversed(self.shape), reversed(self.stride), strict=True):
            if side != 1 and stride != step:
                return False
            step *= side
        return True


@dataclass(frozen=True)
class Source:
    """One file, and where its storages lie.

    Args:
        storages: key -> (position, bytes). zipped: position is that of a local header, of unknown length, in a zip archive.
        inline: storages that lie in the index itself, already in memory.
        stamp: what tells whether the file changed since it was opened.
    """

    path: Path
    storages: Mapping[str, tuple[int, int]]
    stamp: tuple[int, ...]
    zipped: bool = False
    inline: dict[str, bytes] = field(default_factory=dict)

    def read(self, record: Record) -> Tensor:
        """The tensor, in memory of its own.

        Raises:
            NotPlain: the file does not hold every one of its numbers. CheckpointError: the file was changed meanwhile. ValueError, OSError: it cannot be read.
        """
        held = self.held(record)
        if record.odd or record.span < record.count or (record.offset + record.span) * record.dtype.itemsize > held:
            raise NotPlain(record.odd or f"{record.count} numbers of {record.dtype.itemsize} bytes, and the file has {held} bytes for them")
        flat = torch.empty(record.span, dtype=record.dtype)
        if record.count:
            self._fill(record, flat.view(torch.uint8).numpy().data)
        if record.dtype is torch.bool:
            flat = flat.view(torch.uint8) != 0  # any other byte would be neither true nor false
        if record.in_rows or record.stride is None:
            return flat.reshape(record.shape)
        return flat.as_strided(record.shape, record.stride).contiguous()

    def held(self, record: Record) -> int:
        """How many bytes the file has for the storage of a tensor, from its beginning."""
        key = record.storage or ""
        return len(self.inline[key]) if key in self.inline else self.storages.get(key, (0, 0))[1]

    def _fill(self, record: Record, into: memoryview) -> None:
        start, key = record.offset * record.dtype.itemsize, record.storage or ""
        if key in self.inline:
            into[:] = self.inline[key][start : start + len(into)]
            return
        with self.path.open("rb", buffering=0) as file:
            if stamp_of(file) != self.stamp:
                raise CheckpointError("the file was changed while it was read", where=str(self.path), fix="open it again once it is written")
            position = self.storages[key][0]
            file.seek((_after_local_header(file, position) if self.zipped else position) + start)
            done = 0
            while done < len(into):
                got = file.readinto(into[done:])
                if not got:
                    raise ValueError(f"the file ends after {done} of {len(into)} bytes")
                done += got


def stamp_of(file: BinaryIO) -> tuple[int, ...]:
    """What tells whether a file is still the one that was opened."""
    found = os.fstat(file.fileno())
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)


def _after_local_header(file: BinaryIO, position: int) -> int:
    """In a zip archive the header before the data has a length of its own."""
    file.seek(position)
    magic, name, extra = _LOCAL_HEADER.unpack(file.read(_LOCAL_HEADER.size))
    if magic != b"PK\x03\x04":
        raise ValueError("the archive's list of contents points to nothing")
    return position + _LOCAL_HEADER.size + name + extra
