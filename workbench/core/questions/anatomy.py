"""Where the predictor is wrong: its error by distance from the context, by time to the context, and by depth of the predictor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from workbench.core.card import BankKey, ModelKey
from workbench.core.codec import portable
from workbench.core.questions.base import Question, question
from workbench.core.results import Provenance


@portable
@dataclass(frozen=True, eq=False)
class ErrorAnatomy:
    """Skill of the predictor, 1 − error ÷ error of the position mean, apart for tokens far from what is seen and near it.

    Args:
        distances: from the target token to the nearest context token of any time step, in tokens of the frame. gaps: time steps to the nearest one that
            has context.
        by_distance, by_gap: skill of "model", "other context" and "untrained" at each, then 5 % and 95 % over halves of the clips: [kind, place, 3].
        tokens_at, tokens_gap: target tokens at each. by_depth: skill if the predictor ended after each of its blocks; empty where they cannot be read.
        copy_by_distance: skill of copying the nearest context-only target.
        clips: that were used. sampler: of the masks, one a clip.
    """

    distances: Int[np.ndarray, "distances"]
    gaps: Int[np.ndarray, "gaps"]
    by_distance: Float[np.ndarray, "3 distances 3"]
    by_gap: Float[np.ndarray, "3 gaps 3"]
    copy_by_distance: Float[np.ndarray, "distances"]
    tokens_at: Int[np.ndarray, "distances"]
    tokens_gap: Int[np.ndarray, "gaps"]
    by_depth: Float[np.ndarray, "depth"]
    clips: int
    sampler: str
    distance: str
    provenance: Provenance

    @property
    def ends(self) -> tuple[float, ...]:
        """Skill of the model nearest to the context and farthest from it, and of copying at the same places."""
        model, copied = self.by_distance[0, :, 0], self.copy_by_distance
        return float(model[0]), float(model[-1]), float(copied[0]), float(copied[-1])


@question(
    "error_anatomy",
    needs=("encoder_context", "encoder_target", "masked"),
    title="Error by distance from the context",
    formula="skill = 1 − Σ error ÷ Σ error of the position mean over the target tokens at a distance, of one fresh mask a clip; after a block: the "
    "predictor's own last norm and output layer on what the block gives",
    source="by depth: nostalgebraist, logit lens (2020), on the predictor",
    cannot="Far tokens are also those in the middle of large blocks. After an early block the output layer is given what it was not trained on.",
    urgent=False,
    kept=True,
    number="ends",
)
@dataclass(frozen=True, eq=False)
class DissectErrors(Question[ErrorAnatomy]):
    """Error of the predictor by distance, time and depth over a bank.

    Args:
        sampler: a name in workbench.masks; "": that of the model's card. parameters: its own, as (name, value). distance: a key of results.DISTANCES.
        limit: clips at most, evenly taken. halves: of the clips, drawn for the intervals. seed: of masks and halves.
    """

    model: ModelKey
    bank: BankKey
    sampler: str = ""
    parameters: tuple[tuple[str, Any], ...] = ()
    distance: str = "l1"
    limit: int = 48
    halves: int = 20
    seed: int = 0
