"""Maps of vectors, and how far each can be trusted: beside shuffled columns, and beside PCA."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import InitVar, dataclass, field, replace
from pathlib import Path
from typing import Any, TypedDict, Unpack

import numpy as np

from workbench.core import progress
from workbench.core.errors import BadInput
from workbench.core.questions import Question
from workbench.core.questions.base import Answer
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
    RefitProjection,
    TrustResult,
    WarmProjection,
)
from workbench.fits.layouts import Settings, Umap
from workbench.fits.projection import FittedProjection, checked, elsewhere, fitted, shuffled
from workbench.measures.base import answers
from workbench.measures.neighbourhoods import check_k
from workbench.measures.trust import trust
from workbench.measures.vectors import column_of, points_of
from workbench.store.answers import Kept, kept


class Drawing(TypedDict, total=False):
    """How a map is laid out, and where it is kept: the options of `_Task`, described at `project`."""

    method: str
    seed: int
    k: int
    min_dist: float
    metric: str
    sample: int | None
    rows: Any
    anew: bool
    store: str | Path | None


@dataclass(frozen=True, eq=False)
class _Task:
    """Checked vectors and settings. The fields are the defaults of `Drawing`.

    Attributes:
        points: that are projected. codes: the label of each as a number; None: there are no labels.
    """

    vectors: InitVar[Any]
    dims: int = 2
    labels: InitVar[Any] = None
    method: str = "pca"
    seed: int = 0
    k: int = 15
    min_dist: float = 0.1
    metric: str = "euclidean"
    sample: int | None = None
    rows: InitVar[Any] = None
    anew: bool = False
    store: str | Path | None = None
    points: Points = field(init=False)
    codes: np.ndarray | None = field(init=False)

    def __post_init__(self, vectors: Any, labels: Any, rows: Any) -> None:
        checked(self.method, self.settings)
        labels = column_of(vectors, labels) if isinstance(labels, str) else labels
        codes = None if labels is None else np.unique(labels, return_inverse=True)[1]
        object.__setattr__(self, "points", points_of(vectors, rows=rows, least=3))
        object.__setattr__(self, "codes", codes if codes is None or rows is None else codes[np.asarray(rows)])

    @property
    def settings(self) -> Settings:
        return Settings(self.seed, self.k, self.min_dist, self.metric, self.dims)

    def other(self, points: Points, **changes: Any) -> _Task:
        """The same of other points, without labels."""
        return replace(self, vectors=points, labels=None, rows=None, **changes)

    def kept(self, kind: Callable[..., Question[Answer]], compute: Callable[[], Answer], **more: Any) -> Kept[Answer]:
        """The answer to a question about these points, from the store or computed."""
        same = {name: getattr(self, name) for name in ("method", "seed", "k", "min_dist", "metric", "sample")}
        return kept(kind(self.points, **same, **more), compute, anew=self.anew, store=self.store)

    def map(self) -> FittedProjection:
        """The map, from the store or computed."""
        made = list[FittedProjection]()

        def compute() -> MapResult:
            made.append(fitted(self.points, self.method, self.settings, sample=self.sample, labels=self.codes))
            return made[0].result

        found = self.kept(FitProjection, compute, dims=self.dims, labels=self.codes)
        notes = (*found.answer.notes, *found.notes, *(elsewhere(found.answer) if found.again else ()))
        result = replace(found.answer, stored=found.again, notes=notes)
        return replace(made[0], result=result) if made else FittedProjection(None, result, self.points)


@answers(FitProjection)
def fit_projection(vectors: Any, *, dims: int = 2, labels: Any = None, shuffle: bool = False, **drawing: Unpack[Drawing]) -> FittedProjection:
    """A map of vectors, without its trust. What is given takes further points: `fitted.transform(vectors)`; its coordinates are `fitted.result`.

    Args:
        vectors: an array, points × features, or the path of a file. Others as in `project`.
        shuffle: project the vectors with each column permuted on its own, by the same seed: the baseline that trust is held against.

    Raises:
        BadInput: vectors or settings that cannot be used. MissingExtra: the library of this method is not installed.
    """
    task = _Task(vectors, dims, labels, **drawing)
    return (task.other(shuffled(task.points, task.seed)) if shuffle else task).map()


@answers(RefitProjection)
def refit_projection(vectors: Any, *, times: int = 1, **drawing: Any) -> FittedProjection:
    """A map of vectors, computed even if the store has it, which is replaced.

    Args:
        times: not looked at; two questions that differ in it are answered one by one. Others as in `fit_projection`.
    """
    same: dict[str, Any] = {**drawing, "anew": True}
    return fit_projection(vectors, **same)


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
def judge_projection(vectors: Any, coordinates: Any, *, judge: int | None = None, **drawing: Unpack[Drawing]) -> TrustResult:
    """How far a map that is there can be trusted, beside a map of shuffled columns by the same method and beside PCA.

    Args:
        coordinates: of every point that was projected. rows: of these points; None: all. k: neighbours that are compared. Others as in `project`, and as the map was made.

    Raises:
        BadInput: vectors or settings that cannot be used, or coordinates of other points.
    """
    flat = np.asarray(coordinates)
    flat = flat if flat.dtype.kind == "f" else flat.astype(np.float64)
    task = _Task(vectors, flat.shape[-1] if flat.ndim == 2 else 0, **drawing)
    if flat.shape != (len(task.points), task.dims) or not np.isfinite(flat).all():
        what = f"coordinates of shape {list(flat.shape)} for {len(task.points)} points, {'finite' if np.isfinite(flat).all() else 'some not finite'}"
        raise BadInput(what, where="coordinates", fix="give finite coordinates, one row a point")
    check_k(task.k, len(task.points))
    return _judged(task, flat, judge)


@answers(Projection)
def project(vectors: Any, *, dims: int = 2, labels: Any = None, judge: int | None = None, **drawing: Unpack[Drawing]) -> ProjectionResult:
    """A map of vectors with its trust. Asked again, in another session too, it is read from the store: `found.stored`, `found.origin`.

    Args:
        vectors: an array, points × features, or the path of a file.
        dims: of the map, 2 or 3.
        labels: of all vectors, or the name of one of their columns; the sample holds every label in proportion. None: it is drawn at random.
        judge: so many points, taken at random, are judged against all; None: all up to 6,000, else 2,000.
        method: "pca" (the default), "umap", "tsne", or "fastumap" (another implementation of UMAP, which starts at once).
        seed: of everything random (0).
        k: neighbours that are compared, and that the method looks at (UMAP's n_neighbors, t-SNE's perplexity) (15).
        min_dist, metric: of UMAP (0.1), metric also of t-SNE ("euclidean"). Trust is Euclidean whatever the metric of the map.
        sample: at most so many points are fitted and the others put into the map. None: 100,000 of umap, 50,000 of fastumap, 20,000 of t-SNE, all of PCA.
        rows: that are projected, in this order; None: all. Coordinates and all row numbers of the result count within them.
        anew: compute the map and its trust even if the store has them, and replace them. store: folder of the store; see `embed`.

    Returns:
        coordinates and trust, the trust of the same method on the same vectors with shuffled columns (`shuffled`), and of PCA (`pca`).

    Raises:
        BadInput: vectors or settings that cannot be used. MissingExtra: the library of this method is not installed.

    Source:
        Venna and Kaski (2006), Local multidimensional scaling, Neural Networks 19.
    """
    task = _Task(vectors, dims, labels, **drawing)
    check_k(task.k, len(task.points))
    with progress.part(0, 2):
        made = task.map().result
    with progress.part(1, 2):
        judged = _judged(task, made.coordinates, judge)
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


def _judged(task: _Task, coordinates: Coordinates, judge: int | None) -> TrustResult:
    """Trust of a map of these points, with its two baselines, from the store or computed."""

    def compute() -> TrustResult:
        options: dict[str, Any] = {"k": task.k, "judge": judge, "seed": task.seed}
        with progress.part(0, 3):
            plain = task.other(task.points, method="pca", min_dist=0.1, metric="euclidean", sample=None).map().result
            same = np.array_equal(coordinates, plain.coordinates)
            own, *others = trust(task.points, [coordinates] if same else [coordinates, plain.coordinates], **options)
            components = own if same else others[0]
        mixed = task.other(shuffled(task.points, task.seed))
        with progress.part(1, 3):
            baseline = mixed.map().result
        with progress.part(2, 3):
            (control,) = trust(mixed.points, [baseline.coordinates], **options)
        beside = PcaTrust(**dict(components.trust), explained_variance=plain.explained_variance)
        return TrustResult(task.k, len(task.points), own.pairs, own.duplicates, own.trust, control.trust, beside, own.distortion)

    return task.kept(JudgeProjection, compute, coordinates=coordinates, judge=judge).answer
