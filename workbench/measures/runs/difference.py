"""How far the parameters of two checkpoints differ, layer by layer."""

from __future__ import annotations

import re
from pathlib import Path

import torch

from workbench.checkpoints import Checkpoint, open_checkpoint
from workbench.core import progress
from workbench.core.errors import Incomparable
from workbench.core.questions.runs import CheckpointDifference, CompareCheckpoints, LayerDifference
from workbench.measures.base import answers

_WRAPS = ("module", "backbone", "_orig_mod")
_NUMBERED = re.compile(r"^(.*?\.\d+)(?:\.|$)")
_NOT_WEIGHTS = ("opt", "optimizer", "optimizer_states", "scaler", "scheduler", "lr_schedulers")


@answers(CompareCheckpoints)
def compare_checkpoints(first: str | Path, second: str | Path) -> CheckpointDifference:
    """Relative distance of the parameters of two checkpoint files by layer. States of optimisers are left out.

    Args:
        first, second: paths of files, or of folders with one.

    Raises:
        CheckpointError: one cannot be read. Incomparable: they have no tensor in common.
    """
    a, b = (open_checkpoint(Path(p)) for p in (first, second))
    mine, theirs = _weights(a), _weights(b)
    common = [n for n in mine if n in theirs]
    reshaped = tuple(n for n in common if a.tensors[n].shape != b.tensors[n].shape)
    layers: dict[tuple[str, str], list[float]] = {}
    equal: dict[tuple[str, str], bool] = {}
    for done, name in enumerate(n for n in common if n not in reshaped):
        x, y = a.value(name), b.value(name)
        if not x.is_floating_point() or not y.is_floating_point():
            continue
        key = layer_of(name)
        sums = layers.setdefault(key, [0.0, 0.0, 0.0, 0.0])
        equal[key] = equal.get(key, True) and torch.equal(x, y)
        for k, value in enumerate(_sums(x.double().flatten(), y.double().flatten())):
            sums[k] += value
        progress.report(done + 1, len(common))
    if not layers:
        raise Incomparable(
            "the two files have no tensor of one name and shape in common", where=str(second), fix="choose checkpoints of one training"
        )
    rows = tuple(LayerDifference(*key, _ratio(s[1], s[0]), _ratio(s[2], s[0]), int(s[3]), equal[key]) for key, s in layers.items())
    squares = [sum(s[k] for s in layers.values()) for k in (0, 1)]
    only = tuple(n for n in mine if n not in theirs), tuple(n for n in theirs if n not in mine)
    return CheckpointDifference(Path(first).name, Path(second).name, rows, *only, reshaped, _ratio(squares[1], squares[0]))


def layer_of(name: str) -> tuple[str, str]:
    """(part, layer) of a tensor by its name: ("encoder", "blocks.3") of encoder.module.blocks.3.attn.qkv.weight."""
    words = [w for w in name.split(".") if w not in _WRAPS]
    if len(words) < 2:
        return "", words[0] if words else name
    part, rest = words[0], ".".join(words[1:])
    numbered = _NUMBERED.match(rest)
    return part, numbered.group(1) if numbered else rest.rpartition(".")[0] or rest


def _weights(checkpoint: Checkpoint) -> list[str]:
    return [n for n, info in checkpoint.tensors.items() if info.group not in _NOT_WEIGHTS]


def _sums(x: torch.Tensor, y: torch.Tensor) -> tuple[float, float, float, float]:
    """‖x‖², ‖y − x‖², its expectation over all orders of the numbers of y, and how many there are."""
    n = x.numel()
    squares = float(x @ x), float(y @ y)
    return squares[0], float((y - x).square().sum()), squares[0] + squares[1] - 2 * float(x.sum()) * float(y.sum()) / max(n, 1), float(n)


def _ratio(part: float, whole: float) -> float:
    return (max(part, 0.0) / whole) ** 0.5 if whole > 0 else float("inf") if part > 0 else 0.0
