"""The controls of the Plan board: settings of the planner, and the buttons that execute a plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from widgets.controls import Button, Control, Int, Label, Option, Select
from widgets.keys import key
from workbench.core.planner import Planner

Going = Literal["ready", "going", "stopped", "over"]


VALUES: Mapping[str, Any] = {"method": "cem", "samples": 256, "iterations": 4, "horizon": 16, "every": 2, "seed": 0}
_SEARCH = ("method", "samples", "iterations", "horizon", "seed")
_ELITE = 0.1  # of the samples shape the next round
_METHODS = (Option("cem", "CEM"), Option("mppi", "MPPI"))
_WIDE = {"samples": 48.0, "seed": 44.0}
_EXECUTE = "Execute in closed loop: plan, make steps, and replan from the resulting state."
_LABELS: Mapping[Going, str] = {"ready": "Execute", "going": "Pause", "stopped": "Resume", "over": "Execute again"}


def planner(values: Mapping[str, Any]) -> Planner:
    """The planner of these values.

    Settings without a control are those with which the planning figures of the samples were measured: the cost is of the last tick, of the mean over
    the way, and of the nearest predicted tick, so that near goals are not overshot.
    """
    elites, knots = max(1, round(_ELITE * values["samples"])), max(1, values["horizon"] // 2)
    return Planner(**{name: values[name] for name in _SEARCH}, elites=elites, knots=knots, keep=0.0, start=0.8, last=1.0, mean=0.1, best=0.5)


def values_of(found: Planner) -> dict[str, Any]:
    """The values of the controls for this planner."""
    return {name: getattr(found, name) for name in _SEARCH}


def tried(values: Mapping[str, Any]) -> int:
    """Number of action sequences that one plan evaluates."""
    return values["samples"] * values["iterations"]


def buttons(state: Going, why_not: str) -> list[Control]:
    """Plan, Execute, Step and Reset agent.

    Args:
        state: of the agent. why_not: why nothing can be executed; "" when it can.
    """
    execute = Button("execute", _LABELS[state], key=key("execute"), primary=True, width=150, help=_EXECUTE).off(why_not)
    plan = Button("plan", "Plan", key=key("plan"), help="Plan again from the position of the agent.")
    if why_not:
        return [plan, execute, Label("why", why_not)]
    step = Button("step", "Step", key=key("step"), help="Plan, and make one step.")
    return [execute, step, Button("back", "Reset agent", key=key("reset"), help="Move the agent back to the start."), plan]


def settings(axes: Sequence[tuple[int, int, str]], drives: bool) -> list[Control]:
    """The settings of the planner. axes: of the landscape, where there is a choice: two components of an action and their names."""
    row: list[Control] = [
        Select("method", options=_METHODS, help="Cross-entropy method, or model predictive path integral (MPPI)."),
        _whole("samples", "samples", 1, 4096, 64, "Action sequences sampled per iteration; the best tenth (elites) define the next distribution."),
        _whole("iterations", "iterations", 1, 20, 1, "Iterations of the optimiser."),
        _whole("horizon", "horizon", 1, 64, 1, "Steps of a plan."),
        _whole("seed", "seed", 0, 9999, 1, "Random seed of the samples."),
    ]
    if drives:
        row.insert(4, _whole("every", "replan every", 1, 16, 1, "Steps executed of each plan before the next one."))
    if axes:
        options = tuple(Option(pair(a, b), name) for a, b, name in axes)
        row.append(Select("axes", "landscape", options=options, help="Two components of the first action."))
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
        Button("start", "Start here", key=key("start"), help="Plan from the frame under the cursor."),
        Button("goal", "Goal here", key=key("goal"), help="Plan to the frame under the cursor."),
    ]


def _whole(name: str, label: str, low: int, high: int, step: int, hint: str) -> Int:
    return Int(name, label, min=low, max=high, step=step, help=hint, width=_WIDE.get(name, 32.0))
