"""Probes by layer and score by number of labels as one figure, each line beside its baselines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from widgets.palette import ink
from workbench.boards.features.probe_words import layer_of, probe_words
from workbench.boards.look import BOARD, NOTEBOOK, alone, calm, or_gap, titled
from workbench.boards.show import show
from workbench.core.questions.probes import ProbeResult, Score

if TYPE_CHECKING:
    import plotly.graph_objects as go

_FLOOR = -0.5  # R² below is not drawn, but said under the pointer: it would flatten the rest
_DOMAINS = ([0.0, 0.29], [0.34, 0.63], [0.69, 1.0])
_CURVES = (("model", "predicted", "circle", "solid"), ("untrained", "control", "square-open", "dot"), ("raw pixels", "real", "diamond-open", "dash"))


@show.register(ProbeResult)
def _(result: ProbeResult, dark: bool = False) -> go.Figure:
    return titled(alone(probe_chart(result, dark=dark), dark, height=380), probe_words(result), NOTEBOOK).update_layout(title_x=0.02)


def probe_figure(found: ProbeResult, second: ProbeResult | None, name: str, *, dark: bool) -> go.Figure:
    """The chart with its sentences, as wide as a board.

    Args:
        second: the same of the second model, where it is open. name: its name.
    """
    words = probe_words(found)
    if second is not None:
        words = [*words, f"{name}: {probe_words(second)[-1]}"]
    return titled(probe_chart(found, second, name, dark=dark), words, BOARD)


def probe_chart(found: ProbeResult, second: ProbeResult | None = None, name: str = "B", *, dark: bool = False) -> go.Figure:
    """Linear probe by layer, k-NN probe by layer, and the score by number of labels on a logarithmic axis.

    Args:
        second: whose score by number of labels is drawn as well. name: of that model.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    _layers(figure, "", found.linear, found.pixels_linear, found, dark)
    _layers(figure, "2", found.knn, found.pixels_knn, found, dark)
    for k, (source, meaning, symbol, dash) in enumerate(_CURVES):
        _curve(figure, source, found.counts, found.efficiency[k], (ink(meaning, dark), symbol, dash))
    if second is not None:
        _curve(figure, name, second.counts, second.efficiency[0], (ink("teacher-forced", dark), "triangle-up", "solid"))
    _lay(figure, found, second, dark)
    mark = f"<span style='color:{ink('predicted', dark)}'>●</span>"
    other = f" &nbsp; <span style='color:{ink('teacher-forced', dark)}'>▲</span> {name}" if second is not None else ""
    what = "R²" if found.kind == "numbers" else "accuracy"
    said = f"{what} of {found.labels} &nbsp; {mark} model ☐ untrained ✕ permuted labels – – raw pixels{other}"
    return calm(figure, said, dark, bottom=40)


def _layers(figure: go.Figure, axis: str, scores: Sequence[Score], pixels: Score, found: ProbeResult, dark: bool) -> None:
    """One probe of every layer with its interval, beside its baselines."""
    places = list(range(len(scores)))
    kind = "k-NN" if axis else "linear"
    rows = (
        ("model", [s.score.value for s in scores], "predicted", "circle", "solid"),
        ("untrained", [s.untrained for s in scores], "control", "square-open", "dot"),
        ("permuted labels", [s.control for s in scores], "control", "x-thin-open", "dot"),
        ("raw pixels", [pixels.score.value] * len(scores), "real", "", "dash"),
    )
    for name, values, meaning, symbol, dash in rows:
        colour = ink(meaning, dark)
        told = [f"{layer_of(found.layers, k)}, {kind} probe, {name}: {v:.2f}" for k, v in zip(places, values, strict=True)]
        drawn: dict[str, Any] = {"line": {"color": colour, "width": 2 if name == "model" else 1.2, "dash": dash}, "mode": "lines"}
        if symbol:
            drawn |= {"mode": "lines+markers", "marker": {"color": colour, "symbol": symbol, "size": 7, "line": {"width": 1.5, "color": colour}}}
        if name == "model":
            up, down = [s.score.high - s.score.value for s in scores], [s.score.value - s.score.low for s in scores]
            drawn["error_y"] = {"type": "data", "symmetric": False, "array": up, "arrayminus": down, "color": colour, "thickness": 1.2}
        on: dict[str, Any] = {"xaxis": f"x{axis}", "yaxis": f"y{axis}", "hovertext": told, "hoverinfo": "text"}
        figure.add_scatter(x=places, y=or_gap(values), name=f"{kind} probe, {name}", **drawn, **on)


