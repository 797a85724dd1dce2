"""What stays of a map over seeds and numbers of neighbours: maps beside each other, after the best shift, turn, mirror and scale."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float

from workbench.core import progress
from workbench.core.errors import BadInput
from workbench.core.questions.stability import Sweep, SweepResult
from workbench.fits.layouts import Settings
from workbench.fits.projection import checked, drawn, fitted
from workbench.measures.base import answers
from workbench.measures.vectors import points_of

_ROUNDS = 10  # of aligning maps with their mean
Map = Float[np.ndarray, "points dims"]


@answers(Sweep)
def sweep_projection(
    vectors: Any,
    *,
    method: str = "umap",
    ks: Sequence[int] = (5, 15, 50),
    seeds: Sequence[int] = (0, 1),
    min_dist: float = 0.1,
    metric: str = "euclidean",
    dims: int = 2,
    sample: int = 2000,
) -> SweepResult:
    """Maps of one sample of the points for every k with every seed, with the Procrustes disparity of every two.

    Args:
        vectors: an array, points × features, or the path of a file. ks, seeds: at least one of each.
        sample: points that are projected, drawn with the first seed. Others as in `project`.

    Raises:
        BadInput: vectors or settings that cannot be used. MissingExtra: the library of this method is not installed.
    """
    if not len(ks) or not len(seeds):
        raise BadInput("no k or no seed", where="ks, seeds", fix="give at least one of each")
    for k in ks:
        checked(method, Settings(seeds[0], k, min_dist, metric, dims))
    points = points_of(vectors, least=max(ks) + 2)
    rows = drawn(len(points), sample, seeds[0])
    points = points[rows]
    pairs = [(k, seed) for k in ks for seed in seeds]
    maps, versions = list[Map](), dict[str, str]()
    for i, (k, seed) in enumerate(pairs):
        with progress.part(i, len(pairs)):
            found = fitted(points, method, Settings(seed, k, min_dist, metric, dims), sample=len(points)).result
        maps.append(np.asarray(found.coordinates, np.float64))
        versions = found.versions
    between = np.array([[disparity(a, b) for b in maps] for a in maps])
    rng = np.random.default_rng(seeds[0])
    unrelated = np.mean([disparity(a, b[rng.permutation(len(b))]) for a in maps for b in maps])
    aligned, spread = list[Map](), list[np.ndarray]()
    for k in dict.fromkeys(ks):
        mean, own = _mean_map([m for m, (its, _) in zip(maps, pairs, strict=True) if its == k])
        aligned += [onto(m, mean) for m in own]
        spread.append(np.sqrt(np.mean([((m - mean) ** 2).sum(1) for m in own], axis=0)))
    order = [i for k in dict.fromkeys(ks) for i, (its, _) in enumerate(pairs) if its == k]
    k_of, seed_of = np.array(pairs, np.int64)[order].T
    return SweepResult(
        rows,
        np.stack(aligned).astype(np.float32),
        k_of.copy(),
        seed_of.copy(),
        between[np.ix_(order, order)],
        float(unrelated),
        np.stack(spread),
        tuple(dict.fromkeys(int(k) for k in ks)),
        versions,
    )


def unit(points: Map) -> Map:
    """The map with its mean removed and a root mean square radius of 1."""
    centred = points - points.mean(0)
    radius = np.sqrt((centred**2).sum(1).mean())
    return centred / radius if radius else centred


def onto(points: Map, target: Map) -> Map:
    """A map of unit radius turned, and mirrored where that helps, onto another."""
    left, _, right = np.linalg.svd(points.T @ target)
    return points @ left @ right


def disparity(a: Map, b: Map) -> float:
    """Sum of squared differences of two maps of unit Frobenius norm after the best shift, turn, mirror and scale: 0 the same, 1 unrelated."""
    values = np.linalg.svd(unit(a).T @ unit(b) / len(a), compute_uv=False)
    return max(0.0, 1 - float(values.sum()) ** 2)


def _mean_map(maps: list[Map]) -> tuple[Map, list[Map]]:
    """The mean of some maps, each scaled to unit radius and turned onto the mean; and the scaled maps."""
    own = [unit(m) for m in maps]
    mean = own[0]
    for _ in range(_ROUNDS):
        mean = np.mean([onto(m, mean) for m in own], axis=0)
    return mean, own
