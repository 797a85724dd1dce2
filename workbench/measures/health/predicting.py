"""Predictions of many clips against the mean target at each position, beside what is easier than to predict and the untrained model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from workbench.core import progress
from workbench.core.clip import Clip
from workbench.core.errors import BadInput
from workbench.measures.attempts import Problem, attempt
from workbench.measures.bank import Bank
from workbench.measures.distance import token_distance
from workbench.measures.futures import Future, span
from workbench.measures.health.gathering import drawn, sampler_of
from workbench.measures.twins import twin_of
from workbench.model.jepa import Jepa

_FEWEST, _TOGETHER = 8, 16
_MASKED = {"model": "model", "control": "other", "untrained": "twin"}  # as `attempt` names them


@dataclass(frozen=True, eq=False)
class Predicted:
    """Of each clip, means over its target tokens: cosine of prediction and target, the same centred, squared error, and that of the mean baseline.
    tokens: that were predicted, of all clips."""

    cosine: Float[np.ndarray, "clips"]
    centred: Float[np.ndarray, "clips"]
    error: Float[np.ndarray, "clips"]
    mean_error: Float[np.ndarray, "clips"]
    tokens: int

    @property
    def ratio(self) -> float:
        """Squared error ÷ that of the mean baseline."""
        return ratio(self.error, self.mean_error)


def ratio(error: Float[np.ndarray, "clips"], against: Float[np.ndarray, "clips"]) -> float:
    """The sum of one ÷ the sum of the other; NaN where nothing varies."""
    return float(error.sum() / against.sum()) if against.sum() > 0 else float("nan")


def by_time(jepa: Jepa) -> bool:
    """Whether time steps are predicted by dynamics, and not target tokens by a masked predictor."""
    return jepa.masked is None and jepa.dynamics is not None


def predictions(jepa: Jepa, clips: Sequence[Clip], untrained: bool, seed: int) -> dict[str, Predicted]:
    """What is predicted of each clip: by the "model", the "control", and the "untrained" model.

    A masked predictor gets one mask of its own sampler a clip; the control is another clip's context. Dynamics predict each time step from those before it,
    teacher-forced; the control is the time step before.

    Raises:
        PartUnavailable: neither a masked predictor with its teacher nor dynamics. BadInput: no sampler, or too few clips. MaskError: the sampler
            cannot mask these clips.
    """
    if len(clips) < _FEWEST:
        raise BadInput(f"{len(clips)} clips to predict", where="predicted", fix=f"give {_FEWEST} or more")
    kinds = ("model", "control", *(("untrained",) if untrained else ()))
    if by_time(jepa):
        own = _futures(jepa, clips)
        return own if not untrained else {**own, "untrained": _futures(twin_of(jepa, seed), clips)["model"]}
    jepa.need_masked()
    draw, bank = sampler_of(jepa), Bank(clips, "these clips")
    shape = jepa.encoder.prepare(bank.clips[:1]).grid.shape
    found, tokens = {kind: np.full((4, len(bank)), np.nan) for kind in kinds}, 0
    for i, clip in enumerate(bank.clips):
        problem = Problem.of(jepa, clip, drawn(draw, shape, seed, i, 0), bank)
        tokens += int(problem.blocks.sum())
        for kind in kinds:
            answer = attempt(problem, _MASKED[kind])
            target, mean = (each.expand_as(answer.predicted) for each in (answer.target, torch.from_numpy(answer.reference.mean)))
            found[kind][:, i] = judged(answer.predicted[problem.blocks], target[problem.blocks], mean[problem.blocks])
        progress.report(i + 1, len(bank))
    return {kind: Predicted(*rows, tokens=tokens) for kind, rows in found.items()}


def _futures(jepa: Jepa, clips: Sequence[Clip]) -> dict[str, Predicted]:
    came, said, before = list[Tensor](), list[Tensor](), list[Tensor]()
    for start in range(0, len(clips), _TOGETHER):
        future = Future.of(jepa, clips[start : start + _TOGETHER])
        came.append(future.came.tokens.float().cpu())
        said.append(future.predicted("teacher-forced").tokens.float().cpu())
        before.append(span(future.real, future.known - 1, future.real.grid.ticks - 1).tokens.float().cpu())
        progress.report(min(start + _TOGETHER, len(clips)), len(clips))
    true = torch.cat(came)
    mean = (true.sum(0) - true) / (len(true) - 1)  # over the other clips
    return {kind: _all_judged(torch.cat(of), true, mean) for kind, of in (("model", said), ("control", before))}


def _all_judged(said: Tensor, true: Tensor, mean: Tensor) -> Predicted:
    rows = np.array([judged(*(each.flatten(0, -2) for each in clip)) for clip in zip(said, true, mean, strict=True)])
    return Predicted(*rows.T, tokens=true[..., 0].numel())


def judged(said: Tensor, target: Tensor, mean: Tensor) -> tuple[float, float, float, float]:
    """The four numbers of `Predicted`, of the tokens of one clip."""
    raw, centred = (float(1 - token_distance(said, target, "cosine", centre).mean()) for centre in (torch.zeros_like(mean), mean))
    error, usual = (float(token_distance(each, target, "l2", mean).mean()) for each in (said, mean))
    return raw, centred, error, usual
