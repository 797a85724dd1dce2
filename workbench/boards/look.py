"""How every chart looks."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable, Sequence
from functools import cache
from html import escape
from typing import TYPE_CHECKING, Any

from widgets.palette import ink

if TYPE_CHECKING:
    import plotly.graph_objects as go

BOARD, NOTEBOOK = 145, 92  # letters of a line of words over a chart
AXIS = {"showgrid": False, "zeroline": False, "fixedrange": True, "automargin": True, "tickfont": {"size": 12}}


def calm(figure: go.Figure, title: str, dark: bool, bottom: int = 4) -> go.Figure:
    """The figure as every chart looks: no grid, no frame, its title small at the upper left."""
    axes = {"xaxis", "yaxis", *(name for name in figure.layout.to_plotly_json() if name.startswith(("xaxis", "yaxis")))}
    figure.update_layout({**layout(title, dark, bottom), **dict.fromkeys(axes, AXIS)})  # at once: every update of a figure takes milliseconds
    return figure


def layout(title: str, dark: bool, bottom: int) -> dict[str, object]:
    """The layout of `calm`."""
    return {
        "title": {"text": title, "font": {"size": 12}, "x": 0, "xanchor": "left", "y": 0.985, "yanchor": "top"},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"color": ink("real", dark), "size": 12, "family": "system-ui, sans-serif"},
        "margin": {"l": 4, "r": 10, "t": 26, "b": bottom},
        "showlegend": False,
        "bargap": 0.32,
        "hoverlabel": {"align": "left"},
        "dragmode": False,
    }


def or_gap(values: Iterable[float]) -> list[float | None]:
    """Values as Plotly takes them: a gap where none is known."""
    return [float(v) if math.isfinite(v) else None for v in values]


def titled(figure: go.Figure, words: str | Sequence[str], width: int) -> go.Figure:
    """The figure under words, in lines of so many letters, with what its title says as the last one. Words may hold names from files, and are escaped.

    Args:
        words: one text, or several that begin a line each.
    """
    said: Any = figure.to_plotly_json()["layout"]["title"]
    texts = [words] if isinstance(words, str) else words
    lines = [*(escape(line) for text in texts for line in textwrap.wrap(text, width)), said.get("text") or ""]
    return figure.update_layout(title={"text": "<br>".join(lines), "y": 0.965}, margin={"t": 22 + 15 * len(lines)})


@cache
def blank() -> go.Figure:
    """Nothing yet: no axes, no grid. One figure for all charts, which nobody changes."""
    import plotly.graph_objects as go

    axis = {**AXIS, "visible": False}
    return go.Figure(layout={**layout("", dark=False, bottom=4), "xaxis": axis, "yaxis": axis})


def alone(figure: go.Figure, dark: bool, height: int = 300) -> go.Figure:
    """A chart on its own ground, nobody tells it what the page around it looks like; with a still picture of it."""
    from workbench.boards.stills.figure import StillFigure

    return StillFigure(figure).update_layout(
        paper_bgcolor="#14171D" if dark else "#FFFFFF", width=620, height=height, margin={"l": 14, "t": 38}, title_x=0.02
    )