def _curve(figure: go.Figure, name: str, counts: np.ndarray, values: np.ndarray, look: tuple[str, str, str]) -> None:
    """Score by number of labels, with its bootstrap interval."""
    if not np.isfinite(values[:, 0]).any():
        return
    colour, symbol, dash = look
    plain = symbol in ("circle", "triangle-up")  # a model, no baseline
    value, low, high = values.T
    told = [f"{n} labels, {name}: {v:.2f} [{a:.2f} to {b:.2f}]" for n, v, a, b in zip(counts, value, low, high, strict=True)]
    up, down = (np.maximum(high - value, 0).tolist(), np.maximum(value - low, 0).tolist())
    bars = {
        "type": "data",
        "symmetric": False,
        "array": up,
        "arrayminus": down,
        "color": colour if plain else _faint(colour),
        "thickness": 1,
        "width": 3,
    }
    figure.add_scatter(
        x=counts.tolist(),
        y=or_gap(value.tolist()),
        mode="lines+markers",
        name=f"by number of labels, {name}",
        line={"color": colour, "width": 2 if plain else 1.2, "dash": dash},
        marker={"color": colour, "symbol": symbol, "size": 7, "line": {"width": 1.5, "color": colour}},
        error_y=bars,
        hovertext=told,
        hoverinfo="text",
        xaxis="x3",
        yaxis="y3",
    )


def _faint(colour: str) -> str:
    """The same, for intervals that lie on others."""
    return f"rgba({', '.join(str(part) for part in bytes.fromhex(colour[1:]))}, 0.4)"


def _lay(figure: go.Figure, found: ProbeResult, second: ProbeResult | None, dark: bool) -> None:
    """Axes: the same scores up all three panels."""
    last = len(found.layers) - 1
    values = [found.efficiency[..., 0].ravel(), *([second.efficiency[0, :, 0]] if second is not None else [])]
    every = np.concatenate([*values, [v for s in (*found.linear, *found.knn) for v in (s.score.value, s.control, s.untrained)], [0.0]])
    known = every[np.isfinite(every)]
    ends = [max(float(known.min()) - 0.04, _FLOOR), min(float(known.max()) + 0.12, 1.04)]
    blocks = {"tickmode": "array", "tickvals": [0, last], "ticktext": ["1", "output"], "range": [-0.3, last + 0.3]}
    at = layer_of(found.layers, found.layers.index(found.efficiency_layer))
    counts = {"type": "log", "range": [-0.08, float(np.log10(found.counts[-1])) + 0.08], "tickmode": "array", **_powers(int(found.counts[-1]))}
    rows = (("", blocks, "linear probe by block"), ("2", blocks, "k-NN probe by block"), ("3", counts, f"number of labels (linear, {at})"))
    for (axis, across, title), domain in zip(rows, _DOMAINS, strict=True):
        about = {
            **across,
            "anchor": f"y{axis}",
            "domain": domain,
            "title": {"text": title, "standoff": 2, "font": {"size": 12}},
            "showticklabels": True,
        }
        figure.update_layout({f"xaxis{axis}": about, f"yaxis{axis}": {"anchor": f"x{axis}", "range": ends, "nticks": 5, "showticklabels": True}})
        if found.kind == "labels" or ends[0] < 0:
            level, line = (found.chance if found.kind == "labels" else 0.0), {"width": 1, "color": ink("real", dark)}
            figure.add_shape(type="line", x0=0, x1=1, y0=level, y1=level, xref=f"x{axis} domain", yref=f"y{axis}", line=line, opacity=0.4)


def _powers(most: int) -> dict[str, Any]:
    """Ticks of numbers of labels: 1, 10, 100 and all of them."""
    ticks = [10**k for k in range(len(str(most))) if 10**k < most / 1.6] + [most]
    return {"tickvals": ticks, "ticktext": [f"{t:,}" for t in ticks]}
