"""Nearest neighbours in the full space: who they are, what a map makes of them, and how well they tell a label."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from jaxtyping import Float, Int

from workbench.core.errors import BadInput
from workbench.core.questions.neighbours import LabelsResult, NeighbourLabels, Neighbours, NeighboursResult
from workbench.core.vectors import Vectors
from workbench.fits.projection import drawn
from workbench.measures.base import answers
from workbench.measures.halves import over_halves
from workbench.measures.neighbourhoods import Space, blocks, check_k, nearest
from workbench.measures.vectors import points_of

_HALVES, _PERMUTED = 20, 10
_spaces: WeakKeyDictionary[Vectors, Space] = WeakKeyDictionary()


@answers(Neighbours)
def neighbours(vectors: Any, rows: Any, *, k: int = 15, coordinates: Any = None, among: Any = None) -> NeighboursResult:
    """The true nearest neighbours of some points; with a map, which of them it tore away, and which of its neighbours are false.

    Args:
        vectors: an array, points × features, or the path of a file. rows: of the points. coordinates: of the map, one row a point; None: no map.
        among: only these points are neighbours, ascending, the asked rows with them; coordinates are of them. None: all.

    Raises:
        BadInput: vectors that cannot be used, rows that are not there, or fewer points than neighbours.
    """
    if among is not None:
        return _among(vectors, np.atleast_1d(np.asarray(rows)), k, coordinates, np.asarray(among))
    space, asked = _space(vectors), np.atleast_1d(np.asarray(rows))
    points = space.points
    check_k(k, len(points))
    if asked.dtype.kind not in "iu" or asked.ndim != 1 or not len(asked) or asked.min() < 0 or asked.max() >= len(points):
        raise BadInput("rows that are not there", where="rows", fix=f"row numbers from 0 to {len(points) - 1}")
    ids, distances = _nearest(space, asked, k)
    if coordinates is None:
        none = np.empty((len(asked), 0), np.int64)
        return NeighboursResult(asked, ids, distances, none.astype(bool), none, none.astype(bool))
    flat = np.asarray(coordinates)
    if flat.ndim != 2 or len(flat) != len(points) or not np.isfinite(flat).all():
        raise BadInput(f"coordinates of shape {list(flat.shape)} for {len(points)} points", where="coordinates", fix="one finite row a point")
    shown, _ = _nearest(Space(flat), asked, k)
    among = ids[:, :, None] == shown[:, None, :]
    return NeighboursResult(asked, ids, distances, ~among.any(2), shown, ~among.any(1))


def _among(vectors: Any, asked: np.ndarray, k: int, coordinates: Any, among: np.ndarray) -> NeighboursResult:
    """Neighbours within some of the points. Row numbers stay those of all points."""
    points = points_of(vectors, rows=among)
    if (np.diff(among) <= 0).any() or not np.isin(asked, among).all():
        raise BadInput("the asked rows are not all among the given ones", where="among", fix="give ascending row numbers that hold the asked rows")
    found = neighbours(points, np.searchsorted(among, asked), k=k, coordinates=coordinates)
    return replace(found, rows=asked, ids=among[found.ids], shown=among[found.shown])


def _space(vectors: Any) -> Space:
    """The points, made ready once for vectors that are held elsewhere: a hand that moves over a map asks again and again."""
    if not isinstance(vectors, Vectors):
        return Space(points_of(vectors))
    if vectors not in _spaces:
        _spaces[vectors] = Space(points_of(vectors))
    return _spaces[vectors]


def _nearest(space: Space, rows: Int[np.ndarray, "rows"], k: int) -> tuple[Int[np.ndarray, "rows k"], Float[np.ndarray, "rows k"]]:
    ids, distances = list[np.ndarray](), list[np.ndarray]()
    for block in blocks(rows, len(space)):
        squared = space.squared(block)
        ids.append(nearest(squared, k))
        distances.append(np.sqrt(np.take_along_axis(squared, ids[-1], 1)))
    return np.concatenate(ids), np.concatenate(distances)


@answers(NeighbourLabels)
def neighbour_labels(vectors: Any, labels: Any, *, k: int = 15, seed: int = 0, sample: int = 5000) -> LabelsResult:
    """How well the k nearest neighbours in the full space tell a label, or a number, of a point that is left out.

    Args:
        vectors: an array, points × features, or the path of a file. labels: whole numbers or texts are labels, floats are numbers; one a point.
        seed: of the permuted labels, the sample and the halves. sample: points that are scored at most, each against all.

    Raises:
        BadInput: vectors that cannot be used, fewer points than neighbours, or labels that are not one a point, not finite or all the same.
    """
    points, said = points_of(vectors), np.asarray(labels)
    check_k(k, len(points))
    if said.shape != (len(points),) or said.dtype.kind not in "biufU" or (said.dtype.kind == "f" and not np.isfinite(said).all()):
        raise BadInput(f"{said.dtype} {list(said.shape)} are no labels of {len(points)} points", where="labels", fix="one finite label a point")
    if (said == said[0]).all():
        raise BadInput("all points have the same label", where="labels", fix="give labels that differ")
    rows = drawn(len(points), sample, seed)
    ids, _ = _nearest(Space(points), rows, k)
    numbers = said.dtype.kind == "f"
    values = said.astype(np.float64) if numbers else np.unique(said, return_inverse=True)[1].astype(np.int64)
    rng = np.random.default_rng(seed)
    permuted = [_score(mixed, rows, ids, numbers) for mixed in (rng.permutation(values) for _ in range(_PERMUTED))]
    own = _terms(values, rows, ids, numbers)
    score = over_halves(_mean(own), len(rows), lambda half: _mean(own[:, half]), halves=_HALVES, seed=seed)
    return LabelsResult("numbers" if numbers else "labels", score, float(np.mean(permuted)), k, len(rows))


def _score(values: np.ndarray, rows: Int[np.ndarray, "rows"], ids: Int[np.ndarray, "rows k"], numbers: bool) -> float:
    return _mean(_terms(values, rows, ids, numbers))


def _terms(values: np.ndarray, rows: Int[np.ndarray, "rows"], ids: Int[np.ndarray, "rows k"], numbers: bool) -> Float[np.ndarray, "2 rows"]:
    """Of each point its error and what the error is held against: wrong or not and 1, or the squares of the error and of the deviation."""
    if numbers:
        guess = values[ids].mean(1)
        return np.stack([(values[rows] - guess) ** 2, (values[rows] - values.mean()) ** 2])
    wrong = majority(values[ids]) != values[rows]
    return np.stack([wrong.astype(np.float64), np.ones(len(rows))])


def _mean(terms: Float[np.ndarray, "2 rows"]) -> float:
    error, against = terms.sum(1)
    return float(1 - error / against) if against else 0.0


def majority(votes: Int[np.ndarray, "rows k"]) -> Int[np.ndarray, "rows"]:
    """The most frequent label of each row; of equally frequent ones, the one that comes first in the row."""
    counts = (votes[:, :, None] == votes[:, None, :]).sum(2)
    return np.take_along_axis(votes, counts.argmax(1)[:, None], 1)[:, 0]
