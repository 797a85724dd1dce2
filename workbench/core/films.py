"""What the boards of futures show: films with their labels, plans in the world, and steps that were really made."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, UInt8

from workbench.core import codec
from workbench.core.futures import PlanTrace, Rollout, Surprise

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
    """

    reels: tuple[Reel, ...]
    rollout: Rollout
    actions: Float[np.ndarray, "steps action"] | None
    edited: int
    simulated: bool


@codec.portable
@dataclass(frozen=True, eq=False)
class WorldPicture:
    """A world in one state. place: of the thing that moves, in sides of the picture (x right, y down)."""

    state: Float[np.ndarray, "state"]
    place: tuple[float, float]
    pixels: UInt8[np.ndarray, "height width 3"]


@codec.portable
@dataclass(frozen=True, eq=False)
class PlanView:
    """A plan in its world.

    Args:
        trace: everything that the planner tried. imagined: the film of the chosen actions, drawn from foretold latents; note: by what.
        true: places if the chosen actions are done. believed: places read from the foretold latents by a linear probe; probe: its R² on
            held-out clips. tried: places if the mean of each iteration is done, then those of its elites.
        reached: the chosen actions end within the tolerance of the goal.
    """

    trace: PlanTrace
    imagined: Film
    note: str
    true: Float[np.ndarray, "frames 2"]
    believed: Float[np.ndarray, "frames 2"] | None
    probe: float
    means: Float[np.ndarray, "iterations frames 2"]
    elites: Float[np.ndarray, "iterations elites frames 2"]
    reached: bool


@codec.portable
@dataclass(frozen=True, eq=False)
class DriveStep:
    """One step that was really made, closed loop: plan again, do the first action, see where it leads.

    Args:
        picture: after the step. actions: the rest of the plan, a warm start for the next. away: distance to the goal in sides of the picture.
        cost: the model's own opinion of its plan. reached: within the tolerance.
    """

    picture: WorldPicture
    action: Float[np.ndarray, "action"]
    actions: Float[np.ndarray, "horizon action"]
    cost: float
    away: float
    reached: bool


@codec.portable
@dataclass(frozen=True, eq=False)
class SurpriseView:
    """The surprise of a film, beside that of the same film left alone.

    Args:
        reels: the film, and the other one where there is one. found: surprise of each. event: the frame at which they part, −1 none.
        percentile: share of the bank's films whose largest surprise is smaller than this one's. bank: which, with n.
    """

    reels: tuple[Reel, ...]
    found: tuple[Surprise, ...]
    event: int
    percentile: float
    bank: str
