"""Where the predictor is wrong, and what a sampler draws, as charts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from widgets.palette import ink
from workbench.boards.look import alone, calm
from workbench.boards.show import show
from workbench.core.questions.anatomy import ErrorAnatomy
from workbench.core.questions.audit import MaskAudit

if TYPE_CHECKING:
    import plotly.graph_objects as go

_KINDS = (("model", "predicted", "circle"), ("other context", "control", "x-thin-open"), ("untrained", "control", "square-open"))


@show.register(ErrorAnatomy)
def _(result: ErrorAnatomy, dark: bool = False) -> go.Figure:
    return alone(anatomy_chart(result, dark=dark), dark)


@show.register(MaskAudit)
def _(result: MaskAudit, dark: bool = False) -> go.Figure:
    return alone(audit_chart(result, dark=dark), dark, height=330)


def anatomy_chart(found: ErrorAnatomy, *, dark: bool = False) -> go.Figure:
    """Skill over the position mean by distance of the target token from the context, with 90 % of halves of the clips, beside copying."""
    import plotly.graph_objects as go

    figure = go.Figure()
    places = found.distances.tolist()
    for k, (name, meaning, symbol) in enumerate(_KINDS):
        value, low, high = found.by_distance[k].T
        colour = ink(meaning, dark)
        bars = {"type": "data", "symmetric": False, "array": (high - value).tolist(), "arrayminus": (value - low).tolist(), "color": colour}
        told = [f"{name}: {v:.2f}, {n} tokens" for v, n in zip(value, found.tokens_at, strict=True)]
        marker = {"color": colour, "symbol": symbol, "size": 8, "line": {"width": 1.5, "color": colour}}
        line = {"color": colour, "width": 2 if k == 0 else 1, "dash": "solid" if k == 0 else "dot"}
        figure.add_scatter(
            x=places, y=_there(value), mode="lines+markers", marker=marker, line=line, error_y=bars, hovertext=told, hoverinfo="text", name=name
        )
    copied: dict[str, Any] = {"color": ink("real", dark), "width": 1.3, "dash": "dash"}
    figure.add_scatter(x=places, y=_there(found.copy_by_distance), mode="lines", line=copied, name="copy nearest", hoverinfo="name+y")
    mark = f"<span style='color:{ink('predicted', dark)}'>●</span>"
    title = f"skill over the position mean by distance from the context, {found.clips} clips &nbsp; {mark} model ☐ untrained ✕ other context – – copy nearest"
    calm(figure, title, dark, bottom=24)
    figure.update_xaxes(showticklabels=True, dtick=1)
    figure.add_hline(y=0, line={"width": 1, "color": ink("real", dark)}, opacity=0.4)
    return figure


def _there(values: np.ndarray) -> list[float | None]:
    return [float(v) if np.isfinite(v) else None for v in values]


def audit_chart(found: MaskAudit, *, dark: bool = False) -> go.Figure:
    """Share of draws in which each token of the first time step is context, is target, and is context once batches are cut; the findings above it."""
    import plotly.graph_objects as go

    figure = go.Figure()
    panels = (("context", found.context), ("target", found.target), ("context in batches", found.cut_context))
    for k, (name, values) in enumerate(panels):
        axis = "" if k == 0 else str(k + 1)
        figure.add_heatmap(
            z=values[0].tolist(), zmin=0, zmax=1, colorscale="Cividis", showscale=k == 2, xaxis=f"x{axis}", yaxis=f"y{axis}", hoverinfo="z"
        )
        across = [k / 3 + 0.01, (k + 1) / 3 - 0.02]
        figure.update_layout({f"xaxis{axis}": {"anchor": f"y{axis}", "domain": across, "showticklabels": False}})
        figure.update_layout({f"yaxis{axis}": {"anchor": f"x{axis}", "domain": [0, 0.8], "autorange": "reversed", "showticklabels": False}})
        where = {"xref": "paper", "yref": "paper", "x": across[0], "y": 0.81, "xanchor": "left", "yanchor": "bottom"}
        figure.add_annotation(text=f"{name}: mean {values.mean():.2f}", showarrow=False, font={"size": 11.5}, **where)
    said = found.findings[0].sentence if found.findings else "nothing stands out"
    return calm(figure, f"{found.sampler}, {found.draws:,} draws: {said}"[:150], dark)
