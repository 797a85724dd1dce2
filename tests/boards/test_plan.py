"""The Plan board in a world, without a browser: it plans, walks, is undone, refuses what is no way, and stands still when nobody looks."""

from __future__ import annotations

import queue
import re
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.boards.opened import Opened
from workbench.boards.every import sections
from workbench.boards.planning import PlanBoard, board, controls
from workbench.core import codec
from workbench.core.questions.planning import STEPS
from workbench.train import plan_rooms

pytestmark = pytest.mark.slow

SMALL = {"samples": 48, "iterations": 2}


@pytest.fixture
def rooms() -> Opened:
    found = Opened()
    found.space.open("two-rooms", None, 9)
    return found


def test_the_board_is_offered_by_both_hosts() -> None:
    assert PlanBoard in sections()["IMAGINE"]


def test_it_searches_as_the_figures_of_planning_were_measured() -> None:
    assert controls.planner(controls.VALUES).settings == plan_rooms.PLANNER.settings
    assert (controls.VALUES["every"], STEPS) == (plan_rooms.REPLAN, plan_rooms.STEPS)


def test_a_first_plan_with_its_paths_films_costs_and_landscape_is_there_at_once(rooms: Opened) -> None:
    assert rooms.told == []
    assert re.match(r"After 16 steps, the predicted cost is \d+ % of the no-op cost", rooms.sentence)
    assert [p["kind"] for p in rooms.stage.points] == ["start", "goal"]
    assert {p["name"] for p in rooms.stage.paths} >= {"predicted", "ground truth", "sampled (elites brighter)"}
    assert [f["name"] for f in rooms.player.films] == ["ground truth, same actions", "open loop from frame 0", "goal"]
    assert rooms.costs.frames == 4
    assert rooms.sheet.land is not None
    assert rooms.screen.land.figure.data[0].type == "heatmap"


def test_iterations_and_films_have_a_cursor_each_that_the_world_follows(rooms: Opened) -> None:
    last, alone = rooms.stage.paths, rooms.stage.pixels
    rooms.costs.tick = 0
    assert rooms.stage.paths != last
    rooms.player.tick = 5
    agent = next(p for p in rooms.stage.points if p["id"] == "agent")
    assert (agent["x"], agent["y"]) == pytest.approx(tuple(rooms.sheet.view.paths.true[5]), abs=1e-4)
    assert rooms.stage.pixels != alone


def test_the_real_agent_goes_step_by_step_until_it_is_there(rooms: Opened) -> None:
    seen: list[int] = []
    rooms.player.observe(lambda change: seen.append(change["new"]), names=["tick"])
    rooms.press("execute")
    walk = rooms.sheet.walk.trace()
    assert seen == list(range(1, len(walk.actions) + 1))
    assert walk.reached
    assert rooms.sentence == f"The agent reached the goal in {len(walk.actions)} steps, replanning after every 2 steps."
    assert np.hypot(*(walk.places[-1] - np.array(rooms.route.value.goal.place))) <= 0.06
    assert [f["name"] for f in rooms.player.films] == ["ground truth, closed loop", "predicted 1–2 steps ahead", "goal"]
    assert rooms.button("execute")["label"] == "Execute again"
    rooms.press("back")
    assert [p["id"] for p in rooms.stage.points] == ["start", "goal"]
    assert rooms.sentence.startswith("After 16 steps, the predicted cost is")


def test_a_step_is_one_step_and_the_next_plan_begins_where_it_led(rooms: Opened) -> None:
    rooms.press("step")
    rooms.press("step")
    assert rooms.sheet.walk.count == 2
    assert rooms.sentence.endswith("of the image width from the goal.")
    assert rooms.button("execute")["label"] == "Resume"
    rooms.press("plan")
    here = rooms.sheet.walk.here.place
    assert tuple(rooms.sheet.view.paths.true[0]) == pytest.approx(here, abs=1e-6)


def test_the_twin_has_a_plan_and_a_way_of_its_own_and_letting_go_brings_back_the_models(rooms: Opened) -> None:
    rooms.press("execute")
    said, films = rooms.sentence, rooms.player.films
    rooms.headline.source = "twin"
    assert rooms.sentence.startswith("Untrained model: no sampled plan is better than the no-op")
    rooms.press("execute")
    assert rooms.sentence.startswith("Untrained model: the agent did not reach the goal: after 32 steps")
    rooms.headline.source = "model"
    assert rooms.sentence == said
    assert rooms.player.films == films


