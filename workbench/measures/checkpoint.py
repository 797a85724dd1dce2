"""What is in a file: the parts of a model, what would load, what pickled objects it holds, and the values of a tensor."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import torch

from workbench.checkpoints import describe, open_checkpoint
from workbench.core.card import LoadReport
from workbench.core.contents import Contents, TensorFacts
from workbench.core.errors import BadInput
from workbench.core.questions.checkpoint import ActionFacts, CheckFile, DescribeFile, DescribeModel, Histogram, Inspect, ModelFacts, TensorHistogram
from workbench.families import load
from workbench.measures.base import answers
from workbench.model.jepa import Jepa

_BINS = 60
_WORDS = 200  # letters of a setting of a file that is only described


@answers(DescribeModel)
def describe_model(jepa: Jepa) -> ModelFacts:
    """Card, report and the list of everything in the file; of a model that came from no file, no list."""
    tensors = open_checkpoint(jepa.report.path).tensors.values() if jepa.report.file_bytes else ()
    listed = tuple(TensorFacts(t.name, tuple(t.shape), str(t.dtype), t.bytes) for t in tensors)
    dynamics = jepa.dynamics
    spec = None if dynamics is None else dynamics.action
    action = None if spec is None else ActionFacts(spec.names, spec.units, spec.low, spec.high, spec.frameskip)
    history = (1, 1) if dynamics is None else dynamics.history
    masked = 0 if jepa.masked is None else jepa.masked.mask_tokens
    return ModelFacts(jepa.card, jepa.report, listed, masked, history, action, jepa.encoder.layers)


@answers(Inspect)
def inspect(file: str, *, family: str | None = None, overrides: tuple[tuple[str, Any], ...] = ()) -> LoadReport:
    """What of a checkpoint would load, without reading its values."""
    return load.inspect(file, family=family, **dict(overrides))


@answers(CheckFile)
def check_file(file: str, *, family: str | None = None) -> int:
    """How many tensors a checkpoint holds, from its index alone: what is wrong with the file comes to light here.

    Raises:
        WorkbenchError: as `load` raises for a file that cannot be read, or is of no known family.
    """
    checkpoint = open_checkpoint(file)
    if family is None:
        load.recognise(checkpoint)
    return len(checkpoint.tensors)


@answers(DescribeFile)
def describe_file(file: str) -> Contents:
    """What a file of Python objects holds, found without loading it."""
    found = describe(file)
    return replace(found, settings={str(name): str(value)[:_WORDS] for name, value in found.settings.items()})


@answers(Histogram)
def tensor_histogram(file: str, *, name: str) -> TensorHistogram:
    """The values of one tensor of a file.

    Raises:
        BadInput: the file has no tensor of that name.
    """
    checkpoint = open_checkpoint(file)
    if name not in checkpoint.tensors:
        raise BadInput(f"there is no tensor {name!r}", where=file, fix="choose one from the list")
    values = checkpoint.read([name], torch.float32, "cpu")[name].flatten().numpy()
    good = values[np.isfinite(values)]
    counts, edges = np.histogram(good, _BINS) if good.size else (np.zeros(_BINS, np.int64), np.linspace(0, 1, _BINS + 1))
    spread = (float(good.mean()), float(good.std()), float(good.min()), float(good.max())) if good.size else (0.0, 0.0, 0.0, 0.0)
    return TensorHistogram(name, counts.astype(np.int64), edges.astype(np.float64), *spread, int(values.size - good.size))
