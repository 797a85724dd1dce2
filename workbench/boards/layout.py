"""How a board is arranged, in words that every host understands."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from widgets import ChartView

if TYPE_CHECKING:
    import plotly.graph_objects as go


class Chart:
    """A Plotly figure that changes. A host shows `figure` and watches for the next one. theme: of what is around the figure."""

    def __init__(self, height: int, name: str, figure: go.Figure) -> None:
        self.height, self.name, self.figure, self.theme = height, name, figure, "auto"
        self._stale = False
        self._watchers: list[Callable[[go.Figure], None]] = []

    def watch(self, watcher: Callable[[go.Figure], None]) -> None:
        """Call with every new figure, and now with this one."""
        self._watchers.append(watcher)
        watcher(self.figure)

    def set(self, figure: go.Figure) -> None:
        """Show another figure in the same place."""
        self.figure = figure
        for watcher in self._watchers:
            watcher(figure)

    @property
    def stale(self) -> bool:
        """Whether the figure is of something that is no longer open; see `widgets.View`."""
        return self._stale

    @stale.setter
    def stale(self, stale: bool) -> None:
        """Grey the figure, or no longer."""
        if stale != self._stale:
            self._stale = stale
            self.set(self.figure)

    def follow(self, theme: str) -> None:
        """Be surrounded by "light" or "dark"."""
        self.theme = theme
        self.set(self.figure)

    def view(self) -> ChartView:
        """The chart as every host shows it."""
        view = ChartView(chart_height=self.height, label=self.name)
        view.read_library = _plotly_js

        def redraw(new: go.Figure) -> None:
            with view.together():
                view.theme, view.stale, view.figure, view.version = self.theme, self.stale, new.to_plotly_json(), view.version + 1

        self.watch(redraw)
        return view


def _plotly_js() -> str:
    from plotly.offline import get_plotlyjs

    return get_plotlyjs()


class Either:
    """One of several views in the same place. A host shows the one that `shown` says, and watches for another."""

    def __init__(self, *items: Any) -> None:
        self.items, self.shown = items, 0
        self._watchers: list[Callable[[int], None]] = []

    def watch(self, watcher: Callable[[int], None]) -> None:
        """Call with the number of every view that is to be shown, and now with this one's."""
        self._watchers.append(watcher)
        watcher(self.shown)

    def show(self, number: int) -> None:
        """Show another one in the same place."""
        if number != self.shown:
            self.shown = number
            for watcher in self._watchers:
                watcher(number)


NARROW = 900  # CSS pixels: about the room beside the list of boards in a window of 1160


@dataclass(frozen=True)
class Row:
    """Side by side, with these shares of the width; one under the other where there is less room than `least` CSS pixels.

    Attributes:
        pictures: shares are numbers of pictures, which are to be of one size in all items.
    """

    items: tuple[Any, ...]
    shares: tuple[float, ...]
    least: int = NARROW
    pictures: bool = False


@dataclass(frozen=True)
class Column:
    """One under the other."""

    items: tuple[Any, ...]


Layout = Row | Column | Chart | Either | Any  # Any: a view of `widgets`


def leaves(item: Layout) -> Iterator[Any]:
    """Every view and chart of a layout."""
    if isinstance(item, Row | Column | Either):
        for inner in item.items:
            yield from leaves(inner)
    else:
        yield item


def fill(view: Any, traits: Mapping[str, object]) -> None:
    """Set several traits of a view as one change, leaving out those that stay the same."""
    changed = {k: v for k, v in traits.items() if getattr(view, k) != v}
    if changed:
        with view.together():
            for name, value in changed.items():
                setattr(view, name, value)
