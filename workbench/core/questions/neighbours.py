"""Nearest neighbours in the full space, whatever a map shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float, Int

from workbench.core.card import VectorsKey
from workbench.core.codec import portable
from workbench.core.questions.base import Question, question
from workbench.core.questions.dimension import Estimate
from workbench.core.questions.projection import ROWS, Coordinates, Points


@portable
@dataclass(frozen=True, eq=False)
class NeighboursResult:
    """True nearest neighbours of some points, nearest first, and what a map makes of them.

    Args:
        rows: that were asked. ids: of their neighbours in the full space, by distance. distances: Euclidean, to each.
        torn: neighbours that are not among the k nearest in the map. shown: the k nearest in the map. false: those of them that are no neighbours
            in the full space. The last three are empty along their second axis where no map was given.
    """

    rows: Int[np.ndarray, "asked"]
    ids: Int[np.ndarray, "asked k"]
    distances: Float[np.ndarray, "asked k"]
    torn: Bool[np.ndarray, "asked kept"]
    shown: Int[np.ndarray, "asked kept"]
    false: Bool[np.ndarray, "asked kept"]

    @property
    def nearest(self) -> float:
        """Mean distance to the nearest neighbour."""
        return float(self.distances[:, 0].mean())


@portable
@dataclass(frozen=True)
class LabelsResult:
    """How well the k nearest neighbours in the full space tell a label, or a number, of a point that is left out.

    Args:
        kind: "labels": score is the share that is right, by majority. "numbers": score is 1 − squared error ÷ squared deviation from the mean.
        score: with what halves of the points say of it. shuffled: mean score with permuted labels. k: neighbours. n: points that were scored.
    """

    kind: Literal["labels", "numbers"]
    score: Estimate
    shuffled: float
    k: int
    n: int

    @property
    def value(self) -> float:
        """The score."""
        return self.score.value


@question(
    "neighbours",
    title="True neighbours",
    formula=f"Euclidean distance in the full space. {ROWS}",
    source="k nearest neighbours, exact",
    cannot="In many dimensions all distances are alike: compare them with those to random points.",
    number="nearest",
)
@dataclass(frozen=True, eq=False)
class Neighbours(Question[NeighboursResult]):
    """The true nearest neighbours of some points; with a map, which of them it tore away, and which of its neighbours are false.

    Args:
        rows: of the points. coordinates: of the map, or None. among: only these points are neighbours, and coordinates are of them; None: all.
    """

    vectors: VectorsKey | Points
    rows: Int[np.ndarray, "asked"]
    k: int = 15
    coordinates: Coordinates | None = None
    among: Int[np.ndarray, "chosen"] | None = None


@question(
    "neighbour_labels",
    title="Labels by nearest neighbours",
    formula="labels: share of points whose label is that of most of their k nearest (of equal counts, that with the nearest member); numbers: "
    "1 − squared error of the neighbours' mean ÷ squared deviation. Leave one out, Euclidean, full space; the baseline has permuted labels",
    source="k-NN probe, as in DINO (arXiv 2104.14294)",
    cannot="Points of one video or one image are near each other in any case: give one point of each. Measures what neighbours predict, not what a probe could read.",
    lane="heavy",
    urgent=False,
    kept=True,
    number="value",
)
@dataclass(frozen=True, eq=False)
class NeighbourLabels(Question[LabelsResult]):
    """How well nearest neighbours in the full space tell a label or a true factor. Ask it of the model, of the untrained one and of pixels.

    Args:
        labels: whole numbers are labels, others numbers. seed: of the permuted labels and of the halves. sample: points scored at most, each
            against all.
    """

    vectors: VectorsKey | Points
    labels: Int[np.ndarray, "points"] | Float[np.ndarray, "points"]
    k: int = 15
    seed: int = 0
    sample: int = 5000
