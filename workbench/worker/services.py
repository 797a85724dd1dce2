"""What a worker answers besides measures: what is in a file, what a clip looks like to a model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from workbench.checkpoints import describe, open_checkpoint
from workbench.core.card import LoadReport
from workbench.core.clip import Clip
from workbench.core.contents import Contents
from workbench.core.errors import BadInput
from workbench.core.facts import ActionFacts, BankFacts, ClipList, ModelFacts, ShownClip, TensorFacts, TensorHistogram
from workbench.core.footage import FilmFacts
from workbench.families.load import inspect, recognise
from workbench.measures.bank import Bank
from workbench.measures.reference import shared_pca
from workbench.model.jepa import Jepa
from workbench.worker.decoders import DECODERS
from workbench.worker.driving import FUTURES
from workbench.worker.plans import PLANS
from workbench.worker.surprising import SURPRISES

if TYPE_CHECKING:
    from workbench.worker.shelf import Shelf

_BINS = 60
_WORDS = 200  # letters of a setting of a file that is only described


def title(path: str) -> str:
    """What clips of a path are called in words: "shapes bank" for a sample's own, else the name of file or folder."""
    place = Path(path)
    return f"{place.parent.name} bank" if place.name == "bank.npz" else place.name


def model_facts(shelf: Shelf, model: Jepa) -> ModelFacts:
    """Card, report and the list of everything in the file; of a model that came from no file, no list."""
    tensors = open_checkpoint(model.report.path).tensors.values() if model.report.file_bytes else ()
    listed = tuple(TensorFacts(t.name, tuple(t.shape), str(t.dtype), t.bytes) for t in tensors)
    dynamics = model.dynamics
    spec = None if dynamics is None else dynamics.action
    action = None if spec is None else ActionFacts(spec.names, spec.units, spec.low, spec.high, spec.frameskip)
    history = (1, 1) if dynamics is None else dynamics.history
    return ModelFacts(model.card, model.report, listed, 0 if model.masked is None else model.masked.mask_tokens, history, action)


def load_report(shelf: Shelf, path: str, family: str | None, overrides: tuple[tuple[str, Any], ...]) -> LoadReport:
    """What of a checkpoint would load, without reading its values."""
    return inspect(path, family=family, **dict(overrides))


def clip_list(shelf: Shelf, path: str, frames: int | None = None, fps: float | None = None) -> ClipList:
    """What a path holds, without decoding it."""
    clips = shelf.clips(path, frames=frames, fps=fps)
    return ClipList(path, clips.kind, title(path), tuple(clips.names))


def film_facts(shelf: Shelf, path: str, index: int) -> FilmFacts | None:
    """How long a film of a path is, without decoding it; None where this is a still.

    Raises:
        ClipError: it cannot be read.
    """
    return shelf.clips(path).film(index)


def bank_facts(shelf: Shelf, bank: Bank) -> BankFacts:
    """How many clips a bank has, and which files were left out of it, with the reason."""
    return BankFacts(bank.name, len(bank), bank.skipped)


def shown_clip(shelf: Shelf, model: Jepa, clip: Clip) -> ShownClip:
    """The clip as the model is shown it."""
    prepared = model.encoder.prepare([clip])
    return ShownClip(prepared.shown[0].numpy(), prepared.grid, clip.source, (clip.height, clip.width), clip.digest, clip.fps)


def warm(shelf: Shelf, model: Jepa, bank: Bank) -> int:
    """Compute the bank's targets and their colours, so that the first painted hole is answered at once. Returns the number of clips."""
    shared_pca(model, bank)
    return len(bank.targets(model))


def check_file(shelf: Shelf, path: str, family: str | None = None) -> int:
    """How many tensors a checkpoint holds, from its index alone: what is wrong with the file comes to light here.

    Raises:
        WorkbenchError: as `load` raises for a file that cannot be read, or is of no known family.
    """
    checkpoint = open_checkpoint(path)
    if family is None:
        recognise(checkpoint)
    return len(checkpoint.tensors)


def contents(shelf: Shelf, path: str) -> Contents:
    """What a file of Python objects holds, found without loading it."""
    found = describe(path)
    return replace(found, settings={str(name): str(value)[:_WORDS] for name, value in found.settings.items()})


def tensor_histogram(shelf: Shelf, path: str, name: str) -> TensorHistogram:
    """The values of one tensor of a file.

    Raises:
        BadInput: the file has no tensor of that name.
    """
    checkpoint = open_checkpoint(path)
    if name not in checkpoint.tensors:
        raise BadInput(f"there is no tensor {name!r}", where=path, fix="choose one from the list")
    values = checkpoint.read([name], torch.float32, "cpu")[name].flatten().numpy()
    good = values[np.isfinite(values)]
    counts, edges = np.histogram(good, _BINS) if good.size else (np.zeros(_BINS, np.int64), np.linspace(0, 1, _BINS + 1))
    spread = (float(good.mean()), float(good.std()), float(good.min()), float(good.max())) if good.size else (0.0, 0.0, 0.0, 0.0)
    return TensorHistogram(name, counts.astype(np.int64), edges.astype(np.float64), *spread, int(values.size - good.size))


_OWN = (model_facts, load_report, clip_list, film_facts, bank_facts, check_file, contents, shown_clip, warm, tensor_histogram)
SERVICES: Mapping[str, Callable[..., Any]] = {**{f.__name__: f for f in _OWN}, **FUTURES, **PLANS, **SURPRISES, **DECODERS}
