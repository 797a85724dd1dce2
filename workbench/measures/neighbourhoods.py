"""Who is near whom, exactly and in blocks: squared Euclidean distances of some points to all, with ties that are the same everywhere."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b

import numpy as np
from jaxtyping import Float, Int

from workbench.core import progress
from workbench.core.errors import BadInput

Array = np.ndarray
_BLOCK, _ROWS = 1 << 23, 32  # distances that are held at once, but of at least so many points
_COLUMNS = 1 << 16  # points that are multiplied at once
_MIDDLE = 4096  # points that a middle value is taken of
_COUNTED = 24  # neighbours up to which a rank is counted, without an order of all distances


class Space:
    """Points whose distances are asked for.

    Rows that are equal are at distance 0 of each other and at equal distance of every third. A point is infinitely far from itself, so that it is never
    its own neighbour. Of many features, distances come from products of float64 about a value that occurs, which is exact for whole numbers; of at
    most three, from differences.

    Args:
        points: finite, one a row.

    Attributes:
        duplicates: rows that equal an earlier row.
    """

    def __init__(self, points: Float[Array, "points dim"]) -> None:
        self.points = points
        self.few = points.shape[1] <= 3
        self._same = _first_equal(points)
        self._copies = np.flatnonzero(self._same != np.arange(len(points)))
        self._originals = self._same[self._copies]
        some = np.asarray(points[:: -(-len(points) // _MIDDLE)])
        self._centre = np.partition(some, len(some) // 2, axis=0)[len(some) // 2].astype(np.float64)
        self._lengths = np.concatenate([(part**2).sum(1) for part in self._parts()])

    def __len__(self) -> int:
        return len(self.points)

    @property
    def duplicates(self) -> int:
        """Rows that equal an earlier row."""
        return len(self._copies)

    @property
    def distinct(self) -> Int[Array, "rows"]:
        """The rows that equal no earlier row."""
        return np.setdiff1d(np.arange(len(self)), self._copies)

    def _parts(self) -> Iterator[Float[Array, "some dim"]]:
        for k in range(0, len(self.points), _COLUMNS):
            yield self.points[k : k + _COLUMNS].astype(np.float64) - self._centre

    def squared(self, rows: Int[Array, "rows"]) -> Float[Array, "rows points"]:
        """Squared distances of some rows to every point."""
        here = self.points[rows].astype(np.float64) - self._centre
        found = np.empty((len(rows), len(self)))
        at = 0
        for part in self._parts():
            block = found[:, at : at + len(part)]
            if self.few:
                block[:] = 0
                for axis in range(part.shape[1]):
                    block += (here[:, axis, None] - part[None, :, axis]) ** 2
            else:
                np.matmul(here, part.T, out=block)
                block *= -2
                block += self._lengths[at : at + len(part)]
                block += (here**2).sum(1)[:, None]
                np.maximum(block, 0, out=block)
            at += len(part)
        if len(self._copies):
            found[:, self._copies] = found[:, self._originals]
            found[self._same[rows][:, None] == self._same[None, :]] = 0
        found[np.arange(len(rows)), rows] = np.inf
        return found

    def between(self, a: Int[Array, "pairs"], b: Int[Array, "pairs"]) -> Float[Array, "pairs"]:
        """Distances of pairs of rows."""
        step = max(1, _BLOCK // self.points.shape[1])
        parts = [
            np.sqrt(((self.points[a[k : k + step]].astype(np.float64) - self.points[b[k : k + step]].astype(np.float64)) ** 2).sum(1))
            for k in range(0, len(a), step)
        ]
        return np.concatenate(parts)


def _first_equal(points: Float[Array, "points dim"]) -> Int[Array, "points"]:
    """The first row that equals each row. Only rows whose sums of mixed words meet are compared by a hash of their own."""
    found, sums = np.arange(len(points)), np.empty(len(points), np.uint64)
    word = np.dtype(f"u{points.dtype.itemsize}")
    weights = np.random.default_rng(0).integers(1, 1 << 63, points.shape[1], np.uint64) | np.uint64(1)
    for k in range(0, len(points), _COLUMNS):
        part = np.ascontiguousarray(points[k : k + _COLUMNS]) + points.dtype.type(0)  # −0 becomes 0
        sums[k : k + len(part)] = (part.view(word).astype(np.uint64) * weights).sum(1, dtype=np.uint64)
    _, inverse, counts = np.unique(sums, return_inverse=True, return_counts=True)
    first = dict[bytes, int]()
    for i in np.flatnonzero(counts[inverse.reshape(-1)] > 1):
        row = np.ascontiguousarray(points[i]) + points.dtype.type(0)
        found[i] = first.setdefault(blake2b(row.data, digest_size=16).digest(), int(i))
    return found


def blocks(rows: Int[Array, "rows"], points: int) -> Iterator[Int[Array, "some"]]:
    """Rows in blocks whose distances to all points fit in memory; each is a safe point to stop at."""
    step = max(_ROWS, _BLOCK // points)
    for k in range(0, len(rows), step):
        progress.report(k, len(rows))
        yield rows[k : k + step]


def nearest(squared: Float[Array, "rows points"], k: int) -> Int[Array, "rows k"]:
    """The k nearest of each row, nearest first, of equal distances the lower row first."""
    near = squared <= np.partition(squared, k - 1, axis=1)[:, k - 1, None]
    found = np.empty((len(squared), k), np.int64)
    counts = near.sum(1)
    plain = counts == k
    found[plain] = np.nonzero(near[plain])[1].reshape(-1, k)
    for row in np.flatnonzero(~plain):  # several at the distance of the last: the lower ones are taken
        candidates = np.flatnonzero(near[row])
        found[row] = candidates[np.argsort(squared[row, candidates], kind="stable")[:k]]
    found.sort(axis=1)
    order = np.argsort(np.take_along_axis(squared, found, 1), axis=1, kind="stable")
    return np.take_along_axis(found, order, 1)


def ranks(squared: Float[Array, "rows points"], asked: Int[Array, "rows asked"]) -> Int[Array, "rows asked"]:
    """The rank of some points among the neighbours of each row: 1 for the nearest; of equal distances the lower row first."""
    wanted = np.take_along_axis(squared, asked, 1)
    found = np.empty(asked.shape, np.int64)
    for i, (row, values) in enumerate(zip(squared, wanted, strict=True)):
        if len(values) > _COUNTED:  # of many it is quicker to put all distances in order
            ordered = np.sort(row)
            found[i], last = np.searchsorted(ordered, values, "left"), np.searchsorted(ordered, values, "right")
        else:
            found[i] = [np.count_nonzero(row < value) for value in values]
            last = found[i] + [np.count_nonzero(row == value) for value in values]
        for j in np.flatnonzero(last - found[i] > 1):
            found[i, j] += int((row[: asked[i, j]] == values[j]).sum())
    return found + 1


def check_k(k: int, points: int) -> None:
    """Refuse fewer points than neighbours.

    Raises:
        BadInput: k is below 1, or a point has no more than k others beside itself.
    """
    if k < 1:
        raise BadInput(f"{k} neighbours tell nothing", where="k", fix="1 or more, usually 15")
    if points < k + 2:
        what = f"{points} points are too few for {k} neighbours of each"
        raise BadInput(what, where="k", fix=f"ask for at most {max(points - 2, 0)} neighbours, or give more points")
