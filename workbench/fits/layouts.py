"""Methods that lay out points in two or three dimensions, behind one protocol. What is heavy is imported when it is used."""

from __future__ import annotations

import re
import warnings
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any, ClassVar

import numpy as np
from jaxtyping import Float

from workbench.core import progress
from workbench.core.errors import BadInput, MissingExtra

Points = Float[np.ndarray, "points dim"]
Coordinates = Float[np.ndarray, "points dims"]
_EXACT = 2048  # features or points up to which all principal components are computed, and of these the first are taken
_EXTRA, _ROUNDS, _CLOSE = 8, 500, 1e-9  # of the iteration for larger ones: directions beside those wanted, most rounds, change at the end


@dataclass(frozen=True)
class Settings:
    """What a layout depends on beside the points; see `core.questions.projection.FitProjection`."""

    seed: int = 0
    k: int = 15
    min_dist: float = 0.1
    metric: str = "euclidean"
    dims: int = 2


class Layout(ABC):
    """A method. After `fit`, `transform` puts further points into the same map.

    Attributes:
        packages: whose versions decide the coordinates. metrics: that it knows. most: points that it is fitted on where no sample is asked for.
        explained_variance: share of the total variance that each axis holds; of PCA only.
    """

    packages: ClassVar[tuple[str, ...]]
    metrics: ClassVar[tuple[str, ...]]
    most: ClassVar[int | None]
    explained_variance: tuple[float, ...] = ()

    @abstractmethod
    def __init__(self, settings: Settings) -> None: ...

    @abstractmethod
    def fit(self, points: Points) -> Coordinates:
        """Coordinates of these points."""

    @abstractmethod
    def transform(self, points: Points) -> Coordinates:
        """Coordinates of further points."""


class Pca(Layout):
    """The directions of largest variance. Signs: the component of a direction that is largest in size is positive.

    Up to 2,048 features or points by the eigenvectors of their products; beyond that by subspace iteration until nothing moves.
    """

    packages: ClassVar[tuple[str, ...]] = ("numpy",)
    metrics: ClassVar[tuple[str, ...]] = ("euclidean",)
    most: ClassVar[int | None] = None

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def fit(self, points: Points) -> Coordinates:
        """See `Layout.fit`."""
        x = np.asarray(points, np.float64)
        self.mean = x.mean(0)
        x = x - self.mean
        axes = _leading(x, self.settings.dims, self.settings.seed)
        top = np.abs(axes).argmax(1)
        axes = axes * np.where(axes[np.arange(len(axes)), top] < 0, -1, 1)[:, None]
        missing = self.settings.dims - len(axes)  # fewer features than axes
        self.axes = np.pad(axes, ((0, missing), (0, 0)))
        found = x @ self.axes.T
        total = float((x**2).sum())
        self.explained_variance = tuple(float(v) for v in (found**2).sum(0) / total)
        return found

    def transform(self, points: Points) -> Coordinates:
        """See `Layout.transform`."""
        return (np.asarray(points, np.float64) - self.mean) @ self.axes.T


def _leading(x: Points, dims: int, seed: int) -> Float[np.ndarray, "found dim"]:
    """The leading right singular vectors of centred points, at most as many as there are features and points."""
    n, d = x.shape
    dims = min(dims, n, d)
    if d <= _EXACT:
        return np.linalg.eigh(x.T @ x)[1][:, ::-1][:, :dims].T
    if n <= _EXACT:
        values, left = np.linalg.eigh(x @ x.T)
        right = x.T @ left[:, ::-1][:, :dims]
        return np.linalg.qr(right)[0].T
    basis = np.linalg.qr(np.random.default_rng(seed).normal(size=(d, dims + _EXTRA)))[0]
    before = np.zeros(dims)
    for k in range(_ROUNDS):
        progress.report(k, _ROUNDS)
        basis = np.linalg.qr(x.T @ (x @ basis))[0]
        values = np.linalg.svd(x @ basis, compute_uv=False)[:dims] ** 2
        if np.abs(values - before).max() <= _CLOSE * values[0]:
            break
        before = values
    turn = np.linalg.svd(x @ basis, full_matrices=False)[2]
    return (basis @ turn.T)[:, :dims].T


