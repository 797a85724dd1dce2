"""Maps of vectors: projections, how far each can be trusted, and what holds in the full space whatever the map shows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from typing import Any, Literal

import numpy as np
from jaxtyping import Float, Int

from workbench.core.card import VectorsKey
from workbench.core.codec import portable
from workbench.core.questions.base import Answer, Question, question

Method = Literal["pca", "umap", "fastumap", "tsne"]
Metric = Literal["euclidean", "cosine", "correlation", "manhattan", "chebyshev"]
PACKAGES: dict[Method, str] = {"pca": "numpy", "umap": "umap-learn", "fastumap": "fastumap", "tsne": "openTSNE"}  # whose version decides a map
Points = Float[np.ndarray, "points dim"]
Coordinates = Float[np.ndarray, "points dims"]

ROWS = "Rows that are equal are one place: their distance is 0. Of neighbours at equal distance the one with the lower row number counts as nearer."


class _Named:
    """Fields that can be read by name too, as those of the JSON that the command line prints."""

    def keys(self) -> Iterator[str]:
        """Names of the fields."""
        return (f.name for f in fields(self))  # type: ignore[arg-type]  # every subclass is a dataclass

    def __getitem__(self, name: str) -> Any:
        if name not in self.keys():
            raise KeyError(name)
        return getattr(self, name)


@portable
@dataclass(frozen=True)
class Trust(_Named):
    """How faithful a map is to the neighbourhoods and distances of the full space. 1 is a faithful map.

    Args:
        trustworthiness: 1 − weighted share of neighbours in the map that are none in the full space.
        continuity: 1 − weighted share of neighbours in the full space that are none in the map.
        knn_preservation: share of the k nearest neighbours in the full space that are among the k nearest in the map.
        shepard: Spearman's rank correlation of the distances of pairs, in the full space and in the map.
    """

    trustworthiness: float
    continuity: float
    knn_preservation: float
    shepard: float


@portable
@dataclass(frozen=True)
class PcaTrust(Trust):
    """The same of the first principal components of the same vectors.

    Args:
        explained_variance: share of the total variance that each component holds.
    """

    explained_variance: tuple[float, ...] = ()


@portable
@dataclass(frozen=True, eq=False)
class Distortion:
    """Trust point by point, over the points that were judged; the means over them are the figures of the whole map.

    Args:
        rows: that were judged, each against all points. trustworthiness, continuity, knn_preservation: the terms of each.
    """

    rows: Int[np.ndarray, "judged"]
    trustworthiness: Float[np.ndarray, "judged"]
    continuity: Float[np.ndarray, "judged"]
    knn_preservation: Float[np.ndarray, "judged"]


@portable
@dataclass(frozen=True, eq=False)
class TrustResult:
    """How far a map can be trusted, beside the same vectors with shuffled columns and beside PCA.

    Args:
        k: neighbours. n: points. pairs: that Shepard's correlation is taken over. duplicates: rows that equal an earlier row.
        trust: of the map. shuffled: of a map of the same method and seed, of the vectors with each column permuted on its own.
        pca: of the first principal components. distortion: of the map, point by point.
    """

    k: int
    n: int
    pairs: int
    duplicates: int
    trust: Trust
    shuffled: Trust
    pca: PcaTrust
    distortion: Distortion

    @property
    def trustworthiness(self) -> float:
        """Of the map."""
        return self.trust.trustworthiness


@portable
@dataclass(frozen=True, eq=False)
class MapResult:
    """Coordinates of vectors, and all that they depend on. They are values: saved, not computed again.

    Args:
        coordinates: of each point. method: that made them. seed: of everything random.
        k: neighbours that the method looks at (UMAP's n_neighbors, t-SNE's perplexity; PCA has none).
        min_dist, metric: of UMAP. versions: of the software. n: points.
        fitted: rows that the map was fitted on; the others were put into it afterwards.
        explained_variance: share of the total variance that each axis holds; of PCA only.
        vectors: hash of the vectors. notes: warnings of the method; of a stored map also other versions that it was computed with.
        computed: when, in UTC. stored: it was read from the store, not computed for this question.
    """

    coordinates: Coordinates
    method: Method
    seed: int
    k: int
    min_dist: float
    metric: Metric
    versions: dict[str, str]
    n: int
    fitted: Int[np.ndarray, "fitted"]
    explained_variance: tuple[float, ...] = ()
    vectors: str = ""
    notes: tuple[str, ...] = ()
    computed: str = ""
    stored: bool = False

    @property
    def dims(self) -> int:
        """Axes of the map."""
        return self.coordinates.shape[1]

    @property
    def origin(self) -> str:
        """When it was computed, with what and from which seed, in words."""
        package = PACKAGES[self.method]
        return f"computed {self.computed[:10]} with {package} {self.versions.get(package, '')}, seed {self.seed}"


@portable
@dataclass(frozen=True, eq=False)
class ProjectionResult(MapResult):
    """A map with its trust: what `jw.project` gives. Its fields can be read by name too, as those of the JSON."""

    judged: TrustResult | None = field(default=None, kw_only=True)

    @property
    def told(self) -> TrustResult:
        """How far the map can be trusted."""
        if self.judged is None:
            raise AttributeError("this map was not judged")
        return self.judged

    @property
    def trustworthiness(self) -> float:
        """See `Trust`."""
        return self.told.trust.trustworthiness

    @property
    def continuity(self) -> float:
        """See `Trust`."""
        return self.told.trust.continuity

    @property
    def knn_preservation(self) -> float:
        """See `Trust`."""
        return self.told.trust.knn_preservation

    @property
    def shepard(self) -> float:
        """See `Trust`."""
        return self.told.trust.shepard

    @property
    def shuffled(self) -> Trust:
        """Trust of the same method on the same vectors with shuffled columns."""
        return self.told.shuffled

    @property
    def pca(self) -> PcaTrust:
        """Trust of the first principal components."""
        return self.told.pca

    @property
    def distortion(self) -> Distortion:
        """Trust point by point."""
        return self.told.distortion

    def figures(self) -> dict[str, Any]:
        """Everything but arrays, as the command line prints it."""
        told = self.told
        return {
            "method": self.method,
            "seed": self.seed,
            "k": told.k,
            "versions": dict(self.versions),
            "n": self.n,
            **dict(told.trust),
            "shuffled": dict(told.shuffled),
            "pca": {**dict(told.pca), "explained_variance": list(told.pca.explained_variance)},
            "dims": self.dims,
            "min_dist": self.min_dist,
            "metric": self.metric,
            "fitted": len(self.fitted),
            "judged": len(told.distortion.rows),
            "pairs": told.pairs,
            "duplicates": told.duplicates,
            "notes": list(self.notes),
            "computed": self.computed,
            "stored": self.stored,
        }

    def __getitem__(self, name: str) -> Any:
        return self.coordinates if name == "coordinates" else self.figures()[name]


_UMAP = "UMAP (arXiv 1802.03426) by umap-learn; t-SNE by openTSNE; PCA"
_FORMULA = (
    "T = 1 − 2 ÷ (n k (2n − 3k − 1)) · Σ_i Σ_j (r(i, j) − k), j over the k nearest of i in the map that are not among its k nearest in the full space, "
    "r the rank in the full space (for k ≥ n ÷ 2 the factor is 2 ÷ (n (n − k) (n − k − 1))); continuity: the same with full space and map exchanged. "
    f"Euclidean. {ROWS}"
)
_LATER: dict[str, Any] = {"lane": "heavy", "urgent": False, "kept": True}
_TRUST: dict[str, Any] = {
    "formula": _FORMULA,
    "source": "Venna and Kaski (2006), local multidimensional scaling; Shepard (1962)",
    "number": "trustworthiness",
    **_LATER,
}


@dataclass(frozen=True, eq=False)
class Projecting(Question[Answer]):
    """What every question about a map says: of which vectors, and how it is laid out.

    Args:
        vectors: a file of vectors, or the vectors. method: "pca", "umap", "tsne", or "fastumap" (another implementation of UMAP, which starts at once).
        seed: of everything random. k: neighbours. min_dist, metric: of UMAP.
        sample: at most so many points are fitted and the others put into the map; None: a limit of the method.
        rows: that are projected, in this order; None: all. Coordinates and all row numbers of the answer count within them.
    """

    vectors: VectorsKey | Points
    method: Method = "pca"
    seed: int = 0
    k: int = 15
    min_dist: float = 0.1
    metric: Metric = "euclidean"
    sample: int | None = None
    rows: Int[np.ndarray, "chosen"] | None = None


@dataclass(frozen=True, eq=False)
class NewMap(Projecting[Answer]):
    """A map that is to be laid out.

    Args:
        dims: 2 or 3. labels: of every point, or the name of a column of the vectors; the sample holds every label in proportion. None: it is drawn at random.
    """

    dims: int = 2
    labels: Int[np.ndarray, "points"] | str | None = None


@question(
    "fit_projection",
    title="Map",
    formula="PCA: projection on the directions of largest variance; UMAP and t-SNE: a layout that keeps nearest neighbours near",
    source=_UMAP,
    cannot="Distances between clusters, their sizes and their densities mean little in UMAP and t-SNE. See the trust of the map.",
    number="n",
    fits="result",
    **_LATER,
)
@dataclass(frozen=True, eq=False)
class FitProjection(NewMap[MapResult]):
    """Fit a map, without judging it: the first picture. The worker keeps what was fitted, so that new points can be put into it.

    Args:
        shuffle: project the vectors with each column permuted on its own: the baseline of the map's trust, to be looked at.
    """

    shuffle: bool = False


@question(
    "refit_projection",
    title="Map, computed anew",
    formula="as of a map; what the store has is replaced",
    source=_UMAP,
    cannot="Another map may come out, from the same seed too: other versions, another system and other numbers of threads give other maps.",
    number="n",
    fits="result",
    **_LATER,
)
@dataclass(frozen=True, eq=False)
class RefitProjection(FitProjection):
    """Compute a map even if the store has it, and replace that.

    Args:
        times: each number does so once.
    """

    times: int = 1


@question(
    "project",
    title="Map and its trust",
    cannot="High trust says that the map is faithful to the vectors, not that the vectors are good: k-NN of labels in the full space says that.",
    **_TRUST,
)
@dataclass(frozen=True, eq=False)
class Projection(NewMap[ProjectionResult]):
    """A map of vectors with its trust, beside shuffled columns and PCA.

    Args:
        judge: so many points, taken at random, are judged against all; None: all up to 6,000, else 2,000.
    """

    judge: int | None = None


@question(
    "judge_projection",
    title="Trust of a map",
    cannot="High trust says that the map is faithful to the vectors, not that the vectors are good.",
    **_TRUST,
)
@dataclass(frozen=True, eq=False)
class JudgeProjection(Projecting[TrustResult]):
    """How far a map that is there can be trusted. The map is not computed again; one of shuffled columns is, by the method that is named.

    Args:
        coordinates: of every point that was projected. k: neighbours that are compared. judge: as in `Projection`. Others as the map was made.
    """

    coordinates: Coordinates = field(kw_only=True)
    judge: int | None = None


@question(
    "place",
    title="New points in a map",
    formula="PCA: the same directions; UMAP and t-SNE: a layout of the new points alone, those of the map held still",
    source=_UMAP,
    cannot="What lies far from everything that the map was fitted on is placed near the nearest of it all the same.",
    lane="heavy",
    urgent=False,
    number="size",
)
@dataclass(frozen=True, eq=False)
class Place(Question[Coordinates]):
    """Coordinates of new vectors in a map that was fitted before."""

    vectors: VectorsKey | Points
    projection: FitProjection


@question(
    "warm_projection",
    title="Making UMAP ready",
    formula="a map of random points in a few epochs, so that everything is compiled before the first map is asked for",
    source="numba compiles a function when it is first called",
    cannot="Another metric is compiled when it is first used.",
    lane="heavy",
    urgent=False,
    kept=True,
    number="real",  # seconds
)
@dataclass(frozen=True, eq=False)
class WarmProjection(Question[float]):
    """Compile UMAP in the heavy lane. The answer is the seconds that it took; asked again, it takes none, so no printed line gives it again.

    Args:
        points: at least 5,000, so that the approximate neighbour search of large sets is compiled too.
    """

    points: int = 5000
