"""A map as one picture, by Datashader."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

import numpy as np
from jaxtyping import Float, Int, UInt8

from workbench.core.errors import BadInput, MissingExtra
from workbench.core.questions.shading import INK, ShadedMap, ShadeMap
from workbench.fits.projection import FittedProjection
from workbench.measures.base import answers

_SIDES, _COLOURS = (1, 4096), 256  # least and most pixels of a side; most colours
_FAINT = 0.4  # opacity of a pixel of one point in a crowd; as the map in a browser has it

Image = UInt8[np.ndarray, "height width 4"]
Rgb = Float[np.ndarray, "colours 3"]


@answers(ShadeMap)
def shade_map(
    coordinates: Any,
    *,
    category: Any = None,
    value: Any = None,
    ends: Sequence[float] = (),
    colours: Sequence[str] = (INK,),
    extent: Sequence[float] = (),
    width: int = 900,
    height: int = 600,
) -> ShadedMap:
    """A picture of the first two axes of a map: as strong as there are points, by category or by value.

    Args:
        coordinates: an array, points × at least 2, or what `fit_projection` or `project` gave. Others as in `ShadeMap`.

    Raises:
        BadInput: columns of another length, codes without a colour, an extent without an area, or a picture that is too large.
        MissingExtra: datashader is not installed.
    """
    points = _points(coordinates)
    inks = _inks(colours)
    if not (_SIDES[0] <= width <= _SIDES[1] and _SIDES[0] <= height <= _SIDES[1]):
        raise BadInput(f"a picture of {width} × {height} pixels", where="width, height", fix=f"{_SIDES[0]} to {_SIDES[1]} pixels a side")
    known = np.isfinite(points).all(axis=1)
    edges = _edges(points[known], extent)
    if value is None:
        codes = np.zeros(len(points), np.int64) if category is None else _codes(category, len(points), len(inks))
        groups = _by_group(points[known], codes[known], len(inks), edges, width, height)
        counts = groups.sum(axis=2)
        rgb = groups @ inks / np.maximum(counts, 1)[..., None]
    else:
        if len(inks) < 2:
            raise BadInput("one colour for values", where="colours", fix="give at least one along the scale, and that of points without a value")
        values = _column(value, len(points), "value").astype(np.float64)
        counts, means = _by_value(points[known], values[known], edges, width, height)
        rgb = _along(means, _ends(values[known], ends), inks)
    crowd = _crowd(counts)
    level = np.minimum(1, np.log1p(counts) / np.log1p(crowd))
    opacity = np.where(counts > 0, _FAINT + (1 - _FAINT) * level, 0)
    image = np.concatenate([np.where(counts[..., None] > 0, rgb, 0), 255 * opacity[..., None]], axis=2)
    return ShadedMap(np.round(image).astype(np.uint8), counts, edges, int(known.sum()), crowd)


def _points(coordinates: Any) -> Float[np.ndarray, "points 2"]:
    found = coordinates.result if isinstance(coordinates, FittedProjection) else coordinates
    flat = np.asarray(getattr(found, "coordinates", found))
    if flat.ndim != 2 or flat.shape[1] < 2 or flat.dtype.kind not in "iuf":
        raise BadInput(f"coordinates of shape {list(flat.shape)}", where="coordinates", fix="give x and y of each point, or what `project` gave")
    return flat[:, :2].astype(np.float64)


def _inks(colours: Sequence[str]) -> Rgb:
    try:
        found = np.array([list(bytes.fromhex(each.removeprefix("#"))) for each in colours], np.float64)
    except ValueError:
        found = np.empty((0, 0))
    if found.ndim != 2 or found.shape[1] != 3 or len(found) > _COLOURS:
        raise BadInput(f"colours {', '.join(colours)!r:.80}", where="colours", fix=f'1 to {_COLOURS} colours as "#rrggbb"')
    return found


def _edges(points: Float[np.ndarray, "points 2"], extent: Sequence[float]) -> tuple[float, float, float, float]:
    """Left, right, bottom, top: as said, else of all points."""
    if len(extent):
        edges = [float(each) for each in extent]
        if len(edges) != 4 or not np.isfinite(edges).all() or edges[0] >= edges[1] or edges[2] >= edges[3]:
            raise BadInput(f"an extent of {edges}", where="extent", fix="left < right, bottom < top, all finite")
        return edges[0], edges[1], edges[2], edges[3]
    if not len(points):
        return 0.0, 1.0, 0.0, 1.0
    (left, bottom), (right, top) = points.min(axis=0), points.max(axis=0)
    (left, right), (bottom, top) = ((low, high) if low < high else (low - 0.5, high + 0.5) for low, high in ((left, right), (bottom, top)))
    return float(left), float(right), float(bottom), float(top)


def _column(column: Any, count: int, name: str) -> np.ndarray:
    found = np.asarray(column)
    if found.shape != (count,) or found.dtype.kind not in "biuf":
        raise BadInput(f"{name} of shape {list(found.shape)} for {count} points", where=name, fix="give one number a point")
    return found


def _codes(category: Any, count: int, colours: int) -> Int[np.ndarray, "points"]:
    codes = _column(category, count, "category").astype(np.int64)
    if len(codes) and int(codes.max()) >= colours:
        raise BadInput(f"category {int(codes.max())} has no colour", where="category", fix=f"codes from 0 to {colours - 1}, or more colours")
    return np.where(codes < 0, colours - 1, codes)


def _ends(values: np.ndarray, ends: Sequence[float]) -> tuple[float, float]:
    if len(ends):
        low, high = (float(each) for each in ends) if len(ends) == 2 else (0.0, 0.0)
        if not low < high:
            raise BadInput(f"ends of {list(ends)}", where="ends", fix="two numbers, the lower first")
        return low, high
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 1.0)
    return (low, high) if low < high else (low - 0.5, high + 0.5)


def _datashader() -> Any:
    try:
        return import_module("datashader")
    except ImportError as err:
        raise MissingExtra("a shaded map needs datashader", where="shade_map", fix='pip install "jepa-workbench[maps]"') from err


def _canvas(edges: tuple[float, ...], width: int, height: int) -> Any:
    return _datashader().Canvas(plot_width=width, plot_height=height, x_range=edges[:2], y_range=edges[2:])


def _by_group(points: np.ndarray, codes: np.ndarray, groups: int, edges: tuple[float, ...], width: int, height: int) -> np.ndarray:
    """Points of each group in each pixel, int64 [height, width, groups], the upper row first."""
    shader, pandas = _datashader(), import_module("pandas")
    group = pandas.Categorical.from_codes(codes, categories=range(groups))
    table = pandas.DataFrame({"x": points[:, 0], "y": points[:, 1], "group": group})
    found = _canvas(edges, width, height).points(table, "x", "y", agg=shader.by("group", shader.count()))
    return found.transpose(..., "group").to_numpy()[::-1].astype(np.int64)


def _by_value(points: np.ndarray, values: np.ndarray, edges: tuple[float, ...], width: int, height: int) -> tuple[np.ndarray, np.ndarray]:
    """Points and mean value of each pixel, [height, width], the upper row first; NaN where no point has a value."""
    shader, pandas = _datashader(), import_module("pandas")
    table = pandas.DataFrame({"x": points[:, 0], "y": points[:, 1], "value": values})
    found = _canvas(edges, width, height).points(table, "x", "y", agg=shader.summary(n=shader.count(), mean=shader.mean("value")))
    return found["n"].to_numpy()[::-1].astype(np.int64), found["mean"].to_numpy()[::-1].astype(np.float64)


def _along(means: np.ndarray, ends: tuple[float, float], inks: Rgb) -> np.ndarray:
    """The colour of each value on a scale, of 255 steps in a table of 256 colours as in the browser; the last of the colours where there is none."""
    step = np.floor((np.clip(means, *ends) - ends[0]) / (ends[1] - ends[0]) * 254 + 0.5)
    share = np.floor(np.nan_to_num(step) / 254 * 255 + 0.5) / 255
    places = np.linspace(0, 1, len(inks) - 1)
    rgb = np.stack([np.interp(share, places, channel) for channel in inks[:-1].T], axis=-1)
    return np.where(np.isnan(means)[..., None], inks[-1], rgb)


def _crowd(counts: Int[np.ndarray, "height width"]) -> int:
    """Points of a pixel where the map is crowded: 1 % of the points lie in pixels of so many or more."""
    full = np.sort(counts[counts > 0])[::-1]
    return int(full[np.searchsorted(np.cumsum(full), full.sum() / 100)]) if len(full) else 1
