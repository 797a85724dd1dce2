"""What a model predicts of a clip's future, beside what came: one clip as videos with the errors, and the errors over a bank."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float

from workbench.core import codec
from workbench.core.card import BankKey, ClipKey, ModelKey
from workbench.core.films import Reel
from workbench.core.grid import TokenGrid
from workbench.core.questions.base import Question, question
from workbench.core.questions.decoding import Fitted
from workbench.core.results import Provenance

# How a tick came about; every film and every curve carries one of these names.
KINDS: Mapping[str, str] = {
    "open loop": "from the last context tick on, each prediction is fed back",
    "teacher-forced": "each tick is predicted from the real ticks before it",
    "copy last": "the last context tick, repeated",
    "other actions": "open loop, with another clip's actions (without a bank: this clip's, in another order)",
    "twin": "open loop of the same architecture, untrained, in its own latents",
}


@codec.portable
@dataclass(frozen=True, eq=False)
class Rollout:
    """The future of one clip, predicted in several ways, with the error of each.

    Args:
        known: ticks of context. kinds: of KINDS. maps: error at every token of every predicted tick; NaN where there is no ground truth.
        states: the state that each kind predicts at each tick, NaN without one; true_states: the ground truth.
    """

    known: int
    kinds: tuple[str, ...]
    maps: Float[np.ndarray, "kinds horizon rows cols"]
    distance: str
    grid: TokenGrid
    provenance: Provenance
    states: Float[np.ndarray, "kinds horizon state"] | None = None
    true_states: Float[np.ndarray, "horizon state"] | None = None

    @property
    def horizon(self) -> int:
        """Predicted ticks."""
        return self.maps.shape[1]

    def errors(self, kind: str) -> Float[np.ndarray, "horizon"]:
        """Mean error over the tokens, tick by tick."""
        return self.maps[self.kinds.index(kind)].mean((1, 2))

    def ratio(self, kind: str) -> Float[np.ndarray, "horizon"]:
        """Error ÷ error of the copy-last-frame baseline. 1: no better than that baseline."""
        return self.errors(kind) / np.maximum(self.errors("copy last"), 1e-12)

    @property
    def final_ratio(self) -> float:
        """The ratio of the open loop after the last tick that can be compared; NaN where none can."""
        ratios = self.ratio("open loop")
        known = np.flatnonzero(np.isfinite(ratios))
        return float(ratios[known[-1]]) if len(known) else float("nan")


@codec.portable
@dataclass(frozen=True, eq=False)
class Drift:
    """The same over a bank: mean error by horizon, with intervals.

    Args:
        errors: mean error over the tokens, by kind, clip and horizon (first column: one step).
    """

    known: int
    kinds: tuple[str, ...]
    errors: Float[np.ndarray, "kinds clips horizon"]
    distance: str
    bank: str
    seed: int
    provenance: Provenance

    def ratio(self, kind: str = "open loop") -> Float[np.ndarray, "horizon"]:
        """Summed error ÷ summed error of the copy-last-frame baseline, by horizon."""
        return self.errors[self.kinds.index(kind)].sum(0) / np.maximum(self.errors[self.kinds.index("copy last")].sum(0), 1e-12)

    @property
    def final_ratio(self) -> float:
        """The ratio of the open loop after the last step."""
        return float(self.ratio()[-1])

    def interval(self, kind: str = "open loop", *, level: float = 0.95, draws: int = 2000) -> Float[np.ndarray, "2 horizon"]:
        """Interval of the ratio, from halves of the bank drawn without replacement (they scatter as the mean of the whole)."""
        rng = np.random.default_rng(self.seed)
        row, copy = self.errors[self.kinds.index(kind)], self.errors[self.kinds.index("copy last")]
        halves = rng.random((draws, row.shape[0])).argsort(1)[:, : max(row.shape[0] // 2, 1)]
        ratios = row[halves].sum(1) / np.maximum(copy[halves].sum(1), 1e-12)
        return np.quantile(ratios, [(1 - level) / 2, (1 + level) / 2], axis=0)


@codec.portable
@dataclass(frozen=True, eq=False)
class FilmView:
    """A rollout as videos: ground truth, teacher-forced, open loop.

    Args:
        reels: of equal length. rollout: the numbers; error at frame known + k is column k. actions: that were used, one row a step.
        edited: the first step whose action is not the clip's own, −1 none. simulated: the real film was simulated with the edited actions.
        changed: how many steps have another action. caution: a note on actions that are far from those the model was trained on.
    """

    reels: tuple[Reel, ...]
    rollout: Rollout
    actions: Float[np.ndarray, "steps action"] | None
    edited: int
    simulated: bool
    changed: int = 0
    caution: str = ""

    @property
    def provenance(self) -> Provenance:
        """Of the numbers."""
        return self.rollout.provenance

    @property
    def final_ratio(self) -> float:
        """See `Rollout.final_ratio`."""
        return self.rollout.final_ratio


@question(
    "film_view",
    needs=("dynamics",),
    title="Predicted future",
    formula="open loop: each prediction is fed back; teacher-forced: each time step from the real ones before it; error = mean over features of the distance "
    "to the real latent",
    source="action-conditioned JEPAs: V-JEPA 2-AC (arXiv 2506.09985), DINO-WM (arXiv 2411.04983), LeWM (arXiv 2603.19312)",
    cannot="A small latent error does not show that the relevant content was kept: a latent that drops the object is easy to predict.",
    number="final_ratio",
)
@dataclass(frozen=True, eq=False)
class RolloutVideos(Question[FilmView]):
    """The predicted future of a clip as videos, teacher-forced and open loop, beside what came.

    Args:
        known: ticks of context; None: as few as the model takes. actions: one row a step; None: those of the clip.
        how: latents become pictures: "decoded", "retrieved" (the nearest real frame of the bank), or "latents" (three components as colours).
        decoder: that was fitted; None: the model's own. bank: of the nearest frames, and of another clip's actions. predictor: "twin": the
            untrained one.
    """

    model: ModelKey
    clip: ClipKey
    known: int | None = None
    actions: Float[np.ndarray, "steps action"] | None = None
    how: Literal["decoded", "retrieved", "latents"] = "decoded"
    decoder: Fitted | None = None
    bank: BankKey | None = None
    predictor: Literal["model", "twin"] = "model"


@question(
    "drift",
    needs=("dynamics",),
    title="Drift by horizon",
    formula="summed error by horizon ÷ summed error of repeating the last context latent; interval from halves of the bank drawn without replacement",
    source="half-sampling: a half drawn without replacement scatters as the mean of the whole",
    cannot="Copy-last-frame is a weak baseline where everything moves, and a strong one where nothing does.",
    urgent=False,
    number="final_ratio",
)
@dataclass(frozen=True, eq=False)
class DriftOverBank(Question[Drift]):
    """How the errors grow with the horizon, over the clips of a bank.

    Args:
        known: ticks of context; None: as few as the model takes. distance: None: that of the training loss. limit: at most so many clips.
        seed: of the intervals. predictor: "twin": the untrained one, in its own latents.
    """

    model: ModelKey
    bank: BankKey
    known: int | None = None
    distance: str | None = None
    limit: int | None = None
    seed: int = 0
    predictor: Literal["model", "twin"] = "model"
