"""Checkpoints that are NumPy archives: .npz with a `config` of JSON among plain arrays, as tiny-jepa writes. Nothing in one is unpickled."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.lib import format as npy
from torch import Tensor

from workbench.checkpoints.checkpoint import Checkpoint, TensorInfo
from workbench.checkpoints.configs import parse_json
from workbench.checkpoints.source import AGAIN
from workbench.core.errors import CheckpointError

_CONFIG, _END = "config", ".npy"
_MOST_ENTRIES, _MOST_BYTES, _MOST_HEADER, _MOST_CONFIG = 10_000, 1 << 31, 10_000, 1 << 20
_MOST_SHRUNK = 200  # times that a stored array may grow when it is unpacked
_SLOW = "slow_fwd."


def is_arrays(file: Path, head: bytes) -> bool:
    """The file is named .npz and is a zip archive."""
    return file.name.lower().endswith(".npz") and head.startswith(b"PK\x03\x04")


def open_arrays(file: Path) -> Checkpoint:
    """The arrays by their names and shapes; values are read when asked for.

    Raises:
        CheckpointError: no archive of plain numbers, or without the `config` that would make it a checkpoint.
    """
    try:
        return _open(file)
    except CheckpointError:
        raise
    except Exception as err:  # readers of foreign bytes raise many types; each becomes a CheckpointError with its cause
        reason = " ".join(str(err).split())[:200]
        raise CheckpointError(f"a damaged .npz: {type(err).__name__}: {reason}", where=str(file), fix=AGAIN) from err


def _open(file: Path) -> Checkpoint:
    with zipfile.ZipFile(file) as archive:
        entries = {i.filename.removesuffix(_END): i for i in archive.infolist() if i.filename.endswith(_END)}
        if len(archive.infolist()) > _MOST_ENTRIES or sum(i.file_size for i in entries.values()) > _MOST_BYTES:
            raise CheckpointError(
                f"an .npz of {len(archive.infolist())} entries, too large to be read", where=str(file), fix="save it as safetensors"
            )
        swollen = next((n for n, i in entries.items() if i.file_size > _MOST_SHRUNK * max(i.compress_size, 1)), None)
        if swollen is not None:
            raise CheckpointError(f"{swollen[:80]!a} would unpack to far more than is stored", where=str(file), fix="save it with numpy.savez")
        if any(name.startswith(_SLOW) for name in entries) and _CONFIG not in entries:
            what = "the slow half of tiny-jepa's hierarchical model: it predicts a position from latents, and has no encoder"
            raise CheckpointError(what, where=str(file), fix="open the file that it was trained beside: the same name without _slow")
        if _CONFIG not in entries:
            raise CheckpointError("a NumPy archive of arrays, without the config of a model", where=str(file), fix="clips in .npz go into Data")
        headers = {name: _header(archive, info) for name, info in entries.items()}
        config = _config(archive, entries[_CONFIG])
    tensors = {n: _info(file, n, *headers[n]) for n in entries if n != _CONFIG}
    return Checkpoint(file, "npz", file.stat().st_size, tensors, lambda name: _value(file, name), {}, config, f"{file} (config)")


def _header(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> tuple[tuple[int, ...], np.dtype]:
    with archive.open(info) as stream:
        version = npy.read_magic(stream)
        read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, _, dtype = read(stream, max_header_size=_MOST_HEADER)
    if dtype.hasobject or prod(shape) * dtype.itemsize > info.file_size:
        raise ValueError(f"{info.filename[:80]!a} holds {'Python objects' if dtype.hasobject else 'fewer numbers than its shape'}")
    return tuple(int(s) for s in shape), dtype


def _config(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Mapping[str, Any]:
    if info.file_size > 4 * _MOST_CONFIG:
        raise ValueError(f"a config of {info.file_size} bytes")
    with archive.open(info) as stream:
        text = npy.read_array(stream, allow_pickle=False, max_header_size=_MOST_HEADER)
    if text.ndim or text.dtype.kind != "U":
        raise ValueError("its config is no text")
    said = parse_json(str(text.item()))
    if not isinstance(said, Mapping):
        raise ValueError("its config is no JSON of named settings")
    return said


def _info(file: Path, name: str, shape: tuple[int, ...], dtype: np.dtype) -> TensorInfo:
    if not name.isascii() or not name.isprintable() or len(name) > 200:
        raise CheckpointError(f"an array is named {name[:80]!a}, which cannot be shown", where=str(file), fix="give it a name of plain letters")
    return TensorInfo(name, shape, str(dtype), prod(shape) * dtype.itemsize, name.partition(".")[0])


def _value(file: Path, name: str) -> Tensor:
    with zipfile.ZipFile(file) as archive, archive.open(name + _END) as stream:
        values = npy.read_array(stream, allow_pickle=False, max_header_size=_MOST_HEADER)
    return torch.from_numpy(np.ascontiguousarray(values))
