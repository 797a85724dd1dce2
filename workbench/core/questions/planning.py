"""Which actions lead to a goal: where plans begin and end, plans with everything that was tried, energy landscapes, and steps made in a world."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int, UInt8

from workbench.core import codec
from workbench.core.card import BankKey, ClipKey, ModelKey
from workbench.core.films import Film, Reel
from workbench.core.planner import Planner
from workbench.core.questions.base import Question, question
from workbench.core.results import Provenance

STEPS = 32  # most steps of a walk, as the figures of planning were measured with
State = Float[np.ndarray, "state"]
Limits = tuple[tuple[float, ...], tuple[float, ...]]


@codec.portable
@dataclass(frozen=True, eq=False)
class WorldPicture:
    """A world in one state. place: of the thing that moves, in sides of the picture (x right, y down)."""

    state: State
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
class ClipEnds:
    """Where a plan in a clip begins and ends: ticks of it. film: the clip as the model steps through it. first: the first tick that can be the start."""

    film: Film
    first: int
    start: int
    goal: int
    fps: float


@codec.portable
@dataclass(frozen=True, eq=False)
class EnergyLandscape:
    """Distance to the goal over two components of an action. A true slice, or the minimum over the others: never a sum.

    Args:
        axes: which two components, by name. values: of each axis. energy: [first axis, second axis]. others: "slice" or "minimum".
        true: the action that was really done, and its energy where it is known. horizon: ticks; the same action in each.
        copy: of staying where one is (no prediction). components: numbers of the two axes within an action.
    """

    axes: tuple[str, str]
    values: tuple[Float[np.ndarray, "first"], Float[np.ndarray, "second"]]
    energy: Float[np.ndarray, "first second"]
    others: str
    true: Float[np.ndarray, "action"] | None
    true_energy: float
    copy: float
    horizon: int
    distance: str
    provenance: Provenance
    components: tuple[int, int] = (0, 1)

    def place(self, action: Float[np.ndarray, "action"]) -> tuple[float, float]:
        """Where an action lies on the two axes."""
        first, second = self.components
        return float(action[first]), float(action[second])

    @property
    def lowest(self) -> tuple[float, float]:
        """Where the energy is lowest, on the two axes."""
        first, second = np.unravel_index(int(self.energy.argmin()), self.energy.shape)
        return float(self.values[0][first]), float(self.values[1][second])

    @property
    def least(self) -> float:
        """The lowest energy, as a share of that of staying."""
        return float(self.energy.min()) / max(self.copy, 1e-12)


@codec.portable
@dataclass(frozen=True, eq=False)
class PlanTrace:
    """What a planner thought: every iteration, and the actions that it chose.

    Args:
        method: "cem" or "mppi". samples: tried action sequences. costs: theirs. elites: numbers of the best of each iteration.
        mean, spread: of the next iteration's draws. actions: chosen. cost: of the chosen actions. states: that the model predicts along them.
        copy: cost of the no-op (staying at the last context tick), the baseline of `cost`.
    """

    method: str
    samples: Float[np.ndarray, "iterations samples horizon action"]
    costs: Float[np.ndarray, "iterations samples"]
    elites: Int[np.ndarray, "iterations elites"]
    mean: Float[np.ndarray, "iterations horizon action"]
    spread: Float[np.ndarray, "iterations horizon action"]
    actions: Float[np.ndarray, "horizon action"]
    cost: float
    copy: float
    distance: str
    provenance: Provenance
    states: Float[np.ndarray, "horizon state"] | None = None

    @property
    def share(self) -> float:
        """Cost of the chosen actions ÷ cost of staying."""
        return self.cost / max(self.copy, 1e-12)


@codec.portable
@dataclass(frozen=True, eq=False)
class PlanPaths:
    """A plan in a world that can be driven: places in sides of the picture.

    Args:
        true: if the chosen actions are done in one go. believed: read from the predicted latents by a linear probe; probe: its R² on held-out clips.
        elites, samples: if some of those of each iteration are done. away: from the goal at the end of `true`.
        reached: that is near enough.
    """

    true: Float[np.ndarray, "frames 2"]
    believed: Float[np.ndarray, "frames 2"] | None
    probe: float
    elites: Float[np.ndarray, "iterations elites frames 2"]
    samples: Float[np.ndarray, "iterations samples frames 2"]
    away: float
    reached: bool


@codec.portable
@dataclass(frozen=True, eq=False)
class PlanView:
    """A plan with its films.

    Args:
        trace: everything that the planner sampled. reels: the predicted video, where it can be decoded; the ground truth, where that is known.
        paths: None where the world cannot be driven. bounds: where the bounds of the actions come from when the model does not know them.
    """

    trace: PlanTrace
    reels: tuple[Reel, ...]
    paths: PlanPaths | None
    bounds: str

    @property
    def provenance(self) -> Provenance:
        """Of the plan."""
        return self.trace.provenance

    @property
    def share(self) -> float:
        """See `PlanTrace.share`."""
        return self.trace.share


class Move(NamedTuple):
    """One step that was made: where it led, what was predicted to be seen there, and the plan's cost ÷ cost of staying."""

    picture: WorldPicture
    action: Float[np.ndarray, "action"]
    seen: UInt8[np.ndarray, "rows cols 3"] | None
    share: float


