"""The accuracy on possible and impossible pairs, as a chart with its baselines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from widgets.palette import ink, legible
from workbench.boards.look import calm
from workbench.core.numbers import number
from workbench.core.questions.surprise import Accuracy, Judged

if TYPE_CHECKING:
    import plotly.graph_objects as go

_LOOKS = {"model": ("predicted", "circle", 0.0), "random init": ("control", "square-open", 0.2), "pixels": ("tried", "x", -0.2)}
_NAMES = {"model": "model", "random init": "untrained", "pixels": "pixel changes"}
_GROUPS = (
    ("counter-balanced quads", ("permanence", "solidity")),
    ("single pairs", ("gravity", "teleport", "freeze")),
    ("single pairs (confounded)", ("appear", "vanish", "through", "colour")),
)
_WORDS = "Press <i>Evaluate pairs</i>:<br>accuracy on the shipped pairs and quads, with<br>untrained model and pixel changes as baselines"


def no_accuracies(why: str = "", *, dark: bool = False) -> go.Figure:
    """An empty chart, with how to evaluate the pairs, or why that is not possible."""
    import plotly.graph_objects as go

    figure = calm(go.Figure(), "accuracy (possible scored lower)", dark)
    figure.add_annotation(
        x=0.5, y=0.6, text=why or _WORDS, showarrow=False, font={"size": 12, "color": legible(ink("control", dark), dark)}, align="center"
    )
    return figure.update_xaxes(range=[0, 1], visible=False).update_yaxes(range=[0, 1], visible=False)


def accuracy_chart(found: Judged, *, dark: bool = False) -> go.Figure:
    """Accuracy on pairs and quads of the model, the untrained model and pixel changes; bars are 95 % intervals, the line is chance."""
    import plotly.graph_objects as go

    figure, places, at = go.Figure(), dict[str, float](), 0.0
    for title, kinds in _GROUPS:
        figure.add_annotation(x=0, y=at, text=title, showarrow=False, xanchor="left", font={"size": 12, "color": legible(ink("control", dark), dark)})
        places |= {kind: at + 0.95 + k for k, kind in enumerate(kinds)}
        at += len(kinds) + 1.1
    for who in reversed(_LOOKS):
        _add(figure, who, {kind: (found.quads | found.pairs)[kind][who] for kind in places}, places, dark)
    figure.add_vline(x=0.5, line={"width": 1, "color": ink("real", dark), "dash": "dot"})
    calm(figure, f"accuracy (possible scored lower), n = {found.count}", dark, bottom=36)
    figure.update_layout(showlegend=True, legend={"orientation": "h", "x": 0.5, "xanchor": "center", "y": -0.1, "yanchor": "top"})
    figure.update_layout(legend_font={"size": 12}, legend_traceorder="reversed")
    figure.update_xaxes(range=[-0.04, 1.16], tickvals=[0, 0.5, 1], ticktext=["0", "chance", "1"], showticklabels=True)
    figure.update_yaxes(range=[at - 0.6, -0.5], tickvals=list(places.values()), ticktext=[*places], showticklabels=True, showgrid=False)
    return figure


def _add(figure: go.Figure, who: str, row: dict[str, Accuracy], places: dict[str, float], dark: bool) -> None:
    meaning, symbol, shift = _LOOKS[who]
    colour = ink(meaning, dark)
    spans, values = [a.interval() for a in row.values()], [a.value for a in row.values()]
    bars = {
        "type": "data",
        "symmetric": False,
        "array": [high - v for v, (_, high) in zip(values, spans, strict=True)],
        "arrayminus": [v - low for v, (low, _) in zip(values, spans, strict=True)],
        "thickness": 1.2,
        "width": 0,
    }
    said = [
        f"{kind}, {_NAMES[who]}: {number(a.value)} [{number(low)} to {number(high)}], n = {a.n}"
        for (kind, a), (low, high) in zip(row.items(), spans, strict=True)
    ]
    figure.add_scatter(
        x=values,
        y=[places[kind] + shift for kind in row],
        mode="markers",
        marker={"size": 8, "color": colour, "symbol": symbol},
        error_x=bars,
        name=_NAMES[who],
        hovertext=said,
        hoverinfo="text",
    )
    if who == "model":
        for kind, value in zip(row, values, strict=True):
            font = {"size": 12, "color": legible(colour, dark)}
            figure.add_annotation(x=1.16, y=places[kind], text=number(value), showarrow=False, xanchor="right", font=font)
