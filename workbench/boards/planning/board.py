"""Plan: two pictures, a start and a goal; the model searches in its imagination, and the real agent follows."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import partial
from itertools import combinations, islice
from typing import Any

from widgets import Toolbar
from workbench.boards.base import Board, board, save_videos
from workbench.boards.layout import Column, Layout, Row, fill
from workbench.boards.planning import controls, views, words
from workbench.boards.planning.ends import NO_ACTIONS, Ground, InClip, InWorld, Route, unlike
from workbench.boards.planning.kept import KeptPlan, kept_values, too_many
from workbench.boards.planning.questions import plan_question, printed, same_search, step_question
from workbench.boards.planning.screen import PlanScreen, PlanState, figures
from workbench.boards.planning.walk import ClosedLoop
from workbench.boards.second import SECOND
from workbench.boards.settings import Settings, Values
from workbench.boards.undo import Edits
from workbench.boards.workspace import Ages, Workspace, age, renew
from workbench.core.errors import WorkbenchError
from workbench.core.questions.checkpoint import ModelFacts
from workbench.core.questions.planning import (
    ClipEnds,
    Drive,
    EndsInClip,
    EndsInWorld,
    EnergyLandscape,
    FirstMove,
    PlaceInWorld,
    PlanView,
    PlanWithVideos,
    WorldEnds,
    WorldPicture,
)
from workbench.link import link
from workbench.query import Query

_AGAIN = 0.4  # seconds within which a second press of Execute is a double click
_PAIRS = 6  # pairs of components that a landscape can be asked over
_LIGHT = 20e6  # parameters; a larger model plans when asked to, not at every change
_NO_WORLD = "the world of this clip cannot be simulated"


@board(section="IMAGINE", order=20, opens=4)
class PlanBoard(Board):
    """Start and goal on the left with the sampled and chosen paths; videos, landscape and costs beside them."""

    title = "Plan"
    shown_by = "two-rooms"
    compares = True
    about = PlanWithVideos.about
    depends = ("model", "clip")

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace, ["reset", "undo", "redo", "export"])
        self.toolbar, self.actions = Toolbar(), Toolbar()
        self.screen = screen = PlanScreen()
        self.stage, self.clip, self.player, self.costs = screen.stage, screen.clip, screen.player, screen.costs
        self.land = screen.land
        self.ground: Ground | None = None
        self.route: Edits[Route | None] = Edits(None)
        self.sheets = {who: self._sheet(who) for who in ("model", "twin", SECOND)}
        self.in_world = Query[WorldEnds](workspace, "plan.world", self._open_world, self.failed)
        self.in_clip = Query[ClipEnds](workspace, "plan.clip", self._open_clip, self.failed)
        self.places = {end: Query[WorldPicture](workspace, f"plan.{end}", partial(self._move, end), self.failed) for end in ("start", "goal")}
        self._warmed = False  # the twin was asked in advance, once, because its first answer takes seconds
        self.kept = KeptPlan(workspace, self.toolbar, self._led, self.failed)
        self.settings = Settings(self._held, self._bring_back, rests=self._not_kept, heavy=too_many)
        self._rests: dict[str, int] = {}  # steps made by the agent that is not displayed, so that it can resume
        self._pressed = 0.0
        self._wire()

    def _sheet(self, who: str) -> PlanState:
        def failed(error: WorkbenchError) -> None:
            if who == self.predictor:
                self.failed(error)

        plan = Query[PlanView](self.space, f"plan.view.{who}", lambda view: self._planned(who), failed)
        first = Query[EnergyLandscape](self.space, f"plan.first.{who}", lambda land: self._landed(who), failed)
        return PlanState(ClosedLoop(self.space, who, partial(self._step_of, who), self._walked, self.failed), plan, first)

    @property
    def layout(self) -> Layout:
        """Sentence and controls; the world at the left; films over landscape and costs at the right."""
        right = Column((self.player, Row((self.land, self.costs), (0.5, 0.5), least=400)))
        return Column((self.headline, self.actions, self.toolbar, Row((self.screen.left, right), (0.44, 0.56))))

    def _wire(self) -> None:
        link(self.session, "predictor", self.headline, "source", show=lambda _: self.source)
        self.stage.on_move = self._placed
        self.actions.on_press = self.press
        self.toolbar.on_change = self._chosen
        self.player.on_command = self._save_film
        self.space.on("model", self._forget)
        self.space.on("clip", self.opened)
        self.space.on("theme", self._themed)
        self.session.watch(["predictor"], lambda old, new: self._turned())

    @property
    def sheet(self) -> PlanState:
        """Of the model that is displayed: trained or untrained."""
        return self.sheets[self.predictor]

    @property
    def predictor(self) -> str:
        """See `Board.predictor`: a key of `sheets`; SECOND while B is held."""
        return SECOND if self.other else super().predictor

    @property
    def light(self) -> bool:
        """The model is small enough to plan at every move."""
        facts = self.space.facts
        return facts is not None and sum(p.parameters for p in facts.report.parts) <= _LIGHT

    def refusal(self) -> str:
        """See `Board.refusal`; a model without actions cannot plan."""
        facts, reason = self.space.facts, super().refusal()
        if reason or facts is None or facts.action is not None:
            return reason
        return NO_ACTIONS

    def _unlike(self, facts: ModelFacts) -> str:
        """See `Holding._unlike`: it must act as the first one does, in the same world."""
        return "" if self.space.facts is None else unlike(facts, self.space.facts)

    def _themed(self) -> None:
        self.screen.dark = self.space.dark
        self.screen.draw_land()

    def _forget(self) -> None:
        self.ground, self._warmed = None, False
        self._clear()
        self.route.restart(None)
        self._buttons()
        self.screen.empty(self.refusal() or "Opening a clip …")
        if self.awake and self.refusal():
            self.off()

    def _clear(self) -> None:
        for sheet in self.sheets.values():
            sheet.walk.begin(None)
            sheet.forget()
        for query in (self.in_world, self.in_clip, *self.places.values()):
            query.forget()

    def pictures(self) -> tuple[Ages, ...]:
        """See `Board.pictures`."""
        return self.stage, self.clip, self.player, self.land, self.costs

    def banked(self) -> None:
        """See `Board.banked`; no plan depends on it."""

    def opened(self) -> None:
        """See `Board.opened`: ask where a plan would begin and end, in the model's world or in the open clip."""
        s, facts = self.session.state, self.space.facts
        self._clear()
        if self.off() or facts is None or s.model is None or s.clip is None:
            return
        self.waiting()
        if facts.card.world:
            self.in_world.ask(EndsInWorld(facts.card.world, s.clip))
        else:
            self.in_clip.ask(EndsInClip(s.model, s.clip))

    def _open_world(self, found: WorldEnds) -> None:
        asked = self.in_world.question
        assert isinstance(asked, EndsInWorld)
        self._open(InWorld(asked.name, found))

    def _open_clip(self, found: ClipEnds) -> None:
        asked = self.in_clip.question
        assert isinstance(asked, EndsInClip)
        self._open(InClip(asked.clip, found))

    def _open(self, ground: Ground) -> None:
        fresh, self.ground = self.ground is None, ground
        self.route.restart(ground.opening)
        self.screen.open(ground)
        self._put_back()
        self._show({**controls.VALUES, "horizon": ground.horizon()} if fresh else {})
        self._draw()
        if not self.kept.put(ground, self.route.value):
            self._again()

    def _held(self) -> Values:
        return kept_values(self.toolbar, self.ground, self.route.value)

    def _bring_back(self, values: Values) -> list[str]:
        """Set what a link says; start and goal once they are pictured, and all of it once the world is open."""
        route = self.route.value
        self.kept.want(values)
        if self.ground is None or route is None or self.in_world.busy or self.in_clip.busy:
            return []
        return self.kept.apply(self.ground, route)

    def _led(self, to: Route) -> None:
        """Start and goal are elsewhere, both at once."""
        old = self.route.value
        if old is not None and self.ground is not None:
            try:
                self.ground.check(to)
            except WorkbenchError as error:
                self.failed(error)
                return
            self.route.set(to)
            self._rerouted(old)

    def _not_kept(self) -> str:
        return "the steps that were executed" if any(sheet.walk.count for sheet in self.sheets.values()) else ""

    def _again(self) -> None:
        """Something that the plan depends on has changed: a small model plans at once, a large one when asked to."""
        if self.sheet.walk.running:
            return
        if self.light:
            self._plan()
        else:
            detail = "The plan on screen is of an earlier start, goal or setting. This model is large, so it plans only when asked to."
            self.say("Press Plan.", "plain", detail)

    def _put_back(self) -> None:
        """Both agents where they begin."""
        route = self.route.value
        if isinstance(self.ground, InWorld) and route is not None:
            for sheet in self.sheets.values():
                sheet.walk.begin(route.start, route.goal, self.ground.near)

    def _show(self, values: dict[str, object]) -> None:
        """The controls, with these values among them."""
        names, view = self._action_names(), self.sheet.view
        free = [] if view is None or len(names) < 3 else list(views.free_axes(view.trace))
        axes = [(a, b, f"{names[a]}, {names[b]}") for a, b in islice(combinations(free, 2), _PAIRS)]
        row = controls.settings(axes, self.ground is not None and self.ground.drives)
        held = {control.id for control in row}
        self.toolbar.show(row, {name: value for name, value in values.items() if name in held})

    def _action_names(self) -> list[str]:
        action = None if self.space.facts is None else self.space.facts.action
        if action is None:
            return []
        return [f"{n} {k + 1}" if action.frameskip > 1 else n for k in range(action.frameskip) for n in action.names]

    def _chosen(self, old: dict[str, Any], new: dict[str, Any]) -> None:
        changed = {k for k in new if new[k] != old.get(k)}
        if changed == {"axes"}:
            self._ask_land()
        elif changed != {"every"}:
            self._again()

    def press(self, name: str) -> None:
        """A button or its key was pressed."""
        walk = self.sheet.walk
        if name == "plan":
            walk.stop()
            self._plan()
        elif name in ("start", "goal"):
            self._move(name, self.clip.tick)
        elif not isinstance(self.ground, InWorld) or walk.here is None or (self.other and self.second.seen is None):
            return
        elif name == "execute":
            self._execute(walk)
        elif name == "step":
            walk.stop()
            walk.go(1)
        elif name == "back":
            self._back(walk)
        self._buttons()

    def _execute(self, walk: ClosedLoop) -> None:
        twice = time.monotonic() - self._pressed < _AGAIN
        if walk.running and not twice:
            walk.stop()
        elif not twice:
            if walk.over:
                self._back(walk)
            walk.go()
        self._pressed = time.monotonic()

    def _back(self, walk: ClosedLoop) -> None:
        route, asked = self.route.value, self.sheet.plan.question
        if route is None or not isinstance(self.ground, InWorld):
            return
        walk.begin(route.start, route.goal, self.ground.near)
        if not isinstance(asked, PlanWithVideos) or asked.state is not route.start.state:
            self._plan()
        self._draw()
        self.speak()

    def _placed(self, name: str, x: float, y: float) -> None:
        """A point of the world was moved: put it where it can be."""
        route = self.route.value
        if route is not None and isinstance(self.ground, InWorld):
            self.places[name].ask(PlaceInWorld(self.ground.name, getattr(route, name).state, x, y))

    def _move(self, end: str, to: WorldPicture | int) -> None:
        route, ground = self.route.value, self.ground
        if route is None or ground is None:
            return
        try:
            ground.check(route.moved(end, to))
        except WorkbenchError as error:
            self._draw()  # a point that was dragged goes back
            self.failed(error)
            return
        self.route.set(route.moved(end, to), end)
        self._rerouted(route)

    def _rerouted(self, old: Route) -> None:
        """An end is elsewhere: agents whose start was moved are put there, the others stay, and what leads to the old goal is searched anew."""
        new = self.route.value
        if new is None or self.ground is None:
            return
        if isinstance(self.ground, InWorld):
            if new.start is not old.start:
                self._put_back()
            else:
                for sheet in self.sheets.values():
                    sheet.walk.aim(new.goal)
        for sheet in self.sheets.values():
            if sheet is not self.sheet:
                sheet.forget()
        self._draw()
        self._again()

    def _turned(self) -> None:
        """See `Holding._turned`: another planner is displayed. The agent that is no longer displayed pauses, and resumes when it is displayed again."""
        for who, sheet in self.sheets.items():
            if who != self.predictor:
                sheet.plan.drop()
                if sheet.walk.running:
                    sheet.walk.stop()
                    self._rests[who] = sheet.walk.count
        rested = self._rests.pop(self.predictor, 0)
        if rested and self.sheet.walk.count == rested:
            self.sheet.walk.go()
        if self.off() or self.route.value is None:
            return
        self.screen.busy(self.sheet.plan.busy)
        self._draw()
        if self.sheet.view is None or (not self.sheet.walk.count and not self._planned_so(self.predictor)):
            if self.other:
                age(self.pictures())
            self._again()
            return
        self.speak()
        if self.sheet.land is None:
            self._ask_land()

    def command(self, name: str) -> None:
        """See `Board.command`; undo and redo are of start and goal, reset opens the board again."""
        old, sheet = self.route.value, self.sheet
        if name == "cancel":
            sheet.walk.stop()
            for query in (sheet.plan, sheet.first, self.in_world, self.in_clip):
                query.cancel()
            if isinstance(sheet.plan.question, PlanWithVideos):
                self._show(controls.values_of(sheet.plan.question))  # as for the plan that stays on screen
        elif name in ("undo", "redo") and old is not None:
            getattr(self.route, name)()
            self._rerouted(old)
        elif name == "reset" and self.ground is not None:
            self._show({**controls.VALUES, "horizon": self.ground.horizon()})
            self.route.set(self.ground.opening)
            self._put_back()
            self._rerouted(self.ground.opening)
        else:
            super().command(name)
        self._buttons()

    def _plan(self) -> None:
        """Ask for a plan from where the agent is; while B is held, also for that of the first model where its own is of another search."""
        if self.off() or self.route.value is None or self.ground is None:
            return
        self.waiting()
        self.screen.busy(True)
        for who in dict.fromkeys((self.predictor, "model" if self.other and self.light else self.predictor)):
            plan = self.sheets[who].plan
            try:
                asked = self._question(who)
            except WorkbenchError as error:
                self.failed(error)
                return
            if asked is not None and not plan.awaits(asked) and (who == self.predictor or not self._planned_so(who)):
                plan.ask(asked)

    def _question(self, who: str) -> PlanWithVideos | None:
        """The plan that is asked for now; None while something of it is missing. who: a key of `sheets`."""
        route, here = self.route.value, self.sheets[who].walk.here
        if route is None or self.ground is None:
            return None
        return plan_question(self.second, self.ground, route if here is None else route.moved("start", here), who, self.toolbar.values)

    def _planned_so(self, who: str) -> bool:
        """Whether the plan at hand is the one that is asked for now, whatever the bank."""
        return same_search(self.sheets[who].plan.question, lambda: self._question(who))

    def _planned(self, who: str) -> None:
        """Another plan is there."""
        sheet = self.sheets[who]
        sheet.at, asked = sheet.walk.count, sheet.plan.question
        if who != self.predictor:
            if self.other:
                self.speak()  # both numbers
            return
        self.screen.busy(False)
        if len(self._action_names()) > 2:
            self._show({})
        self._draw()
        self.speak()
        self._ask_land()
        if not self._warmed and self.light and who == "model" and isinstance(asked, PlanWithVideos):
            self._warmed = True
            self.sheets["twin"].plan.ask(replace(asked, predictor="twin"))

    def _ask_land(self) -> None:
        """Ask for the landscape of the first move of the plan on screen."""
        sheet, asked = self.sheet, self.sheet.plan.question
        if sheet.view is None or not isinstance(asked, PlanWithVideos):
            return
        free, chosen = views.free_axes(sheet.view.trace), self.toolbar.values.get("axes")
        if len(free) > 1:
            axes = controls.pair_of(chosen) if chosen else (free[0], free[1])
            sheet.first.ask(FirstMove(**asked.ends, axes=axes))

    def _landed(self, who: str) -> None:
        if who == self.predictor:
            self.screen.draw_land()
            self.speak()

    def _step_of(self, who: str, start: WorldPicture, goal: WorldPicture) -> Drive:
        """The question of a first step."""
        assert isinstance(self.ground, InWorld)
        return step_question(self.second, self.ground, start, goal, who, self.toolbar.values)

    def _draw(self) -> None:
        if self.route.value is None or self.ground is None:
            return
        renew(*self.pictures())
        self.screen.twin, self.screen.every = self.predictor == "twin", self.toolbar.values.get("every", 1)
        self.screen.draw(self.sheet, self.route.value, self.ground)
        self._buttons()

    def _walked(self) -> None:
        """A step was made, or the agent stopped."""
        self.screen.draw_way()
        self._buttons()
        self.speak()

    def _buttons(self) -> None:
        walk = self.sheet.walk
        state = "going" if walk.running else "over" if walk.count and walk.over else "stopped" if walk.count else "ready"
        why = "" if self.ground is None or self.ground.drives else _NO_WORLD
        route = self.route.value
        ends = controls.ends_buttons(route.start, route.goal) if why and route is not None else []
        self.actions.show([] if self.refusal() else [*ends, *controls.buttons(state, why)])
        fill(self.headline, {"can_undo": self.route.can_undo, "can_redo": self.route.can_redo})

    def failed(self, error: WorkbenchError) -> None:
        """See `Board.failed`."""
        self.screen.busy(False)
        super().failed(error)
        self._buttons()

    def speak(self) -> None:
        """The finding in words."""
        sheet, walk, twin = self.sheet, self.sheet.walk, self.predictor == "twin"
        every = self.toolbar.values.get("every", 1)
        if sheet.gone:
            sentence, tone = words.walk_sentence(walk.count, walk.away, walk.near, over=walk.over, every=every, twin=twin)
            detail = words.walk_detail(walk.trace())
        elif sheet.view is not None:
            (sentence, tone), detail = words.plan_sentence(sheet.view, twin), words.plan_detail(sheet.view, sheet.land)
        else:
            return
        subject = self.second.subject if self.other else self.space.subject
        lines = printed(sheet, None if subject is None else subject.sample)
        if self.other:
            self.say_both(*figures(self.sheets["model"], sheet, self._planned_so("model")), sentence, tone, detail, lines)
        else:
            self.say(sentence, tone, detail, lines)
        fill(self.stage, {"caption": words.stage_caption(controls.tried(self.toolbar.values), walk.running, every)})
        fill(self.headline, {} if self.other else {"note": "the untrained model" if twin else ""})

    def results(self) -> dict[str, object]:
        """See `Board.results`."""
        found: dict[str, object] = {}
        for who, sheet in self.sheets.items():
            own = {"plan": sheet.view, "landscape": sheet.land, "walk": sheet.walk.trace()}
            found |= {name if who == "model" else f"{who}_{name}": value for name, value in own.items() if value is not None}
        return found

    def _save_film(self, command: str) -> None:
        """Offer the films on screen as one video, with their labels."""
        if self.screen.reels:
            save_videos(self, "plan", command, self.screen.reels, fps=self.player.fps or 8.0)
