"""The Plotly figure of the drift over a bank."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from widgets.palette import ink, legible
from workbench.boards.look import calm
from workbench.core.numbers import share
from workbench.core.questions.rollout import Drift
from workbench.core.results import FEWEST_CLIPS

if TYPE_CHECKING:
    import plotly.graph_objects as go

_DASHES = {"open loop": "solid", "teacher-forced": "dash", "copy last": "dot", "other actions": "dashdot"}
_COLOURED = ("open loop", "teacher-forced")  # the others are controls


def drift_chart(found: Drift, *, dark: bool = False) -> go.Figure:
    """Error ÷ copy-last-frame error, by horizon, over a bank; bands are 95 % intervals, the line at 1 is the baseline."""
    import plotly.graph_objects as go

    steps = np.arange(1, found.errors.shape[2] + 1)
    figure, ends = go.Figure(), list[tuple[str, float, str]]()
    for kind in (k for k in found.kinds if k != "copy last"):
        dash, colour = _DASHES[kind], ink(kind if kind in _COLOURED else "control", dark)
        if found.errors.shape[1] >= FEWEST_CLIPS:
            low, high = found.interval(kind)
            band = {"x": np.r_[steps, steps[::-1]], "y": np.r_[high, low[::-1]], "fill": "toself", "fillcolor": colour, "opacity": 0.14}
            figure.add_scatter(**band, line={"width": 0}, hoverinfo="skip", showlegend=False)
        said = [f"{kind}, {s} steps: {share(float(r))} of the copy-last-frame error" for s, r in zip(steps, found.ratio(kind), strict=True)]
        figure.add_scatter(
            x=steps, y=found.ratio(kind), mode="lines", line={"color": colour, "dash": dash, "width": 2}, hovertext=said, hoverinfo="text"
        )
        ends.append((kind, float(found.ratio(kind)[-1]), colour))
    for (kind, value, colour), place in zip(ends, _spread([v for _, v, _ in ends]), strict=True):
        font = {"size": 12, "color": legible(colour, dark)}
        figure.add_annotation(
            x=1, xref="paper", y=value, yshift=place, text=f"{kind} {share(value)}", showarrow=False, xanchor="right", yanchor="bottom", font=font
        )
    figure.add_hline(
        y=1, line={"width": 1, "color": ink("real", dark), "dash": "dot"}, annotation_text="copy last frame", annotation_position="bottom left"
    )
    calm(figure, f"error ÷ baseline by horizon, {found.errors.shape[1]} clips", dark, bottom=30)
    figure.update_xaxes(title={"text": "steps", "font": {"size": 12}}, showticklabels=True)
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
