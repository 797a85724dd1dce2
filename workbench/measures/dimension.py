"""How many dimensions vectors use: intrinsic dimension by TwoNN, and effective rank by RankMe."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float

from workbench.core import progress
from workbench.core.errors import BadInput
from workbench.core.questions.dimension import Dimension, DimensionResult
from workbench.fits.projection import drawn, shuffled
from workbench.measures.base import answers
from workbench.measures.halves import over_halves
from workbench.measures.neighbourhoods import Space, blocks
from workbench.measures.vectors import points_of

_LEAST = 20  # rows that differ
_KEPT = 0.9  # share of the ratios that the slope is taken over
_EPSILON = 1e-7  # added to every share of a singular value, as RankMe does


@answers(Dimension)
def dimension(vectors: Any, *, seed: int = 0, sample: int = 5000, halves: int = 20) -> DimensionResult:
    """Intrinsic dimension and effective rank of vectors, beside the same vectors with shuffled columns.

    Args:
        vectors: an array, points × features, or the path of a file. seed: of the sample, the shuffling and the halves.
        sample: at most so many points, taken at random. halves: of the points, drawn without replacement for the intervals. A half has half as many
            points: `Estimate.half` beside `value` says how much that alone changes the number.

    Raises:
        BadInput: vectors that cannot be used, or fewer than 20 that differ.

    Source:
        Facco et al. (2017), doi 10.1038/s41598-017-11873-y; RankMe, arXiv 2210.02885.
    """
    points = points_of(vectors)
    points = np.asarray(points[drawn(len(points), sample, seed)], np.float64)
    space = Space(points)
    distinct = points[space.distinct]
    if len(distinct) < _LEAST:
        raise BadInput(f"{len(distinct)} different vectors", where="vectors", fix=f"give at least {_LEAST}")
    mixed = shuffled(distinct, seed)
    options: dict[str, Any] = {"halves": halves, "seed": seed}
    with progress.part(0, 3):
        two = over_halves(two_nn(distinct), len(distinct), lambda rows: two_nn(distinct[rows]), **options)
    with progress.part(1, 3):
        rank = over_halves(rank_me(points), len(points), lambda rows: rank_me(points[rows]), **options)
    with progress.part(2, 3):
        mean = points.mean(0)
        centred = over_halves(rank_me(points - mean), len(points), lambda rows: rank_me(points[rows] - points[rows].mean(0)), **options)
    n, dim = points.shape
    return DimensionResult(two, rank, centred, two_nn(mixed), rank_me(shuffled(points, seed)), n, dim, space.duplicates, halves)


def two_nn(points: Float[np.ndarray, "points dim"]) -> float:
    """Intrinsic dimension from the distances to the two nearest neighbours of each point. Rows that equal an earlier row are left out."""
    space = Space(points)
    if space.duplicates:
        space = Space(points[space.distinct])
    ratios = list[np.ndarray]()
    for block in blocks(np.arange(len(space)), len(space)):
        first, second = np.sqrt(np.partition(space.squared(block), 1, axis=1)[:, :2]).T
        ratios.append(second[first > 0] / first[first > 0])
    mu = np.sort(np.concatenate(ratios))
    kept = int(_KEPT * len(mu))
    x = np.log(mu[:kept])
    y = -np.log1p(-np.arange(1, kept + 1) / len(mu))
    return float((x @ y) / (x @ x)) if x @ x else 0.0


def rank_me(points: Float[np.ndarray, "points dim"], epsilon: float = _EPSILON) -> float:
    """exp of the entropy of the singular values ÷ their sum. epsilon: added to every share; 1e-5 in stable-pretraining."""
    values = np.linalg.svd(points, compute_uv=False)
    if not values.any():
        return 0.0
    shares = values / values.sum() + epsilon
    return float(np.exp(-(shares * np.log(shares)).sum()))