@codec.portable
@dataclass(frozen=True, eq=False)
class DriveStep:
    """Steps that were really made, closed loop: plan again, do the first actions, see where they lead.

    Args:
        pictures: after each step. done: the actions. rest: of the plan, a warm start for the next. away: from the goal in sides of the picture.
        cost: the model's own opinion of its plan. copy: of staying. reached: near enough. believed: where the whole plan leads, as a probe reads it.
        imagined: what was predicted to be seen after each step, where latents can be drawn; note: by what.
    """

    pictures: tuple[WorldPicture, ...]
    done: Float[np.ndarray, "steps action"]
    rest: Float[np.ndarray, "horizon action"]
    cost: float
    copy: float
    away: float
    reached: bool
    believed: Float[np.ndarray, "frames 2"] | None
    imagined: UInt8[np.ndarray, "steps rows cols 3"] | None = None
    note: str = ""
    provenance: Provenance | None = None

    def moves(self) -> list[Move]:
        """The steps one by one."""
        seen = [None] * len(self.pictures) if self.imagined is None else list(self.imagined)
        share = self.cost / max(self.copy, 1e-12)
        return [Move(*made, share) for made in zip(self.pictures, self.done, seen, strict=True)]


@codec.portable
@dataclass(frozen=True, eq=False)
class WalkTrace:
    """The path taken in closed loop.

    Args:
        states, places, pixels: at the start and after each step. imagined: frame k is what was predicted just before step k was made; the first is real.
        actions: that were done. costs: of the plan that each step was part of, in the model's own eyes. goal: its state; within near of it is there.
        away: from the goal at the end, in sides of the picture.
    """

    states: Float[np.ndarray, "frames state"]
    places: Float[np.ndarray, "frames 2"]
    pixels: Film
    imagined: UInt8[np.ndarray, "frames rows cols 3"] | None
    actions: Float[np.ndarray, "steps action"]
    costs: Float[np.ndarray, "steps"]
    goal: State
    near: float
    reached: bool
    away: float = float("nan")
    provenance: Provenance | None = None

    @classmethod
    def of(cls, start: WorldPicture, goal: WorldPicture, near: float, moves: Sequence[Move], provenance: Provenance | None = None) -> WalkTrace:
        """The way of at least one step."""
        trail, seen = [start, *(move.picture for move in moves)], [move.seen for move in moves if move.seen is not None]
        imagined = np.stack([_sized(start.pixels, seen[0]), *seen]) if len(seen) == len(moves) else None
        away = between(trail[-1], goal)
        return cls(
            np.stack([p.state for p in trail]),
            np.array([p.place for p in trail], np.float32),
            np.stack([p.pixels for p in trail]),
            imagined,
            np.stack([move.action for move in moves]),
            np.array([move.share for move in moves], np.float32),
            goal.state,
            near,
            away <= near,
            away,
            provenance,
        )

    @property
    def end(self) -> tuple[float, float]:
        """How many steps were made, and how far from the goal they end."""
        return float(len(self.actions)), self.away


def between(a: WorldPicture, b: WorldPicture) -> float:
    """How far two places of a world are apart, in sides of the picture."""
    return float(np.hypot(*np.subtract(a.place, b.place)))


