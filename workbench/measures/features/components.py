"""Principal components of tokens, in numpy: signs fixed, outlier tokens left out where asked, foreground by the first component."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, UInt8

from workbench.core.errors import BadInput

_SHOWN = 3
_ENDS = (0.02, 0.98)
_FAR, _MAD, _LONGER = 6, 1.4826, 3.0  # deviations above the median; a deviation in median absolute deviations; and times the median
_BINS = 64
_TINY = 1e-12


@dataclass(frozen=True, eq=False)
class Basis:
    """Three principal directions of points.

    Args:
        mean: of the points. axes: rows, of length 1, or 0 where the points have fewer directions. explained: share of the variance of each.
        low, high: 2 % and 98 % of the scores of the points.
    """

    mean: Float[np.ndarray, "dim"]
    axes: Float[np.ndarray, "3 dim"]
    explained: Float[np.ndarray, "3"]
    low: Float[np.ndarray, "3"]
    high: Float[np.ndarray, "3"]

    def scores(self, points: Float[np.ndarray, "*any dim"]) -> Float[np.ndarray, "*any 3"]:
        """Components of points."""
        return (points - self.mean) @ self.axes.T

    def colours(self, scores: Float[np.ndarray, "*any 3"]) -> UInt8[np.ndarray, "*any 3"]:
        """Red, green and blue of scores; grey where they are NaN, and in a direction that does not vary."""
        reach = self.high - self.low
        share = np.where(reach > _TINY, (scores - self.low) / np.maximum(reach, _TINY), 0.5)
        return np.round(255 * np.clip(np.nan_to_num(share, nan=0.5), 0, 1)).astype(np.uint8)


def fit(points: Float[np.ndarray, "points dim"]) -> Basis:
    """The basis of points about their mean.

    Raises:
        BadInput: fewer than two points.
    """
    n, dim = points.shape
    if n < 2:
        raise BadInput(
            f"{n} token to take components of", where="basis", fix="give a clip of several tokens, or fit the basis on the bank: basis='bank'"
        )
    mean = points.mean(0)
    rest = points - mean
    values, axes = _directions(rest)
    total = float((rest**2).sum())
    found, explained = np.zeros((_SHOWN, dim)), np.zeros(_SHOWN)
    some = min(_SHOWN, int((values > _TINY * max(total, _TINY)).sum()))
    found[:some], explained[:some] = axes[:some], values[:some] / total if some else 0
    loading = np.take_along_axis(found, np.abs(found).argmax(1)[:, None], 1)
    found *= np.where(loading < 0, -1.0, 1.0)
    low, high = np.quantile(rest @ found.T, _ENDS, axis=0)
    return Basis(mean, found, explained, low, high)


def _directions(rest: Float[np.ndarray, "points dim"]) -> tuple[Float[np.ndarray, "ranks"], Float[np.ndarray, "ranks dim"]]:
    """Squared singular values and right singular vectors of centred points, from large to small, by the smaller of the two products."""
    n, dim = rest.shape
    if dim <= n:
        values, vectors = np.linalg.eigh(rest.T @ rest)
        return values[::-1][:_SHOWN], vectors.T[::-1][:_SHOWN]
    values, vectors = np.linalg.eigh(rest @ rest.T)
    axes = vectors.T[::-1][:_SHOWN] @ rest
    return values[::-1][:_SHOWN], axes / np.maximum(np.linalg.norm(axes, axis=1, keepdims=True), _TINY)


def outlying(norms: Float[np.ndarray, "*any"]) -> Bool[np.ndarray, "*any"]:
    """Norms far above the others: more than 6 robust standard deviations above their median, and more than three times it: an object alone does not count."""
    middle = np.median(norms)
    spread = _MAD * np.median(np.abs(norms - middle))
    return (norms > middle + _FAR * spread) & (norms > _LONGER * middle)


def foreground(first: Float[np.ndarray, "ticks rows cols"]) -> Bool[np.ndarray, "ticks rows cols"]:
    """One side of the first component, split by Otsu's threshold: the one with the smaller share of its tokens on the border of the frame.

    All tokens where the component does not vary.
    """
    if np.ptp(first) <= _TINY:
        return np.ones(first.shape, bool)
    above = first > otsu(first.ravel())
    border = np.ones(first.shape[1:], bool)
    border[1:-1, 1:-1] = False
    on_border = [side[:, border].sum() / max(side.sum(), 1) for side in (above, ~above)]
    return above if on_border[0] <= on_border[1] else ~above


def otsu(values: Float[np.ndarray, "values"]) -> float:
    """The threshold that parts values into two groups with the largest variance between them (Otsu, 1979), from 64 bins."""
    counts, edges = np.histogram(values, _BINS)
    middles = (edges[1:] + edges[:-1]) / 2
    below, sums = np.cumsum(counts), np.cumsum(counts * middles)
    rest = below[-1] - below
    with np.errstate(invalid="ignore", divide="ignore"):
        between = below * rest * (sums / below - (sums[-1] - sums) / rest) ** 2
    return float(edges[1 + int(np.nanargmax(np.where((below > 0) & (rest > 0), between, -1.0)))])
