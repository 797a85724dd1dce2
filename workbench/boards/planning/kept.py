"""What of the Plan board a link holds: the search, and where it begins and ends."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from widgets import Toolbar
from workbench.boards.planning.controls import VALUES
from workbench.boards.planning.ends import Ground, InWorld, Route
from workbench.boards.settings import Values, not_set, set_toolbar, toolbar_values
from workbench.boards.workspace import Workspace
from workbench.core.errors import WorkbenchError
from workbench.core.questions.planning import PlaceInWorld, WorldPicture
from workbench.query import Query

ENDS = ("start", "goal")
_MOST = 4  # times the usual search: a larger one that a link asks for waits for a press
_DIGITS = 5  # of a place, in sides of the picture


def kept_values(toolbar: Toolbar, ground: Ground | None, route: Route | None) -> Values:
    """The controls; start and goal where somebody moved them: places in sides of the picture, or frames of the clip."""
    found = toolbar_values(toolbar)
    if ground is None or route is None or route is ground.opening:
        return found
    ends = {end: getattr(route, end) for end in ENDS if getattr(route, end) is not getattr(ground.opening, end)}
    return {**found, **{end: _place(to) for end, to in ends.items()}}


def too_many(values: Values) -> str:
    """Why a plan with these values takes long; "" where it does not."""
    cost = 1.0
    for name in ("samples", "iterations", "horizon"):
        value = values.get(name, VALUES[name])
        cost *= value / VALUES[name] if isinstance(value, int | float) else 1
    return f"It asks for a search {cost:.0f} times as long as usual." if cost > _MOST else ""


class KeptPlan:
    """Brings back what a link says of a plan, as soon as the world or the clip is open.

    Args:
        led: told the new ends, both at once. failed: told of a place that cannot be pictured.
    """

    def __init__(self, space: Workspace, toolbar: Toolbar, led: Callable[[Route], None], failed: Callable[[WorkbenchError], None]) -> None:
        self.space, self.toolbar, self._led = space, toolbar, led
        self._values: dict[str, Any] = {}
        self._route: Route | None = None
        self._awaited: set[str] = set()
        self._given = 0  # how often other ends were told
        self._places = {end: Query[WorldPicture](space, f"plan.kept.{end}", partial(self._pictured, end), failed) for end in ENDS}

    def want(self, values: Values) -> None:
        """Have these brought back."""
        self._values = dict(values)

    def put(self, ground: Ground, route: Route | None) -> bool:
        """The world or the clip is open: whether other ends are on their way, which will be searched between."""
        if not self._values or route is None:
            return False
        before = self._given
        if refused := self.apply(ground, route):
            self.space.notify(not_set(refused))
        return bool(self._awaited) or self._given != before

    def apply(self, ground: Ground, route: Route) -> list[str]:
        """Set controls, and ask for pictures of the ends; the names of what could not be set."""
        values, self._values = self._values, {}
        refused = set_toolbar(self.toolbar, {name: value for name, value in values.items() if name not in ENDS})
        ends = {end: values[end] for end in ENDS if end in values}
        wrong = [end for end, to in ends.items() if not _is_place(to, ground)]
        if wrong:
            return refused + wrong
        if not isinstance(ground, InWorld):
            to = Route(ends.get("start", ground.opening.start), ends.get("goal", ground.opening.goal))
            if (to.start, to.goal) != (route.start, route.goal):
                self._lead(to)
            return refused
        self._route, self._awaited = ground.opening, set(ends)
        for end, (x, y) in ends.items():
            self._places[end].ask(PlaceInWorld(ground.name, getattr(ground.opening, end).state, float(x), float(y)))
        if not ends and route is not ground.opening:
            self._lead(ground.opening)
        return refused

    def _pictured(self, end: str, picture: WorldPicture) -> None:
        if self._route is not None:
            self._route = self._route.moved(end, picture)
            self._awaited.discard(end)
            if not self._awaited:
                self._lead(self._route)

    def _lead(self, to: Route) -> None:
        self._given += 1
        self._led(to)


def _place(to: WorldPicture | int) -> list[float] | int:
    return to if isinstance(to, int) else [round(float(to.place[0]), _DIGITS), round(float(to.place[1]), _DIGITS)]


def _is_place(value: Any, ground: Ground) -> bool:
    if not isinstance(ground, InWorld):
        return type(value) is int and 0 <= value < len(ground.found.film)
    return isinstance(value, list | tuple) and len(value) == 2 and all(type(v) in (int, float) and 0 <= v <= 1 for v in value)
