"""An axis through the centroids of two groups, judged on halves that it was not computed from."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import numpy as np
from jaxtyping import Float, Int

from workbench.core import progress
from workbench.core.errors import BadInput
from workbench.core.questions.axis import Auc, Axis, AxisResult
from workbench.core.vectors import Vectors
from workbench.measures.base import answers
from workbench.measures.vectors import points_of, read

_LEAST, _BAND = 2, (5, 95)  # points of a group; per cent
_BLOCK = 1 << 16  # points that are projected at once
Rows = Int[np.ndarray, "_"]


@answers(Axis)
def axis(vectors: Any, a: Any, b: Any, *, seed: int = 0, splits: int = 20) -> AxisResult:
    """Coordinates of all points on the axis from the centroid of `a` to that of `b`, and how well held-out halves are separated on it.

    Args:
        vectors: an array, points × features, or the path of a file. a, b: rows of the two groups. seed: of the halves and of the random groups.
        splits: how many halves are drawn.

    Raises:
        BadInput: vectors that cannot be used, rows that are not there or in both groups, a group of one point, or centroids that are the same place.
    """
    found = read(vectors) if isinstance(vectors, str | Path) else vectors
    points, clip = points_of(found), found.clip if isinstance(found, Vectors) else None
    first, second = _group(a, "a", len(points)), _group(b, "b", len(points))
    if len(both := np.intersect1d(first, second)):
        raise BadInput(f"{len(both)} points are in both groups", where="a, b", fix="give groups that share no point")
    if splits < 1:
        raise BadInput(f"{splits} splits", where="splits", fix="1 or more, usually 20")
    start, way = _axis(points, first, second)
    if not way.any():
        raise BadInput("the centroids of both groups are the same place", where="a, b", fix="give groups that differ")
    length = float(np.linalg.norm(way))
    coordinates = np.concatenate([(points[k : k + _BLOCK] - start) @ way for k in range(0, len(points), _BLOCK)]) / length**2
    unit = np.arange(len(points)) if clip is None else np.unique(clip, return_inverse=True)[1].reshape(-1)
    apart = clip is not None and all(len(np.unique(unit[rows])) >= _LEAST for rows in (first, second))
    held: Literal["clips", "points"] = "clips" if apart else "points"
    rng, pool = np.random.default_rng(seed), np.concatenate([first, second])
    own, mixed = list[float](), list[float]()
    for k in range(splits):
        progress.report(k, splits)
        own.append(_held_out(points, first, second, unit, rng))
        shuffled = rng.permutation(pool)
        mixed.append(_held_out(points, shuffled[: len(first)], shuffled[len(first) :], unit, rng))
    return AxisResult(coordinates, length, _over(own), _over(mixed), (len(first), len(second)), held, splits)


def auc(low: Float[np.ndarray, "first"], high: Float[np.ndarray, "second"]) -> float:
    """Share of pairs whose first number is lower than its second; equal ones count half."""
    ordered = np.sort(low)
    below, upto = np.searchsorted(ordered, high, "left"), np.searchsorted(ordered, high, "right")
    return float((below + upto).mean() / (2 * len(ordered)))


def _over(values: list[float]) -> Auc:
    low, high = np.percentile(values, _BAND)
    return Auc(float(np.mean(values)), float(low), float(high))


def _group(rows: Any, name: str, count: int) -> Rows:
    found = np.unique(np.asarray(rows))
    if found.dtype.kind not in "iu" or (len(found) and (found[0] < 0 or found[-1] >= count)):
        raise BadInput("rows that are not there", where=name, fix=f"row numbers from 0 to {count - 1}")
    if len(found) < _LEAST:
        what = f"group {name.upper()} has {'one point' if len(found) == 1 else 'no points'}; {_LEAST} are needed, so that half can be held out"
        raise BadInput(what, where=name, fix="select more points")
    return found


def _axis(points: np.ndarray, a: Rows, b: Rows) -> tuple[np.ndarray, np.ndarray]:
    """The centroid of the first group, and the way to that of the second."""
    start = points[a].mean(0, dtype=np.float64)
    return start, points[b].mean(0, dtype=np.float64) - start


def _held_out(points: np.ndarray, a: Rows, b: Rows, unit: Rows, rng: np.random.Generator) -> float:
    """AUC of one half of both groups on the axis of the other. unit: of each point; see `_halved`."""
    rank = rng.permutation(len(points))
    (fit_a, rest_a), (fit_b, rest_b) = _halved(a, unit, rank), _halved(b, unit, rank)
    start, way = _axis(points, fit_a, fit_b)
    return auc((points[rest_a] - start) @ way, (points[rest_b] - start) @ way)


def _halved(rows: Rows, unit: Rows, rank: Rows) -> tuple[Rows, Rows]:
    """A group in two halves, neither empty. Points of one unit stay together where the group has several. rank: of the units, the same for both groups."""
    mine = unit[rows]
    if (mine == mine[0]).all():
        mine = rows
    names = np.unique(mine)
    early = np.isin(mine, names[np.argsort(rank[names])[: len(names) // 2]])
    return rows[early], rows[~early]
