"""Error of the predictor by distance from the context, by time to the context, and by depth of the predictor, over a bank."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int

from workbench.core import progress
from workbench.core.errors import BadInput, PartUnavailable
from workbench.core.mask import Mask
from workbench.core.questions.anatomy import DissectErrors, ErrorAnatomy
from workbench.core.results import FEWEST_CLIPS, Provenance
from workbench.masks import make
from workbench.measures.attempts import Problem, attempt, fits
from workbench.measures.bank import Bank
from workbench.measures.base import answers
from workbench.measures.distance import token_distance
from workbench.measures.halves import over_halves
from workbench.measures.health.gathering import drawn, evenly, sampler_of
from workbench.measures.prediction import error_of
from workbench.model.jepa import Jepa

KINDS = ("model", "other", "twin")  # whose errors are parted; "copy" is given by distance alone


@answers(DissectErrors)
def error_anatomy(
    jepa: Jepa,
    bank: Bank,
    *,
    sampler: str = "",
    parameters: Mapping[str, Any] | Sequence[tuple[str, Any]] = (),
    distance: str = "l1",
    limit: int = 48,
    halves: int = 20,
    seed: int = 0,
) -> ErrorAnatomy:
    """Error of the predictor by distance, time and depth. Arguments as of `DissectErrors`.

    Raises:
        BadInput: fewer than 8 clips, of different lengths, or an unknown distance. PartUnavailable: a part did not load whole. MaskError: the sampler cannot mask them.
    """
    if min(limit, len(bank)) < FEWEST_CLIPS:
        raise BadInput(f"{min(limit, len(bank))} clips", where="limit", fix=f"{FEWEST_CLIPS} or more")
    draw = make(sampler, **dict(parameters)) if sampler else sampler_of(jepa)
    chosen = evenly(range(len(bank)), limit)
    shape = jepa.encoder.prepare(bank.clips[:1]).grid.shape
    rows, depths = list[_Rows](), list[np.ndarray]()
    for k, i in enumerate(chosen):
        problem = Problem.of(jepa, bank.clips[i], drawn(draw, shape, seed, i, 0), bank, distance=distance)
        if not fits(problem):
            raise BadInput(f"the clips of {bank.name} have different lengths", where="bank", fix="choose a number of frames that every clip has")
        rows.append(_Rows.of(problem, distance))
        depth = _by_depth(problem, distance)
        depths += [] if depth is None else [depth]
        progress.report(k + 1, len(chosen))
    distances, by_distance, at = _parted(rows, "away", KINDS, halves, seed)
    gaps, by_gap, at_gap = _parted(rows, "gap", KINDS, halves, seed)
    _, copied, _ = _parted(rows, "away", ("copy",), halves, seed)
    errors = np.sum(depths, axis=0) if depths else np.ones(1)
    deep = 1 - errors[:-1] / errors[-1]
    settings = {"sampler": draw.spec, "distance": distance, "limit": limit}
    origin = Provenance("error_anatomy", jepa.card.name, dict(jepa.card.hashes), bank.name, draw.spec, seed, settings)
    return ErrorAnatomy(distances, gaps, by_distance, by_gap, copied[0, :, 0], at, at_gap, deep, len(rows), draw.spec, distance, origin)


@dataclass(frozen=True, eq=False)
class _Rows:
    """Target tokens of one clip. away, gap: of each. errors: by the name of a predictor, and what the position mean errs in the same space."""

    away: Int[np.ndarray, "tokens"]
    gap: Int[np.ndarray, "tokens"]
    errors: dict[str, tuple[Float[np.ndarray, "tokens"], Float[np.ndarray, "tokens"]]]

    @classmethod
    def of(cls, problem: Problem, distance: str) -> _Rows:
        away, gap = places(problem.mask)
        asked, found = problem.mask.targets, dict[str, tuple[np.ndarray, np.ndarray]]()
        for kind in (*KINDS, "copy"):
            one = error_of(problem, attempt(problem, kind), distance)
            found[kind] = one.blocks[asked].astype(np.float64), one.reference[asked].astype(np.float64)
        many = [np.broadcast_to(each, asked.shape)[asked] for each in (away, gap)]
        return cls(many[0], many[1], found)


def places(mask: Mask) -> tuple[Int[np.ndarray, "ticks rows cols"], Int[np.ndarray, "ticks rows cols"]]:
    """Of every token: whole distance in the frame to the nearest context token of any time step, and time steps to the nearest one with context."""
    rows, cols = np.nonzero(mask.context.any(0))
    grid = np.indices(mask.shape[1:])
    away = np.sqrt(((grid[0][..., None] - rows) ** 2 + (grid[1][..., None] - cols) ** 2).min(-1))
    ticks = np.flatnonzero(mask.context.any((1, 2)))
    gap = np.abs(np.arange(mask.shape[0])[:, None] - ticks).min(1)
    whole = np.round(away).astype(np.int64)
    return np.broadcast_to(whole, mask.shape), np.broadcast_to(gap[:, None, None], mask.shape)


def _parted(
    rows: Sequence[_Rows], by: str, kinds: Sequence[str], halves: int, seed: int
) -> tuple[Int[np.ndarray, "places"], Float[np.ndarray, "kinds places 3"], Int[np.ndarray, "places"]]:
    """Skill at each place, with its interval over halves of the clips; and how many tokens lie there."""
    known = np.unique(np.concatenate([getattr(r, by) for r in rows]))
    counts = np.array([sum(int((getattr(r, by) == place).sum()) for r in rows) for place in known])
    found = np.empty((len(kinds), len(known), 3))
    for k, kind in enumerate(kinds):
        for p, place in enumerate(known):
            sums = np.array([[e[getattr(r, by) == place].sum() for e in r.errors[kind]] for r in rows])
            estimate = over_halves(_skill(sums), len(sums), lambda half, sums=sums: _skill(sums[half]), halves=halves, seed=seed)
            found[k, p] = estimate.value, estimate.low, estimate.high
    return known, found, counts


def _skill(sums: Float[np.ndarray, "clips 2"]) -> float:
    error, plain = sums.sum(0)
    return float(1 - error / plain) if plain > 0 else float("nan")


def _by_depth(problem: Problem, distance: str) -> np.ndarray | None:
    """Summed error after each block, and last that of the position mean; None where blocks cannot be read."""
    try:
        said = problem.jepa.need_masked().by_depth(problem.prepared.video, problem.context, problem.blocks[:, None], mask_token=problem.mask_token)
    except PartUnavailable:
        return None
    answer = attempt(problem)
    plain = error_of(problem, answer, distance)
    mean, asked = torch.from_numpy(answer.reference.mean), problem.blocks
    errors = [float(token_distance(torch.stack([b.tokens[0].cpu() for b in each]), answer.target, distance, mean)[asked].sum()) for each in said]
    return np.array([*errors, float(np.nansum(plain.reference))])
