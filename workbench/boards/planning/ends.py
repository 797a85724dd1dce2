"""Where a plan begins and ends: two places in a world, or two frames of a clip. Boards ask the same of both."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from workbench.core.card import ClipKey, ModelKey
from workbench.core.errors import BadInput
from workbench.core.questions.planning import ClipEnds, EndToEnd, WorldEnds, between

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
    """A route in a world that can be driven: steps can really be made.

    Attributes:
        opening: the route before anybody moved an end.
    """

    drives = True

    def __init__(self, name: str, found: WorldEnds) -> None:
        self.name, self.near = name, found.near
        self.opening = Route(found.start, found.goal)

    def asked(self, model: ModelKey, route: Route, who: str) -> EndToEnd:
        """Both ends, as questions name them. who: plans, "model" or "twin"."""
        return EndToEnd(model, self.name, route.start.state, route.goal.state, predictor=who)

    def check(self, route: Route) -> None:
        """Refuse what is no way.

        Raises:
            BadInput: its ends are in the same place.
        """
        far = between(route.start, route.goal)
        if far <= self.near:
            what = f"the goal would be where the start is: {far:.2f} of the picture apart, and within {self.near:g} counts as there"
            raise BadInput(what, where="goal", fix="put them further apart; nothing was moved")

    def horizon(self) -> int:
        """How many steps a plan has at first."""
        return _LONGEST


class InClip:
    """A route from one frame of a clip to another.

    Attributes:
        opening: the route before anybody moved an end.
    """

    drives = False

    def __init__(self, clip: ClipKey, found: ClipEnds) -> None:
        self.clip, self.found = clip, found
        self.opening = Route(found.start, found.goal)

    def asked(self, model: ModelKey, route: Route, who: str) -> EndToEnd:
        """Both ends, as questions name them. who: plans, "model" or "twin"."""
        return EndToEnd(model, clip=self.clip, frames=(route.start, route.goal), predictor=who)

    def check(self, route: Route) -> None:
        """Refuse what is no way.

        Raises:
            BadInput: its ends are in the same place, or the model has not seen enough at its start.
        """
        if route.start == route.goal:
            what = f"the goal would be where the start is: both are frame {route.goal}"
            raise BadInput(what, where="goal", fix="choose another frame; nothing was moved")
        if route.start < self.found.first:
            what = f"frame {route.start} cannot be the start: this model must have seen {self.found.first + 1} frames, so the first that can is {self.found.first}"
            raise BadInput(what, where="start", fix="choose a later frame; nothing was moved")

    def horizon(self) -> int:
        """How many steps a plan has at first: as many as the clip has between the two."""
        return max(1, min(_LONGEST, self.opening.goal - self.opening.start))


Ground = InWorld | InClip
