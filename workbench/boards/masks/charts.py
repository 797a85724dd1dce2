"""Errors of predictor and controls as bars: against the reference, by block or by time step, and over a bank."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import numpy as np

from widgets.palette import ink
from workbench.boards.look import AXIS, calm, layout
from workbench.boards.masks.words import SHORT, rank_lines
from workbench.core.numbers import number, too_few
from workbench.core.results import FEWEST_CLIPS, BankErrors, PredictionError, RetrievalRank, Yardsticks

if TYPE_CHECKING:
    import plotly.graph_objects as go

_FAR = 2.0  # ratios beyond are clipped to this, with an arrow
_LEFT, _RIGHT, _SIDE = 0.42, (0.48, 0.7), 0.745  # of the width, where all stands side by side: controls, blocks or time steps, ranks
_UPPER, _LOWER = 0.467, 0.327  # of the height: where the bars of the controls end, and where those of blocks or time steps begin
_SAID = {"hoverinfo": "text", "textposition": "none"}
_VALUES = {"type": "scatter", "mode": "text", "cliponaxis": False, "hoverinfo": "skip"}
_LETTERS = 26  # of a line of the ranks, where they stand at the side
_BESIDE, _ABOVE = 0.4, 0.7  # ratios from which a value beside, or above, its bar would lie on the line


def yardstick_bars(error: PredictionError, yard: Yardsticks | None, *, dark: bool = False, wide: bool = False) -> go.Figure:
    """Error ÷ reference of the predictor and every control, the reference as a line at 1; below it block by block, or by time step.

    Args:
        wide: low and wide: block by block stands beside the controls.
    """
    import plotly.graph_objects as go

    parts = _parts(error)
    line = {"type": "line", "line": {"width": 1, "color": ink("real", dark)}}
    shape = layout("error ÷ reference (line: 1)", dark, bottom=(32 if parts else 6) if wide else 92 if parts else 64)
    shape["xaxis"] = {**AXIS, "anchor": "y", "domain": [0, _LEFT if wide else 1], "range": [0, 1.4 * _FAR], "showticklabels": False}
    shape["yaxis"] = {**AXIS, "anchor": "x", "domain": [_UPPER if parts and not wide else 0, 1], "autorange": "reversed"}
    shape["shapes"] = [{**line, "x0": 1, "x1": 1, "y0": 0, "y1": 1, "xref": "x", "yref": "y domain"}]
    rows = _control_rows(error, yard, dark)
    values = {"x": _clear(rows["x"], _BESIDE), "y": rows["y"], "text": [f"\u00a0{t}" for t in rows["text"]], "textposition": "middle right"}
    data: list[dict[str, Any]] = [{"type": "bar", "orientation": "h", **rows, **_SAID}, {**_VALUES, **values}]
    if parts:
        kind, labels, ratios = parts
        text, at = [number(r) for r in ratios], {"xaxis": "x2", "yaxis": "y2"}
        said = {"text": text, "hovertext": [f"{kind} {a}: {r} × reference" for a, r in zip(labels, text, strict=True)], **_SAID}
        data.append({"type": "bar", "x": labels, "y": ratios, "marker": {"color": ink("predicted", dark)}, **at, **said})
        data.append({**_VALUES, "x": labels, "y": _clear(ratios, _ABOVE), "text": text, "textposition": "top center", "textfont": {"size": 12}, **at})
        named = {"text": f"by {kind}", "standoff": 2, "font": {"size": 12}}
        shape["xaxis2"] = {**AXIS, "anchor": "y2", "domain": list(_RIGHT) if wide else [0, 1], "type": "category", "title": named}
        shape["yaxis2"] = {
            **AXIS,
            "anchor": "x2",
            "domain": [0, 1 if wide else _LOWER],
            "range": [0, max(1.15, *ratios) * 1.3],
            "showticklabels": False,
        }
        shape["shapes"].append({**line, "x0": 0, "x1": 1, "y0": 1, "y1": 1, "xref": "x2 domain", "yref": "y2"})
    if yard is not None and error.predictor == "model":
        below = {"x": 0, "y": 0, "xshift": -80, "yshift": -34 if parts else -6}
        where = {
            "xref": "paper",
            "yref": "paper",
            "xanchor": "left",
            "yanchor": "top",
            **({"x": _SIDE if parts else _RIGHT[0], "y": 1} if wide else below),
        }
        ranks = [part for line in rank_lines(yard.rank) for part in (wrap(line, _LETTERS) if wide else [line])]
        shape["annotations"] = [{"text": "<br>".join(ranks), "showarrow": False, "align": "left", "font": {"size": 12}, **where}]
    return go.Figure(data=data, layout=shape)  # in one go: part by part it takes ten times as long, twice a stroke


def _clear(ratios: Sequence[float], near: float) -> list[float]:
    """Where values stand: at the end of their bars, or at the line at 1 where they would lie on it."""
    return [1.0 if near < r < 1 else r for r in ratios]


def _control_rows(error: PredictionError, yard: Yardsticks | None, dark: bool) -> dict[str, Any]:
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
            "color": [ink("predicted", dark) if f else ink("control", dark) for f in first],
            "pattern": {"shape": ["" if f else "/" for f in first], "size": 5, "solidity": 0.2},
        },
    }


def _hover(error: PredictionError) -> str:
    return f"{SHORT[error.predictor]}: {number(error.ratio)} × reference<br>skill {number(error.skill)}<br>mean {number(error.mean)}"


def _parts(error: PredictionError) -> tuple[str, list[str], list[float]] | None:
    """Ratios by block where there are several, by time step for a clip; None where there is one of each."""
    blocks, ticks = error.blocks.shape[:2]
    if blocks > 1:
        return "block", [str(i + 1) for i in range(blocks)], [error.block(i).ratio for i in range(blocks)]
    if ticks > 1:
        asked = [t for t in range(ticks) if np.isfinite(error.blocks[:, t]).any()]
        ratios = [float(np.nanmean(error.blocks[:, t]) / np.nanmean(error.reference[:, t])) for t in asked]
        return ("time step", [str(t) for t in asked], ratios) if len(asked) > 1 else None
    return None


def bank_bars(found: BankErrors, *, dark: bool = False) -> go.Figure:
    """Skill of predictor and controls over a bank, each with its 95 % interval."""
    import plotly.graph_objects as go

    skills = [found.skill(p) for p in found.predictors]
    few = found.clips < FEWEST_CLIPS
    spans = [found.interval(p) for p in found.predictors]
    error = {
        "type": "data",
        "symmetric": False,
        "array": [h - s for s, (_, h) in zip(skills, spans, strict=True)],
        "arrayminus": [s - low for s, (low, _) in zip(skills, spans, strict=True)],
    }
    colours = [ink("predicted", dark) if p == "model" else ink("control", dark) for p in found.predictors]
    figure = go.Figure(go.Bar(x=[SHORT[p] for p in found.predictors], y=skills, error_y=None if few else error, marker={"color": colours}))
    figure.add_hline(y=0, line={"width": 1, "color": ink("real", dark)})
    said = too_few(found.clips) if few else "95 % interval"
    return calm(figure, f"skill over {found.clips} clips of {found.bank}, {said}", dark)


def rank_bars(rank: RetrievalRank, *, dark: bool = False) -> go.Figure:
    """Per token, where its true target ranks among the bank's images; a flat histogram is chance."""
    import plotly.graph_objects as go

    values = rank.across[np.isfinite(rank.across)] if rank.images >= FEWEST_CLIPS else np.empty(0)
    figure = go.Figure(
        go.Histogram(
            x=values, xbins={"start": 1, "end": rank.images + 1, "size": max(rank.images // 20, 1)}, marker={"color": ink("predicted", dark)}
        )
    )
    return calm(figure, "; ".join(rank_lines(rank)), dark)