def test_a_goal_that_is_moved_is_planned_for_and_undone(rooms: Opened) -> None:
    first, said = rooms.route.value, rooms.sentence
    rooms.move("goal", 0.6, 0.85)
    assert rooms.route.value.goal.place == pytest.approx((0.6, 0.85))
    assert rooms.sentence != said
    assert rooms.headline.can_undo
    rooms.command("undo")
    assert rooms.route.value is first
    assert rooms.sentence == said
    rooms.command("redo")
    assert rooms.route.value.goal.place == pytest.approx((0.6, 0.85))
    rooms.command("reset")
    assert rooms.route.value is first


def test_a_goal_that_is_moved_after_the_walk_is_gone_to_from_where_the_agent_is(rooms: Opened) -> None:
    rooms.press("execute")
    count, here = rooms.sheet.walk.count, rooms.sheet.walk.here.place
    rooms.move("goal", 0.2, 0.85)
    assert tuple(rooms.sheet.view.paths.true[0]) == pytest.approx(here, abs=1e-6)
    rooms.press("execute")
    assert rooms.sheet.walk.count > count
    assert "reached the goal" in rooms.sentence
    rooms.move("start", 0.2, 0.2)
    assert rooms.sheet.walk.count == 0


def test_a_goal_in_the_wall_is_put_beside_it(rooms: Opened) -> None:
    rooms.move("goal", 0.51, 0.9)
    x, y = rooms.route.value.goal.place
    assert x > 0.55
    assert y == pytest.approx(0.9)
    assert next(p for p in rooms.stage.points if p["id"] == "goal")["x"] == pytest.approx(x, abs=1e-4)


def test_a_goal_at_the_start_is_refused_and_nothing_is_lost(rooms: Opened) -> None:
    before, paths = rooms.route.value, rooms.stage.paths
    rooms.move("goal", *before.start.place)
    assert rooms.sentence.startswith("start and goal are")
    assert rooms.headline.tone == "error"
    assert rooms.route.value is before
    assert rooms.stage.paths == paths
    assert next(p for p in rooms.stage.points if p["id"] == "goal")["x"] == pytest.approx(before.goal.place[0], abs=1e-4)


@pytest.mark.parametrize("name", ["samples", "iterations", "horizon"])
def test_a_budget_of_zero_cannot_be_set_and_is_refused_in_words(rooms: Opened, name: str) -> None:
    kept = dict(rooms.toolbar.values)
    with pytest.raises(Exception, match=rf"{name}.* is 0, but the int .* takes a whole number from 1"):
        rooms.toolbar.values = {**kept, name: 0}
    assert rooms.toolbar.values == kept


@pytest.mark.parametrize("samples_", [1, 5, 9])
def test_few_samples_still_have_elites_and_a_short_horizon_knots(rooms: Opened, samples_: int) -> None:
    rooms.toolbar.values = {**rooms.toolbar.values, "samples": samples_, "horizon": 1}
    assert rooms.told == []
    assert rooms.sheet.view.trace.samples.shape[1:3] == (samples_, 1)


def test_mppi_plans_and_says_so_in_its_lines(rooms: Opened) -> None:
    rooms.toolbar.values = {**rooms.toolbar.values, "method": "mppi", **SMALL}
    assert rooms.sheet.view.trace.method == "mppi"
    assert "method='mppi'" in rooms.headline.code


def test_a_large_model_plans_when_it_is_asked_to_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(board, "_LIGHT", 1e5)
    found = Opened()
    found.space.open("two-rooms", None, 9)
    assert found.sentence == "Press Plan."
    assert found.sheet.view is None
    found.press("plan")
    assert found.sentence.startswith("After 16 steps, the predicted cost is")
    found.move("goal", 0.6, 0.85)
    assert found.sentence == "Press Plan."
    found.headline.source = "twin"
    assert found.board.sheets["twin"].view is None


def run(lines: str) -> float:
    """What the copied lines print."""
    said: dict[str, Any] = {}
    exec(lines.replace("print(", "said = ("), said)
    return float(said["said"])


def test_the_copied_lines_give_the_cost_on_screen(rooms: Opened) -> None:
    for source in ("model", "twin"):
        rooms.headline.source = source
        lines = rooms.headline.code
        assert len(lines.splitlines()) <= 6
        assert run(lines) == pytest.approx(float(re.findall(r"# (\S+)", lines)[-1]), rel=1e-3)


def test_everything_is_exported_and_the_films_too(rooms: Opened) -> None:
    rooms.press("execute")
    rooms.command("export")
    found = codec.loads(rooms.headline.file)
    assert set(found) == {"plan", "landscape", "walk", "twin_plan"}
    assert found["walk"].states.shape[1] == 4
    assert len(found["walk"].imagined) == len(found["walk"].pixels)
    rooms.player.on_command("export")
    assert rooms.headline.file_name == "jepa-workbench-plan.webm"
    assert rooms.headline.file[:4] == b"\x1aE\xdf\xa3"


