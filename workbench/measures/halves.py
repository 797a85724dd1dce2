"""Intervals from halves of the points, drawn without replacement: copies of a point would be its own nearest neighbours."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from jaxtyping import Int

from workbench.core import progress
from workbench.core.errors import BadInput
from workbench.core.questions.dimension import Estimate

_BAND = (5, 95)  # per cent


def over_halves(value: float, count: int, of: Callable[[Int[np.ndarray, "half"]], float], *, halves: int, seed: int) -> Estimate:
    """A number with its spread over random halves of the points.

    Args:
        value: of all points. count: of points. of: rows of a half, in order -> the same number of them.

    Raises:
        BadInput: fewer than two halves.
    """
    if halves < 2:
        raise BadInput(f"{halves} halves give no interval", where="halves", fix="2 or more, usually 20")
    rng, found = np.random.default_rng(seed), list[float]()
    for k in range(halves):
        progress.report(k, halves)
        found.append(of(np.sort(rng.choice(count, count // 2, replace=False))))
    low, high = np.percentile(found, _BAND)
    return Estimate(float(value), float(low), float(high), float(np.mean(found)))
