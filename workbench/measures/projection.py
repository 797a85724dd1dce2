"""Maps of vectors, and how far each can be trusted: beside shuffled columns, and beside PCA."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from workbench.core import progress
from workbench.core.errors import BadInput
from workbench.core.questions.projection import (
    Coordinates,
    FitProjection,
    JudgeProjection,
    MapResult,
    PcaTrust,
    Place,
    Points,
    Projection,
    ProjectionResult,
    TrustResult,
    WarmProjection,
)
from workbench.fits.layouts import Settings, Umap
from workbench.fits.projection import FittedProjection, checked, fitted, shuffled
from workbench.measures.base import answers
from workbench.measures.neighbourhoods import check_k
from workbench.measures.trust import trust
from workbench.measures.vectors import points_of


@answers(FitProjection)
def fit_projection(
    vectors: Any,
    *,
    method: str = "pca",
    seed: int = 0,
    k: int = 15,
    min_dist: float = 0.1,
    metric: str = "euclidean",
    dims: int = 2,
    sample: int | None = None,
    labels: Any = None,
    rows: Any = None,
    shuffle: bool = False,
) -> FittedProjection:
    """A map of vectors, without its trust. What is given takes further points: `fitted.transform(vectors)`; its coordinates are `fitted.result`.

    Args:
        vectors: an array, points × features, or the path of a file. Others as in `project`.
        shuffle: project the vectors with each column permuted on its own, by the same seed: the baseline that trust is held against.

    Raises:
        BadInput: vectors or settings that cannot be used. MissingExtra: the library of this method is not installed.
    """
    settings = Settings(seed, k, min_dist, metric, dims)
    checked(method, settings)
    points = points_of(vectors, rows=rows, least=3)
    return fitted(shuffled(points, seed) if shuffle else points, method, settings, sample=sample, labels=_labels(labels, rows))


@answers(Place)
def place(vectors: Any, projection: FittedProjection) -> Coordinates:
    """Coordinates of further vectors in a map that was fitted before.

    Args:
        vectors: of the same space, an array or the path of a file. projection: what `fit_projection` gave.

    Raises:
        BadInput: vectors that cannot be used, or of another number of features.
    """
    return np.asarray(projection.transform(points_of(vectors)), np.float32)


@answers(JudgeProjection)
def judge_projection(
    vectors: Any,
    coordinates: Coordinates,
    *,
    method: str = "pca",
    seed: int = 0,
    k: int = 15,
    min_dist: float = 0.1,
    metric: str = "euclidean",
    sample: int | None = None,
    judge: int | None = None,
    rows: Any = None,
) -> TrustResult:
    """How far a map that is there can be trusted, beside a map of shuffled columns by the same method and beside PCA.

    Args:
        coordinates: of every point that was projected. rows: of these points; None: all. k: neighbours that are compared. Others as in `project`, and as the map was made.

    Raises:
        BadInput: vectors or settings that cannot be used, or coordinates of other points.
    """
    flat = np.asarray(coordinates)
    settings = Settings(seed, k, min_dist, metric, flat.shape[-1] if flat.ndim == 2 else 0)
    checked(method, settings)
    points = points_of(vectors, rows=rows, least=3)
    if flat.shape != (len(points), settings.dims) or not np.isfinite(flat).all():
        what = f"coordinates of shape {list(flat.shape)} for {len(points)} points, {'finite' if np.isfinite(flat).all() else 'some not finite'}"
        raise BadInput(what, where="coordinates", fix="give finite coordinates, one row a point")
    check_k(k, len(points))
    return _judged(points, flat, method, settings, sample, judge)


@answers(Projection)
def project(
    vectors: Any,
    *,
    method: str = "pca",
    seed: int = 0,
    k: int = 15,
    min_dist: float = 0.1,
    metric: str = "euclidean",
    dims: int = 2,
    sample: int | None = None,
    labels: Any = None,
    judge: int | None = None,
    rows: Any = None,
) -> ProjectionResult:
    """A map of vectors with its trust.

    Args:
        vectors: an array, points × features, or the path of a file.
        method: "pca", "umap", "tsne", or "fastumap" (another implementation of UMAP, which starts at once).
        seed: of everything random.
        k: neighbours that are compared, and that the method looks at (UMAP's n_neighbors, t-SNE's perplexity).
        min_dist, metric: of UMAP, metric also of t-SNE. Trust is Euclidean whatever the metric of the map.
        dims: of the map, 2 or 3.
        sample: at most so many points are fitted and the others put into the map. None: 50,000 of UMAP, 20,000 of t-SNE, all of PCA.
        labels: of all vectors; the sample holds every label in proportion. None: it is drawn at random.
        judge: so many points, taken at random, are judged against all; None: all up to 6,000, else 2,000.
        rows: that are projected, in this order; None: all. Coordinates and all row numbers of the result count within them.

    Returns:
        coordinates and trust, the trust of the same method on the same vectors with shuffled columns (`shuffled`), and of PCA (`pca`).

    Raises:
        BadInput: vectors or settings that cannot be used. MissingExtra: the library of this method is not installed.

    Source:
        Venna and Kaski (2006), Local multidimensional scaling, Neural Networks 19.
    """
    settings = Settings(seed, k, min_dist, metric, dims)
    checked(method, settings)
    points = points_of(vectors, rows=rows, least=3)
    check_k(k, len(points))
    with progress.part(0, 2):
        made = fitted(points, method, settings, sample=sample, labels=_labels(labels, rows)).result
    with progress.part(1, 2):
        judged = _judged(points, made.coordinates, method, settings, sample, judge)
    return ProjectionResult(**{name: getattr(made, name) for name in MapResult.__dataclass_fields__}, judged=judged)


@answers(WarmProjection)
def warm_projection(points: int = 5000) -> float:
    """Compile UMAP on random points, a few epochs long. Returns the seconds that it took.

    Raises:
        MissingExtra: umap-learn is not installed.
    """
    start, rng = time.perf_counter(), np.random.default_rng(0)
    layout = Umap(Settings(), epochs=6)  # of which new points get a third
    layout.fit(rng.normal(size=(points, 16)).astype(np.float32))
    layout.transform(rng.normal(size=(20, 16)).astype(np.float32))
    return time.perf_counter() - start


def _labels(labels: Any, rows: Any) -> np.ndarray | None:
    """The labels of the points that are projected, given those of all."""
    said = None if labels is None else np.asarray(labels)
    return said if said is None or rows is None else said[np.asarray(rows)]


def _judged(points: Points, coordinates: Coordinates, method: str, settings: Settings, sample: int | None, judge: int | None) -> TrustResult:
    """Trust of a map of checked points, with its two baselines."""
    options: dict[str, Any] = {"k": settings.k, "judge": judge, "seed": settings.seed}
    with progress.part(0, 3):
        plain = fitted(points, "pca", Settings(settings.seed, settings.k, dims=settings.dims)).result
        same = np.array_equal(coordinates, plain.coordinates)
        own, *others = trust(points, [coordinates] if same else [coordinates, plain.coordinates], **options)
        components = own if same else others[0]
    mixed = shuffled(points, settings.seed)
    with progress.part(1, 3):
        baseline = fitted(mixed, method, settings, sample=sample).result
    with progress.part(2, 3):
        (control,) = trust(mixed, [baseline.coordinates], **options)
    beside = PcaTrust(**dict(components.trust), explained_variance=plain.explained_variance)
    return TrustResult(settings.k, len(points), own.pairs, own.duplicates, own.trust, control.trust, beside, own.distortion)
