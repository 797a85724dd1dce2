"""What stays of a map over seeds and numbers of neighbours: maps beside each other, after the best shift, turn, mirror and scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
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
from workbench.store.answers import kept

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
    anew: bool = False,
    store: str | Path | None = None,
) -> SweepResult:
    """Maps of one sample of the points for every k with every seed, with the Procrustes disparity of every two. Asked again, they are read from the store.

    Args:
        vectors: an array, points × features, or the path of a file. ks, seeds: at least one of each.
        sample: points that are projected, drawn with the first seed. anew: compute them even if the store has them, and replace them.
        store: folder of the store; see `embed`. Others as in `project`.

    Raises:
        BadInput: vectors or settings that cannot be used. MissingExtra: the library of this method is not installed.
    """
    if not len(ks) or not len(seeds):
        raise BadInput("no k or no seed", where="ks, seeds", fix="give at least one of each")
    for k in ks:
        checked(method, Settings(seeds[0], k, min_dist, metric, dims))
    points = points_of(vectors, least=max(ks) + 2)
    every = tuple(Settings(int(seed), int(k), min_dist, metric, dims) for k in ks for seed in seeds)
    same: dict[str, Any] = {"method": method, "min_dist": min_dist, "metric": metric, "dims": dims, "sample": sample}
    question = Sweep(points, ks=tuple(map(int, ks)), seeds=tuple(map(int, seeds)), **same)
    found = kept(question, lambda: _swept(points, method, every, sample), anew=anew, store=store)
    return replace(found.answer, stored=found.again, notes=found.notes)


def _swept(points: np.ndarray, method: str, every: Sequence[Settings], sample: int) -> SweepResult:
    """The maps of all settings, and how far they differ."""
    first = every[0].seed
    rows = drawn(len(points), sample, first)
    points = points[rows]
    maps, versions = list[Map](), dict[str, str]()
    for i, settings in enumerate(every):
        with progress.part(i, len(every)):
            found = fitted(points, method, settings, sample=len(points)).result
        maps.append(np.asarray(found.coordinates, np.float64))
        versions = found.versions
    between = np.array([[disparity(a, b) for b in maps] for a in maps])
    rng = np.random.default_rng(first)
    unrelated = np.mean([disparity(a, b[rng.permutation(len(b))]) for a in maps for b in maps])
    aligned, spread, ks = list[Map](), list[np.ndarray](), tuple(dict.fromkeys(each.k for each in every))
    for k in ks:
        mean, own = _mean_map([m for m, each in zip(maps, every, strict=True) if each.k == k])
        aligned += [onto(m, mean) for m in own]
        spread.append(np.sqrt(np.mean([((m - mean) ** 2).sum(1) for m in own], axis=0)))
    order = [i for k in ks for i, each in enumerate(every) if each.k == k]
    return SweepResult(
        rows,
        np.stack(aligned).astype(np.float32),
        np.array([every[i].k for i in order]),
        np.array([every[i].seed for i in order]),
        between[np.ix_(order, order)],
        float(unrelated),
        np.stack(spread),
        ks,
        versions,
        datetime.now(UTC).isoformat(timespec="seconds"),
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
