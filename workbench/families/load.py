"""The front door: a checkpoint on disk to a Jepa."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from workbench import families
from workbench.checkpoints import Checkpoint, open_checkpoint
from workbench.core.card import PARTS, LoadReport
from workbench.core.errors import AmbiguousModel, BadInput, CheckpointError
from workbench.families.registry import Family, Request
from workbench.model.device import guard_memory, pick_device, pick_dtype
from workbench.model.jepa import Jepa


def load(
    path: str | Path,
    *,
    family: str | None = None,
    parts: Sequence[str] | None = None,
    encoder: str | Path | None = None,
    decoder: str | Path | None = None,
    device: str | torch.device = "cpu",
    dtype: str | torch.dtype = torch.float32,
    **overrides: Any,
) -> Jepa:
    """A model from a checkpoint, with a report of what matched. Reads only the parts asked for and runs no code from the file.

    Args:
        path: a file, or a folder that holds one. family: None = recognised from names and shapes.
        parts: of `core.card.PARTS`; None = all. encoder, decoder: where a family keeps them in files of their own.
        device: "cpu", "cuda", "mps". dtype: of the weights in memory.
        overrides: what the tensors do not say: heads, predictor_heads, image_size=(height, width), frames, and what a family adds.

    Raises:
        CheckpointError: not a checkpoint, damaged, or of no known family. AmbiguousModel: something open changes the numbers.
        BadInput: an unknown family, part, override or device. OutOfMemory: the weights do not fit.
    """
    chosen, request = _request(path, family, parts, encoder, decoder, device, dtype, overrides)
    with guard_memory(f"loading {request.checkpoint.path.name}", request.device):
        return chosen.build(request)


def inspect(
    path: str | Path,
    *,
    family: str | None = None,
    parts: Sequence[str] | None = None,
    encoder: str | Path | None = None,
    decoder: str | Path | None = None,
    device: str | torch.device = "cpu",
    dtype: str | torch.dtype = torch.float32,
    **overrides: Any,
) -> LoadReport:
    """What a checkpoint holds, part by part, from names and shapes alone; values are not read, so NaN in them is not seen.

    Takes what `load` takes, and raises the same.
    """
    chosen, request = _request(path, family, parts, encoder, decoder, device, dtype, overrides)
    return chosen.inspect(request)


def recognise(checkpoint: Checkpoint) -> Family:
    """The family of a checkpoint.

    Raises:
        CheckpointError: none or several fit, with what was looked for.
    """
    known = families.FAMILIES
    fitting = [f for f in known.values() if f.recognise(checkpoint)]
    if len(fitting) == 1:
        return fitting[0]
    where = str(checkpoint.path)
    if fitting:
        names = " and ".join(f.name for f in fitting)
        raise AmbiguousModel(f"{names} both fit these tensors", where=where, fix=f"say which: family={fitting[0].name!r}")
    groups = ", ".join(f"{name} ({count})" for name, count in list(checkpoint.groups().items())[:8]) or "nothing"
    looked = "; ".join(f"{f.name}: {f.signs}" for f in known.values())
    raise CheckpointError(f"no family fits. Its tensors lie in {groups}", where=where, fix=f"looked for {looked}")


def _request(path: Any, family: Any, parts: Any, encoder: Any, decoder: Any, device: Any, dtype: Any, overrides: dict) -> tuple[Family, Request]:
    known = families.FAMILIES
    if family is not None and family not in known:
        raise BadInput(f"there is no family {family!r}", where="family=", fix=f"one of {', '.join(known)}")
    chosen_parts = None if parts is None else tuple([parts] if isinstance(parts, str) else parts)
    strange = [p for p in chosen_parts or () if p not in PARTS]
    if strange:
        raise BadInput(f"there is no part {strange[0]!r}", where="parts=", fix=f"some of {', '.join(PARTS)}")
    where, kind = pick_device(device), pick_dtype(dtype)
    checkpoint = open_checkpoint(path)
    chosen = known[family] if family is not None else recognise(checkpoint)
    unknown = [name for name in overrides if name not in chosen.overrides]
    if unknown:
        listed = "; ".join(f"{n}: {meaning}" for n, meaning in chosen.overrides.items()) or "none"
        raise BadInput(f"{chosen.name} takes no {unknown[0]!r}", where=f"{unknown[0]}=", fix=f"it takes {listed}")
    files = [None if f is None else Path(f) for f in (encoder, decoder)]
    return chosen, Request(checkpoint, Path(path), overrides, chosen_parts, files[0], files[1], where, kind)
