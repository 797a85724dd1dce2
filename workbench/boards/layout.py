"""How a board is arranged, in words that every host understands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import plotly.graph_objects as go


class Chart:
    """A Plotly figure that changes. A host shows `figure` and watches for the next one."""

    def __init__(self, height: int, name: str, figure: go.Figure) -> None:
        self.height, self.name, self.figure = height, name, figure
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


@dataclass(frozen=True)
class Row:
    """Side by side, with these shares of the width."""

    items: tuple[Any, ...]
    shares: tuple[float, ...]


@dataclass(frozen=True)
class Column:
    """One under the other."""

    items: tuple[Any, ...]


Layout = Row | Column | Chart | Any  # Any: a view of `widgets`
