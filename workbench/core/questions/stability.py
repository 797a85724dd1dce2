"""What stays of a map over seeds and numbers of neighbours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from workbench.core.card import VectorsKey
from workbench.core.codec import portable
from workbench.core.questions.base import Question, question
from workbench.core.questions.projection import Method, Metric, Points


@portable
@dataclass(frozen=True, eq=False)
class SweepResult:
    """Maps of the same points over several numbers of neighbours and several seeds: what stays is in the vectors, what moves is in the method.

    Args:
        rows: that were projected. maps: each with its mean removed, scaled to a root mean square radius of 1, and rotated onto the mean of its k.
        k, seed: of each map. distances: Procrustes disparity of every two maps (0 the same up to shift, turn, mirror and scale; 1 unrelated).
        unrelated: mean disparity of two maps after the rows of one were permuted: what no agreement looks like.
        spread: root mean square distance of each point from its mean place, over the seeds of one k; `ks` says which k.
        ks: the distinct k, in the order of `spread`. versions: of the software.
        computed: when, in UTC. stored: read from the store, not computed for this question. notes: what went wrong with the store.
    """

    rows: Int[np.ndarray, "points"]
    maps: Float[np.ndarray, "maps points dims"]
    k: Int[np.ndarray, "maps"]
    seed: Int[np.ndarray, "maps"]
    distances: Float[np.ndarray, "maps maps"]
    unrelated: float
    spread: Float[np.ndarray, "ks points"]
    ks: tuple[int, ...]
    versions: dict[str, str]
    computed: str = ""
    stored: bool = False
    notes: tuple[str, ...] = ()

    @property
    def between_seeds(self) -> float:
        """Mean disparity of two maps that differ in their seed alone; 0 where there is one seed."""
        return self._mean(self.k[:, None] == self.k[None])

    @property
    def between_ks(self) -> float:
        """Mean disparity of two maps of one seed and different k; 0 where there is one k."""
        return self._mean((self.k[:, None] != self.k[None]) & (self.seed[:, None] == self.seed[None]))

    def _mean(self, pairs: Bool[np.ndarray, "maps maps"]) -> float:
        chosen = np.triu(pairs, 1)
        return float(self.distances[chosen].mean()) if chosen.any() else 0.0


@question(
    "sweep_projection",
    title="Stability of a map",
    formula="Procrustes disparity: both maps centred, scaled to unit Frobenius norm, one turned and scaled onto the other; sum of squared differences",
    source="Procrustes analysis (Gower 1975)",
    cannot="What is stable over seeds may still be an artefact of the method: see the trust of the map.",
    lane="heavy",
    urgent=False,
    kept=True,
    number="between_seeds",
)
@dataclass(frozen=True, eq=False)
class Sweep(Question[SweepResult]):
    """Maps of one sample of the points, for every k with every seed.

    Args:
        ks: numbers of neighbours. seeds: at least one. sample: points, taken at random with the first seed. Others as in `FitProjection`.
    """

    vectors: VectorsKey | Points
    method: Method = "umap"
    ks: tuple[int, ...] = (5, 15, 50)
    seeds: tuple[int, ...] = (0, 1)
    min_dist: float = 0.1
    metric: Metric = "euclidean"
    dims: int = 2
    sample: int = 2000
