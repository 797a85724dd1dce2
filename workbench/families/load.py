"""The front door: a checkpoint on disk to a Jepa."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from workbench import families
from workbench.checkpoints import Checkpoint, open_checkpoint
from workbench.checkpoints.finding import as_path, refuse_piece
from workbench.checkpoints.wrappers import View, views
from workbench.core.card import PARTS, Fact, LoadReport
from workbench.core.errors import AmbiguousModel, BadInput
from workbench.families.nearest import no_family
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
        jepa = chosen.build(request)
    return replace(jepa, report=_noted(jepa.report, request)) if request.wrapped else jepa


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
    return _noted(chosen.inspect(request), request)


def _removed(view: View, checkpoint: Checkpoint) -> tuple[Fact, ...]:
    """What was removed from the names, and what of the file lies outside of the model that was found in it."""
    found = [Fact("wrapper", view.removed, "read", f"removed from the names of {view.tensors} tensors")] if view.removed else []
    beside = len(checkpoint.tensors) - len(view.checkpoint.tensors)
    if beside:
        found.append(
            Fact("left aside", f"{beside} of {len(checkpoint.tensors)} tensors", "read", "they lie outside of the encoder, and are not used")
        )
    return tuple(found)


def _noted(report: LoadReport, request: Request) -> LoadReport:
    return replace(report, facts=(*report.facts, *request.wrapped))


def recognise(checkpoint: Checkpoint) -> Family:
    """The family of a checkpoint.

    Raises:
        CheckpointError: none or several fit, with the nearest and what it lacks.
    """
    return _recognised(checkpoint)[0]


def _recognised(checkpoint: Checkpoint) -> tuple[Family, View]:
    """The family, and the checkpoint as that family reads it: as it is or, where no family fits it so, without wrappers."""
    for view in views(checkpoint):
        fitting = [f for f in families.FAMILIES.values() if f.recognise(view.checkpoint)]
        if len(fitting) == 1:
            return fitting[0], view
        if fitting:
            names = " and ".join(f.name for f in fitting)
            choices = {"family": [f.name for f in fitting]}
            fix = f"say which: family={fitting[0].name!r}"
            raise AmbiguousModel(f"{names} both fit these tensors", where=str(checkpoint.path), fix=fix, choices=choices)
    raise no_family(checkpoint, families.FAMILIES.values())


def _as_asked(checkpoint: Checkpoint, family: Family) -> View:
    """The checkpoint as a family that was asked for reads it; else as any family does, so that the refusal speaks of the right tensors; else as it is."""
    seen = list(views(checkpoint))
    own = next((v for v in seen if _may_be(family, v)), None)
    return own or next((v for v in seen if any(_may_be(f, v) for f in families.FAMILIES.values())), seen[0])


def _may_be(family: Family, view: View) -> bool:
    try:
        return family.recognise(view.checkpoint)
    except AmbiguousModel:
        return True  # the caller has said which


def _request(path: Any, family: Any, parts: Any, encoder: Any, decoder: Any, device: Any, dtype: Any, overrides: dict) -> tuple[Family, Request]:
    known = families.FAMILIES
    if family is not None and family not in known:
        raise BadInput(f"there is no family {family!r}", where="family=", fix=f"one of {', '.join(known)}")
    chosen_parts = None if parts is None else tuple([parts] if isinstance(parts, str) else parts)
    strange = [p for p in chosen_parts or () if p not in PARTS]
    if strange:
        raise BadInput(f"there is no part {strange[0]!r}", where="parts=", fix=f"some of {', '.join(PARTS)}")
    where, kind = pick_device(device), pick_dtype(dtype)
    files = [None if f is None else as_path(f) for f in (encoder, decoder)]
    path = as_path(path)
    checkpoint = open_checkpoint(path, without=[f for f in files if f is not None])
    refuse_piece(checkpoint.path)
    chosen, view = (known[family], _as_asked(checkpoint, known[family])) if family is not None else _recognised(checkpoint)
    unknown = [name for name in overrides if name not in chosen.overrides]
    if unknown:
        listed = "; ".join(f"{n}: {meaning}" for n, meaning in chosen.overrides.items()) or "none"
        raise BadInput(f"{chosen.name} takes no {unknown[0]!r}", where=f"{unknown[0]}=", fix=f"it takes {listed}")
    wrapped = _removed(view, checkpoint)
    return chosen, Request(view.checkpoint, path, overrides, chosen_parts, files[0], files[1], where, kind, wrapped)
