"""Where the predictor is wrong, and what a sampler gives, as charts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from widgets.palette import ink
from workbench.boards.look import BOARD, NOTEBOOK, alone, calm, or_gap, titled
from workbench.boards.masks.anatomy_words import audit_words, error_words
from workbench.boards.show import show
from workbench.core.questions.anatomy import ErrorAnatomy
from workbench.core.questions.audit import MaskAudit

if TYPE_CHECKING:
    import plotly.graph_objects as go

_KINDS = (("model", "predicted", "circle"), ("other context", "control", "x-thin-open"), ("untrained", "control", "square-open"))
_FLOOR = -1.0  # skill below is not drawn, but said under the pointer: it would flatten the rest
_MAPS, _AMOUNTS = (0.0, 0.54), (0.7, 1.0)  # of the width
_CUT = "cut context"  # what is left of the context once a batch is cut to its shortest


@show.register(ErrorAnatomy)
def _(result: ErrorAnatomy, dark: bool = False) -> go.Figure:
    return _spoken(alone(anatomy_chart(result, dark=dark), dark, height=380), error_words(result), NOTEBOOK)


@show.register(MaskAudit)
def _(result: MaskAudit, dark: bool = False) -> go.Figure:
    return _spoken(alone(audit_chart(result, dark=dark), dark, height=400), audit_words(result), NOTEBOOK)


def anatomy_figure(found: ErrorAnatomy, *, dark: bool) -> go.Figure:
    """The chart of errors with its sentence, as wide as a board."""
    return titled(anatomy_chart(found, dark=dark), error_words(found), BOARD)


def audit_figure(found: MaskAudit, sight: str, seen: dict[str, Sequence[float]], *, dark: bool) -> go.Figure:
    """The chart of an audit with its findings, as wide as a board.

    Args:
        sight: the sentence on the mask in sight. seen: its own amounts, see `audit_chart`.
    """
    return titled(audit_chart(found, seen, dark=dark), [sight, *audit_words(found)] if sight else audit_words(found), BOARD)


def _spoken(figure: Any, words: Sequence[str], width: int) -> go.Figure:
    return titled(figure, words, width).update_layout(title_x=0.02)


def anatomy_chart(found: ErrorAnatomy, *, dark: bool = False) -> go.Figure:
    """Skill over the position mean by distance of the target token from the context, by time to it, and by depth of the predictor, with 90 % of halves of the
    clips, beside copying and two controls. Time is left out where all tokens are of one time step, depth where blocks cannot be read."""
    import plotly.graph_objects as go

    figure = go.Figure()
    panels: list[tuple[str, Sequence[int]]] = [("tokens from the context", found.distances.tolist())]
    panels += [("time steps from the context", found.gaps.tolist())] if len(found.gaps) > 1 else []
    panels += [("after predictor block", list(range(1, len(found.by_depth) + 1)))] if len(found.by_depth) else []
    _skills(figure, "", found.distances, found.by_distance, found.tokens_at, dark)
    copied: dict[str, Any] = {"color": ink("real", dark), "width": 1.3, "dash": "dash"}
    figure.add_scatter(
        x=found.distances.tolist(), y=or_gap(found.copy_by_distance), mode="lines", line=copied, name="copy nearest", hoverinfo="name+y"
    )
    if len(found.gaps) > 1:
        _skills(figure, "2", found.gaps, found.by_gap, found.tokens_gap, dark)
    if len(found.by_depth):
        axis, own = str(len(panels)), ink("predicted", dark)
        figure.add_scatter(
            x=list(panels[-1][1]),
            y=or_gap(found.by_depth),
            mode="lines+markers",
            line={"color": own, "width": 2},
            marker={"color": own, "size": 8},
            name="model, by depth",
            hoverinfo="x+y",
            xaxis=f"x{axis}",
            yaxis=f"y{axis}",
        )
    ends = _ends(found)
    for k, (title, places) in enumerate(panels):
        axis, width = "" if k == 0 else str(k + 1), 1 / len(panels)
        about = {
            "anchor": f"y{axis}",
            "domain": [k * width + 0.04 * (k > 0), (k + 1) * width - 0.01],
            "title": {"text": title, "standoff": 2, "font": {"size": 12}},
        }
        figure.update_layout({f"xaxis{axis}": {**about, "showticklabels": True, "dtick": max(1, len(places) // 8)}})
        figure.update_layout({f"yaxis{axis}": {"anchor": f"x{axis}", "range": ends, "nticks": 5, "showticklabels": True}})
        line = {"width": 1, "color": ink("real", dark)}
        figure.add_shape(type="line", x0=0, x1=1, y0=0, y1=0, xref=f"x{axis} domain", yref=f"y{axis}", line=line, opacity=0.4)
    mark = f"<span style='color:{ink('predicted', dark)}'>●</span>"
    low = f", below {_FLOOR:g} not drawn".replace("-", "−") if ends[0] <= _FLOOR else ""
    return calm(
        figure, f"skill over the position mean (line: 0{low}): &nbsp; {mark} model ☐ untrained ✕ other context – – copy nearest", dark, bottom=40
    )


def _skills(figure: go.Figure, axis: str, places: np.ndarray, values: np.ndarray, counts: np.ndarray, dark: bool) -> None:
    """The model and its controls at each place."""
    for k, (name, meaning, symbol) in enumerate(_KINDS):
        value, low, high = values[k].T
        colour = ink(meaning, dark)
        bars = {"type": "data", "symmetric": False, "array": (high - value).tolist(), "arrayminus": (value - low).tolist(), "color": colour}
        told = [f"{name}: {v:.2f}, {n} tokens" for v, n in zip(value, counts, strict=True)]
        marker = {"color": colour, "symbol": symbol, "size": 8, "line": {"width": 1.5, "color": colour}}
        line = {"color": colour, "width": 2 if k == 0 else 1, "dash": "solid" if k == 0 else "dot"}
        drawn: dict[str, Any] = {"marker": marker, "line": line, "error_y": bars, "hovertext": told, "hoverinfo": "text", "name": name}
        figure.add_scatter(x=places.tolist(), y=or_gap(value), mode="lines+markers", xaxis=f"x{axis}", yaxis=f"y{axis}", **drawn)


def _ends(found: ErrorAnatomy) -> list[float]:
    """The lowest and the highest skill that is drawn, the same in every panel."""
    values = np.concatenate([found.by_distance.ravel(), found.by_gap.ravel(), found.by_depth.ravel(), found.copy_by_distance.ravel(), [0.0]])
    known = values[np.isfinite(values)]
    return [max(float(known.min()) - 0.05, _FLOOR), min(float(known.max()) + 0.08, 1.05)]


def audit_chart(found: MaskAudit, seen: dict[str, Sequence[float]] | None = None, *, dark: bool = False) -> go.Figure:
    """Share of masks in which each token of the first time step is context, is target, and is context once batches are cut; beside them the amounts, with
    what the authors say.

    Args:
        seen: amounts of the mask in sight, by name: marked among those of the sampler.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    panels = (("context", found.context), ("target", found.target), (_CUT, found.cut_context))
    low, high = _MAPS
    for k, (name, values) in enumerate(panels):
        axis, width = "" if k == 0 else str(k + 1), (high - low) / 3
        bar = {"thickness": 8, "len": 0.85, "x": high - 0.01, "nticks": 3, "tickfont": {"size": 12}}
        told = {"showscale": k == 2, "colorbar": bar, "hovertemplate": f"row %{{y}}, column %{{x}}: {name} in %{{z:.0%}} of masks<extra></extra>"}
        figure.add_heatmap(z=values[0].tolist(), zmin=0, zmax=1, colorscale="Cividis", xaxis=f"x{axis}", yaxis=f"y{axis}", name=name, **told)
        across = [low + k * width, low + (k + 1) * width - 0.03]
        figure.update_layout({f"xaxis{axis}": {"anchor": f"y{axis}", "domain": across, "showticklabels": False}})
        figure.update_layout({f"yaxis{axis}": {"anchor": f"x{axis}", "domain": [0, 0.82], "autorange": "reversed", "showticklabels": False}})
        where = {"xref": "paper", "yref": "paper", "x": across[0], "y": 0.83, "xanchor": "left", "yanchor": "bottom"}
        figure.add_annotation(text=f"{name}<br>mean {values.mean():.2f}", align="left", showarrow=False, font={"size": 12}, **where)
    _amounts(figure, found, seen or {}, dark)
    said = "● mean and 1–99 % of masks &nbsp; ☐ said" + (" &nbsp; ◆ mask in sight" if seen else "")
    calm(figure, f"{found.sampler}, {found.draws:,} masks &nbsp; {said}", dark, bottom=22)
    return figure


