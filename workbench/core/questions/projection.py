"""Maps of vectors: projections, how far each can be trusted, and what holds in the full space whatever the map shows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from typing import Any, Literal

import numpy as np
from jaxtyping import Bool, Float, Int

from workbench.core.card import VectorsKey
from workbench.core.codec import portable
from workbench.core.questions.base import Question, question

Method = Literal["pca", "umap", "fastumap", "tsne"]
Metric = Literal["euclidean", "cosine", "correlation", "manhattan", "chebyshev"]
Points = Float[np.ndarray, "points dim"]
Coordinates = Float[np.ndarray, "points dims"]

_ROWS = "Rows that are equal are one place: their distance is 0. Of neighbours at equal distance the one with the lower row number counts as nearer."


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
        vectors: hash of the vectors. notes: warnings of the method.
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

    @property
    def dims(self) -> int:
        """Axes of the map."""
        return self.coordinates.shape[1]


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
        }

    def __getitem__(self, name: str) -> Any:
        return self.coordinates if name == "coordinates" else self.figures()[name]


@portable
@dataclass(frozen=True, eq=False)
class NeighboursResult:
    """True nearest neighbours of some points, nearest first, and what a map makes of them.

    Args:
        rows: that were asked. ids: of their neighbours in the full space, by distance. distances: Euclidean, to each.
        torn: neighbours that are not among the k nearest in the map. shown: the k nearest in the map. false: those of them that are no neighbours
            in the full space. The last three are empty along their second axis where no map was given.
    """

    rows: Int[np.ndarray, "asked"]
    ids: Int[np.ndarray, "asked k"]
    distances: Float[np.ndarray, "asked k"]
    torn: Bool[np.ndarray, "asked kept"]
    shown: Int[np.ndarray, "asked kept"]
    false: Bool[np.ndarray, "asked kept"]

    @property
    def nearest(self) -> float:
        """Mean distance to the nearest neighbour."""
        return float(self.distances[:, 0].mean())


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


@portable
@dataclass(frozen=True)
class Estimate:
    """A number with what halves of the points say of it. low, high: central 90 % of the halves. half: their mean, on half as many points."""

    value: float
    low: float
    high: float
    half: float


@portable
@dataclass(frozen=True)
class DimensionResult:
    """How many dimensions vectors use, beside the same vectors with shuffled columns.

    Args:
        two_nn: intrinsic dimension (TwoNN), over rows that differ. rank_me: effective rank as published, of the vectors as they are.
        rank_me_centred: the same with the mean removed. shuffled_two_nn, shuffled_rank_me: baselines. n: points that were used.
        dim: features of a vector. duplicates: rows that equal an earlier row. halves: that the intervals are taken over.
    """

    two_nn: Estimate
    rank_me: Estimate
    rank_me_centred: Estimate
    shuffled_two_nn: float
    shuffled_rank_me: float
    n: int
    dim: int
    duplicates: int
    halves: int

    @property
    def intrinsic(self) -> float:
        """Intrinsic dimension."""
        return self.two_nn.value


@portable
@dataclass(frozen=True)
class LabelsResult:
    """How well the k nearest neighbours in the full space tell a label, or a number, of a point that is left out.

    Args:
        kind: "labels": score is the share that is right, by majority. "numbers": score is 1 − squared error ÷ squared deviation from the mean.
        score: with what halves of the points say of it. shuffled: mean score with permuted labels. k: neighbours. n: points that were scored.
    """

    kind: Literal["labels", "numbers"]
    score: Estimate
    shuffled: float
    k: int
    n: int

    @property
    def value(self) -> float:
        """The score."""
        return self.score.value


_UMAP = "UMAP (arXiv 1802.03426) by umap-learn; t-SNE by openTSNE; PCA"
_TRUST = "Venna and Kaski (2006), local multidimensional scaling; Shepard (1962)"
_FORMULA = (
    "T = 1 − 2 ÷ (n k (2n − 3k − 1)) · Σ_i Σ_j (r(i, j) − k), j over the k nearest of i in the map that are not among its k nearest in the full space, "
    "r the rank in the full space (for k ≥ n ÷ 2 the factor is 2 ÷ (n (n − k) (n − k − 1))); continuity: the same with full space and map exchanged. "
    f"Euclidean. {_ROWS}"
)


@question(
    "fit_projection",
    title="Map",
    formula="PCA: projection on the directions of largest variance; UMAP and t-SNE: a layout that keeps nearest neighbours near",
    source=_UMAP,
    cannot="Distances between clusters, their sizes and their densities mean little in UMAP and t-SNE. See the trust of the map.",
    lane="heavy",
    urgent=False,
    kept=True,
    fits="result",
    measure="workbench.measures.projection",
    number="n",
)
@dataclass(frozen=True, eq=False)
class FitProjection(Question[MapResult]):
    """Fit a map, without judging it: the first picture. The worker keeps what was fitted, so that new points can be put into it.

    Args:
        vectors: a file of vectors, or the vectors. method: "pca", "umap", "tsne", or "fastumap" (another implementation of UMAP, which starts at once).
        seed: of everything random. k: neighbours. min_dist, metric: of UMAP. dims: 2 or 3.
        sample: at most so many points are fitted and the others put into the map; None: a limit of the method.
        labels: the sample holds every label in proportion; None: it is drawn at random.
    """

    vectors: VectorsKey | Points
    method: Method = "pca"
    seed: int = 0
    k: int = 15
    min_dist: float = 0.1
    metric: Metric = "euclidean"
    dims: int = 2
    sample: int | None = None
    labels: Int[np.ndarray, "points"] | None = None


@question(
    "project",
    title="Map and its trust",
    formula=_FORMULA,
    source=_TRUST,
    cannot="High trust says that the map is faithful to the vectors, not that the vectors are good: k-NN of labels in the full space says that.",
    lane="heavy",
    urgent=False,
    kept=True,
    number="trustworthiness",
)
@dataclass(frozen=True, eq=False)
class Projection(Question[ProjectionResult]):
    """A map of vectors with its trust, beside shuffled columns and PCA. Fields as in `FitProjection`.

    Args:
        judge: so many points, taken at random, are judged against all; None: all up to 6,000, else 2,000.
    """

    vectors: VectorsKey | Points
    method: Method = "pca"
    seed: int = 0
    k: int = 15
    min_dist: float = 0.1
    metric: Metric = "euclidean"
    dims: int = 2
    sample: int | None = None
    labels: Int[np.ndarray, "points"] | None = None
    judge: int | None = None


@question(
    "judge_projection",
    title="Trust of a map",
    formula=_FORMULA,
    source=_TRUST,
    cannot="High trust says that the map is faithful to the vectors, not that the vectors are good.",
    lane="heavy",
    urgent=False,
    kept=True,
    measure="workbench.measures.projection",
    number="trustworthiness",
)
@dataclass(frozen=True, eq=False)
class JudgeProjection(Question[TrustResult]):
    """How far a map that is there can be trusted. The map is not computed again; one of shuffled columns is, by the method that is named.

    Args:
        coordinates: of every point. k: neighbours that are compared. Others as in `Projection`, and as the map was made.
    """

    vectors: VectorsKey | Points
    coordinates: Coordinates
    method: Method = "pca"
    seed: int = 0
    k: int = 15
    min_dist: float = 0.1
    metric: Metric = "euclidean"
    sample: int | None = None
    judge: int | None = None


@question(
    "place",
    title="New points in a map",
    formula="PCA: the same directions; UMAP and t-SNE: a layout of the new points alone, those of the map held still",
    source=_UMAP,
    cannot="What lies far from everything that the map was fitted on is placed near the nearest of it all the same.",
    lane="heavy",
    urgent=False,
    measure="workbench.measures.projection",
    number="size",
)
@dataclass(frozen=True, eq=False)
class Place(Question[Coordinates]):
    """Coordinates of new vectors in a map that was fitted before."""

    projection: FitProjection
    vectors: VectorsKey | Points


@question(
    "neighbours",
    title="True neighbours",
    formula=f"Euclidean distance in the full space. {_ROWS}",
    source="k nearest neighbours, exact",
    cannot="In many dimensions all distances are alike: compare them with those to random points.",
    measure="workbench.measures.neighbours",
    number="nearest",
)
@dataclass(frozen=True, eq=False)
class Neighbours(Question[NeighboursResult]):
    """The true nearest neighbours of some points; with a map, which of them it tore away, and which of its neighbours are false.

    Args:
        rows: of the points. coordinates: of the map, or None.
    """

    vectors: VectorsKey | Points
    rows: Int[np.ndarray, "asked"]
    k: int = 15
    coordinates: Coordinates | None = None


@question(
    "sweep_projection",
    title="Stability of a map",
    formula="Procrustes disparity: both maps centred, scaled to unit Frobenius norm, one turned and scaled onto the other; sum of squared differences",
    source="Procrustes analysis (Gower 1975)",
    cannot="What is stable over seeds may still be an artefact of the method: see the trust of the map.",
    lane="heavy",
    urgent=False,
    kept=True,
    measure="workbench.measures.stability",
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


@question(
    "dimension",
    title="Intrinsic dimension and effective rank",
    formula="TwoNN: slope through the origin of −ln(1 − F(μ)) against ln μ, μ = distance to the second ÷ to the nearest neighbour, the largest 10 % left "
    "out. RankMe: exp of the entropy of the singular values ÷ their sum. Intervals from halves of the points drawn without replacement",
    source="TwoNN: Facco et al. (2017), doi 10.1038/s41598-017-11873-y; RankMe (arXiv 2210.02885)",
    cannot="TwoNN falls short above about 20 dimensions. Both depend on the number of points: compare at equal n. High rank is no quality by itself.",
    lane="heavy",
    urgent=False,
    kept=True,
    number="intrinsic",
    measure="workbench.measures.dimension",
)
@dataclass(frozen=True, eq=False)
class Dimension(Question[DimensionResult]):
    """How many dimensions the vectors use.

    Args:
        sample: at most so many points, taken at random. halves: of the points, drawn for the intervals.
    """

    vectors: VectorsKey | Points
    seed: int = 0
    sample: int = 5000
    halves: int = 20


@question(
    "neighbour_labels",
    title="Labels by nearest neighbours",
    formula="labels: share of points whose label is that of most of their k nearest (of equal counts, that with the nearest member); numbers: "
    "1 − squared error of the neighbours' mean ÷ squared deviation. Leave one out, Euclidean, full space; the baseline has permuted labels",
    source="k-NN probe, as in DINO (arXiv 2104.14294)",
    cannot="Points of one video or one image are near each other anyway: of these, give one each. Says what neighbours tell, not what a probe could read.",
    lane="heavy",
    urgent=False,
    kept=True,
    number="value",
    measure="workbench.measures.neighbours",
)
@dataclass(frozen=True, eq=False)
class NeighbourLabels(Question[LabelsResult]):
    """How well nearest neighbours in the full space tell a label or a true factor. Ask it of the model, of the untrained one and of pixels.

    Args:
        labels: whole numbers are labels, others numbers. seed: of the permuted labels and of the halves. sample: points scored at most, each
            against all.
    """

    vectors: VectorsKey | Points
    labels: Int[np.ndarray, "points"] | Float[np.ndarray, "points"]
    k: int = 15
    seed: int = 0
    sample: int = 5000


@question(
    "warm_projection",
    title="Making UMAP ready",
    formula="a map of random points in a few epochs, so that everything is compiled before the first map is asked for",
    source="numba compiles a function when it is first called",
    cannot="Another metric is compiled when it is first used.",
    lane="heavy",
    urgent=False,
    kept=True,
    measure="workbench.measures.projection",
    number="real",  # seconds
)
@dataclass(frozen=True, eq=False)
class WarmProjection(Question[float]):
    """Compile UMAP in the heavy lane. The answer is the seconds that it took; asked again, it takes none.

    Args:
        points: at least 5,000, so that the approximate neighbour search of large sets is compiled too.
    """

    points: int = 5000
