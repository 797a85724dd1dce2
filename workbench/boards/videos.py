"""Videos and curves as `ClipPlayer` and `Timeline` take them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float

from widgets import ClipPlayer, Timeline
from workbench.core.films import Reel
from workbench.core.numbers import UNITS

Curve = tuple[str, Float[np.ndarray, "frames"]]


def film_dicts(reels: Sequence[Reel]) -> list[tuple[dict[str, str | int], np.ndarray]]:
    """Films as the player takes them."""
    return [({"name": r.label, "kind": r.kind, "note": r.note, "comes": r.comes}, r.pixels) for r in reels]


def video_player(reels: Sequence[Reel]) -> ClipPlayer:
    """A player of videos, for a notebook."""
    player = ClipPlayer(picture_height=200, fps=8.0)
    player.set_films(film_dicts(reels))
    return player


def timeline(curves: Mapping[str, Curve], distance: str, what: str, known: int = 0) -> Timeline:
    """Curves alone.

    Args:
        distance: that they are measured in. what: they are of. known: frames of context.
    """
    frames = max(len(values) for _, values in curves.values())
    line = Timeline(frames=frames, known=known)
    line.set_curves(curves, unit=UNITS[distance], label=f"{what}, {UNITS[distance]}")
    return line
