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
class WorldEnds:
    """Where a plan in a world begins and ends. near: in sides of the picture; nearer than that to the goal is there."""

    start: WorldPicture
    goal: WorldPicture
    near: float


@codec.portable
@dataclass(frozen=True, eq=False)
class PlanPaths:
    """A plan in a world that can be driven: places in sides of the picture.

    Args:
        true: if the chosen actions are done in one go. believed: read from the foretold latents by a linear probe; probe: its R² on held-out clips.
        means: if the mean of each iteration is done; elites, samples: if some of those are. away: from the goal at the end of `true`.
        reached: that is near enough.
    """

    true: Float[np.ndarray, "frames 2"]
    believed: Float[np.ndarray, "frames 2"] | None
    probe: float
    means: Float[np.ndarray, "iterations frames 2"]
    elites: Float[np.ndarray, "iterations elites frames 2"]
    samples: Float[np.ndarray, "iterations samples frames 2"]
    away: float
    reached: bool


@codec.portable
@dataclass(frozen=True, eq=False)
class PlanView:
    """A plan with its films.

    Args:
        trace: everything that the planner tried. reels: the imagined film, where it can be drawn; what truly comes, where that is known.
        paths: None where the world cannot be driven. bounds: where the bounds of the actions come from when the model does not know them.
    """

    trace: PlanTrace
    reels: tuple[Reel, ...]
    paths: PlanPaths | None
    bounds: str


@codec.portable
@dataclass(frozen=True, eq=False)
class DriveStep:
    """Steps that were really made, closed loop: plan again, do the first actions, see where they lead.

    Args:
        pictures: after each step. done: the actions. rest: of the plan, a warm start for the next. away: from the goal in sides of the picture.
        cost: the model's own opinion of its plan. copy: of staying. reached: near enough. believed: where the whole plan leads, as a probe reads it.
    """

    pictures: tuple[WorldPicture, ...]
    done: Float[np.ndarray, "steps action"]
    rest: Float[np.ndarray, "horizon action"]
    cost: float
    copy: float
    away: float
    reached: bool
    believed: Float[np.ndarray, "frames 2"] | None


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
