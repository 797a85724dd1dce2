"""`show(result)` for predicted futures: videos with their errors, errors alone, and the drift over a bank."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from widgets import ClipPlayer, Timeline
from workbench.boards.look import alone
from workbench.boards.rollout.charts import drift_chart
from workbench.boards.show import show
from workbench.boards.videos import Curve, film_dicts, timeline
from workbench.core.numbers import UNITS
from workbench.core.questions.rollout import Drift, FilmView, Rollout

if TYPE_CHECKING:
    import plotly.graph_objects as go

_CONTROLS = ("copy last", "other actions", "twin")
_NAMES = {"twin": "untrained"}  # of kinds whose key is not their name on screen


def draw_rollout(player: ClipPlayer, view: FilmView) -> None:
    """Videos, the errors under them, and where an action was changed."""
    numbers = view.rollout
    unit = UNITS[numbers.distance]
    player.set_films(film_dicts(view.reels))
    player.set_curves(_curves(numbers), unit=unit, label=f"error, {unit}")
    player.known = numbers.known
    player.marks = [] if view.edited < 0 else [{"frame": view.edited, "label": "changed by hand", "kind": "edit"}]


def _curves(found: Rollout) -> dict[str, Curve]:
    """The error at each frame, by how the frame came about; a gap over the context."""
    gap = np.full(found.known, np.nan)
    return {_NAMES.get(k, k): ("control" if k in _CONTROLS else k, np.r_[gap, found.errors(k)]) for k in found.kinds}


@show.register(FilmView)
def _(result: FilmView) -> ClipPlayer:
    player = ClipPlayer(picture_height=200, fps=8.0)
    draw_rollout(player, result)
    return player


@show.register(Rollout)
def _(result: Rollout) -> Timeline:
    return timeline(_curves(result), result.distance, "error", known=result.known)


@show.register(Drift)
def _(result: Drift, dark: bool = False) -> go.Figure:
    return alone(drift_chart(result, dark=dark), dark)
