"""What the Plan board asks: a plan, and the first steps of one, of the model, of its untrained twin, or of the second model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from workbench.boards import code
from workbench.boards.planning import controls
from workbench.boards.planning.ends import Ground, InWorld, Route, same_frames
from workbench.boards.planning.screen import PlanState
from workbench.boards.second import SECOND, Second
from workbench.core.errors import WorkbenchError
from workbench.core.questions import Question
from workbench.core.questions.planning import Drive, PlanView, PlanWithVideos, WorldPicture


def plan_question(second: Second, ground: Ground, route: Route, who: str, values: Mapping[str, Any]) -> PlanWithVideos | None:
    """The plan of a route; None until the second model is shown the clip.

    Args:
        who: plans: "model", "twin" (untrained), or SECOND. values: of the controls of the search.

    Raises:
        WorkbenchError: the second model cannot be shown the clip, or its frames are not those of the first.
    """
    s = second.space.session.state
    if s.model is None:
        return None
    ends = ground.asked(s.model, route, "twin" if who == "twin" else "model").ends
    asked = PlanWithVideos(**ends, **controls.planner(values).settings, bank=s.bank)
    if who != SECOND:
        return asked
    if second.error is not None:
        raise second.error
    if asked.clip is not None:
        same_frames(second.first, second.seen)
    return second.ask(asked)


def step_question(second: Second, ground: InWorld, start: WorldPicture, goal: WorldPicture, who: str, values: Mapping[str, Any]) -> Drive:
    """The first steps of a plan from one place to another; arguments as of `plan_question`."""
    s = second.space.session.state
    assert s.model is not None
    planner = "twin" if who == "twin" else "model"
    asked = Drive(s.model, ground.name, start.state, goal.state, values["every"], planner, bank=s.bank, **controls.planner(values).settings)
    return (second.ask(asked) or asked) if who == SECOND else asked


def same_search(asked: Question[PlanView] | None, now: Callable[[], PlanWithVideos | None]) -> bool:
    """Whether a plan that was asked for is the one that is asked for now, whatever the bank."""
    try:
        wanted = now()
    except WorkbenchError:
        return False
    return isinstance(asked, PlanWithVideos) and wanted is not None and replace(wanted, bank=asked.bank).digest == asked.digest


def printed(sheet: PlanState, sample: str | None) -> str:
    """The lines that execute the steps again where they were made in one go, else those of the plan. sample: the name of the model, where it is one."""
    whole, way = sheet.walk.question, sheet.walk.trace()
    if sheet.gone and whole is not None:
        return code.reproduced(whole, way, sample)
    if sheet.plan.question is None:
        return ""
    lines = code.reproduced(sheet.plan.question, sheet.view, sample)
    return f"# the plan, without the steps executed since\n{lines}" if sheet.gone else lines
