"""A checkpoint seen under other names: for layouts that cut a tensor in three, or stack several in one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from workbench.checkpoints.checkpoint import Checkpoint, TensorInfo
from workbench.core.errors import CheckpointError


@dataclass(frozen=True)
class Joined:
    """Stored tensors one below the other, as query, key and value in one matrix."""

    names: tuple[str, ...]


@dataclass(frozen=True)
class Row:
    """One row of a stored stack, as one of the mask tokens."""

    name: str
    index: int


@dataclass(frozen=True)
class Rest:
    """A stored table [1, rows, …] without its first rows, as positions without that of a class token."""

    name: str
    skip: int


Source = str | Joined | Row | Rest


def renamed(checkpoint: Checkpoint, sources: Mapping[str, Source]) -> Checkpoint:
    """The same file under new names. Values are still read, and put together, only when asked for; what is not named is not seen.

    Args:
        sources: new full name -> what it stands for in the file.

    Raises:
        CheckpointError: the file has no such tensor or row, or pieces do not fit below each other.
    """
    tensors = {name: _info(checkpoint, name, source) for name, source in sources.items()}

    def stored(name: str) -> Tensor:
        source = sources[name]
        if isinstance(source, Joined):
            return torch.cat([checkpoint.value(n) for n in source.names])
        if isinstance(source, Rest):
            return checkpoint.value(source.name)[:, source.skip :].clone()
        return checkpoint.value(source.name)[source.index] if isinstance(source, Row) else checkpoint.value(source)

    return replace(checkpoint, tensors=tensors, stored=stored)


def joinable(checkpoint: Checkpoint, names: tuple[str, ...]) -> bool:
    """Whether the file has all of these, of one type, and alike but for their number of rows."""
    infos = [checkpoint.tensors.get(n) for n in names]
    there = [i for i in infos if i is not None and i.shape]
    return bool(there) and len(there) == len(infos) and len({(i.shape[1:], i.dtype) for i in there}) == 1


def _info(checkpoint: Checkpoint, name: str, source: Source) -> TensorInfo:
    names = source.names if isinstance(source, Joined) else (source if isinstance(source, str) else source.name,)
    where, group = str(checkpoint.path), name.partition(".")[0]
    absent = next((n for n in names if n not in checkpoint.tensors), None)
    if absent is not None or not names:
        raise CheckpointError(f"there is no tensor {absent!r} to make {name} of", where=where, fix="save the model again, whole")
    infos = [checkpoint.tensors[n] for n in names]
    first = infos[0]
    if isinstance(source, Row):
        if not first.shape or not 0 <= source.index < first.shape[0]:
            raise CheckpointError(f"{source.name} of {list(first.shape)} has no row {source.index}", where=where, fix="open another file")
        return TensorInfo(name, first.shape[1:], first.dtype, first.bytes // first.shape[0], group)
    if isinstance(source, Rest):
        if len(first.shape) < 2 or not 0 <= source.skip <= first.shape[1]:
            raise CheckpointError(
                f"{source.name} of {list(first.shape)} has no {source.skip} rows to leave out", where=where, fix="open another file"
            )
        kept = first.shape[1] - source.skip
        return TensorInfo(name, (first.shape[0], kept, *first.shape[2:]), first.dtype, first.bytes // max(first.shape[1], 1) * kept, group)
    if isinstance(source, Joined):
        if not joinable(checkpoint, names):
            shapes = ", ".join(f"{i.name} of {list(i.shape)}" for i in infos)
            raise CheckpointError(f"these do not fit below each other: {shapes}", where=where, fix="save the model again, whole")
        return TensorInfo(name, (sum(i.shape[0] for i in infos), *first.shape[1:]), first.dtype, sum(i.bytes for i in infos), group)
    return TensorInfo(name, first.shape, first.dtype, first.bytes, group)
