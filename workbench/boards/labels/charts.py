"""The labels of a clip as bars."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from widgets.palette import ink
from workbench.boards.look import alone, calm
from workbench.boards.show import show
from workbench.core.results import Classified

if TYPE_CHECKING:
    import plotly.graph_objects as go

_LABEL = 48  # letters of a label that are shown


def label_bars(found: Classified, count: int = 5, *, dark: bool = False) -> go.Figure:
    """The most likely labels, each beside what the untrained head gives it. Labels are text from a file, and are escaped."""
    import plotly.graph_objects as go

    best = found.best(count)
    names = [f"{i + 1}. {escape(label if len(label) <= _LABEL else label[: _LABEL - 1] + '…')}" for i, (label, _, _) in enumerate(best)]
    figure = go.Figure()
    for who, column, color, shape in (("head", 1, ink("predicted", dark), ""), ("untrained head", 2, ink("control", dark), "/")):
        values = [row[column] for row in best]
        figure.add_bar(
            orientation="h",
            name=who,
            x=values,
            y=names,
            text=[f"{v:.3f}" for v in values],
            hovertext=[f"{who}: {v:.4f}" for v in values],
            hoverinfo="text",
            textposition="outside",
            cliponaxis=False,
            marker={"color": color, "pattern": {"shape": shape, "size": 5, "solidity": 0.2}},
        )
    figure.update_layout(xaxis={"range": [0, 1.15], "showticklabels": False}, yaxis={"autorange": "reversed"}, barmode="group")
    return calm(figure, "probability; hatched: the untrained head", dark)


@show.register(Classified)
def _(result: Classified, count: int = 5, dark: bool = False) -> go.Figure:
    return alone(label_bars(result, count, dark=dark), dark)
