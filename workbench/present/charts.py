"""Plotly figures of results: bars of errors against the reference, block by block or tick by tick."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.core.results import BankErrors, PredictionError, RetrievalRank, Yardsticks
from workbench.present.words import SHORT, number, rank_lines

if TYPE_CHECKING:
    import plotly.graph_objects as go

PREDICTED, REAL, QUIET, TARGET = "#CC79A7", "#009E73", "#8A93A3", "#E69F00"
_FAR = 2.0  # ratios beyond are drawn to here, with an arrow: they are far worse than knowing the position, how far hardly matters
_TEXT = {True: "#E8EBF1", False: "#1C2230"}
_LINE = {True: "rgba(235,240,255,0.25)", False: "rgba(20,28,45,0.2)"}


def yardstick_bars(error: PredictionError, yard: Yardsticks | None, *, dark: bool = False) -> go.Figure:
    """Error ÷ reference of the predictor and every control, the reference as a line at 1; below it block by block, or tick by tick."""
    import plotly.graph_objects as go
    from plotly.subplots import make_subplots

    parts = _parts(error)
    split = [0.62, 0.38] if parts else [1.0]
    figure = make_subplots(rows=len(split), cols=1, row_heights=split, vertical_spacing=0.14)
    said = {"hoverinfo": "text", "textposition": "outside", "textangle": 0, "cliponaxis": False}
    figure.add_trace(go.Bar(orientation="h", **_control_rows(error, yard), **said), row=1, col=1)
    if parts:
        kind, labels, ratios = parts
        each = [f"{kind} {a}: {number(r)} × reference" for a, r in zip(labels, ratios, strict=True)]
        figure.add_trace(go.Bar(x=labels, y=ratios, marker={"color": TARGET}, text=[number(r) for r in ratios], hovertext=each, **said), row=2, col=1)
        figure.update_xaxes(title={"text": f"by {kind}", "standoff": 2, "font": {"size": 11.5}}, type="category", row=2, col=1)
        figure.update_yaxes(range=[0, max(1.15, *ratios) * 1.3], showticklabels=False, row=2, col=1)
        figure.add_hline(y=1, line={"width": 1, "color": _TEXT[dark]}, row=2, col=1)  # type: ignore[arg-type]
    figure.add_vline(x=1, line={"width": 1, "color": _TEXT[dark]}, row=1, col=1)  # type: ignore[arg-type]
    if yard is not None and error.predictor == "model":
        lines = "<br>".join(rank_lines(yard.rank))
        where = {"xref": "paper", "yref": "paper", "x": 0, "y": 0, "xanchor": "left", "yanchor": "top", "xshift": -88, "yshift": -34 if parts else -6}
        figure.add_annotation(text=lines, showarrow=False, align="left", font={"size": 11}, **where)
    figure.update_yaxes(autorange="reversed", row=1, col=1)
    figure.update_xaxes(range=[0, 1.3 * _FAR], showticklabels=False, row=1, col=1)
    return _calm(figure, "error ÷ reference (line: 1)", dark, bottom=92 if parts else 64)


def _control_rows(error: PredictionError, yard: Yardsticks | None) -> dict[str, Any]:
    """The bars: the shown predictor, then every control, which has its place before its number is there."""
    order = [error.predictor, *(p for p in ("copy", "smooth", "other", "twin", "pixels") if p != error.predictor)]
    found = {error.predictor: error, **{c.predictor: c for c in (yard.controls if yard else ()) if c.predictor != error.predictor}}
    ratios = [found[p].ratio if p in found else None for p in order]
    first = [p == error.predictor for p in order]
    waiting = "…" if yard is None else "needs a bank"
    return {
        "y": [SHORT[p] for p in order],
        "x": [0.0 if r is None else min(r, _FAR) for r in ratios],
        "text": [waiting if r is None else number(r) + (" →" if r > _FAR else "") for r in ratios],
        "hovertext": [_hover(found[p]) if p in found else waiting for p in order],
        "marker": {
            "color": [PREDICTED if f else QUIET for f in first],
            "pattern": {"shape": ["" if f else "/" for f in first], "size": 5, "solidity": 0.2},
        },
    }


def _hover(error: PredictionError) -> str:
    return f"{SHORT[error.predictor]}: {number(error.ratio)} × reference<br>skill {number(error.skill)}<br>mean {number(error.mean)}"


def blank() -> go.Figure:
    """Nothing yet: no axes, no grid."""
    import plotly.graph_objects as go

    figure = _calm(go.Figure(), "", dark=False)
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    return figure


def _parts(error: PredictionError) -> tuple[str, list[str], list[float]] | None:
    """Ratios block by block for several blocks, tick by tick for a clip; None where there is one of each."""
    blocks, ticks = error.blocks.shape[:2]
    if blocks > 1:
        return "block", [str(i + 1) for i in range(blocks)], [error.block(i).ratio for i in range(blocks)]
    if ticks > 1:
        asked = [t for t in range(ticks) if np.isfinite(error.blocks[:, t]).any()]
        ratios = [float(np.nanmean(error.blocks[:, t]) / np.nanmean(error.reference[:, t])) for t in asked]
        return ("tick", [str(t) for t in asked], ratios) if len(asked) > 1 else None
    return None


def bank_bars(found: BankErrors, *, dark: bool = False) -> go.Figure:
    """Skill of predictor and controls over a bank, each with its 95 % interval."""
    import plotly.graph_objects as go

    skills = [found.skill(p) for p in found.predictors]
    spans = [found.interval(p) for p in found.predictors]
    error = {
        "type": "data",
        "symmetric": False,
        "array": [h - s for s, (_, h) in zip(skills, spans, strict=True)],
        "arrayminus": [s - low for s, (low, _) in zip(skills, spans, strict=True)],
    }
    colours = [PREDICTED if p == "model" else QUIET for p in found.predictors]
    figure = go.Figure(go.Bar(x=[SHORT[p] for p in found.predictors], y=skills, error_y=error, marker={"color": colours}))
    figure.add_hline(y=0, line={"width": 1, "color": _TEXT[dark]})
    return _calm(figure, f"skill over {found.clips} clips of {found.bank}, 95 % interval", dark)


def rank_bars(rank: RetrievalRank, *, dark: bool = False) -> go.Figure:
    """Per token, where its true target ranks among the bank's images; a flat histogram is chance."""
    import plotly.graph_objects as go

    values = rank.across[np.isfinite(rank.across)]
    figure = go.Figure(
        go.Histogram(x=values, xbins={"start": 1, "end": rank.images + 1, "size": max(rank.images // 20, 1)}, marker={"color": PREDICTED})
    )
    return _calm(figure, "; ".join(rank_lines(rank)), dark)


def _calm(figure: go.Figure, title: str, dark: bool, bottom: int = 4) -> go.Figure:
    figure.update_layout(
        title={"text": title, "font": {"size": 12}, "x": 0, "xanchor": "left", "y": 0.985, "yanchor": "top"},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"color": _TEXT[dark], "size": 11.5, "family": "system-ui, sans-serif"},
        margin={"l": 4, "r": 10, "t": 26, "b": bottom},
        showlegend=False,
        bargap=0.32,
        hoverlabel={"align": "left"},
        dragmode=False,
    )
    figure.update_xaxes(showgrid=False, zeroline=False, fixedrange=True, automargin=True)
    figure.update_yaxes(showgrid=False, zeroline=False, fixedrange=True, automargin=True)
    return figure
