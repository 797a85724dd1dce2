"""Plotly figures of futures: drift by horizon, energy landscapes, a planner's costs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from workbench.core.futures import Drift, EnergyLandscape, PlanTrace
from workbench.core.results import FEWEST_CLIPS
from workbench.present.charts import QUIET, TEXT, calm
from workbench.present.words import UNITS, number, times

if TYPE_CHECKING:
    import plotly.graph_objects as go

OPEN_LOOP, TEACHER = "#D55E00", "#009E73"
_DASHES = {"open loop": ("solid", OPEN_LOOP), "teacher-forced": ("dash", TEACHER), "copy last": ("dot", QUIET), "other actions": ("dashdot", QUIET)}


def drift_chart(found: Drift, *, dark: bool = False) -> go.Figure:
    """Error ÷ error of copying, by horizon, over a bank; bands are 95 % intervals, the line at 1 is a still picture."""
    import plotly.graph_objects as go

    steps = np.arange(1, found.errors.shape[2] + 1)
    figure, ends = go.Figure(), list[tuple[str, float, str]]()
    for kind in (k for k in found.kinds if k != "copy last"):
        dash, colour = _DASHES[kind]
        if found.errors.shape[1] >= FEWEST_CLIPS:
            low, high = found.interval(kind)
            band = {"x": np.r_[steps, steps[::-1]], "y": np.r_[high, low[::-1]], "fill": "toself", "fillcolor": colour, "opacity": 0.14}
            figure.add_scatter(**band, line={"width": 0}, hoverinfo="skip", showlegend=False)
        said = [f"{kind}, {s} steps: {times(float(r))} × copying" for s, r in zip(steps, found.ratio(kind), strict=True)]
        figure.add_scatter(
            x=steps, y=found.ratio(kind), mode="lines", line={"color": colour, "dash": dash, "width": 2}, hovertext=said, hoverinfo="text"
        )
        ends.append((kind, float(found.ratio(kind)[-1]), colour))
    for (kind, value, colour), place in zip(ends, _spread([v for _, v, _ in ends]), strict=True):
        font = {"size": 11, "color": colour}
        figure.add_annotation(
            x=1, xref="paper", y=value, yshift=place, text=f"{kind} {times(value)}", showarrow=False, xanchor="right", yanchor="bottom", font=font
        )
    figure.add_hline(y=1, line={"width": 1, "color": TEXT[dark], "dash": "dot"}, annotation_text="copying", annotation_position="bottom left")
    calm(figure, f"error ÷ copying, by horizon; {found.errors.shape[1]} clips", dark, bottom=30)
    figure.update_xaxes(title={"text": "steps", "font": {"size": 11}}, showticklabels=True)
    figure.update_yaxes(rangemode="tozero")
    return figure


def _spread(values: Sequence[float], gap: float = 15.0, tall: float = 90.0) -> list[float]:
    """How far labels at these values are pushed up, in pixels, so that none covers another on a chart of this height from 0."""
    top = max([*values, 1e-12])
    order = sorted(range(len(values)), key=lambda i: values[i])
    pushed, last = [0.0] * len(values), -np.inf
    for i in order:
        at = values[i] / top * tall
        pushed[i] = max(0.0, last + gap - at)
        last = at + pushed[i]
    return pushed


def landscape_chart(found: EnergyLandscape, chosen: Float[np.ndarray, "action"] | None = None, *, dark: bool = False) -> go.Figure:
    """Distance to the goal over two components of the action; ★ the lowest, ✕ the action that was really done, ● the planner's choice."""
    import plotly.graph_objects as go

    x, y = found.values
    heat = {
        "x": x,
        "y": y,
        "z": found.energy.T,
        "colorscale": "Cividis",
        "colorbar": {"thickness": 8, "nticks": 4, "title": {"text": UNITS[found.distance], "font": {"size": 11}}},
    }
    figure = go.Figure(go.Heatmap(**heat, hovertemplate=f"{found.axes[0]} %{{x:.3f}}, {found.axes[1]} %{{y:.3f}}: %{{z:.4f}}<extra></extra>"))
    for name, symbol, place in _places(found, chosen):
        marker = {"symbol": symbol, "size": 13, "color": "#ffffff", "line": {"color": "#0c1018", "width": 1.5}}
        figure.add_scatter(x=[place[0]], y=[place[1]], mode="markers", marker=marker, name=name, hovertext=name, hoverinfo="text")
    calm(figure, "energy of the first move" + ("" if found.others == "slice" else ", lowest"), dark, bottom=30)
    few = {"showticklabels": True, "nticks": 4, "tickangle": 0}
    figure.update_xaxes(
        title={"text": f"{found.axes[0]} (staying costs {number(found.copy)})", "font": {"size": 11}}, constrain="domain", **{**few, "nticks": 3}
    )
    figure.update_yaxes(title={"text": found.axes[1], "font": {"size": 11}}, autorange="reversed", **few)
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
        places.append(("really done" + ("" if np.allclose(edge, where) else ", beyond the bounds"), "x", (edge[0], edge[1])))
    return places


def costs_chart(trace: PlanTrace, shown: int = -1, *, dark: bool = False) -> go.Figure:
    """Cost by iteration: all that was tried, the elites, the best so far; the line is the cost of staying."""
    import plotly.graph_objects as go

    rounds = np.arange(1, len(trace.costs) + 1)
    elites = np.take_along_axis(trace.costs, trace.elites, 1)
    figure = go.Figure()
    for name, values, colour, dash in (
        ("all tried, median", np.median(trace.costs, 1), QUIET, "dot"),
        ("elites, mean", elites.mean(1), "#0072B2", "dash"),
        ("best so far", np.minimum.accumulate(trace.costs.min(1)), OPEN_LOOP, "solid"),
    ):
        line: dict[str, Any] = {"color": colour, "dash": dash, "width": 2}
        figure.add_scatter(
            x=rounds, y=values, mode="lines+markers", line=line, name=name, hovertext=[f"{name}: {v:.4f}" for v in values], hoverinfo="text"
        )
        figure.add_annotation(
            x=rounds[-1], y=float(values[-1]), text=name, showarrow=False, xanchor="right", yshift=9, font={"size": 11, "color": colour}
        )
    if shown >= 0:
        figure.add_vline(x=shown + 1, line={"width": 1.5, "color": TEXT[dark]})
    figure.add_hline(y=trace.copy, line={"width": 1, "color": TEXT[dark], "dash": "dot"}, annotation_text="staying", annotation_position="top left")
    calm(figure, f"cost by iteration, {UNITS[trace.distance]}", dark, bottom=30)
    figure.update_xaxes(title={"text": "iteration", "font": {"size": 11}}, showticklabels=True, dtick=1)
    figure.update_yaxes(rangemode="tozero")
    return figure
