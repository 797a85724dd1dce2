"""The controls of the Plan board: how to search, and what to do with what was found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from widgets.controls import Button, Control, Int, Label, Option, Select
from workbench.core.planner import Planner

Going = Literal["ready", "going", "stopped", "over"]


VALUES: Mapping[str, Any] = {"method": "cem", "samples": 256, "iterations": 4, "horizon": 16, "every": 2, "seed": 0}
_SEARCH = ("method", "samples", "iterations", "horizon", "seed")
_ELITE = 0.1  # of the samples shape the next round
_METHODS = (Option("cem", "CEM"), Option("mppi", "MPPI"))
_WIDE = {"samples": 48.0, "seed": 44.0}
_EXECUTE = "the real agent follows, closed loop: it plans, makes steps, and plans again from where they led"
_LABELS: Mapping[Going, str] = {"ready": "Execute", "going": "Pause", "stopped": "Go on", "over": "Execute again"}


def planner(values: Mapping[str, Any]) -> Planner:
    """How to search.

    What no control says is what the figures of planning of the sample were measured with, so that the board plans as they say: the last tick, the way
    there and the nearest tick of the imagined film all count, so that near goals are not overshot.
    """
    elites, knots = max(1, round(_ELITE * values["samples"])), max(1, values["horizon"] // 2)
    return Planner(**{name: values[name] for name in _SEARCH}, elites=elites, knots=knots, keep=0.0, start=0.8, last=1.0, mean=0.1, best=0.5)


def values_of(found: Planner) -> dict[str, Any]:
    """What the controls said when it was searched like this."""
    return {name: getattr(found, name) for name in _SEARCH}


def tried(values: Mapping[str, Any]) -> int:
    """How many futures one plan tries."""
    return values["samples"] * values["iterations"]


def buttons(state: Going, why_not: str) -> list[Control]:
    """Plan, Execute, Step and Put back.

    Args:
        state: of the agent. why_not: why nothing can be executed; "" when it can.
    """
    execute = Button("execute", _LABELS[state], key="E", primary=True, width=150, help=_EXECUTE).off(why_not)
    plan = Button("plan", "Plan", key="P", help="search again, from where the agent is")
    if why_not:
        return [plan, execute, Label("why", why_not)]
    step = Button("step", "Step", key="N", help="plan from here and make one step")
    return [execute, step, Button("back", "Put back", key="B", help="the agent back to where it began"), plan]


def settings(axes: Sequence[tuple[int, int, str]], drives: bool) -> list[Control]:
    """How to search. axes: of the landscape, where there is a choice: two components of an action and their names."""
    row: list[Control] = [
        Select("method", options=_METHODS, help="cross-entropy method, or path integrals"),
        _whole("samples", "samples", 1, 4096, 64, "futures that are tried in each iteration; the best tenth shape the next"),
        _whole("iterations", "iterations", 1, 20, 1, "rounds of the search"),
        _whole("horizon", "horizon", 1, 64, 1, "steps that a plan looks ahead"),
        _whole("seed", "seed", 0, 9999, 1, "of the draws"),
    ]
    if drives:
        row.insert(4, _whole("every", "replan every", 1, 16, 1, "steps of a plan that are made before the next one"))
    if axes:
        options = tuple(Option(pair(a, b), name) for a, b, name in axes)
        row.append(Select("axes", "landscape", options=options, help="two components of the first action"))
    return row


def pair(first: int, second: int) -> str:
    """Two components as one value of a control."""
    return f"{first},{second}"


def pair_of(value: str) -> tuple[int, int]:
    """The two components again."""
    first, second = value.split(",")
    return int(first), int(second)


def ends_buttons(start: int, goal: int) -> list[Control]:
    """Frames of a clip as ends."""
    return [
        Label("ends", f"frame {start} → {goal}"),
        Button("start", "Start here", key="S", help="the frame under the cursor is where the plan begins"),
        Button("goal", "Goal here", key="G", help="the frame under the cursor is the goal"),
    ]


def _whole(name: str, label: str, low: int, high: int, step: int, hint: str) -> Int:
    return Int(name, label, min=low, max=high, step=step, help=hint, width=_WIDE.get(name, 32.0))