@pytest.mark.parametrize(("name", "words"), [("balls", "takes no actions, so there is nothing to plan"), ("shapes", "dynamics: missing")])
def test_a_model_that_cannot_plan_has_the_board_off_with_the_reason(rooms: Opened, name: str, words: str) -> None:
    rooms.space.open(name)
    assert words in rooms.sentence
    assert rooms.stage.points == []
    assert words in rooms.stage.message
    rooms.press("execute")
    rooms.press("plan")
    rooms.space.open("two-rooms")
    assert rooms.sentence.startswith("After 16 steps, the predicted cost is")


class Slow(Opened):
    """A board whose steps come at a pace, brought to one thread that hands them out when asked to."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self.space.deliver = self.calls.put
        self.space.open("two-rooms", None, 9)
        self.run(until=lambda: bool(self.sheet.view and self.sheet.land))
        for sheet in self.board.sheets.values():
            sheet.walk.pace = 0.01

    def run(self, until: Callable[[], bool]) -> None:
        while not until():
            self.calls.get(timeout=60)()

    def rest(self) -> None:
        """What was still to come: all of it is in the queue once no step waits for its time."""
        while (waiting := [t for t in threading.enumerate() if isinstance(t, threading.Timer) and t.daemon]) or not self.calls.empty():
            for timer in waiting:
                timer.join()
            while not self.calls.empty():
                self.calls.get()()


def test_a_double_click_on_execute_is_one_click_and_a_later_one_pauses() -> None:
    found = Slow()
    found.press("execute")
    found.board._pressed = time.monotonic() + 60  # just now, however slow this machine is
    found.board.press("execute")
    assert found.sheet.walk.running
    found.run(until=lambda: found.sheet.walk.count >= 3)
    assert found.button("execute")["label"] == "Pause"
    steps = found.sheet.walk.count
    found.press("execute")
    found.rest()
    assert found.sheet.walk.count == steps
    assert found.button("execute")["label"] == "Resume"
    found.press("execute")
    found.run(until=lambda: found.sheet.walk.over)
    assert "reached the goal" in found.sentence


def test_a_goal_that_is_moved_while_it_goes_is_gone_to() -> None:
    found = Slow()
    found.press("execute")
    found.run(until=lambda: found.sheet.walk.count >= 2)
    found.move("goal", 0.2, 0.85)
    found.run(until=lambda: found.sheet.walk.over)
    assert found.sheet.walk.here.place == pytest.approx(found.route.value.goal.place, abs=0.061)


@pytest.mark.parametrize("how", ["close", "model", "twin", "clip", "cancel"])
def test_whoever_goes_stands_still_when_the_tab_closes_or_something_else_is_looked_at(how: str) -> None:
    found = Slow()
    found.press("execute")
    found.run(until=lambda: found.sheet.walk.count >= 2)
    walk, steps = found.board.sheets["model"].walk, found.board.sheets["model"].walk.count
    if how == "close":
        found.space.close()
    elif how == "model":
        found.space.open("shapes")
    elif how == "twin":
        found.headline.source = "twin"
    elif how == "clip":
        found.space.choice.show(3)
    else:
        found.command("cancel")
    found.rest()
    assert found.told == []
    assert walk.count == {"close": steps, "model": 0, "twin": steps, "clip": 0, "cancel": steps}[how]
    assert (walk.here is None) == (how == "model")
    assert how == "close" or not walk.running


def test_after_a_glance_at_the_twin_the_agent_goes_on() -> None:
    found = Slow()
    found.press("execute")
    found.run(until=lambda: found.sheet.walk.count >= 2)
    found.headline.source = "twin"
    steps = found.board.sheets["model"].walk.count
    found.rest()
    assert found.board.sheets["model"].walk.count == steps
    found.headline.source = "model"
    found.run(until=lambda: found.sheet.walk.over)
    assert "reached the goal" in found.sentence
    assert found.headline.code.startswith("# the plan, without the steps")  # made in two goes


def test_a_search_that_was_cancelled_leaves_the_controls_as_for_the_plan_on_screen() -> None:
    found = Slow()
    before = dict(found.toolbar.values)
    found.toolbar.values = {**before, "samples": 64, "iterations": 2, "horizon": 24}
    found.command("cancel")
    found.rest()
    assert found.toolbar.values == before
    assert found.told == []


def test_the_copied_lines_make_the_way_on_screen_again(rooms: Opened, capsys: pytest.CaptureFixture[str]) -> None:
    rooms.press("execute")
    way = rooms.sheet.walk.trace()
    assert way.reached
    exec(rooms.headline.code, {})
    assert capsys.readouterr().out == f"{len(way.actions)} {way.away:.4g}\n"
    assert rooms.headline.code.endswith(f"# {len(way.actions)} {way.away:.4g}")
