"""Plotly figures of plans: energy landscapes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from workbench.boards.look import alone, calm
from workbench.boards.show import show
from workbench.core.numbers import UNITS, number
from workbench.core.questions.planning import EnergyLandscape

if TYPE_CHECKING:
    import plotly.graph_objects as go


def landscape_chart(found: EnergyLandscape, chosen: Float[np.ndarray, "action"] | None = None, *, dark: bool = False) -> go.Figure:
    """Distance to the goal over two components of the action; ★ the minimum, ✕ the ground-truth action, ● the planner's choice."""
    import plotly.graph_objects as go

    x, y = found.values
    heat = {
        "x": x,
        "y": y,
        "z": found.energy.T,
        "colorscale": "Cividis",
        "colorbar": {"thickness": 8, "nticks": 4, "title": {"text": UNITS[found.distance], "font": {"size": 12}}},
    }
    figure = go.Figure(go.Heatmap(**heat, hovertemplate=f"{found.axes[0]} %{{x:.3f}}, {found.axes[1]} %{{y:.3f}}: %{{z:.4f}}<extra></extra>"))
    for name, symbol, place in _places(found, chosen):
        marker = {"symbol": symbol, "size": 13, "color": "#ffffff", "line": {"color": "#0c1018", "width": 1.5}}
        figure.add_scatter(x=[place[0]], y=[place[1]], mode="markers", marker=marker, name=name, hovertext=name, hoverinfo="text")
    calm(figure, "energy of the first action" + ("" if found.others == "slice" else ", minimum over the others"), dark, bottom=30)
    few = {"showticklabels": True, "nticks": 4, "tickangle": 0}
    figure.update_xaxes(
        title={"text": f"{found.axes[0]} (no-op: {number(found.copy)})", "font": {"size": 12}}, constrain="domain", **{**few, "nticks": 3}
    )
    figure.update_yaxes(title={"text": found.axes[1], "font": {"size": 12}}, autorange="reversed", **few)
    if np.isclose(np.ptp(x), np.ptp(y), rtol=0.01):
        figure.update_yaxes(scaleanchor="x")
    return figure


def _places(found: EnergyLandscape, chosen: Float[np.ndarray, "action"] | None) -> list[tuple[str, str, tuple[float, float]]]:
    places: list[tuple[str, str, tuple[float, float]]] = [("lowest energy", "star", found.lowest)]
    if chosen is not None:
        places.append(("chosen by the planner", "circle", found.place(chosen)))
    if found.true is not None:
        where = found.place(found.true)
        edge = tuple(float(np.clip(at, v.min(), v.max())) for at, v in zip(where, found.values, strict=True))
        places.append(("ground-truth action" + ("" if np.allclose(edge, where) else ", beyond the bounds"), "x", (edge[0], edge[1])))
    return places


@show.register(EnergyLandscape)
def _(result: EnergyLandscape, chosen: np.ndarray | None = None, dark: bool = False) -> go.Figure:
    return alone(landscape_chart(result, chosen, dark=dark), dark, height=420)
