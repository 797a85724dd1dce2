"""Six small maps side by side: what stays over seeds and neighbours is in the vectors, what moves is in the method."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from widgets.palette import categories, ink
from workbench.boards.embedding.columns import Colouring, slots_of
from workbench.boards.look import calm
from workbench.core.numbers import number
from workbench.core.questions.stability import SweepResult

if TYPE_CHECKING:
    import plotly.graph_objects as go

HEIGHT = 214


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
        figure.add_annotation(text=text, showarrow=False, font={"size": 11, "color": ink("real", dark)}, **where)
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
