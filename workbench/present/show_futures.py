"""`show(result)` for what looks into the future: films with their curves, curves alone, charts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from widgets import ClipPlayer, Timeline
from workbench.core.films import FilmView, Reel
from workbench.core.futures import Drift, Rollout
from workbench.present.future_charts import drift_chart
from workbench.present.show import alone, show
from workbench.present.words import UNITS

if TYPE_CHECKING:
    import plotly.graph_objects as go

Curve = tuple[str, Float[np.ndarray, "frames"]]
_FPS = 8.0
_CONTROLS = ("copy last", "other actions", "twin")

__all__ = ["film_dicts", "rollout_curves", "show"]


def film_dicts(reels: Sequence[Reel]) -> list[tuple[dict[str, str | int], np.ndarray]]:
    """Films as the player takes them."""
    return [({"name": r.label, "kind": r.kind, "note": r.note, "comes": r.comes}, r.pixels) for r in reels]


def rollout_curves(found: Rollout) -> dict[str, Curve]:
    """The error at each frame, by how the frame came about; a gap where nothing was foretold."""
    gap = np.full(found.known, np.nan)
    return {k: ("control" if k in _CONTROLS else k, np.r_[gap, found.errors(k)]) for k in found.kinds}


@show.register(FilmView)
def _(result: FilmView) -> ClipPlayer:
    numbers = result.rollout
    player = _player(result.reels, rollout_curves(numbers), f"error, {UNITS[numbers.distance]}", UNITS[numbers.distance])
    player.known = numbers.known
    player.marks = [] if result.edited < 0 else [{"frame": result.edited, "label": "changed by hand", "kind": "edit"}]
    return player


@show.register(Rollout)
def _(result: Rollout) -> Timeline:
    return _timeline(rollout_curves(result), result.distance, "error", known=result.known)


@show.register(Drift)
def _(result: Drift, dark: bool = False) -> go.Figure:
    return alone(drift_chart(result, dark=dark), dark)


def _player(reels: Sequence[Reel], curves: Mapping[str, Curve], label: str, unit: str) -> ClipPlayer:
    player = ClipPlayer(picture_height=200, fps=_FPS)
    player.set_films(film_dicts(reels))
    if curves:
        player.set_curves(curves, unit=unit, label=label)
    return player


def _timeline(curves: Mapping[str, Curve], distance: str, what: str, known: int = 0) -> Timeline:
    frames = max(len(values) for _, values in curves.values())
    line = Timeline(frames=frames, known=known)
    line.set_curves(curves, unit=UNITS[distance], label=f"{what}, {UNITS[distance]}")
    return line
