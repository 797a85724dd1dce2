"""How many dimensions vectors use."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.core.card import VectorsKey
from workbench.core.codec import portable
from workbench.core.questions.base import Question, question
from workbench.core.questions.projection import Points


@portable
@dataclass(frozen=True)
class Estimate:
    """A number with what halves of the points say of it. low, high: central 90 % of the halves. half: their mean, on half as many points."""

    value: float
    low: float
    high: float
    half: float


@portable
@dataclass(frozen=True)
class DimensionResult:
    """How many dimensions vectors use, beside the same vectors with shuffled columns.

    Args:
        two_nn: intrinsic dimension (TwoNN), over rows that differ. rank_me: effective rank as published, of the vectors as they are.
        rank_me_centred: the same with the mean removed. shuffled_two_nn, shuffled_rank_me: baselines. n: points that were used.
        dim: features of a vector. duplicates: rows that equal an earlier row. halves: that the intervals are taken over.
    """

    two_nn: Estimate
    rank_me: Estimate
    rank_me_centred: Estimate
    shuffled_two_nn: float
    shuffled_rank_me: float
    n: int
    dim: int
    duplicates: int
    halves: int

    @property
    def intrinsic(self) -> float:
        """Intrinsic dimension."""
        return self.two_nn.value


@question(
    "dimension",
    title="Intrinsic dimension and effective rank",
    formula="TwoNN: slope through the origin of −ln(1 − F(μ)) against ln μ, μ = distance to the second ÷ to the nearest neighbour, the largest 10 % left "
    "out. RankMe: exp of the entropy of the singular values ÷ their sum. Intervals from halves of the points drawn without replacement",
    source="TwoNN: Facco et al. (2017), doi 10.1038/s41598-017-11873-y; RankMe (arXiv 2210.02885)",
    cannot="TwoNN falls short above about 20 dimensions. Both depend on the number of points: compare at equal n. High rank is no quality by itself.",
    lane="heavy",
    urgent=False,
    kept=True,
    number="intrinsic",
)
@dataclass(frozen=True, eq=False)
class Dimension(Question[DimensionResult]):
    """How many dimensions the vectors use.

    Args:
        sample: at most so many points, taken at random. halves: of the points, drawn for the intervals.
    """

    vectors: VectorsKey | Points
    seed: int = 0
    sample: int = 5000
    halves: int = 20
