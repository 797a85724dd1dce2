"""What a model ignores, and what it keeps: how far latents move when one thing in the world changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from workbench.core import progress
from workbench.core.clip import Clip
from workbench.core.errors import BadInput
from workbench.core.futures import FactorTable
from workbench.core.results import Provenance
from workbench.measures.base import measure
from workbench.model.jepa import Jepa

SOURCES = ("model", "twin", "pixels")


@measure
def factor_table(
    jepa: Jepa,
    clips: Sequence[Clip],
    varied: Mapping[str, Sequence[Sequence[Clip]]],
    *,
    kinds: Mapping[str, str],
    steps: Sequence[float],
    seed: int = 0,
) -> FactorTable:
    """How far the latents move for each factor, for the model, its untrained twin and raw pixels, in units of the distance between random clips.

    Args:
        clips: the unchanged ones. varied: factor -> for each step of the change, every clip again with only this factor changed.
        kinds: factor -> "nuisance" (may be dropped) or "structure" (must be kept). steps: how much was changed, 0 to 1.
        seed: of the pairing that gives the unit, and of the intervals.

    Raises:
        BadInput: fewer than two clips, or variations that do not match them.
    """
    if len(clips) < 2 or not varied:
        raise BadInput(f"{len(clips)} clips and {len(varied)} factors", where="factor_table", fix="give at least two clips and one factor")
    for name, rows in varied.items():
        if kinds.get(name) not in ("nuisance", "structure") or len(rows) != len(steps) or any(len(r) != len(clips) for r in rows):
            raise BadInput(
                f"the factor {name!r} has {len(rows)} steps", where="varied", fix=f"{len(steps)} steps of {len(clips)} clips, and its kind"
            )
    twin = jepa.untrained(seed)
    base = _views(jepa, twin, clips)
    order = np.random.default_rng(seed).permutation(len(clips))
    other = np.roll(order, 1)[np.argsort(order)]  # one cycle: nobody is paired with itself
    unit = torch.stack([_apart(b, b[torch.from_numpy(other)]).mean() for b in base])
    moved = _moves(jepa, twin, base, unit, list(varied.values()))
    origin = Provenance("factor_table", jepa.card.name, dict(jepa.card.hashes), f"{len(clips)} clips", seed=seed)
    return FactorTable(
        tuple(varied), tuple(kinds[n] for n in varied), SOURCES, moved, np.asarray(steps, float), unit.double().numpy(), "l2", seed, origin
    )


def _moves(jepa: Jepa, twin: Jepa, base: list[Tensor], unit: Tensor, varied: Sequence[Sequence[Sequence[Clip]]]) -> np.ndarray:
    """By source, factor, step and clip."""
    steps, clips = len(varied[0]), len(base[0])
    moved = np.zeros((len(SOURCES), len(varied), steps, clips))
    for f, rows in enumerate(varied):
        for s, row in enumerate(rows):
            progress.report(f * steps + s, len(varied) * steps)
            for k, (a, b) in enumerate(zip(base, _views(jepa, twin, row), strict=True)):
                moved[k, f, s] = (_apart(a, b) / unit[k].clamp(min=1e-12)).numpy()
    return moved


def _check(clips: Sequence[Clip], varied: Mapping[str, Sequence[Sequence[Clip]]], kinds: Mapping[str, str], steps: int) -> None:
    if len(clips) < 2 or not varied:
        raise BadInput(f"{len(clips)} clips and {len(varied)} factors", where="factor_table", fix="give at least two clips and one factor")
    for name, rows in varied.items():
        if kinds.get(name) not in ("nuisance", "structure") or len(rows) != steps or any(len(r) != len(clips) for r in rows):
            raise BadInput(f"the factor {name!r} has {len(rows)} steps", where="varied", fix=f"{steps} steps of {len(clips)} clips, and its kind")


def _views(jepa: Jepa, twin: Jepa, clips: Sequence[Clip]) -> list[Tensor]:
    """Latents by the model and by its twin, and the prepared pixels, one row a clip."""
    prepared = jepa.encoder.prepare(clips)
    found = [m.encoder.encode(prepared.video, weights=m.encoder.weights[0]).tokens.float().cpu() for m in (jepa, twin)]
    return [v.flatten(1) for v in (*found, prepared.video.float().cpu())]


def _apart(a: Tensor, b: Tensor) -> Tensor:
    """Root mean square difference, one number a clip."""
    return (a - b).square().mean(1).sqrt()
