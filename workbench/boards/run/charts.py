"""Figures of a run: the spectrum of a checkpoint, the difference of two by layer, and how the measures agree with a probe."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from widgets.palette import ink
from workbench.boards.look import alone, calm
from workbench.boards.run.evidence import Agreement
from workbench.boards.show import show
from workbench.core.questions.runs import CheckpointDifference, RunMaps

if TYPE_CHECKING:
    import plotly.graph_objects as go

_MOST = 40  # layers that are drawn


def spectrum_chart(maps: RunMaps, reference: RunMaps | None = None, *, dark: bool = False) -> go.Figure:
    """Standard deviation along each principal direction of the pooled tokens, beside that of the reference checkpoint."""
    import plotly.graph_objects as go

    figure = go.Figure()
    rows = [("this checkpoint", maps, "predicted", "solid"), *([("reference", reference, "control", "dot")] if reference is not None else [])]
    for name, found, meaning, dash in rows:
        values = np.maximum(found.spectrum, 1e-9)
        rank = list(range(1, len(values) + 1))
        figure.add_scatter(x=rank, y=values.tolist(), name=name, mode="lines", line={"color": ink(meaning, dark), "width": 2, "dash": dash})
    calm(figure, "spectrum", dark, bottom=22)
    top = max(float(found.spectrum.max(initial=0)) for _, found, _, _ in rows) or 1.0
    ends = [np.log10(top) - 4, np.log10(top) + 0.3]
    figure.update_yaxes(type="log", range=ends, nticks=4, exponentformat="power")
    figure.update_xaxes(showticklabels=True, nticks=5)
    return figure


def difference_chart(found: CheckpointDifference, *, dark: bool = False) -> go.Figure:
    """Relative distance of the parameters by layer, hatched beside it the same with the numbers permuted. Names are text from a file, and escaped."""
    import plotly.graph_objects as go

    layers = found.layers[:_MOST]
    names = [escape(f"{layer.part} {layer.layer}".strip()[:48]) for layer in layers]
    figure = go.Figure()
    for name, values, meaning in (
        ("difference", [layer.relative for layer in layers], "predicted"),
        ("numbers permuted", [layer.shuffled for layer in layers], "control"),
    ):
        marker = {"color": ink(meaning, dark), "symbol": "circle" if meaning == "predicted" else "line-ns-open", "size": 8}
        shown = [v if np.isfinite(v) else None for v in values]
        text = [f"{n}: {name} {v:.3g}" for n, v in zip(names, values, strict=True)]
        figure.add_scatter(x=shown, y=names, mode="markers", name=name, marker=marker, hovertext=text, hoverinfo="text")
    more = f"; first {_MOST} of {len(found.layers)} layers" if len(found.layers) > _MOST else ""
    calm(figure, f"‖b − a‖ ÷ ‖a‖ by layer; | the same with numbers permuted{more}", dark, bottom=22)
    figure.update_yaxes(autorange="reversed", tickfont={"size": 12})
    figure.update_xaxes(rangemode="tozero", showticklabels=True)
    return figure


def agreement_chart(found: Sequence[Agreement], probe: str, *, dark: bool = False) -> go.Figure:
    """Rank correlation of each measure with the probe over the checkpoints; the grey band is what random orders reach."""
    import plotly.graph_objects as go

    figure = go.Figure()
    if found:
        band = found[0].chance
        figure.add_vrect(x0=-band, x1=band, fillcolor=ink("control", dark), opacity=0.25, line_width=0)
    marker = {"color": ink("predicted", dark), "size": 8}
    text = [f"{a.title}: {a.rho:.2f}, chance ±{a.chance:.2f}, {a.checkpoints} checkpoints" for a in found]
    figure.add_scatter(x=[a.rho for a in found], y=[a.title for a in found], mode="markers", marker=marker, hovertext=text, hoverinfo="text")
    calm(figure, f"rank correlation with the {probe} over the checkpoints; grey: chance", dark, bottom=22)
    figure.update_yaxes(autorange="reversed", tickfont={"size": 12})
    figure.update_xaxes(range=[-1.05, 1.05], showticklabels=True, nticks=5)
    return figure


@show.register(RunMaps)
def _(result: RunMaps, dark: bool = False) -> go.Figure:
    return alone(spectrum_chart(result, dark=dark), dark)


@show.register(CheckpointDifference)
def _(result: CheckpointDifference, dark: bool = False) -> go.Figure:
    return alone(difference_chart(result, dark=dark), dark, height=140 + 18 * min(len(result.layers), _MOST))
