"""`show(result)` for maps: the map with its points, or one shaded picture of them as HoloViews knows pictures."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np

from widgets import Scatter
from workbench.boards.embedding.columns import Colouring, of_column
from workbench.boards.embedding.inks import inks
from workbench.boards.embedding.words import METHODS, axes, title
from workbench.boards.show import show
from workbench.core.errors import BadInput, MissingExtra
from workbench.core.questions.embedding import Embedding
from workbench.core.questions.projection import MapResult
from workbench.core.vectors import ELSEWHERE, Vectors

_SIZE = (900, 600)


@show.register(MapResult)
def _(result: MapResult, how: str = "map", colour: Any = None, name: str = "", dark: bool = False) -> Any:
    """A map.

    Args:
        how: "map", the view with its points; or "datashader", a HoloViews picture that is shaded anew for the visible part: call `hv.extension("bokeh")` first.
        colour: a number or a text of each point; None: one colour. name: what they are. dark: colours for a dark ground.
    """
    return _drawn(result, how, None if colour is None else _colouring(name or "colour", colour, result.n), dark, METHODS[result.method])


@show.register(Embedding)
def _(result: Embedding, how: str = "map", colour: str = "", dark: bool = False) -> Any:
    """The first two principal components of vectors. Arguments as of `Vectors`."""
    return show(import_module("workbench.store").open_vectors(result.path), how=how, colour=colour, dark=dark)


@show.register(Vectors)
def _(result: Vectors, how: str = "map", colour: str = "", dark: bool = False, method: str = "pca", seed: int = 0) -> Any:
    """A map of vectors, also of those made elsewhere, without a model. Rows with NaN or infinity are left out and counted.

    Args:
        colour: the name of one of their columns; "": the first that can colour points. method, seed: as of `project`. Others as for a map.
    """
    vectors = result.usable()
    columns = {name: np.asarray(column) for name, column in vectors.columns.items()}
    known = {name: made for name, column in columns.items() if (made := of_column(name, column, len(vectors.names))) is not None}
    if colour and colour not in known:
        raise BadInput(f"no column {colour!r} that can colour points", where="colour", fix=f"one of {', '.join(known) or 'none'}")
    chosen = known[colour] if colour else next(iter(known.values()), None)
    found: MapResult = import_module("workbench.measures.projection").fit_projection(vectors, method=method, seed=seed).result
    what = {"clip": "clip", "frame": "frames", "token": "tokens"}[vectors.level]
    words = f"{METHODS[found.method]} of {found.n:,} vectors" if result.origin.made == ELSEWHERE else title(found, what, "model", found.n)
    drawn = _drawn(found, how, chosen, dark, words)
    if how == "map":
        lost = result.nonfinite
        drawn.note = "; ".join([found.origin, *([f"rows with NaN or infinity, left out: {lost:,}"] if lost else []), *found.notes])
    return drawn


def _colouring(name: str, colour: Any, count: int) -> Colouring:
    column = np.asarray(colour)
    if column.shape != (count,):
        raise BadInput(f"colour of shape {list(column.shape)} for {count} points", where="colour", fix="give a number or a text of each point")
    found = of_column(name, column, count + 1)
    if found is None:
        raise BadInput("a colour that says nothing: all the same, not finite, or too many texts", where="colour", fix="leave it out")
    return found


def _drawn(found: MapResult, how: str, colouring: Colouring | None, dark: bool, words: str) -> Any:
    if how == "datashader":
        return _shaded(found, colouring, dark, words)
    if how != "map":
        raise BadInput(f"how={how!r}", where="show()", fix='"map" or "datashader"')
    view = Scatter(title=words, theme="dark" if dark else "auto")
    view.set_points(found.coordinates[:, :2])
    view.x_label, view.y_label = axes(found)
    if colouring is not None:
        colouring.show(view)
    return view


def _shaded(found: MapResult, colouring: Colouring | None, dark: bool, words: str) -> Any:
    """A DynamicMap of pictures, each shaded for the visible part; before there is a visible part, for all points."""
    try:
        views = import_module("holoviews")
    except ImportError as err:
        raise MissingExtra('how="datashader" needs holoviews', where="show()", fix='pip install "jepa-workbench[maps]"') from err
    shade, colours = import_module("workbench.measures.shading").shade_map, inks(colouring, dark=dark)
    x, y = (label or name for label, name in zip(axes(found), ("x", "y"), strict=True))

    def picture(x_range: Any, y_range: Any, width: int | None, height: int | None, **_: Any) -> Any:
        extent = (*x_range, *y_range) if x_range and y_range else ()
        made = shade(found.coordinates, **colours, extent=extent, width=int(width or _SIZE[0]), height=int(height or _SIZE[1]))
        left, right, bottom, top = made.extent
        return views.RGB(made.image, kdims=[x, y], bounds=(left, bottom, right, top), label=words)

    return views.DynamicMap(picture, streams=[views.streams.RangeXY(), views.streams.PlotSize()])
