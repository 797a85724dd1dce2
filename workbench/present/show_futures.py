"""`show(result)` for what looks into the future: films with their curves, curves alone, charts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float

from widgets import ClipPlayer, Timeline
from workbench.core.films import FilmView, Reel, SurpriseView
from workbench.core.futures import Drift, Rollout, Surprise
from workbench.present.future_charts import drift_chart
from workbench.present.show import alone, show
from workbench.present.surprise_words import unit_of
from workbench.present.words import UNITS

if TYPE_CHECKING:
    import plotly.graph_objects as go

Curve = tuple[str, Float[np.ndarray, "frames"]]
_FPS = 8.0
_CONTROLS = ("copy last", "other actions", "twin")

__all__ = ["draw_surprise", "film_dicts", "rollout_curves", "show", "surprise_curves"]


def film_dicts(reels: Sequence[Reel]) -> list[tuple[dict[str, str | int], np.ndarray]]:
    """Films as the player takes them."""
    return [({"name": r.label, "kind": r.kind, "note": r.note, "comes": r.comes}, r.pixels) for r in reels]


def rollout_curves(found: Rollout) -> dict[str, Curve]:
    """The error at each frame, by how the frame came about; a gap where nothing was foretold."""
    gap = np.full(found.known, np.nan)
    return {k: ("control" if k in _CONTROLS else k, np.r_[gap, found.errors(k)]) for k in found.kinds}


def surprise_curves(found: Surprise, name: str, kind: str) -> dict[str, Curve]:
    """The surprise at each frame, one curve a context length."""
    if len(found.contexts) == 1:
        return {name: (kind, found.curve(0))}
    return {f"{name}, {context} frames of context": (kind, found.curve(row)) for row, context in enumerate(found.contexts)}


def draw_surprise(player: ClipPlayer, view: SurpriseView) -> None:
    """The curves of a film and its twin, with what happened marked; of a quad the means of either half, between the smaller and the larger.

    Bands are over context lengths, and over the two films of a half: the curve is of the shortest context.
    """
    unit = unit_of(view.found[0])
    sides = [view.found[::2], view.found[1::2]][: len(view.found)]
    quad = len(view.found) > 2
    names = ["possible, both", "impossible, both"] if quad else [r.label.partition(":")[0].partition(",")[0] for r in view.reels]
    curves: dict[str, Curve] = {}
    edges: list[Float[np.ndarray, "2 frames"]] = []
    for name, side, reel in zip(names, sides, view.reels, strict=False):
        shortest = np.stack([_long(f.curve(0), player) for f in side])
        every = np.stack([_long(f.curve(k), player) for f in side for k in range(len(f.contexts))])
        curves[name] = (reel.kind, shortest.mean(0))
        edges.append(np.stack([np.fmin.reduce(every), np.fmax.reduce(every)]))
    contexts = view.found[0].contexts
    more = f", {contexts[0]} frames of context; band: to {contexts[-1]}" if len(contexts) > 1 else ""
    player.set_curves(curves, unit=unit, label=f"surprise, {unit}{more}")
    if quad or len(contexts) > 1:
        with player.together():
            player.curve_low, player.curve_high = (np.stack([e[k] for e in edges]).astype(np.float32).tobytes() for k in (0, 1))
    words = {"twins": "impossible", "broken": "broken by hand", "other": "another film"}
    spans = list[dict[str, str | int]]()
    if view.event >= 0 and view.how in words:
        spans.append({"from": view.event, "to": view.found[-1].frames - 1, "label": words[view.how], "kind": "violation"})
    if not quad and view.found[-1].sudden:
        first, last, _ = view.found[-1].half()
        spans.append({"from": first, "to": last, "label": "", "kind": "event"})
    player.spans = spans


def _long(curve: Float[np.ndarray, "frames"], player: ClipPlayer) -> Float[np.ndarray, "all"]:
    """A curve as long as the longest film: nothing is known of frames that were left out."""
    frames = player.frame_count()
    return np.pad(curve[:frames], (0, max(0, frames - len(curve))), constant_values=np.nan)


@show.register(FilmView)
def _(result: FilmView) -> ClipPlayer:
    numbers = result.rollout
    player = _player(result.reels, rollout_curves(numbers), f"error, {UNITS[numbers.distance]}", UNITS[numbers.distance])
    player.known = numbers.known
    player.marks = [] if result.edited < 0 else [{"frame": result.edited, "label": "changed by hand", "kind": "edit"}]
    return player


@show.register(SurpriseView)
def _(result: SurpriseView) -> ClipPlayer:
    player = _player(result.reels, {}, "", "")
    draw_surprise(player, result)
    return player


@show.register(Rollout)
def _(result: Rollout) -> Timeline:
    return _timeline(rollout_curves(result), result.distance, "error", known=result.known)


@show.register(Surprise)
def _(result: Surprise) -> Timeline:
    return _timeline(surprise_curves(result, "surprise", "open loop"), result.distance, "surprise")


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
