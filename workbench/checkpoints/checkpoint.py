"""An opened checkpoint: what it names, and the tensors one asks for."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor

from workbench.checkpoints.configs import read_config
from workbench.checkpoints.source import AGAIN, NotPlain
from workbench.core import progress
from workbench.core.errors import CheckpointError, WorkbenchError

_CHUNK = 1 << 26  # numbers hashed at a time, so that half-precision and mapped tensors are never copied whole


@dataclass(frozen=True)
class TensorInfo:
    """A tensor as stored, before any of it is read.

    Args:
        name: with dots for every level, "encoder.module.blocks.0.attn.qkv.weight". dtype: as in "float32".
        bytes: of its values. group: the top-level entry it lies in, "encoder"; its own name where there is none.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    bytes: int
    group: str


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A file that was opened but not read.

    Args:
        path: the file, also where a folder was asked for; of several files, their index. format: "safetensors", "torch" or "torch (legacy)",
            of several files "safetensors in 2 files". bytes: of the file, or of all.
        tensors: by full name. scalars: top-level entries that are no tensors: epoch, loss, lr.
        config: the yaml or json beside the file, {} without one. config_path: where it was found, "" without one.
        stored: full name -> the tensor, read from the file into memory of its own.
    """

    path: Path
    format: str
    bytes: int
    tensors: Mapping[str, TensorInfo]
    stored: Callable[[str], Tensor] = field(repr=False)
    scalars: Mapping[str, object] = field(default_factory=dict)
    config: Mapping[str, Any] = field(default_factory=dict)
    config_path: str = ""

    def read(self, names: Iterable[str], dtype: torch.dtype | None = None, device: torch.device | str = "cpu") -> dict[str, Tensor]:
        """Copies of these tensors; nothing else of the file is read.

        Args:
            names: full names. dtype: of floating tensors; None = as stored. Whole numbers keep theirs.

        Raises:
            CheckpointError: no such tensor, or its values cannot be read.
        """
        return {name: self._copy(name, dtype, device) for name in names}

    def setting(self, dotted: str) -> Any:
        """What the yaml or json beside the file says under "data.crop_size"; None where it says nothing."""
        here: Any = self.config
        for step in dotted.split("."):
            if not isinstance(here, Mapping) or step not in here:
                return None
            here = here[step]
        return here

    def beside(self, name: str) -> Mapping[str, Any]:
        """What another yaml or json of the same folder says, "preprocessor_config.json"; {} where there is none.

        Raises:
            CheckpointError: it is broken or too large.
        """
        file = self.path.parent / name
        return read_config(file) if file.is_file() else {}

    def groups(self) -> Mapping[str, int]:
        """Top-level entry -> how many tensors lie in it."""
        counts: dict[str, int] = {}
        for info in self.tensors.values():
            counts[info.group] = counts.get(info.group, 0) + 1
        return MappingProxyType(counts)

    def _copy(self, name: str, dtype: torch.dtype | None, device: torch.device | str) -> Tensor:
        tensor = self.value(name)
        wanted = dtype if dtype is not None and tensor.is_floating_point() else tensor.dtype
        return tensor.to(device=device, dtype=wanted)

    def value(self, name: str) -> Tensor:
        """One tensor as stored, in memory of its own.

        Raises:
            CheckpointError: no such tensor, or a shape larger than what the file stores for it.
        """
        if name not in self.tensors:
            raise CheckpointError(f"there is no tensor {name!r}", where=str(self.path), fix="names are the keys of Checkpoint.tensors")
        progress.report(0, 0)  # a safe point to stop at
        try:
            return self.stored(name)
        except (MemoryError, WorkbenchError):
            raise
        except NotPlain as err:
            info = self.tensors[name]
            raise CheckpointError(
                f"{name} is not a plain array of {list(info.shape)} stored numbers: {err}",
                where=str(self.path),
                fix="save dense tensors: tensor.to_dense().contiguous()",
            ) from err
        except Exception as err:  # readers of foreign bytes raise many types; each becomes a CheckpointError with its cause
            raise CheckpointError(f"the values of {name} cannot be read: {err}", where=str(self.path), fix=AGAIN) from err


class Fingerprint:
    """sha256 over names, dtypes, shapes and values: the same weights under the same names have the same one in any file format.

    Add tensors in the order of their names.
    """

    def __init__(self) -> None:
        self._hash = hashlib.sha256()

    def add(self, name: str, tensor: Tensor) -> None:
        """Take one tensor in."""
        self._hash.update(f"{name}\0{tensor.dtype}\0{list(tensor.shape)}\0".encode())
        flat = tensor.detach().reshape(-1)
        for start in range(0, flat.numel(), _CHUNK):
            self._hash.update(flat[start : start + _CHUNK].cpu().contiguous().view(torch.uint8).numpy().data)

    def hex(self) -> str:
        """The hash so far."""
        return self._hash.hexdigest()


def is_finite(tensor: Tensor) -> bool:
    """No NaN and no infinity in it."""
    if not tensor.is_floating_point():
        return True
    flat = tensor.detach().reshape(-1)
    chunks = (flat[i : i + _CHUNK] for i in range(0, flat.numel(), _CHUNK))
    # Smallest and largest carry NaN and infinity along, and are found fifteen times faster than isfinite().all().
    return all(bool(torch.stack(torch.aminmax(c if c.itemsize > 1 else c.float())).isfinite().all()) for c in chunks)
