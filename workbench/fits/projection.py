"""A map fitted on vectors: checked input, a sample where there are many points, and coordinates with all that they depend on."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Int

from workbench.core import progress
from workbench.core.errors import BadInput
from workbench.core.questions.projection import Coordinates, MapResult, Points
from workbench.core.results import version_of, versions
from workbench.fits.layouts import LAYOUTS, Layout, Settings, noted

_PLACED = 20_000  # points that are put into a map together
_LARGEST = 1e15  # beyond it, squares come near the end of float32
_SCANNED = 1 << 16  # rows that are looked at together
_SAME = 1e-4  # of the largest coordinate: by so much a map that is fitted again may differ
_NAMED = 5  # rows that an error lists


@dataclass(frozen=True, eq=False)
class FittedProjection:
    """A map that was fitted, and can take further points.

    Args:
        made: the fitted method; None where the coordinates were read from the store. result: coordinates, and all that they depend on. points: all of it.
    """

    made: Layout | None
    result: MapResult
    points: Points

    @property
    def n(self) -> int:
        """Points of the map."""
        return self.result.n

    @cached_property
    def layout(self) -> Layout:
        """The fitted method. Of a stored map it is fitted again, and must come to the same coordinates.

        Raises:
            BadInput: it comes to others, in which no further point has a place.
        """
        if self.made is not None:
            return self.made
        r = self.result
        made, known = LAYOUTS[r.method](Settings(r.seed, r.k, r.min_dist, r.metric, r.dims)), r.coordinates[r.fitted]
        with noted():
            found = made.fit(self.points[r.fitted])
        if not np.allclose(found, known, rtol=0, atol=_SAME * float(np.abs(known).max())):
            what = f"the stored map was {r.origin}; fitted again for new points, it comes out otherwise on this machine"
            raise BadInput(what, where="projection", fix="fit a new map in its place: fit_projection(…, anew=True)")
        return made

    def transform(self, vectors: Any) -> Coordinates:
        """Coordinates of further vectors in this map.

        Raises:
            BadInput: vectors that cannot be used, of another number of features, or a stored map that comes out otherwise now.
        """
        points = usable(vectors)
        if points.shape[1] != self.points.shape[1]:
            what = f"vectors of {points.shape[1]} features; the map was fitted on {self.points.shape[1]}"
            raise BadInput(what, where="vectors", fix="give vectors of one space")
        return _placed(self.layout, points)


def elsewhere(found: MapResult) -> tuple[str, ...]:
    """Which versions a stored map was computed with, in one sentence; empty where this machine has the same."""
    pairs = [(name, found.versions.get(name, ""), version_of(name)) for name in LAYOUTS[found.method].packages]
    other = [f"{name} {then} (here {now or 'not installed'})" for name, then, now in pairs if then != now]
    return (f"computed with {', '.join(other)}",) if other else ()


def usable(vectors: Any, *, least: int = 1) -> Points:
    """Vectors as an array of float32 or float64, one row a point.

    Args:
        vectors: an array, a tensor on the CPU, or an object whose `values` they are. least: points that are needed.

    Raises:
        BadInput: not two axes of numbers, NaN or infinity, values too large to square, too few points, or all of them the same.
    """
    found = np.asarray(vectors.values if hasattr(vectors, "values") and not callable(vectors.values) else vectors)
    fix = "give an array of numbers, points × features"
    if found.dtype.kind not in "biuf":
        raise BadInput(f"an array of {found.dtype} holds no vectors", where="vectors", fix=fix)
    if found.ndim != 2 or 0 in found.shape:
        raise BadInput(f"an array of shape {list(found.shape)} holds no vectors", where="vectors", fix=fix)
    points = found if found.dtype in (np.float32, np.float64) else found.astype(np.float32 if found.dtype.itemsize < 4 else np.float64)
    parts = [points[k : k + _SCANNED] for k in range(0, len(points), _SCANNED)]
    bad = np.flatnonzero(np.concatenate([~np.isfinite(part).all(1) for part in parts]))
    if len(bad):
        listed = ", ".join(map(str, bad[:_NAMED])) + (", …" if len(bad) > _NAMED else "")
        what = f"{len(bad)} of {len(points)} rows hold NaN or infinity: {listed}"
        raise BadInput(what, where="vectors", fix="leave these rows out")
    if len(points) < least:
        raise BadInput(
            f"{len(points)} points are too few: {least} are needed", where="vectors", fix="give more points, or ask for fewer neighbours (k)"
        )
    if len(points) > 1 and all((part == points[0]).all() for part in parts):
        raise BadInput(f"all {len(points)} vectors are identical", where="vectors", fix="a collapsed representation has no map; give other vectors")
    if (largest := max(float(np.abs(part).max()) for part in parts)) > _LARGEST:
        raise BadInput(f"values up to {largest:.3g} overflow when squared", where="vectors", fix="divide the vectors by a constant")
    return points


def checked(method: str, settings: Settings) -> type[Layout]:
    """The layout of that name, whose settings can be used.

    Raises:
        BadInput: an unknown method, or a setting that it does not take.
    """
    if method not in LAYOUTS:
        raise BadInput(f"there is no method {method!r}", where="method", fix=f"one of {', '.join(LAYOUTS)}")
    layout, s = LAYOUTS[method], settings
    if s.metric not in layout.metrics:
        raise BadInput(f"{method} does not take the metric {s.metric!r}", where="metric", fix=f"one of {', '.join(layout.metrics)}")
    if s.dims not in (2, 3):
        raise BadInput(f"a map of {s.dims} dimensions cannot be drawn", where="dims", fix="2 or 3")
    if not 0 <= s.seed < 1 << 32:
        raise BadInput(f"{s.seed} is no seed", where="seed", fix="a whole number from 0 to 4294967295")
    if s.k < 2:
        raise BadInput(f"{s.k} neighbours tell nothing", where="k", fix="2 or more, usually 15")
    if not 0 <= s.min_dist <= 1:
        raise BadInput(f"min_dist is {s.min_dist:g}", where="min_dist", fix="0 to 1, usually 0.1")
    return layout


def fitted(points: Points, method: str, settings: Settings, *, sample: int | None = None, labels: np.ndarray | None = None) -> FittedProjection:
    """A map of these points.

    Args:
        points: see `usable`. sample: at most so many are fitted and the others put into the map; None: a limit of the method.
        labels: of every point; the sample then holds every label in proportion.

    Raises:
        BadInput: a setting that cannot be used, or fewer points than neighbours. MissingExtra: the method's library is not installed.
    """
    layout = checked(method, settings)
    rows = np.arange(len(points))
    most = layout.most if sample is None else sample
    if most is not None and most < len(points) and method != "pca":
        rows = drawn(len(points), most, settings.seed, labels)
    if len(rows) < settings.k + 2:
        what = f"{len(rows)} points are too few for {settings.k} neighbours of each"
        raise BadInput(what, where="k", fix=f"ask for at most {max(len(rows) - 2, 0)} neighbours, or give more points")
    made = layout(settings)
    with noted() as notes:
        if len(rows) == len(points):
            coordinates = made.fit(points)
        else:
            with progress.part(0, 2):
                fit = made.fit(points[rows])
            others = np.setdiff1d(np.arange(len(points)), rows)
            coordinates = np.empty((len(points), settings.dims), fit.dtype)
            coordinates[rows] = fit
            with progress.part(1, 2):
                coordinates[others] = _placed(made, points[others])
    if not np.isfinite(coordinates).all():
        raise BadInput(f"{method} found no place for some points", where="vectors", fix="ask for more neighbours (k), or another metric or seed")
    if labels is not None and len(rows) < len(points):
        notes.append("the points that were fitted hold every label in proportion")
    s, said = settings, tuple(notes)
    result = MapResult(
        np.ascontiguousarray(coordinates, np.float32),
        method,  # type: ignore[arg-type]  # checked above
        s.seed,
        s.k,
        s.min_dist,
        s.metric,  # type: ignore[arg-type]  # checked above
        {**versions(), **{name: version_of(name) for name in layout.packages}},
        len(points),
        rows,
        made.explained_variance,
        digest(points),
        said,
        datetime.now(UTC).isoformat(timespec="seconds"),
    )
    return FittedProjection(made, result, points)


def drawn(count: int, most: int, seed: int, labels: np.ndarray | None = None) -> Int[np.ndarray, "drawn"]:
    """Row numbers of a random sample, in order. With labels every label has its share, rounded up, so that none is left out.

    Raises:
        BadInput: as many labels as points are needed; at least one point.
    """
    if most < 1:
        raise BadInput(f"a sample of {most} points", where="sample", fix="give a positive number")
    if most >= count:
        return np.arange(count)
    rng = np.random.default_rng(seed)
    if labels is None:
        return np.sort(rng.choice(count, most, replace=False))
    if len(labels) != count:
        raise BadInput(f"{len(labels)} labels for {count} points", where="labels", fix="give one label a point")
    chosen = list[np.ndarray]()
    for label in np.unique(labels):
        own = np.flatnonzero(labels == label)
        chosen.append(rng.choice(own, -(-len(own) * most // count), replace=False))
    return np.sort(np.concatenate(chosen))


def shuffled(points: Points, seed: int) -> Points:
    """The same points with each column permuted on its own: the distribution of every feature stays, what features have in common goes."""
    return np.random.default_rng(seed).permuted(points, axis=0)


def digest(points: Points) -> str:
    """A hash of vectors: values, kind and shape."""
    array = np.ascontiguousarray(points)
    found = hashlib.blake2b(f"{array.dtype.str} {array.shape}".encode(), digest_size=16)
    found.update(array.data)
    return found.hexdigest()


def _placed(layout: Layout, points: Points) -> Coordinates:
    parts = list[np.ndarray]()
    for first in range(0, len(points), _PLACED):
        with progress.part(first // _PLACED, -(-len(points) // _PLACED)):
            parts.append(layout.transform(points[first : first + _PLACED]))
    return np.concatenate(parts)