def _sized(first: UInt8[np.ndarray, "height width 3"], like: UInt8[np.ndarray, "rows cols 3"]) -> UInt8[np.ndarray, "rows cols 3"]:
    """The first frame, which was not predicted, in the size of the others: every so many rows and columns."""
    (height, width), (tall, wide) = like.shape[:2], first.shape[:2]
    return first[np.ix_([k * tall // height for k in range(height)], [k * wide // width for k in range(width)])]


@dataclass(frozen=True, eq=False)
class FromClip:
    """From the first `known` ticks of a clip to the last frame of another. limits: lowest and highest action of a step; None: the model's own."""

    model: ModelKey
    clip: ClipKey
    goal: ClipKey
    known: int | None = None
    limits: Limits | None = None


@dataclass(frozen=True, eq=False)
class EndToEnd:
    """Both ends of a plan.

    Args:
        name: of a world, to plan from `state` to `goal`; else it is planned from one tick of the clip to another, `frames`.
        predictor: "model" or "twin".
    """

    model: ModelKey
    name: str = ""
    state: State | None = None
    goal: State | None = None
    clip: ClipKey | None = None
    frames: tuple[int, int] = (0, 0)
    predictor: str = "model"

    @property
    def ends(self) -> dict[str, Any]:
        """The fields by name, without those that a question adds."""
        return {field.name: getattr(self, field.name) for field in fields(EndToEnd)}


@dataclass(frozen=True, eq=False)
class ThroughWorld:
    """From one state of a world to another, step by step.

    Args:
        moves: actions that are done before the next plan. predictor: "model" or "twin".
    """

    model: ModelKey
    name: str
    state: State
    goal: State
    moves: int = 1
    predictor: str = "model"


_DYNAMICS = ("dynamics",)
_PLAN: dict[str, Any] = {
    "needs": _DYNAMICS,
    "title": "Plan",
    "formula": "cross-entropy method or MPPI over action sequences; cost = distance of the predicted latents to that of the goal",
    "source": "CEM (Rubinstein 1999), MPPI (Williams et al. 2017), as in V-JEPA 2-AC, DINO-WM and LeWM",
    "cannot": "A low cost is a prediction of the model: execute the plan to verify it.",
    "number": "share",
}
_ENERGY: dict[str, Any] = {
    "needs": _DYNAMICS,
    "title": "Energy landscape",
    "formula": "mean distance of the predicted latent to that of the goal, over two components of the action; a slice, or the minimum over the other components",
    "source": "V-JEPA 2-AC (arXiv 2506.09985), whose notebook sums over an axis; here nothing is summed",
    "cannot": "The minimum need not be the ground-truth action: several actions may lead as near to the goal.",
    "number": "least",
}
_STEPS: dict[str, Any] = {
    **_PLAN,
    "title": "Steps executed in a world",
    "cannot": "The distance to the goal is measured in the world; the model does not see it.",
}
_ENDS: dict[str, Any] = {"source": "the built-in worlds", "cannot": "Start and goal are a proposal; others can be chosen."}


@question(
    "world_ends",
    title="Ends of a plan in a world",
    formula="the first state of the clip; a state that straight ahead does not lead to",
    number="near",
    **_ENDS,
)
@dataclass(frozen=True, eq=False)
class EndsInWorld(Question[WorldEnds]):
    """Where a plan in a world begins and ends unless it is said. clip: whose first state is the start; None: one of the world's own."""

    name: str
    clip: ClipKey | None = None


@question("world_picture", title="A world in one state", formula="rendered by the world itself", number="place", **_ENDS)
@dataclass(frozen=True, eq=False)
class PlaceInWorld(Question[WorldPicture]):
    """A world in one state, with the thing that moves put at a place where one is given."""

    name: str
    state: State
    x: float | None = None
    y: float | None = None


@question("clip_ends", needs=_DYNAMICS, title="Ends of a plan in a clip", formula="as early and as late as the model can", number="goal", **_ENDS)
@dataclass(frozen=True, eq=False)
class EndsInClip(Question[ClipEnds]):
    """Where a plan in a clip begins and ends unless it is said."""

    model: ModelKey
    clip: ClipKey


@question("plan", **_PLAN)
@dataclass(frozen=True, eq=False)
class Plan(Question[PlanTrace], Planner, FromClip):
    """The actions that bring the last known frame of a clip to the last frame of a goal. warm: actions from which the search begins."""

    warm: Float[np.ndarray, "steps action"] | None = None


@question("energy_landscape", **_ENERGY)
@dataclass(frozen=True, eq=False)
class Landscape(Question[EnergyLandscape], FromClip):
    """How far from the goal each action leads, over two of its components.

    Args:
        axes: components of a step's action. steps: values of each. others: "slice" or "minimum". true: the action that was really done.
        horizon: ticks, the same action in each. seed: of the draws of the other components.
    """

    axes: tuple[int, int] = (0, 1)
    steps: int = 21
    others: str = "slice"
    true: tuple[float, ...] | None = None
    horizon: int = 1
    distance: str = "l2"
    seed: int = 0


@question("plan_view", **_PLAN)
@dataclass(frozen=True, eq=False)
class PlanWithVideos(Question[PlanView], Planner, EndToEnd):
    """A plan with its predicted video, and the ground truth where it is known. bank: what a probe of places is fitted on."""

    bank: BankKey | None = None


@question("first_move", **_ENERGY)
@dataclass(frozen=True, eq=False)
class FirstMove(Question[EnergyLandscape], EndToEnd):
    """How far from the goal each first move leads, one step ahead. axes: two components of an action. steps: values of each."""

    axes: tuple[int, int] = (0, 1)
    steps: int = 21


@question("drive", **{**_STEPS, "number": "away"})
@dataclass(frozen=True, eq=False)
class Drive(Question[DriveStep], Planner, ThroughWorld):
    """Plan, execute the first actions, and repeat from the resulting state.

    Args:
        warm: the rest of the last plan, from which the search begins. bank: what a probe of places is fitted on.
    """

    warm: Float[np.ndarray, "steps action"] | None = None
    bank: BankKey | None = None


@question("walk", **{**_STEPS, "number": "end"})
@dataclass(frozen=True, eq=False)
class WalkToGoal(Question[WalkTrace], Planner, ThroughWorld):
    """Steps as of `Drive`, until the goal is reached: each plan begins where the one before it led, with its rest and another seed.

    Args:
        steps: that may be made.
    """

    steps: int = STEPS
