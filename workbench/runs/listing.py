"""The checkpoints of a folder in the order of training, by their names. No torch, and nothing is opened but to see whether it is written whole."""

from __future__ import annotations

import json
import os
import re
import struct
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

SUFFIXES = (".safetensors", ".pt", ".pth", ".pth.tar", ".ckpt", ".bin", ".npz", ".gguf")
_COMPANIONS = ("optimizer", "scheduler", "scaler", "rng_state", "training_args", "decoder")  # written beside a model, never the model
_NOW = re.compile(r"(?:^|[^a-z])(latest|last|final|best)(?:[^a-z]|$)")
_STEP = re.compile(r"(?:^|[^a-z])(?:global[_-]?)?(?:steps?|iter(?:ation)?s?|updates?)[=_-]*(\d{1,15})")
_EPOCH = re.compile(r"(?:^|[^a-z])(?:epochs?|ep|e)[=_-]*(\d{1,9})(?!\d)|(?:^|[^0-9a-z])(\d{1,9})(?:e|ep|epochs?)(?:[^a-z]|$)")
_NUMBER = re.compile(r"\d{1,15}")
_DEEPEST, MOST_ENTRIES = 3, 100_000
_ZIP, _HEADER_LENGTH, _MOST_HEADER = b"PK\x03\x04", 8, 100 << 20

Seen = tuple[int, int, int]  # size, time and inode


@dataclass(frozen=True)
class RunCheckpoint:
    """One checkpoint of a run.

    Args:
        path: the file, or the folder that holds it. name: relative to the run. step, epoch: as named, or as the file says; None = unknown.
        bytes: of the file. seen: what it was when it was listed. whole: it is written to its end.
    """

    path: Path
    name: str
    step: int | None
    epoch: int | None
    bytes: int
    seen: Seen
    whole: bool = True

    @property
    def order(self) -> tuple[object, ...]:
        """Sorts checkpoints in the order of training; those without a number come last, by name."""
        number = self.step if self.step is not None else self.epoch
        return (number is None, number or 0, natural(self.name))


@dataclass(frozen=True)
class Found:
    """What lies in the folder of a run. logs, weights: paths. others: files of Weights & Biases. cut: there was more than is looked at."""

    weights: dict[Path, Seen]
    logs: dict[Path, Seen]
    others: tuple[Path, ...]
    cut: bool


def natural(name: str) -> list[tuple[int, int, str]]:
    """A key that puts 2 before 10."""
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part.casefold()) for part in re.split(r"(\d+)", name) if part]


def look(folder: Path, is_log: tuple[str, ...]) -> Found:
    """The files of a folder and of three levels of folders within. Links to folders are not followed.

    Args:
        is_log: what the name of a log ends in or holds.

    Raises:
        OSError: the folder cannot be listed.
    """
    weights, logs, others, count = dict[Path, Seen](), dict[Path, Seen](), list[Path](), 0
    for entry in _entries(folder, 0):
        count += 1
        if count > MOST_ENTRIES:
            break
        name = entry.name.lower()
        kind = (
            weights
            if name.endswith(SUFFIXES) and not name.startswith(_COMPANIONS)
            else logs
            if any(name.endswith(e) or (e.startswith(".tf") and e in name) for e in is_log)
            else None
        )
        if name.endswith(".wandb"):
            others.append(Path(entry.path))
        elif kind is not None:
            try:
                said = entry.stat()
            except OSError:  # deleted since it was listed
                continue
            kind[Path(entry.path)] = (said.st_size, said.st_mtime_ns, said.st_ino)
    return Found(weights, logs, tuple(others), count > MOST_ENTRIES)


def _entries(folder: Path, level: int) -> Iterator[os.DirEntry[str]]:
    inner = list[Path]()
    with os.scandir(folder) as found:
        for entry in found:
            if entry.is_dir(follow_symlinks=False):
                inner.append(Path(entry.path))
            elif entry.is_file():
                yield entry
    for each in sorted(inner, key=lambda p: natural(p.name)) if level < _DEEPEST else []:
        if not each.name.startswith("."):
            try:
                yield from _entries(each, level + 1)
            except OSError:  # deleted, or not ours to read
                continue


def named(path: Path, run: Path, seen: Seen) -> RunCheckpoint:
    """A checkpoint with what its name says: `jepa-ep50.pth.tar`, `e10.pt`, `epoch=3-step=400.ckpt`, `weights_epoch_7.pt`, `checkpoint-500/model.safetensors`."""
    name = path.relative_to(run).as_posix()
    stem = name.lower()
    for suffix in sorted(SUFFIXES, key=len, reverse=True):
        stem = stem.removesuffix(suffix)
    step, epoch = _last(_STEP, stem), _last(_EPOCH, stem)
    if step is None and epoch is None and not _NOW.search(stem.rpartition("/")[2]):
        numbers = _NUMBER.findall(stem.rpartition("/")[2]) or _NUMBER.findall(stem)
        step = int(numbers[-1]) if numbers else None
    return RunCheckpoint(path, name, step, epoch, seen[0], seen)


def _last(pattern: re.Pattern[str], stem: str) -> int | None:
    found = [next(g for g in m.groups() if g is not None) for m in pattern.finditer(stem)]
    return int(found[-1]) if found else None


def is_whole(path: Path, size: int) -> bool | None:
    """Whether a file is written to its end, by its own format; None where the format does not say."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEADER_LENGTH)
            if path.name.lower().endswith(".safetensors"):
                return len(head) == _HEADER_LENGTH and _holds(file, struct.unpack("<Q", head)[0], size)
            return zipfile.is_zipfile(file) if head.startswith(_ZIP) else None if size else False
    except OSError:
        return False


def _holds(file: BinaryIO, header: int, size: int) -> bool:
    """Whether the tensors of a safetensors file end where the file ends."""
    if header > min(_MOST_HEADER, size):
        return False
    try:
        said = json.loads(file.read(header))
        ends = [each["data_offsets"][1] for name, each in said.items() if name != "__metadata__"]
        return _HEADER_LENGTH + header + max(ends, default=0) <= size
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError):
        return True  # complete but invalid: the error is raised when the file is opened


def merged(checkpoint: RunCheckpoint, step: int | None, epoch: int | None) -> RunCheckpoint:
    """With what the file itself says, where its name says nothing."""
    return replace(
        checkpoint, step=step if checkpoint.step is None else checkpoint.step, epoch=epoch if checkpoint.epoch is None else checkpoint.epoch
    )
