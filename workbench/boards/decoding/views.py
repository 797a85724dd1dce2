"""Decoded clips as the player takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from widgets import ClipPlayer
from workbench.boards.decoding.charts import fit_bars
from workbench.boards.look import alone
from workbench.boards.show import show
from workbench.boards.videos import film_dicts
from workbench.core.questions.decoding import DecoderFit, DecodeView, PriorView

if TYPE_CHECKING:
    import plotly.graph_objects as go

_FILM, _STILL, _PRIOR = 226, 320, 104  # CSS pixels: films have a cursor and a curve under them


def draw(player: ClipPlayer, view: DecodeView, fps: float = 0.0) -> None:
    """A clip and its decoded versions, over the distance to the nearest real frame."""
    frames = len(view.reels[0].pixels)
    with player.together():
        player.picture_height = _FILM if frames > 1 else _STILL
        player.set_films(film_dicts(view.reels))
        player.fps = fps
        if len(view.distance) > 1:
            distance = np.repeat(view.distance, max(1, frames // len(view.distance)))[:frames]
            player.set_curves({"nearest real frame": ("control", distance)}, label="latent distance to the nearest real frame")
        player.version += 1


def draw_prior(player: ClipPlayer, view: PriorView) -> None:
    """The decoder prior: pictures of latents that hold nothing of a clip."""
    player.set_films([({"name": r.label, "kind": r.kind}, r.pixels) for r in view.reels])


def prior_player(caption: str) -> ClipPlayer:
    """A small player for `draw_prior`."""
    return ClipPlayer(picture_height=_PRIOR, message="", caption=caption)


def player(commands: tuple[str, ...] = ()) -> ClipPlayer:
    """A player for `draw`."""
    return ClipPlayer(picture_height=_STILL, commands=list(commands), curve_height=84, message="")


@show.register(DecodeView)
def _(result: DecodeView, fps: float = 0.0) -> ClipPlayer:
    made = player()
    draw(made, result, fps)
    return made


@show.register(PriorView)
def _(result: PriorView) -> ClipPlayer:
    made = prior_player("Prior: picture for")
    draw_prior(made, result)
    return made


@show.register(DecoderFit)
def _(result: DecoderFit, dark: bool = False) -> go.Figure:
    return alone(fit_bars(result, dark=dark), dark, height=180)
