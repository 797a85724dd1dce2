"""`picture(item, width)` and `words(item)`: a view, a chart or a layout of them, drawn and told without a browser. Each kind of view says how it is drawn."""

from __future__ import annotations

from functools import singledispatch
from typing import Any

from widgets import ActionPad, AddressBar, ChartView, OpenDialog, Toolbar, TrayView
from widgets.frame import Frame
from workbench.boards.layout import Chart, Column, Either, Row, leaves
from workbench.boards.stills import sheet
from workbench.boards.stills.charts import chart, listed, plain
from workbench.boards.stills.sheet import QUIET, WIDTH, Picture

_CONTROLS = (Toolbar, ActionPad, AddressBar, Frame, OpenDialog, TrayView)  # they change pictures and are none
_NARROW = 210  # pixels below which what stands beside others goes below them
_HEIGHT = 300  # of a figure that does not say its own


@singledispatch
def picture(item: Any, width: int = WIDTH) -> Picture:
    """The item on white, as wide as said; nothing where it shows nothing. Other packages register how their views are drawn.

    Args:
        width: pixels.
    """
    figure = getattr(item, "to_plotly_json", None)
    if figure is not None:
        made = figure()
        return chart(made, min(width, int(made.get("layout", {}).get("width") or width)), int(made.get("layout", {}).get("height") or _HEIGHT))
    return sheet.paragraph(f"{type(item).__name__}: no picture of it is kept. Run the cell to see it.", width, colour=QUIET)


@singledispatch
def words(item: Any) -> str:
    """What the item shows, in lines of text."""
    figure = getattr(item, "to_plotly_json", None)
    return type(item).__name__ if figure is None else chart_words(figure())


def chart_words(figure: Any) -> str:
    """The title of a figure and what its marks say under the pointer."""
    lines = [plain(figure.get("layout", {}).get("title", {}).get("text", ""))]
    for trace in figure.get("data", ()):
        said = trace.get("hovertext")
        if said is not None and len(said):
            lines += [plain(said)] if isinstance(said, str) else [plain(each) for each in listed(said)]
    return "\n".join(line.replace("\n", ", ") for line in lines if line)


def silent(item: Any) -> bool:
    """Whether there is nothing to draw of it: controls, and views that have neither a picture nor a message."""
    if isinstance(item, Row | Column):
        return all(silent(each) for each in item.items)
    if isinstance(item, Either):
        return silent(item.items[item.shown])
    if isinstance(item, Chart):
        return not item.figure.data and not item.figure.layout.annotations
    return isinstance(item, _CONTROLS) or picture_of_nothing(item)


def picture_of_nothing(view: Any) -> bool:
    """Whether a view of videos or pictures has none, and says nothing about it."""
    empty = not getattr(view, "films", getattr(view, "rows", True))
    return empty and not getattr(view, "message", "")


@picture.register
def _(item: Column, width: int = WIDTH) -> Picture:
    return sheet.under(*(picture(each, width) for each in item.items if not silent(each)))


@picture.register
def _(item: Row, width: int = WIDTH) -> Picture:
    """Side by side by their shares; the last goes below while one would be too narrow."""
    shown = [(each, share) for each, share in zip(item.items, item.shares, strict=True) if not silent(each)]
    kept, below = list(shown), list[Any]()
    while len(kept) > 1 and min(share for _, share in kept) / sum(share for _, share in kept) * width < _NARROW:
        below.insert(0, kept.pop()[0])
    whole = sum(share for _, share in kept) or 1
    room = width - sheet.GAP * (len(kept) - 1)
    drawn = [_at_least(picture(each, round(room * share / whole)), round(room * share / whole)) for each, share in kept]
    return sheet.under(sheet.beside(*drawn), *(picture(each, width) for each in below))


def _at_least(drawn: Picture, width: int) -> Picture:
    """The picture with white at its right, so that what stands beside it begins at its own place."""
    return sheet.beside(drawn, sheet.paper(1, width - drawn.shape[1]), gap=0) if drawn.size and drawn.shape[1] < width else drawn


@picture.register
def _(item: Either, width: int = WIDTH) -> Picture:
    return picture(item.items[item.shown], width)


@picture.register
def _(item: Chart, width: int = WIDTH) -> Picture:
    return chart(item.figure.to_plotly_json(), width, item.height)


@picture.register
def _(item: ChartView, width: int = WIDTH) -> Picture:
    return chart(item.figure, width, item.chart_height)


@words.register
def _(item: ChartView) -> str:
    return chart_words(item.figure) or item.label


@words.register(Row)
@words.register(Column)
def _(item: Row | Column) -> str:
    return "\n".join(said for each in item.items if not silent(each) and (said := words(each)))


@words.register
def _(item: Either) -> str:
    return words(item.items[item.shown])


@words.register
def _(item: Chart) -> str:
    return chart_words(item.figure.to_plotly_json())


def views(item: Any) -> list[Any]:
    """Everything in a layout that is drawn."""
    return [each for each in leaves(item) if not silent(each)]
