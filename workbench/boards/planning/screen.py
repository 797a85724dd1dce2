"""The views of the Plan board: the world or the clip at the left; videos, landscape and costs at the right; of one model at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from widgets import ClipPlayer, WorldStage
from workbench.boards.layout import Chart, Either, fill
from workbench.boards.look import blank
from workbench.boards.planning import views
from workbench.boards.planning.charts import landscape_chart
from workbench.boards.planning.ends import Ground, InClip, InWorld, Route
from workbench.boards.planning.walk import ClosedLoop
from workbench.boards.videos import film_dicts
from workbench.core.films import Reel
from workbench.core.numbers import number, share
from workbench.core.questions.planning import ClipEnds, EnergyLandscape, PlanView
from workbench.query import Query


@dataclass(eq=False)
class PlanState:
    """The state of one planner: that of the model, or of the untrained model.

    Args:
        walk: of the agent that it leads. plan, first: its last plan, and the landscape of its first move. at: steps the agent had made when it planned.
    """

    walk: ClosedLoop
    plan: Query[PlanView]
    first: Query[EnergyLandscape]
    at: int = 0

    @property
    def view(self) -> PlanView | None:
        """The last plan."""
        return self.plan.answer

    @property
    def land(self) -> EnergyLandscape | None:
        """The landscape of its first move."""
        return self.first.answer

    @property
    def gone(self) -> bool:
        """Whether the agent has made steps since the plan was made."""
        return self.walk.count > 0 and (self.view is None or self.walk.count > self.at)

    def forget(self) -> None:
        """No plan."""
        self.plan.forget()
        self.first.forget()
        self.at = 0


def figures(first: PlanState, second: PlanState, known: bool) -> tuple[str, str, str]:
    """The numbers of two models side by side: what they are, and each. known: the first one's plan is of the same search."""
    if second.gone:
        ways = [f"{number(s.walk.away)} after {s.walk.count} steps" if s.walk.count else "not executed" for s in (first, second)]
        return "Distance to the goal, in image widths", ways[0], ways[1]
    costs = ["…" if s.view is None or (s is first and not known and not s.walk.count) else share(s.view.trace.share) for s in (first, second)]
    return "Predicted cost relative to the no-op", costs[0], costs[1]


class PlanScreen:
    """The views, and how they are filled from a sheet."""

    def __init__(self) -> None:
        self.stage = WorldStage(picture_height=430, click_places="goal", message="No world is open")
        self.clip = ClipPlayer(picture_height=400, message="No clip is open", curve_height=60)
        self.left = Either(self.stage, self.clip)
        self.player = ClipPlayer(picture_height=176, commands=["export", "export_mp4"], fps=views.FPS, message="No plan yet")
        self.land = Chart(232, "energy of the first action", blank())
        self.costs = views.cost_line()
        self.reels: Sequence[Reel] = ()
        self.sheet: PlanState | None = None
        self.route: Route | None = None
        self.ground: Ground | None = None
        self.twin, self.every, self.dark = False, 1, False
        for view in (self.costs, self.player):
            view.observe(lambda _: self.draw_stage(), names=["tick"])

    def empty(self, why: str) -> None:
        """Nothing of what was open stays."""
        self.sheet, self.route, self.reels = None, None, ()
        fill(self.stage, {"pixels": b"", "points": [], "paths": [], "message": why, "caption": "", "busy": False})
        fill(self.player, {"films": [], "message": "", "busy": False})
        self.costs.set_curves({})
        self.land.set(blank())
        self.left.show(0)

    def open(self, ground: Ground) -> None:
        """Another world or clip."""
        self.left.show(0 if ground.drives else 1)
        if isinstance(ground, InClip):
            self._open_clip(ground.found)

    def _open_clip(self, found: ClipEnds) -> None:
        with self.clip.together():
            self.clip.set_films([({"name": "clip", "kind": "real"}, found.film)])
            self.clip.fps, self.clip.tick, self.clip.version = found.fps, found.start, self.clip.version + 1

    def draw(self, sheet: PlanState, route: Route, ground: Ground) -> None:
        """Everything that this planner has found."""
        self.sheet, self.route, self.ground = sheet, route, ground
        if isinstance(ground, InClip):
            fill(self.clip, {"marks": views.end_marks(ground.found, route.start, route.goal)})
        with self.stage.together():
            if sheet.view is not None:
                views.draw_costs(self.costs, sheet.view.trace)
            self.draw_way()
        self.draw_land()

    def draw_way(self) -> None:
        """The agent has moved: its films and the stage, as one change."""
        with self.stage.together():
            self._draw_films()
            self.draw_stage()

    def _draw_films(self) -> None:
        """The films of the plan, or of the way that was gone since; in a world beside the goal."""
        sheet, route = self.sheet, self.route
        if sheet is None or route is None:
            return
        trace, before = sheet.walk.trace() if sheet.gone else None, self.reels
        if trace is not None:
            self.reels = views.walk_reels(trace, sheet.walk.note, self.every, self.twin)
        elif sheet.view is not None:
            self.reels = sheet.view.reels
        else:
            return
        frames = max(len(r.pixels) for r in self.reels) if self.reels else 1
        shown = [*self.reels, views.goal_reel(route.goal, frames)] if isinstance(self.ground, InWorld) else self.reels
        with self.player.together():
            self.player.set_films(film_dicts(shown))
            self.player.tick = frames - 1 if trace is not None else 0 if self.reels is not before else min(self.player.tick, frames - 1)
            self.player.busy, self.player.version = False, self.player.version + 1

    def draw_land(self) -> None:
        """The landscape of the first move, with the move that was chosen."""
        sheet = self.sheet
        if sheet is None or sheet.land is None or sheet.view is None:
            self.land.set(blank())
            return
        self.land.set(landscape_chart(sheet.land, sheet.view.trace.actions[0], dark=self.dark))

    def draw_stage(self) -> None:
        """Ends, paths, and the agent where the cursor of the films is."""
        sheet, route, ground = self.sheet, self.route, self.ground
        if sheet is None or route is None or not isinstance(ground, InWorld):
            return
        walk, tick = sheet.walk.trace(), self.player.tick
        agent, picture = None, route.start.pixels
        lines = [views.ring(route.goal.place, ground.near)]
        if walk is not None:
            k = min(tick, len(walk.places) - 1) if sheet.gone else len(walk.places) - 1
            agent, picture = (float(walk.places[k, 0]), float(walk.places[k, 1])), walk.pixels[k]
        if sheet.gone and walk is not None:
            readable = sheet.view is not None and sheet.view.paths is not None and sheet.view.paths.probe >= views.READABLE
            lines += views.walk_lines(walk, sheet.walk.believed if readable else None, self.twin)
        elif sheet.view is not None and sheet.view.paths is not None:
            lines += [] if walk is None else views.walk_lines(walk, None)
            lines += views.plan_lines(sheet.view.paths, self.costs.tick, self.twin)
            true = sheet.view.paths.true
            k = min(tick, len(true) - 1)
            if k > 0:
                agent, picture = (float(true[k, 0]), float(true[k, 1])), sheet.view.reels[0].pixels[k]
        with self.stage.together():
            self.stage.set_picture(picture)
            self.stage.points = views.points(route.start, route.goal, agent)
            self.stage.paths, self.stage.version = lines, self.stage.version + 1

    def busy(self, on: bool) -> None:
        """A newer answer is being computed; what is shown stays."""
        for view in (self.stage, self.player, self.costs):
            view.busy = on
