"""What the boards of futures show: films with their labels, plans in the world, and steps that were really made."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, UInt8

from workbench.core import codec
from workbench.core.futures import Rollout

Film = UInt8[np.ndarray, "frames height width 3"]


@codec.portable
@dataclass(frozen=True, eq=False)
class Reel:
    """One film with the label that is burnt into it.

    Args:
        label: "real", "teacher-forced", "open loop from frame 2". kind: "real", "teacher-forced", "open loop", "control" or "impossible".
        note: by what the latents were drawn, and how far that can be trusted. comes: frames that came or were foretold; later ones are blank.
    """

    label: str
    kind: str
    note: str
    pixels: Film
    comes: int


@codec.portable
@dataclass(frozen=True, eq=False)
class FilmView:
    """A rollout as films: what came, teacher-forced, open loop.

    Args:
        reels: of equal length. rollout: the numbers; error at frame known + k is column k. actions: that were used, one row a step.
        edited: the first step whose action is not the clip's own, −1 none. simulated: the real film was simulated with the edited actions.
        changed: how many steps have another action. caution: a word on actions that are far from those the model knows.
    """

    reels: tuple[Reel, ...]
    rollout: Rollout
    actions: Float[np.ndarray, "steps action"] | None
    edited: int
    simulated: bool
    changed: int = 0
    caution: str = ""
