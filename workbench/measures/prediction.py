"""How far a prediction is from its target, token by token, and the maps that show it."""

from __future__ import annotations

import torch

from workbench.core.clip import Clip
from workbench.core.mask import Mask
from workbench.core.questions.masked import MaskedMaps
from workbench.core.results import MaskedView, PredictionError, Provenance, Reference
from workbench.measures.attempts import Attempt, Problem, attempt
from workbench.measures.bank import Bank
from workbench.measures.base import answers, measure
from workbench.measures.distance import reference_error, token_distance
from workbench.model.jepa import Jepa


def provenance(name: str, problem: Problem, **parameters: object) -> Provenance:
    """Where a number of this problem came from."""
    card = problem.jepa.card
    clip = f"{problem.clip.digest} {problem.clip.source}".strip()
    return Provenance(name, card.name, dict(card.hashes), clip, f"{problem.mask.digest} {problem.mask.sampler}", parameters=dict(parameters))


def error_of(problem: Problem, answer: Attempt, distance: str, name: str = "prediction_error") -> PredictionError:
    """The error of an attempt and of the reference at the same tokens."""
    mean, median = torch.from_numpy(answer.reference.mean), torch.from_numpy(answer.reference.median)
    blocks = token_distance(answer.predicted, answer.target, distance, mean)
    plain = reference_error(answer.target, mean, median, distance)
    asked = problem.blocks
    nan = torch.tensor(torch.nan)
    return PredictionError(
        answer.predictor,
        distance,
        torch.where(asked, blocks, nan).numpy(),
        torch.where(asked, plain, nan).numpy(),
        answer.reference.name,
        answer.reference.n,
        problem.prepared.grid,
        provenance(name, problem, distance=distance, predictor=answer.predictor, mask_token=problem.mask_token),
    )


@measure
def prediction_error(
    jepa: Jepa,
    clip: Clip,
    mask: Mask,
    *,
    distance: str = "l1",
    predictor: str = "model",
    bank: Bank | None = None,
    reference: Reference | None = None,
    mask_token: int | None = None,
) -> PredictionError:
    """How far the predictor is from the target encoder, beside a predictor that knows only the position.

    Args:
        mask: on the clip's token grid. distance: "l1", "l2", "smooth-l1" or "cosine".
        predictor: "model", or a control: "copy", "smooth", "other", "position", "twin", "pixels".
        bank: clips that the reference is taken over, this one left out. reference: a finished one instead. Without both, the mean
            over this clip's targets, under another name.
        mask_token: which learned mask token; None = the family's default.

    Raises:
        PartUnavailable: a part is missing or did not load whole. MaskError: nothing to see or to predict, or another grid.

    I-JEPA (arXiv 2301.08243): their s_y(i) is `targets`, ŝ_y(i) is `predict`; V-JEPA (arXiv 2404.08471): P(E(x), m).
    """
    problem = Problem.of(jepa, clip, mask, bank, reference, mask_token, distance)
    return error_of(problem, attempt(problem, predictor), distance)


@answers(MaskedMaps)
def masked_view(
    jepa: Jepa,
    clip: Clip,
    mask: Mask,
    *,
    distance: str = "l1",
    predictor: str = "model",
    bank: Bank | None = None,
    mask_token: int | None = None,
) -> MaskedView:
    """Target and predicted tokens in one set of colours, and the error between them. Arguments as in `prediction_error`."""
    problem = Problem.of(jepa, clip, mask, bank, None, mask_token, distance)
    answer = attempt(problem, predictor)
    basis = answer.basis()
    asked = problem.blocks.any(0)
    mean_answer = answer.predicted.nanmean(0)
    centre = torch.from_numpy(answer.reference.mean)
    lengths = tuple(float((v - centre)[asked].norm(dim=-1).mean()) for v in (answer.target, mean_answer))
    return MaskedView(
        error_of(problem, answer, distance, "masked_view"),
        basis.colours(answer.target.numpy()),
        basis.colours(mean_answer.numpy()),
        asked.numpy(),
        basis.explained,
        f"{basis.name}, n = {basis.n}",
        (lengths[0], lengths[1]),
    )
