"""Which checkpoint? How far the measures of a run agree with a probe, where the clips have labels. No single ranking."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from workbench.core.questions.health import MEASURES, HealthResult

FEWEST = 5  # checkpoints
_ORDERS, _BAND = 2000, 90  # random orders of the checkpoints; per cent of them
PROBES = ("linear_probe", "knn")


@dataclass(frozen=True)
class Agreement:
    """Rank correlation of one measure with the probe over the checkpoints. chance: what random orders of the checkpoints reach, central 90 %."""

    name: str
    rho: float
    chance: float
    checkpoints: int

    @property
    def title(self) -> str:
        """Of the measure, as on the panels."""
        raw, _, what = self.name.partition(" ")
        return MEASURES[raw].title + (", centred" if what else "")


def agreements(health: Mapping[int, HealthResult], seed: int = 0) -> tuple[str, tuple[Agreement, ...]]:
    """The probe, and how the other measures agree with it, the strongest first. ("", ()) where there is no probe, or fewer than 5 checkpoints were measured.

    Args:
        health: number of a checkpoint -> what was measured of it. seed: of the random orders.
    """
    values = {k: _values(found) for k, found in health.items()}
    probe = next((p for p in PROBES if sum(p in v for v in values.values()) >= FEWEST), "")
    if not probe:
        return "", ()
    found = list[Agreement]()
    for name in dict.fromkeys(n for v in values.values() for n in v if n not in PROBES):
        pairs = np.array([(v[name], v[probe]) for _, v in sorted(values.items()) if name in v and probe in v])
        if len(pairs) >= FEWEST and np.isfinite(pairs).all() and np.ptp(pairs, axis=0).min() > 0:
            found.append(Agreement(name, spearman(*pairs.T), chance(len(pairs), seed), len(pairs)))
    return probe, tuple(sorted(found, key=lambda a: -abs(a.rho)))


def spearman(x: Float[np.ndarray, "points"], y: Float[np.ndarray, "points"]) -> float:
    """Rank correlation; equal values share their mean rank."""
    return float(np.corrcoef(_ranks(x), _ranks(y))[0, 1])


def chance(points: int, seed: int = 0) -> float:
    """The size that the rank correlation of so many points in random order stays below in 90 of 100 cases."""
    rng, straight = np.random.default_rng(seed), np.arange(points, dtype=float)
    return float(np.percentile([abs(np.corrcoef(straight, rng.permutation(points))[0, 1]) for _ in range(_ORDERS)], _BAND))


def _ranks(values: np.ndarray) -> np.ndarray:
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return (ends - (counts - 1) / 2)[place]


def _values(found: HealthResult) -> dict[str, float]:
    values = {reading.name: reading.value.value for reading in found.readings}
    return values | {f"{r.name} centred": r.centred.value for r in found.readings if r.centred is not None}
