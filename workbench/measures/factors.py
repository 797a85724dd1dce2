"""What a model ignores, and what it keeps: how far latents move when one thing in the world changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from weakref import WeakKeyDictionary

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from workbench.core import progress
from workbench.core.clip import Clip
from workbench.core.errors import BadInput
from workbench.core.futures import FactorTable
from workbench.core.questions.sensitivity import SOURCES, LatentMoves
from workbench.core.results import Provenance
from workbench.measures.base import measure
from workbench.measures.preparing import prepare_together
from workbench.measures.twins import twin_of
from workbench.model.jepa import Jepa

_LARGE, _BATCH = 20_000_000, 8  # parameters from which clips are encoded one by one, so that urgent work need not wait for a batch
_units: WeakKeyDictionary[Jepa, dict[tuple[object, ...], Tensor]] = WeakKeyDictionary()


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
    """How far the latents move for each factor, for the model, the untrained model and raw pixels, in units of the distance between random clips.

    Args:
        clips: the unchanged ones. varied: factor -> for each step of the change, every clip again with only this factor changed; each
            row is looked at once, so that it can be drawn just then.
        kinds: factor -> "nuisance" (may be dropped) or "structure" (must be kept). steps: how much was changed, 0 to 1.
        seed: of the pairing that gives the unit, and of the intervals.

    Raises:
        BadInput: fewer than two clips, or variations that do not match them.
    """
    if len(clips) < 2 or not varied:
        raise BadInput(f"{len(clips)} clips and {len(varied)} factors", where="factor_table", fix="give at least two clips and one factor")
    for name, rows in varied.items():
        if kinds.get(name) not in ("nuisance", "structure") or len(rows) != len(steps):
            raise BadInput(f"the factor {name!r} has {len(rows)} steps", where="varied", fix=f"{len(steps)} steps of every clip, and its kind")
    both = jepa, twin_of(jepa, seed)
    base = _views(both, clips)
    unit = _unit(base, seed)
    moved = np.zeros((len(SOURCES), len(varied), len(steps), len(clips)))
    for f, (name, rows) in enumerate(varied.items()):
        for s, row in enumerate(rows):
            if len(row) != len(clips):
                raise BadInput(f"step {s} of {name!r} has {len(row)} clips", where="varied", fix=f"change each of the {len(clips)} clips")
            progress.report(f * len(steps) + s, len(varied) * len(steps))
            moved[:, f, s] = _moved(base, _views(both, row), unit)
    origin = Provenance("factor_table", jepa.card.name, dict(jepa.card.hashes), f"{len(clips)} clips", seed=seed)
    return FactorTable(
        tuple(varied), tuple(kinds[n] for n in varied), SOURCES, moved, np.asarray(steps, float), unit.double().numpy(), "l2", seed, origin
    )


@measure
def latent_moves(jepa: Jepa, clip: Clip, changed: Mapping[str, Clip], others: Sequence[Clip], *, seed: int = 0) -> LatentMoves:
    """How far the latents of one clip move for each change, for the model, the untrained model and raw pixels.

    Args:
        changed: what was changed -> the same clip with only that changed. others: clips whose distance to one another, paired at random, is the unit.
        seed: of the twin and of the pairing.

    Raises:
        BadInput: nothing was changed, or there are fewer than two other clips.
    """
    if not changed or len(others) < 2:
        what = f"{len(changed)} changes and {len(others)} clips for the unit"
        raise BadInput(what, where="latent_moves", fix="give at least one change, and two clips: open a folder or bank of clips")
    both = jepa, twin_of(jepa, seed)
    known = _units.setdefault(jepa, {})
    key = (seed, *(c.digest for c in others))
    if key not in known:
        known[key] = _unit(_views(both, others), seed)
    unit, base = known[key], _views(both, [clip])
    moved = np.stack([_moved(base, _views(both, [c]), unit)[:, 0] for c in changed.values()], 1)
    origin = Provenance("latent_moves", jepa.card.name, dict(jepa.card.hashes), clip.source, seed=seed)
    return LatentMoves(tuple(changed), moved, unit.double().numpy(), len(others), seed, origin)


def _unit(base: list[Tensor], seed: int) -> Float[Tensor, "sources"]:
    """The mean distance between clips that are paired at random."""
    order = np.random.default_rng(seed).permutation(len(base[0]))
    other = np.roll(order, 1)[np.argsort(order)]  # one cycle: nobody is paired with itself
    return torch.stack([_apart(b, b[torch.from_numpy(other)]).mean() for b in base])


def _moved(base: list[Tensor], now: list[Tensor], unit: Tensor) -> Float[np.ndarray, "sources clips"]:
    apart = [_apart(a, b) / u.clamp(min=1e-12) for a, b, u in zip(base, now, unit, strict=True)]
    return torch.stack(apart).double().numpy()


def _views(models: tuple[Jepa, Jepa], clips: Sequence[Clip]) -> list[Tensor]:
    """Latents by the model and by its twin, and the prepared pixels, one row a clip."""
    large = sum(p.parameters for p in models[0].report.parts) > _LARGE
    step = 1 if large else _BATCH
    parts: list[list[Tensor]] = []
    for start in range(0, len(clips), step):
        progress.report(0, 0)  # a safe point, where urgent work may overtake
        prepared = prepare_together(models[0].encoder, clips[start : start + step])
        found = [m.encoder.encode(prepared.video, weights=m.encoder.weights[0]).tokens.float().cpu() for m in models]
        parts.append([v.flatten(1) for v in (*found, prepared.video.float().cpu())])
    return [torch.cat(p) for p in zip(*parts, strict=True)]


def _apart(a: Tensor, b: Tensor) -> Tensor:
    """Root mean square difference, one number a clip."""
    return (a - b).square().mean(1).sqrt()