def _named(amount: str) -> str:
    return _CUT if amount == "context in batches" else amount


def _amounts(figure: go.Figure, found: MaskAudit, seen: dict[str, Sequence[float]], dark: bool) -> None:
    """Each amount: its mean and percentiles, what is said of it, and what the mask in sight has."""
    names = [_named(a.name) for a in found.amounts]
    own, quiet = ink("real", dark), ink("target", dark)
    on: dict[str, Any] = {"xaxis": "x4", "yaxis": "y4", "mode": "markers"}
    means = [a.mean for a in found.amounts]
    bars = {
        "type": "data",
        "symmetric": False,
        "array": [a.high - a.mean for a in found.amounts],
        "arrayminus": [a.mean - a.low for a in found.amounts],
    }
    told = [f"{a.name}: {a.mean:.2f} [{a.low:.2f} to {a.high:.2f}]" for a in found.amounts]
    figure.add_scatter(
        x=means, y=names, error_x={**bars, "color": own}, marker={"color": own, "size": 7}, name="mean", hovertext=told, hoverinfo="text", **on
    )
    said = [(value, a) for a in found.amounts for value in a.said]
    if said:
        square = {"symbol": "square-open", "size": 11, "color": quiet, "line": {"width": 2, "color": quiet}}
        texts = [f"{a.name}: {value:g}, says {a.source}" for value, a in said]
        figure.add_scatter(
            x=[v for v, _ in said], y=[_named(a.name) for _, a in said], marker=square, name="said", hovertext=texts, hoverinfo="text", **on
        )
    here = [(value, name) for name in names for value in seen.get(name, ())]
    if here:
        diamond = {"symbol": "diamond", "size": 8, "color": ink("context", dark)}
        texts = [f"mask in sight, {name}: {value:.2f}" for value, name in here]
        figure.add_scatter(
            x=[v for v, _ in here], y=[n for _, n in here], marker=diamond, name="mask in sight", hovertext=texts, hoverinfo="text", **on
        )
    figure.update_layout(
        xaxis4={"anchor": "y4", "domain": list(_AMOUNTS), "rangemode": "tozero", "nticks": 5, "showticklabels": True, "tickfont": {"size": 12}},
        yaxis4={
            "anchor": "x4",
            "domain": [0.1, 0.95],
            "type": "category",
            "categoryorder": "array",
            "categoryarray": names[::-1],
            "showticklabels": True,
            "tickfont": {"size": 12},
        },
    )
