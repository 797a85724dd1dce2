"""Baselines of masked prediction, for one clip and over a bank."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from workbench.core import progress
from workbench.core.clip import Clip
from workbench.core.errors import BadInput, PartUnavailable
from workbench.core.mask import Mask
from workbench.core.questions.masked import Controls, OverBank
from workbench.core.results import BankErrors, PredictionError, Provenance, Yardsticks
from workbench.masks import make
from workbench.measures.attempts import Problem, attempt, fits
from workbench.measures.bank import Bank
from workbench.measures.base import answers
from workbench.measures.prediction import error_of
from workbench.measures.retrieval import quilt, retrieval_rank
from workbench.model.jepa import Jepa

CONTROLS = ("copy", "smooth", "other", "twin", "pixels")


@answers(Controls)
def yardsticks(jepa: Jepa, clip: Clip, mask: Mask, *, distance: str = "l1", bank: Bank | None = None, mask_token: int | None = None) -> Yardsticks:
    """Every baseline on the same targets, the retrieval ranks and the nearest-patch reconstruction. Those that need a bank are left out without one."""
    problem = Problem.of(jepa, clip, mask, bank, None, mask_token, distance)
    found: list[PredictionError] = []
    for done, name in enumerate(CONTROLS):
        progress.report(done, len(CONTROLS) + 2)
        if name != "other" or fits(problem):
            found.append(error_of(problem, attempt(problem, name), distance, "yardsticks"))
    if not fits(problem):
        return Yardsticks(tuple(found), None, None)
    answer = attempt(problem)
    rank = retrieval_rank(problem, answer, distance)
    progress.report(len(CONTROLS) + 1, len(CONTROLS) + 2)
    return Yardsticks(tuple(found), rank, quilt(problem, answer))


@answers(OverBank)
def bank_errors(
    jepa: Jepa,
    bank: Bank,
    *,
    sampler: str,
    parameters: Mapping[str, Any] | Sequence[tuple[str, Any]] = (),
    seed: int = 0,
    distance: str = "l1",
    predictors: Sequence[str] = ("model", "copy", "smooth", "other"),
    limit: int | None = None,
    mask_token: int | None = None,
) -> BankErrors:
    """The errors of predictor and controls over a bank, a fresh mask a clip.

    Args:
        sampler: a name in workbench.masks. parameters: its own. seed: of the masks. limit: at most so many clips.
    """
    own = dict(parameters)
    draw = make(sampler, **own)
    clips = bank.clips[:limit]
    rng = np.random.default_rng(seed)
    shape = jepa.encoder.prepare(clips[:1]).grid.shape
    errors, plain = np.full((len(predictors), len(clips)), np.nan), np.full(len(clips), np.nan)
    for i, clip in enumerate(clips):
        problem = Problem.of(jepa, clip, draw.sample(shape, rng), bank, None, mask_token, distance)
        for k, name in enumerate(predictors):
            one = error_of(problem, attempt(problem, name), distance)
            if not fits(problem):
                what = f"the clips of this bank have other lengths than {clip.source}"
                raise PartUnavailable(what, where=bank.name, fix="choose a number of frames that every clip has")
            errors[k, i] = one.mean
            plain[i] = float(np.nanmean(one.reference)) if name == "model" else plain[i]
        progress.report(i + 1, len(clips))
    if "model" not in predictors:
        raise BadInput("the trained predictor must be among the predictors", where="predictors", fix='add "model"')
    settings = {"sampler": sampler, "distance": distance, **own}
    origin = Provenance("bank_errors", jepa.card.name, dict(jepa.card.hashes), bank.name, sampler, seed, settings)
    return BankErrors(tuple(predictors), errors, plain, distance, bank.name, sampler, seed, origin)
