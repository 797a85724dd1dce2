"""How far a map can be trusted: trustworthiness and continuity, preserved neighbours, Shepard's correlation, as a whole and point by point."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from workbench.core.questions.projection import Distortion, Trust
from workbench.measures.neighbourhoods import Space, blocks, check_k, nearest, ranks

JUDGED, SAMPLED = 6000, 2000  # points up to which all are judged; of more, how many
_PAIRS = 100_000


@dataclass(frozen=True, eq=False)
class Judged:
    """The trust of one map. pairs: that Shepard's correlation is taken over. duplicates: points that equal an earlier one."""

    trust: Trust
    distortion: Distortion
    pairs: int
    duplicates: int


def trust(
    points: Float[np.ndarray, "points dim"], maps: Sequence[Float[np.ndarray, "points dims"]], *, k: int = 15, judge: int | None = None, seed: int = 0
) -> list[Judged]:
    """The trust of maps of the same points.

    Exact over all points up to 6,000; of more, 2,000 taken at random are judged against all, which estimates the same means.

    Args:
        points: vectors, one a row. maps: coordinates of the same points. k: neighbours that are compared. judge: so many points are judged; None: as
            above. seed: of the sample, and of the pairs for Shepard's correlation, which are all pairs where these are at most 100,000.

    Raises:
        BadInput: fewer points than neighbours.

    Source:
        Venna and Kaski (2006), Local multidimensional scaling, Neural Networks 19.
    """
    n = len(points)
    check_k(k, n)
    most = (n if n <= JUDGED else SAMPLED) if judge is None else min(max(judge, 1), n)
    rng = np.random.default_rng(seed)
    rows = np.arange(n) if most == n else np.sort(rng.choice(n, most, replace=False))
    full, flat = Space(points), [Space(np.asarray(m, np.float64)) for m in maps]
    terms = _terms(full, flat, rows, k)
    a, b = _pairs(n, rng)
    far = full.between(a, b)
    found = list[Judged]()
    for space, (trustworthiness, continuity, kept) in zip(flat, terms, strict=True):
        whole = Trust(float(trustworthiness.mean()), float(continuity.mean()), float(kept.mean()), spearman(far, space.between(a, b)))
        found.append(Judged(whole, Distortion(rows, trustworthiness, continuity, kept), len(a), full.duplicates))
    return found


def _terms(full: Space, maps: list[Space], rows: Int[np.ndarray, "judged"], k: int) -> list[Float[np.ndarray, "3 judged"]]:
    """Trustworthiness, continuity and share of kept neighbours of each row, for each map."""
    n = len(full)
    found = [np.empty((3, len(rows))) for _ in maps]
    scale = 2 / (k * (2 * n - 3 * k - 1)) if 2 * k < n else 2 / ((n - k) * (n - k - 1))
    at = 0
    for block in blocks(rows, n):
        here = slice(at, at + len(block))
        near = full.squared(block)
        true = nearest(near, k)
        for space, terms in zip(maps, found, strict=True):
            shown_near = space.squared(block)
            shown = nearest(shown_near, k)
            false = ranks(near, shown) - k
            torn = ranks(shown_near, true) - k
            terms[0, here] = 1 - scale * np.maximum(false, 0).sum(1)
            terms[1, here] = 1 - scale * np.maximum(torn, 0).sum(1)
            terms[2, here] = (torn <= 0).mean(1)
        at += len(block)
    return found


def _pairs(n: int, rng: np.random.Generator) -> tuple[Int[np.ndarray, "pairs"], Int[np.ndarray, "pairs"]]:
    """Every pair of rows, or a random choice of pairs of two different rows."""
    if n * (n - 1) // 2 <= _PAIRS:
        return np.triu_indices(n, 1)
    a = rng.integers(0, n, _PAIRS)
    return a, (a + rng.integers(1, n, _PAIRS)) % n


def spearman(a: Float[np.ndarray, "values"], b: Float[np.ndarray, "values"]) -> float:
    """Rank correlation; equal values share the mean of their ranks. 0 where either never changes."""
    x, y = _mean_ranks(a), _mean_ranks(b)
    x, y = x - x.mean(), y - y.mean()
    size = np.sqrt((x**2).sum() * (y**2).sum())
    return float((x * y).sum() / size) if size else 0.0


def _mean_ranks(values: Float[np.ndarray, "values"]) -> Float[np.ndarray, "values"]:
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return (last - (counts - 1) / 2)[inverse]
