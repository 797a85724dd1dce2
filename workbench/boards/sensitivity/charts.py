"""Plotly figures of the sensitivity of a model: one change in one clip, and every factor over many clips."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from widgets.palette import ink, legible
from workbench.boards.look import calm
from workbench.core.futures import FactorTable
from workbench.core.numbers import number, strength, too_few
from workbench.core.questions.sensitivity import SOURCES, SensitivityView
from workbench.core.results import FEWEST_CLIPS

if TYPE_CHECKING:
    import plotly.graph_objects as go

NAMES = {"model": "model", "twin": "untrained", "pixels": "raw pixels"}
_SYMBOLS = {"model": "circle", "twin": "square-open", "pixels": "x-thin-open"}
_ROWS = 6  # at least: rows then have the pitch of those of `moves_bars`
_ROOM = 1.8  # of the width of the values, so that the numbers stand beside them
_PANELS = {
    "nuisance": ("nuisance factors (a small distance is wanted)", [0.0, 0.43]),
    "structure": ("structure factors (a large distance is wanted)", [0.57, 1.0]),
}


def moves_bars(view: SensitivityView, kinds: dict[str, str], *, dark: bool = False) -> go.Figure:
    """Latent distance of each change for model, untrained model and pixels; one group of bars per change."""
    import plotly.graph_objects as go

    moves = view.moves
    far = max(0.1, float(np.nan_to_num(moves.moved).max())) * 1.22
    names = [NAMES[s] for s in SOURCES]
    pattern = {"shape": ["", "/", "x"], "size": 5, "solidity": 0.2}
    figure = go.Figure()
    count, gap = len(moves.changes), 0.16
    for k, change in enumerate(moves.changes):
        values = [moves.of(s, change) for s in SOURCES]
        axis = "" if k == 0 else str(k + 1)
        tall = (1 - gap * count) / count
        top = 1 - k * (tall + gap) - gap * 0.75
        figure.add_bar(
            orientation="h",
            x=values,
            y=names,
            text=[number(v) for v in values],
            hovertext=[f"{n}: {v:.4f} × the distance between random clips" for n, v in zip(names, values, strict=True)],
            hoverinfo="text",
            textposition="outside",
            cliponaxis=False,
            marker={"color": [ink("predicted", dark), ink("control", dark), ink("control", dark)], "pattern": pattern},
            xaxis=f"x{axis}",
            yaxis=f"y{axis}",
        )
        figure.update_layout({f"xaxis{axis}": {"anchor": f"y{axis}", "range": [0, far], "showticklabels": False}})
        figure.update_layout({f"yaxis{axis}": {"anchor": f"x{axis}", "domain": [top - tall, top], "autorange": "reversed"}})
        text = f"{kinds.get(change, '')}: <b>{change}</b>, {strength(view.amounts[k])}"
        figure.add_annotation(text=text, xref="paper", yref="paper", x=0, y=top, yanchor="bottom", xanchor="left", showarrow=False, font={"size": 12})
    return calm(figure, "latent distance (1 = two random clips)", dark)


def survey_chart(found: FactorTable, *, dark: bool = False) -> go.Figure:
    """Every factor at full strength over many clips, with 95 % intervals; nuisances and structure apart."""
    import plotly.graph_objects as go

    figure = go.Figure()
    far = max(1.1, *(_end(found, s, f) for s in SOURCES for f in found.factors)) * 1.02
    there = [k for k in _PANELS if k in found.kind]
    most = max(_ROWS, *(found.kind.count(k) for k in there))
    for place, kind in enumerate(there):
        axis = "" if place == 0 else str(place + 1)
        title, domain = _PANELS[kind]
        rows = sorted((f for f, k in zip(found.factors, found.kind, strict=True) if k == kind), key=lambda f: -float(found.mean("model", f)[-1]))
        for source in reversed(SOURCES):
            figure.add_scatter(**_dots(found, source, rows, dark), xaxis=f"x{axis}", yaxis=f"y{axis}")
        figure.update_layout(
            {f"xaxis{axis}": {"anchor": f"y{axis}", "domain": domain if len(there) > 1 else [0, 1], "range": [-0.02 * far, _ROOM * far]}}
        )
        figure.update_layout({f"yaxis{axis}": {"anchor": f"x{axis}", "range": [most - 0.5, -0.5], "type": "category"}})  # rows of one pitch in both
        for row in rows:
            text = f"{number(float(found.mean('model', row)[-1]))}{_span(found, 'model', row)}"
            font = {"size": 12, "color": legible(ink("predicted", dark), dark)}
            end = {"xref": f"x{axis} domain", "x": 1, "xanchor": "right", "yref": f"y{axis}", "y": row}
            figure.add_annotation(text=text, showarrow=False, font=font, **end)
        line = {"width": 1, "color": ink("real", dark), "dash": "dot"}
        figure.add_shape(type="line", x0=1, x1=1, y0=0, y1=1, xref=f"x{axis}", yref=f"y{axis} domain", line=line, opacity=0.5)
        where = {"xref": f"x{axis} domain", "yref": f"y{axis} domain", "x": 0, "y": 1, "xanchor": "left", "yanchor": "bottom"}
        figure.add_annotation(text=title, showarrow=False, font={"size": 12}, **where)
    lines = "lines: 95 % interval" if found.moved.shape[-1] >= FEWEST_CLIPS else too_few(found.moved.shape[-1])
    colour = ink("predicted", dark)
    mark = f"<span style='color:{colour}'>●</span>"
    legend = f"{mark} model &nbsp; ☐ untrained &nbsp; ✕ raw pixels; {lines}; dotted: two random clips"
    calm(figure, f"latent distance of every factor at full strength, {found.moved.shape[-1]} clips<br>{legend}", dark, bottom=22)
    figure.update_layout(margin={"t": 58})
    figure.update_xaxes(showticklabels=True, tickfont={"size": 12})
    return figure


def _end(found: FactorTable, source: str, factor: str) -> float:
    """Where the line of a factor ends: its mean, or the upper end of its interval."""
    if found.moved.shape[-1] < FEWEST_CLIPS:
        return float(found.mean(source, factor)[-1])
    return float(np.asarray(found.interval(source, factor))[1, -1])


def _span(found: FactorTable, source: str, factor: str) -> str:
    """The interval in brackets; nothing over too few clips."""
    if found.moved.shape[-1] < FEWEST_CLIPS:
        return ""
    low, high = np.asarray(found.interval(source, factor))[:, -1]
    return f" [{number(float(low))} to {number(float(high))}]"


def _dots(found: FactorTable, source: str, rows: list[str], dark: bool) -> dict[str, object]:
    """One source's means and intervals over the rows."""
    means = [float(found.mean(source, f)[-1]) for f in rows]
    few = found.moved.shape[-1] < FEWEST_CLIPS
    spans = [(m, m) if few else np.asarray(found.interval(source, f))[:, -1] for f, m in zip(rows, means, strict=True)]
    colour = ink("predicted", dark) if source == "model" else (ink("real", dark) if source == "pixels" else ink("control", dark))
    said = [f"{NAMES[source]}, {f}: {number(m)}{_span(found, source, f)}" for f, m in zip(rows, means, strict=True)]
    error = {
        "type": "data",
        "symmetric": False,
        "array": [float(h) - m for m, (_, h) in zip(means, spans, strict=True)],
        "arrayminus": [m - float(low) for m, (low, _) in zip(means, spans, strict=True)],
        "thickness": 1.2,
        "width": 0,
        "color": colour,
    }
    size = 10 if source == "model" else 8
    marker = {"symbol": _SYMBOLS[source], "size": size, "color": colour, "line": {"width": 1.5, "color": colour}}
    return {
        "x": means,
        "y": rows,
        "error_x": error,
        "mode": "markers",
        "marker": marker,
        "hovertext": said,
        "hoverinfo": "text",
        "name": NAMES[source],
    }
