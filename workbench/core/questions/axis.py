"""An axis through the centroids of two groups of vectors, and how well it separates them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float, Int

from workbench.core.card import VectorsKey
from workbench.core.codec import portable
from workbench.core.questions.base import Question, question
from workbench.core.questions.projection import Points


@portable
@dataclass(frozen=True)
class Auc:
    """Area under the ROC curve over splits: 1 = every held-out point of B lies beyond every one of A, 0.5 = no order.

    Args:
        value: mean over the splits. low, high: central 90 % of them.
    """

    value: float
    low: float
    high: float


@portable
@dataclass(frozen=True, eq=False)
class AxisResult:
    """Where every point lies on the axis.

    Args:
        coordinates: of every point; 0 at the centroid of A, 1 at that of B. length: Euclidean distance of the centroids.
        separation: of held-out halves. shuffled: the same where the points are assigned to A and B at random. sizes: points of A and of B.
        held: what the halves of a group do not share: "clips", or "points" where a group has points of one clip only. splits: how many.
    """

    coordinates: Float[np.ndarray, "points"]
    length: float
    separation: Auc
    shuffled: Auc
    sizes: tuple[int, int]
    held: Literal["clips", "points"]
    splits: int

    @property
    def auc(self) -> float:
        """Mean held-out area under the ROC curve."""
        return self.separation.value


@question(
    "axis",
    title="Axis through two groups",
    formula="t(x) = (x − mean of A) · (mean of B − mean of A) ÷ |mean of B − mean of A|², in the full space. AUC: share of pairs of a held-out point of "
    "A and one of B that are in order on the axis of the other half, a tie counting half. The halves of a group share no clip where it has points of several",
    source="difference of means; area under the ROC curve (Mann and Whitney)",
    cannot="Groups that were selected on a map are apart in the vectors by selection: a high AUC confirms it, and says neither why they differ nor that "
    "a concept is one direction.",
    lane="heavy",
    urgent=False,
    kept=True,
    number="auc",
)
@dataclass(frozen=True, eq=False)
class Axis(Question[AxisResult]):
    """Coordinates of all points on the axis from the centroid of one group to that of another.

    Args:
        a, b: rows of the two groups, at least two each; none in both. seed: of the halves and of the random groups. splits: how many halves are drawn.
    """

    vectors: VectorsKey | Points
    a: Int[np.ndarray, "first"]
    b: Int[np.ndarray, "second"]
    seed: int = 0
    splits: int = 20