class Umap(Layout):
    """UMAP by umap-learn, in one thread: the same numbers, seed and versions on one machine give the same map."""

    packages: ClassVar[tuple[str, ...]] = ("umap-learn", "pynndescent", "numba", "scikit-learn", "scipy", "numpy")
    metrics: ClassVar[tuple[str, ...]] = ("euclidean", "cosine", "correlation", "manhattan", "chebyshev")
    most: ClassVar[int | None] = 100_000  # putting a point in takes longer than fitting it with the others; what limits is memory

    def __init__(self, settings: Settings, *, epochs: int | None = None) -> None:
        s, umap = settings, needed("umap", "umap-learn")
        progress.report(0, 1)  # numba compiles while umap is imported, for many seconds
        self._umap = umap.UMAP(
            n_neighbors=s.k,
            min_dist=s.min_dist,
            metric=s.metric,
            n_components=s.dims,
            n_epochs=epochs,
            random_state=s.seed,
            transform_seed=s.seed,
            n_jobs=1,
            tqdm_kwds={"disable": False, "file": Epochs(), "mininterval": 0, "miniters": 1, "bar_format": "{n}/{total}"},
        )

    def fit(self, points: Points) -> Coordinates:
        """See `Layout.fit`."""
        return self._umap.fit_transform(points)

    def transform(self, points: Points) -> Coordinates:
        """See `Layout.transform`."""
        return self._umap.transform(points)


class Epochs:
    """A file that a progress bar writes to: what it writes is reported as progress, so that a layout can be watched, and cancelled between epochs."""

    def write(self, text: str) -> int:
        """Report `done/total`."""
        found = re.search(r"(\d+)/(\d+)", text)
        if found:
            progress.report(int(found[1]), int(found[2]))
        return len(text)

    def flush(self) -> None:
        """Nothing is held back."""


class FastUmap(Layout):
    """Another implementation of UMAP, which compiles nothing when it is first used. Its maps differ from those of umap-learn."""

    packages: ClassVar[tuple[str, ...]] = ("fastumap", "scipy", "numpy")
    metrics: ClassVar[tuple[str, ...]] = ("euclidean", "cosine")
    most: ClassVar[int | None] = 50_000

    def __init__(self, settings: Settings) -> None:
        self.settings, self._library = settings, needed("fastumap", "fastumap")
        self._model: Any = None

    def fit(self, points: Points) -> Coordinates:
        """See `Layout.fit`."""
        s = self.settings
        if s.dims > points.shape[1]:
            raise BadInput(f"{s.dims} axes for vectors of {points.shape[1]} features", where="dims", fix="use umap or pca")
        options = {"n_neighbors": s.k, "min_dist": s.min_dist, "metric": s.metric, "random_state": s.seed}
        self._model = self._library.fit(np.asarray(points, np.float32), s.dims, **options)
        return np.asarray(self._model.embedding)

    def transform(self, points: Points) -> Coordinates:
        """See `Layout.transform`."""
        return np.asarray(self._library.transform(self._model, np.asarray(points, np.float32)))


class Tsne(Layout):
    """t-SNE by openTSNE, begun from PCA. k is its perplexity."""

    packages: ClassVar[tuple[str, ...]] = ("openTSNE", "scikit-learn", "scipy", "numpy")
    metrics: ClassVar[tuple[str, ...]] = ("euclidean", "cosine", "correlation", "manhattan", "chebyshev")
    most: ClassVar[int | None] = 20_000
    _ROUNDS = (250, 500)  # iterations with exaggeration, and after

    def __init__(self, settings: Settings) -> None:
        s, library = settings, needed("openTSNE", "openTSNE")
        self._heard = 0
        self._map: Any = None
        self._tsne = library.TSNE(
            n_components=s.dims,
            perplexity=s.k,
            metric=s.metric,
            random_state=s.seed,
            n_jobs=1,
            negative_gradient_method="auto" if s.dims < 3 else "bh",
            early_exaggeration_iter=self._ROUNDS[0],
            n_iter=self._ROUNDS[1],
            callbacks=self._tell,
            callbacks_every_iters=10,
        )

    def _tell(self, iteration: int, error: float, embedding: Any) -> bool:
        self._heard += 10
        progress.report(min(self._heard, sum(self._ROUNDS)), sum(self._ROUNDS))
        return False

    def fit(self, points: Points) -> Coordinates:
        """See `Layout.fit`."""
        self._map = self._tsne.fit(np.asarray(points))
        return np.asarray(self._map)

    def transform(self, points: Points) -> Coordinates:
        """See `Layout.transform`."""
        return np.asarray(self._map.transform(np.asarray(points)))


LAYOUTS: dict[str, type[Layout]] = {"pca": Pca, "umap": Umap, "fastumap": FastUmap, "tsne": Tsne}


def needed(module: str, package: str) -> Any:
    """A library of the extra `maps`.

    Raises:
        MissingExtra: it is not installed.
    """
    try:
        with noted():  # umap says at each import that tensorflow is not there
            return import_module(module)
    except ImportError as error:
        if error.name != module:
            raise
        raise MissingExtra(f"this map needs {package}", where=module, fix='pip install "jepa-workbench[maps]"; or use method="pca"') from error


@contextmanager
def noted() -> Iterator[list[str]]:
    """Warnings of a library, each once, in place of printing them."""
    told = list[str]()
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        yield told
    told += dict.fromkeys(" ".join(str(w.message).split()) for w in heard if issubclass(w.category, UserWarning | RuntimeWarning))
