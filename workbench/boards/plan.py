"""Plan: two pictures, a start and a goal; the model searches in its imagination, and the real agent follows."""

from __future__ import annotations

import time
from itertools import combinations, islice
from typing import Any

from widgets import Toolbar
from workbench.boards import code, plan_controls
from workbench.boards.base import Board, board
from workbench.boards.edits import Edits
from workbench.boards.layout import Column, Layout, Row
from workbench.boards.plan_ends import Ground, InWorld, Route
from workbench.boards.plan_screen import PlanScreen, Sheet
from workbench.boards.plan_walk import BUDGET, Walk
from workbench.boards.plan_work import PlanWork
from workbench.boards.workspace import Workspace, renew
from workbench.core.errors import WorkbenchError
from workbench.core.films import PlanView, WorldPicture
from workbench.link import link
from workbench.measures.catalogue import entry
from workbench.present import future_words as words
from workbench.present import plan_views as views
from workbench.present.show import fill

_AGAIN = 0.4  # seconds within which a second press of Execute is a double click
_PAIRS = 6  # pairs of components that a landscape can be asked over
_NO_WORLD = "nobody can drive the world of this clip"


@board(section="IMAGINE", order=20, opens=4)
class PlanBoard(Board):
    """Start and goal on the left with every path that was thought of; films, landscape and costs beside them."""

    title = "Plan"
    about = entry("plan")
    depends = ("model", "clip")

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace, ["reset", "undo", "redo", "export"])
        self.toolbar, self.actions = Toolbar(), Toolbar()
        self.screen = screen = PlanScreen()
        self.stage, self.clip, self.player, self.costs = screen.stage, screen.clip, screen.player, screen.costs
        self.land = screen.land
        self.ground: Ground | None = None
        self.route: Edits[Route | None] = Edits(None)
        self.sheets = {who: Sheet(Walk(workspace, lambda: self.work.driven(self.ground), self._walked, self.failed)) for who in ("model", "twin")}
        self.work = PlanWork(workspace, self)
        self._rests: dict[str, int] = {}  # who stands still because the other is looked at -> steps it had made
        self._settling, self._pressed = False, 0.0
        self._wire()

    @property
    def layout(self) -> Layout:
        """Sentence and controls; the world at the left; films over landscape and costs at the right."""
        right = Column((self.player, Row((self.land, self.costs), (0.5, 0.5))))
        return Column((self.headline, self.actions, self.toolbar, Row((self.screen.left, right), (0.44, 0.56))))

    def _wire(self) -> None:
        link(self.session, "predictor", self.headline, "source", show=lambda s: "twin" if s.predictor == "twin" else "model")
        self.stage.on_move = self._placed
        self.actions.on_press = self.press
        self.toolbar.observe(lambda change: self._chosen(change["old"], change["new"]), names=["values"])
        self.player.on_command = self._save_film
        self.space.on("model", self._forget)
        self.space.on("clip", self.opened)
        self.space.on("theme", self._themed)
        self.session.watch(["predictor"], lambda old, new: self._swapped())

    @property
    def sheet(self) -> Sheet:
        """Of whoever is looked at."""
        return self.sheets[self.predictor]

    def refusal(self) -> str:
        """See `Board.refusal`; there is nothing to plan where nothing is done."""
        facts, reason = self.space.facts, super().refusal()
        if reason or facts is None or facts.action is not None:
            return reason
        return "this model foresees what comes by itself; it takes no actions, so there is nothing to plan."

    def _themed(self) -> None:
        self.screen.dark = self.space.dark
        self.screen.draw_land()

    def _forget(self) -> None:
        self.ground, self.work.warmed = None, False
        self._clear()
        self.route.restart(None)
        self._buttons()
        self.screen.empty(self.refusal() or "Opening a clip …")
        if self.awake and self.refusal():
            self.off()

    def _clear(self) -> None:
        for sheet in self.sheets.values():
            sheet.forget()
        self.work.forget()

    def pictures(self) -> tuple[Any, ...]:
        """See `Board.pictures`."""
        return self.stage, self.clip, self.player, self.land, self.costs

    def banked(self) -> None:
        """See `Board.banked`; no plan depends on it."""

    def opened(self) -> None:
        """See `Board.opened`: ask where a plan would begin and end."""
        self._clear()
        if self.off() or self.space.facts is None:
            return
        self.waiting()
        self.work.ends()

    def open(self, ground: Ground) -> None:
        """It is known where a plan would begin and end."""
        fresh, self.ground = self.ground is None, ground
        self.route.restart(ground.opening)
        self.screen.open(ground)
        self._put_back()
        self._settle({**plan_controls.VALUES, "horizon": ground.horizon()} if fresh else self.toolbar.values)
        self._draw()
        self._again()

    def _again(self) -> None:
        """Something that the plan depends on is another: a small model plans anew by itself, a large one when it is asked to."""
        if self.sheet.walk.running:
            return
        if self.work.light:
            self.work.plan()
        else:
            self.say(
                "Press Plan.",
                "plain",
                "Start, goal or search are others than those of the plan on screen. This model is large: it plans when asked to.",
            )

    def _put_back(self) -> None:
        """Both agents where they begin."""
        route = self.route.value
        if isinstance(self.ground, InWorld) and route is not None:
            for sheet in self.sheets.values():
                sheet.walk.begin([route.start], route.goal, self.ground.near)

    def _settle(self, values: dict[str, Any]) -> None:
        """Controls and their values, without taking them for a wish."""
        names, view = self._action_names(), self.sheet.view
        free = [] if view is None or len(names) < 3 else list(views.free_axes(view.trace))
        axes = [(a, b, f"{names[a]}, {names[b]}") for a, b in islice(combinations(free, 2), _PAIRS)]
        row = plan_controls.settings(axes, self.ground is not None and self.ground.drives)
        held = {c["id"] for c in row}
        self._settling = True
        try:
            with self.toolbar.together():
                self.toolbar.controls = row
                self.toolbar.values = {k: v for k, v in values.items() if k in held}
        finally:
            self._settling = False

    def _action_names(self) -> list[str]:
        action = None if self.space.facts is None else self.space.facts.action
        if action is None:
            return []
        return [f"{n} {k + 1}" if action.frameskip > 1 else n for k in range(action.frameskip) for n in action.names]

    def _chosen(self, old: dict[str, Any], new: dict[str, Any]) -> None:
        if self._settling or not old or new == old:
            return
        changed = {k for k in new if new[k] != old.get(k)}
        if changed == {"axes"}:
            self.work.land()
        elif changed != {"every"}:
            self._again()

    def press(self, name: str) -> None:
        """A button or its key was pressed."""
        walk = self.sheet.walk
        if name == "plan":
            walk.stop()
            self.work.plan()
        elif name in ("start", "goal"):
            self._move(name, self.clip.tick)
        elif not isinstance(self.ground, InWorld) or not walk.trail:
            return
        elif name == "execute":
            self._execute(walk)
        elif name == "step":
            walk.stop()
            walk.go(1)
        elif name == "back":
            self._back(walk)
        self._buttons()

    def _execute(self, walk: Walk) -> None:
        twice = time.monotonic() - self._pressed < _AGAIN
        if walk.running and not twice:
            walk.stop()
        elif not twice:
            if walk.over:
                self._back(walk)
            walk.go()
        self._pressed = time.monotonic()

    def _back(self, walk: Walk) -> None:
        route = self.route.value
        if route is None or not isinstance(self.ground, InWorld):
            return
        walk.begin([route.start], route.goal, self.ground.near)
        if self.sheet.origin is not route.start:
            self.work.plan()
        self._draw()
        self.speak()

    def _placed(self, name: str, x: float, y: float) -> None:
        """A point of the world was moved: put it where it can be."""
        route = self.route.value
        if route is None or not isinstance(self.ground, InWorld):
            return
        options = {"name": self.ground.name, "state": getattr(route, name).state, "x": x, "y": y}
        self.space.submit("world_picture", "plan.place", lambda found: self._move(name, found), self.failed, **options)

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
                sheet.view = sheet.land = None
        self._draw()
        self._again()

    def _swapped(self) -> None:
        """The other planner is looked at: whoever walks stands still meanwhile, and goes on when it is looked at again."""
        for who, sheet in self.sheets.items():
            if who != self.predictor and sheet.walk.running:
                sheet.walk.stop()
                self._rests[who] = sheet.walk.count
        rested = self._rests.pop(self.predictor, 0)
        if rested and self.sheet.walk.count == rested:
            self.sheet.walk.go()
        self.space.jobs.drop((self.session.id, "plan.view"))
        if self.off() or self.route.value is None:
            return
        self._draw()
        if self.sheet.view is None:
            self._again()
            return
        self.speak()
        if self.sheet.land is None:
            self.work.land()

    def command(self, name: str) -> None:
        """See `Board.command`; undo and redo are of start and goal, reset opens the board again."""
        old = self.route.value
        if name == "cancel":
            self.sheet.walk.stop()
            self.work.cancel()
            self._settle({**self.toolbar.values, **self.sheet.asked})  # as for the plan that stays on screen
        elif name in ("undo", "redo") and old is not None:
            getattr(self.route, name)()
            self._rerouted(old)
        elif name == "reset" and self.ground is not None:
            self._settle({**plan_controls.VALUES, "horizon": self.ground.horizon()})
            self.route.set(self.ground.opening)
            self._put_back()
            self._rerouted(self.ground.opening)
        else:
            super().command(name)
        self._buttons()

    def planned(self) -> None:
        """Another plan is there."""
        self.screen.busy(False)
        if len(self._action_names()) > 2:
            self._settle(self.toolbar.values)
        self._draw()
        self.speak()

    def _draw(self) -> None:
        if self.route.value is None or self.ground is None:
            return
        renew(*self.pictures())
        self.screen.twin, self.screen.every = self.predictor == "twin", self.toolbar.values.get("every", 1)
        self.screen.draw(self.sheet, self.route.value, self.ground)
        self._buttons()

    def _walked(self) -> None:
        """A step was made, or the agent stands still."""
        self.screen.draw_films()
        self.screen.draw_stage()
        self._buttons()
        self.speak()

    def _buttons(self) -> None:
        walk = self.sheet.walk
        state = "going" if walk.running else "over" if walk.count and walk.over else "stopped" if walk.count else "ready"
        why = "" if self.ground is None or self.ground.drives else _NO_WORLD
        route = self.route.value
        ends = plan_controls.ends_buttons(route.start, route.goal) if why and route is not None else []
        fill(self.actions, {"controls": [] if self.refusal() else [*ends, *plan_controls.buttons(state, why)]})
        fill(self.headline, {"can_undo": self.route.can_undo, "can_redo": self.route.can_redo})

    def failed(self, error: WorkbenchError) -> None:
        """See `Board.failed`."""
        self.screen.busy(False)
        super().failed(error)
        self._buttons()

    def speak(self) -> None:
        """The finding in words."""
        sheet, walk, twin = self.sheet, self.sheet.walk, self.predictor == "twin"
        if sheet.view is None and not sheet.gone:
            return
        every = self.toolbar.values.get("every", 1)
        lines = "" if sheet.view is None else self._code(sheet.view, sheet)
        if sheet.gone:
            sentence, tone = words.walk_sentence(walk.count, walk.away, walk.near, over=walk.over, every=every, twin=twin)
            detail = words.walk_detail(walk.trace())
        else:
            assert sheet.view is not None
            (sentence, tone), detail = words.plan_sentence(sheet.view, twin), words.plan_detail(sheet.view, sheet.land)
        self.say(sentence, tone, detail, lines)
        tried = plan_controls.tried(self.toolbar.values)
        fill(self.stage, {"caption": words.stage_caption(tried, walk.running, every)})
        fill(self.headline, {"note": "untrained twin" if twin else ""})

    def _code(self, view: PlanView, sheet: Sheet) -> str:
        s, route, ground = self.session.state, self.route.value, self.ground
        if route is None or ground is None:
            return ""
        walk, way = sheet.walk, sheet.walk.trace()
        if sheet.gone and walk.over and walk.asked and way is not None and (way.reached or BUDGET % walk.asked["moves"] == 0):
            return code.walk_lines(s, self.space.sample, view, walk.asked, way, BUDGET)
        ends = {**ground.asked(sheet.origin, route.goal), **({"predictor": "twin"} if self.predictor == "twin" else {})}
        lines = code.plan_lines(s, self.space.sample, view, ends, plan_controls.planner(sheet.asked))
        return f"# the plan, not the way that was made since\n{lines}" if sheet.gone else lines

    def results(self) -> dict[str, Any]:
        """See `Board.results`."""
        found: dict[str, Any] = {}
        for who, sheet in self.sheets.items():
            own = {"plan": sheet.view, "landscape": sheet.land, "walk": sheet.walk.trace()}
            found |= {name if who == "model" else f"{who}_{name}": value for name, value in own.items() if value is not None}
        return found

    def _save_film(self, command: str) -> None:
        """Offer the films on screen as one video, with their labels."""
        if self.screen.reels:
            self.save_films("plan", command, self.screen.reels, fps=self.player.fps or 8.0)
