"""Charts under the map: six small maps side by side (what stays over seeds and neighbours is in the vectors), and where groups lie on an axis."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from widgets.palette import categories, ink, legible
from workbench.boards.embedding.columns import Colouring, slots_of
from workbench.boards.embedding.places import Chosen
from workbench.boards.look import calm
from workbench.core.numbers import number
from workbench.core.questions.axis import AxisResult
from workbench.core.questions.stability import SweepResult

if TYPE_CHECKING:
    import plotly.graph_objects as go

HEIGHT, STRIP = 214, 150  # CSS pixels of six maps, and of the axis
_BINS = (12, 60)  # least and most of a histogram: twice the root of the smallest group


def sweep_chart(found: SweepResult, colouring: Colouring | None, *, dark: bool) -> go.Figure:
    """The maps of a sweep from left to right, on one scale, coloured as the large map."""
    import plotly.graph_objects as go

    figure, count = go.Figure(), len(found.maps)
    reach = float(np.abs(found.maps).max()) * 1.06
    marker = {"size": 3.5, "opacity": 0.75, **_inks(found, colouring, dark)}
    for place, points in enumerate(found.maps):
        axis = "" if place == 0 else str(place + 1)
        figure.add_scatter(x=points[:, 0], y=points[:, 1], mode="markers", marker=marker, hoverinfo="skip", xaxis=f"x{axis}", yaxis=f"y{axis}")
        domain = [place / count + 0.006, (place + 1) / count - 0.006]
        figure.update_layout({f"xaxis{axis}": {"anchor": f"y{axis}", "domain": domain, "range": [-reach, reach], "visible": False}})
        figure.update_layout({f"yaxis{axis}": {"anchor": f"x{axis}", "range": [-reach, reach], "visible": False}})
        text = f"{int(found.k[place])} neighbours, seed {int(found.seed[place])}"
        where = {"xref": f"x{axis} domain", "yref": "paper", "x": 0, "y": 0, "xanchor": "left", "yanchor": "top"}
        figure.add_annotation(text=text, showarrow=False, font={"size": 12, "color": ink("real", dark)}, **where)
    return calm(figure, sweep_words(found), dark, bottom=20)


def sweep_words(found: SweepResult) -> str:
    """How far the maps differ, beside what no agreement looks like."""
    return (
        f"Procrustes disparity: {number(found.between_seeds)} between seeds, {number(found.between_ks)} between numbers of neighbours "
        f"(unrelated maps {number(found.unrelated)}); {len(found.rows):,} points"
        + (f"; computed {found.computed[:10]}, read from the store" if found.stored else "")
    )


def _inks(found: SweepResult, colouring: Colouring | None, dark: bool) -> dict[str, object]:
    """Colours and forms of the points, as the large map gives them."""
    if colouring is None or int(found.rows.max(initial=0)) >= len(colouring.values):
        return {"color": ink("real", dark)}
    values = colouring.values[found.rows]
    if colouring.kind == "value":
        return {"color": values, "colorscale": "Cividis"}
    inks = categories(dark)
    colours, slots = len(inks) - 1, slots_of(colouring)
    places = [slots.get(int(code), 2 * colours) for code in values]
    symbols = ["circle-open" if colours <= place < 2 * colours else "circle" for place in places]
    return {"color": [inks[place % colours] if place < 2 * colours else inks[colours] for place in places], "symbol": symbols}


def axis_chart(found: AxisResult, ends: Mapping[str, Chosen], *, dark: bool) -> go.Figure:
    """Where the points of both ends and all others lie on the axis: shares of each group, so that groups of different sizes compare.

    Args:
        ends: rows of each end, by its name, as they were given.
    """
    import plotly.graph_objects as go

    at, inks = found.coordinates, categories(dark)
    known = at[np.isfinite(at)]
    bins = int(np.clip(2 * np.sqrt(min(map(len, ends.values()), default=0)), *_BINS))
    edges = np.linspace(float(known.min()), float(known.max()), bins + 1)
    rest = np.ones(len(at), bool)
    for rows in ends.values():
        rest[rows] = False
    groups = [(f"all others ({int(rest.sum()):,})", at[rest], inks[-1])]
    groups += [(f"{name} ({len(rows):,})", at[rows], ink_) for (name, rows), ink_ in zip(ends.items(), inks, strict=False)]
    figure = go.Figure()
    for name, values, colour in groups:
        if not len(values):
            continue
        share = np.histogram(values, edges)[0] / len(values)
        middle = (edges[1:] + edges[:-1]) / 2
        line = {"color": colour, "width": 1.8, "shape": "hvh"}
        figure.add_scatter(
            x=middle, y=share, mode="lines", line=line, fill="tozeroy", name=name, hovertemplate=f"{name}: %{{y:.1%}} at %{{x:.2f}}<extra></extra>"
        )
        top = int(share.argmax())
        font = {"size": 12, "color": legible(colour, dark)}
        figure.add_annotation(x=middle[top], y=share[top], text=name, showarrow=False, yshift=8, font=font)
    for place, text in ((0.0, "centroid of A"), (1.0, "centroid of B")):
        figure.add_vline(x=place, line={"color": ink("real", dark), "width": 1, "dash": "dot"})
        figure.add_annotation(
            x=place, y=0, yref="paper", text=text, showarrow=False, yanchor="top", yshift=-2, font={"size": 12, "color": ink("real", dark)}
        )
    calm(figure, "Share of each group along the axis from A to B, in the full space", dark, bottom=22)
    return figure.update_yaxes(rangemode="tozero", visible=False).update_xaxes(showticklabels=False)
