"""What the Plan board asks of the worker, and what becomes of the answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.boards import plan_controls
from workbench.boards.plan_ends import Ground, InClip, InWorld
from workbench.boards.workspace import Notify, Workspace
from workbench.core.films import PlanView
from workbench.core.futures import EnergyLandscape
from workbench.present import plan_views as views

if TYPE_CHECKING:
    from workbench.boards.plan import PlanBoard

_LIGHT = 20e6  # weights; a larger model plans when it is asked to, not at every move
_SLOTS = ("plan.view", "plan.first", "plan.twin", "plan.ends", "plan.place")


class PlanWork:
    """Questions in slots of their own, the latest wins; the twin is asked in advance, once, because its first answer takes seconds.

    Args:
        board: whose views are filled.
    """

    def __init__(self, space: Workspace, board: PlanBoard) -> None:
        self.space, self.board = space, board
        self.warmed = False

    @property
    def light(self) -> bool:
        """The model is small enough to plan at every move."""
        facts = self.space.facts
        return facts is not None and sum(p.parameters for p in facts.report.parts) <= _LIGHT

    def forget(self) -> None:
        """Nobody waits for any of it any more."""
        for slot in _SLOTS:
            self.space.jobs.drop((self.space.session.id, slot))

    def cancel(self) -> None:
        """The user does not want to wait."""
        for slot in ("plan.view", "plan.first", "plan.ends"):
            self.space.jobs.cancel((self.space.session.id, slot))

    def ends(self) -> None:
        """Where a plan would begin and end: in the model's world, or in the open clip."""
        s, facts, board = self.space.session.state, self.space.facts, self.board
        clip = s.clip
        if facts is None or clip is None:
            return
        if world := facts.card.world:
            self.space.submit("world_ends", "plan.ends", lambda found: board.open(InWorld(world, found)), board.failed, name=world, clip=clip)
        else:
            self.space.submit("clip_ends", "plan.ends", lambda found: board.open(InClip(clip, found)), board.failed, model=s.model, clip=clip)

    def plan(self) -> None:
        """A plan from where the agent is."""
        board, who = self.board, self.board.predictor
        route, sheet = board.route.value, board.sheet
        if board.off() or route is None or board.ground is None:
            return
        board.waiting()
        board.screen.busy(True)
        self._submit("plan.view", who, sheet.walk.trail[-1] if sheet.walk.count else route.start, board.failed)

    def _submit(self, slot: str, who: str, start: Any, failed: Notify) -> None:
        s, board = self.space.session.state, self.board
        route, ground = board.route.value, board.ground
        if route is None or ground is None:
            return
        values = dict(board.toolbar.values)
        options = {**plan_controls.planner(values), **ground.asked(start, route.goal), "bank": s.bank, "predictor": who}
        self.space.submit("plan_view", slot, lambda view: self._planned(view, who, start, values), failed, model=s.model, **options)

    def _planned(self, view: PlanView, who: str, start: Any, values: dict[str, Any]) -> None:
        board = self.board
        sheet = board.sheets[who]
        sheet.view, sheet.origin, sheet.at, sheet.asked = view, start, sheet.walk.count, values
        if who != board.predictor:
            return
        board.planned()
        self.land()
        if not self.warmed and self.light and who == "model":
            self.warmed = True
            self._submit("plan.twin", "twin", start, lambda error: None)

    def land(self) -> None:
        """The landscape of the first move of the plan on screen."""
        board = self.board
        route, ground, sheet, who = board.route.value, board.ground, board.sheet, board.predictor
        if route is None or ground is None or sheet.view is None:
            return
        free, chosen = views.free_axes(sheet.view.trace), board.toolbar.values.get("axes")
        if len(free) < 2:
            return
        axes = plan_controls.pair_of(chosen) if chosen else (free[0], free[1])
        options = {**ground.asked(sheet.origin, route.goal), "axes": axes, "predictor": who}

        def found(land: EnergyLandscape) -> None:
            sheet.land = land
            if sheet is board.sheet:
                board.screen.draw_land()
                board.speak()

        self.space.submit("first_move", "plan.first", found, board.failed, model=self.space.session.state.model, **options)

    def driven(self, ground: Ground | None) -> dict[str, Any]:
        """What a step that is really made is asked with."""
        s, board = self.space.session.state, self.board
        route = board.route.value
        if not isinstance(ground, InWorld) or route is None:
            return {}
        fixed = {"model": s.model, "name": ground.name, "goal": route.goal.state, "bank": s.bank, "predictor": board.predictor}
        return {**fixed, "moves": board.toolbar.values["every"], **plan_controls.planner(board.toolbar.values)}
