"""Start and goal of a plan: two positions in a world, or two frames of a clip."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from workbench.boards.second import Seen
from workbench.core.card import ClipKey, ModelKey
from workbench.core.errors import BadInput
from workbench.core.questions.checkpoint import ModelFacts
from workbench.core.questions.planning import ClipEnds, EndToEnd, WorldEnds, between

NO_ACTIONS = "this model takes no actions, so there is nothing to plan."
_LONGEST = 16  # steps that a plan looks ahead at first, as the figures of planning were measured with


@dataclass(frozen=True, eq=False)
class Route:
    """Both ends: pictures of a world, or numbers of frames."""

    start: Any
    goal: Any

    def moved(self, end: str, to: Any) -> Route:
        """With its start or its goal elsewhere."""
        return replace(self, **{end: to})


class InWorld:
    """Ends in a world that can be simulated: steps can be executed.

    Attributes:
        opening: the initial ends.
    """

    drives = True

    def __init__(self, name: str, found: WorldEnds) -> None:
        self.name, self.near = name, found.near
        self.opening = Route(found.start, found.goal)

    def asked(self, model: ModelKey, route: Route, who: str) -> EndToEnd:
        """Both ends, as questions name them. who: plans, "model" or "twin"."""
        return EndToEnd(model, self.name, route.start.state, route.goal.state, predictor=who)

    def check(self, route: Route) -> None:
        """Check that a plan is needed between the ends.

        Raises:
            BadInput: start and goal are closer than the distance that counts as reached.
        """
        far = between(route.start, route.goal)
        if far <= self.near:
            what = f"start and goal are {far:.2f} of the image width apart; within {self.near:g} counts as reached"
            raise BadInput(what, where="goal", fix="move them further apart; nothing was changed")

    def horizon(self) -> int:
        """The initial horizon."""
        return _LONGEST


class InClip:
    """Ends in a clip: two of its frames.

    Attributes:
        opening: the initial ends.
    """

    drives = False

    def __init__(self, clip: ClipKey, found: ClipEnds) -> None:
        self.clip, self.found = clip, found
        self.opening = Route(found.start, found.goal)

    def asked(self, model: ModelKey, route: Route, who: str) -> EndToEnd:
        """Both ends, as questions name them. who: plans, "model" or "twin"."""
        return EndToEnd(model, clip=self.clip, frames=(route.start, route.goal), predictor=who)

    def check(self, route: Route) -> None:
        """Check that the model can plan between the ends.

        Raises:
            BadInput: start and goal are the same frame, or the start has too little context.
        """
        if route.start == route.goal:
            what = f"start and goal are the same frame, {route.goal}"
            raise BadInput(what, where="goal", fix="choose another frame; nothing was changed")
        if route.start < self.found.first:
            what = f"frame {route.start} cannot be the start: this model needs {self.found.first + 1} frames of context, so the first possible start is {self.found.first}"
            raise BadInput(what, where="start", fix="choose a later frame; nothing was changed")

    def horizon(self) -> int:
        """The initial horizon: the number of steps between the two frames."""
        return max(1, min(_LONGEST, self.opening.goal - self.opening.start))


Ground = InWorld | InClip


def unlike(facts: ModelFacts, first: ModelFacts) -> str:
    """Why a second model cannot plan what the first one plans; "" where it can: it acts by the same quantities, in the same world."""
    if facts.action is None:
        return NO_ACTIONS
    own, wanted = (tuple(f.action.names) if f.action is not None else () for f in (facts, first))
    if own != wanted:
        return f"it acts by {', '.join(own)}, not by {', '.join(wanted)}: a plan of one is none of the other."
    world = first.card.world
    return f"it acts in the world {facts.card.world}, not in {world}." if world and facts.card.world not in ("", world) else ""


def same_frames(first: Seen | None, second: Seen | None) -> None:
    """Refuse ends in a clip of which the second model takes other frames.

    Raises:
        BadInput: so many frames of one are not so many of the other.
    """
    if first is not None and second is not None and len(first.shown.pixels) != len(second.shown.pixels):
        what = (
            f"it takes {len(second.shown.pixels)} frames of this clip, {first.name} takes {len(first.shown.pixels)}: start and goal are other frames"
        )
        raise BadInput(what, where="clip", fix="compare two models of one frame rate")
