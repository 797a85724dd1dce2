"""Numbers of all layers as one figure: spectrum of the layer, share of variance that is position, and RankMe, beside the untrained model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from widgets.palette import ink
from workbench.boards.look import calm
from workbench.core.questions.features import LayerProfile

if TYPE_CHECKING:
    import plotly.graph_objects as go

_DOMAINS = ([0.0, 0.21], [0.38, 0.59], [0.76, 0.95])  # RankMe, position, spectrum: from below
_FEWEST = 1e-6  # eigenvalues below are not drawn: round-off


def profile_chart(found: LayerProfile, layer: int, *, dark: bool = False) -> go.Figure:
    """Three panels over one another; a line through the two lower ones stands at the layer.

    Args:
        layer: its place among `found.layers`.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    k = min(layer, len(found.layers) - 1)
    count = len(found.layers)
    own, control = ink("predicted", dark), ink("control", dark)
    spectrum = found.spectrum[k][found.spectrum[k] > _FEWEST]
    figure.add_scatter(
        x=list(range(1, len(spectrum) + 1)),
        y=spectrum.tolist(),
        mode="lines",
        line={"color": own, "width": 2},
        hoverinfo="x+y",
        xaxis="x3",
        yaxis="y3",
    )
    names = [*(f"block {j + 1}" for j in range(count - 1)), "output"]
    rows: list[tuple[str, str, list[float], list[float], str]] = [
        ("x2", "y2", [100 * e.value for e in found.position], (100 * found.untrained_position).tolist(), "%"),
        ("x", "y", [e.value for e in found.rank], found.untrained_rank.tolist(), ""),
    ]
    for x, y, values, blind, unit in rows:
        for name, line, colour, symbol in (("untrained", blind, control, "square-open"), ("model", values, own, "circle")):
            told = [f"{n}, {name}: {v:.1f} {unit}" for n, v in zip(names, line, strict=True)]
            shown = [None if v != v else v for v in line]
            marker = {"symbol": symbol, "size": 6, "color": colour}
            style: dict[str, Any] = {"color": colour, "width": 2 if name == "model" else 1.3, "dash": "solid" if name == "model" else "dot"}
            figure.add_scatter(
                x=list(range(count)), y=shown, mode="lines+markers", line=style, marker=marker, hovertext=told, hoverinfo="text", xaxis=x, yaxis=y
            )
        figure.add_shape(
            type="line", x0=k, x1=k, y0=0, y1=1, xref=x, yref=f"{y} domain", line={"width": 1, "color": ink("real", dark), "dash": "dot"}
        )
    _lay(figure, names, np.log10(spectrum) if len(spectrum) else np.zeros(1), dark)
    mark = f"<span style='color:{own}'>●</span>"
    calm(figure, f"{found.clips} clips &nbsp; {mark} model &nbsp; ☐ untrained", dark, bottom=22)
    return figure.update_layout(margin={"t": 30})


def _decades(powers: np.ndarray) -> list[float]:
    """At most three values for a low axis of logarithms: powers of ten, or its ends where it holds fewer than two."""
    low, high = float(powers.min()), float(powers.max())
    found = np.arange(np.ceil(low), np.floor(high) + 1)
    if len(found) < 2:
        found = np.unique([low, high])
    return [float(v) for v in 10.0 ** found[:: -(-len(found) // 3)]]


def _lay(figure: go.Figure, names: list[str], powers: np.ndarray, dark: bool) -> None:
    titles = ("RankMe by layer", "position, % of variance", f"spectrum, {len(powers)} values")
    last = len(names) - 1
    ticks = {"tickmode": "array", "tickvals": [0, last], "ticktext": ["1", names[-1]], "range": [-0.3, last + 0.3], "showticklabels": True}
    for axis, domain, title in zip(("", "2", "3"), _DOMAINS, titles, strict=True):
        across: dict[str, Any] = {
            "anchor": f"y{axis}",
            **(ticks if axis != "3" else {"range": [0, len(powers) + 1], "nticks": 4, "showticklabels": True}),
        }
        up: dict[str, Any] = {"anchor": f"x{axis}", "domain": domain, "nticks": 4, "rangemode": "tozero", "tickfont": {"size": 12}}
        if axis == "3":
            at = _decades(powers)
            up |= {"type": "log", "rangemode": "normal", "tickmode": "array", "tickvals": at, "ticktext": [f"{v:.2g}" for v in at]}
        figure.update_layout({f"xaxis{axis}": {**across, "tickfont": {"size": 12}}, f"yaxis{axis}": up})
        where = {"xref": "paper", "yref": "paper", "x": 0, "y": domain[1], "xanchor": "left", "yanchor": "bottom"}
        figure.add_annotation(text=title, showarrow=False, font={"size": 12, "color": ink("real", dark)}, **where)
