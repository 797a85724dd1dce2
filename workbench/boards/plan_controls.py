"""The controls of the Plan board: how to search, and what to do with what was found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

# What the figures of planning of the sample were measured with, so that the board plans as they say. The last tick, the way there and the nearest
# tick of the imagined film all count, so that near goals are not overshot.
MEASURED: Mapping[str, Any] = {"keep": 0.0, "start": 0.8, "last": 1.0, "mean": 0.1, "best": 0.5}
VALUES: Mapping[str, Any] = {"method": "cem", "samples": 256, "iterations": 4, "horizon": 16, "every": 2, "seed": 0}
_ELITE = 0.1  # of the samples shape the next round
_METHODS = [{"value": "cem", "label": "CEM"}, {"value": "mppi", "label": "MPPI"}]


def planner(values: Mapping[str, Any]) -> dict[str, Any]:
    """What the controls say, as fields of a planner."""
    samples, horizon = values["samples"], values["horizon"]
    shape = {"elites": max(1, round(_ELITE * samples)), "knots": max(1, horizon // 2)}
    return {**{k: values[k] for k in ("method", "samples", "iterations", "horizon", "seed")}, **shape, **MEASURED}


def tried(values: Mapping[str, Any]) -> int:
    """How many futures one plan tries."""
    return values["samples"] * values["iterations"]


def buttons(state: str, why_not: str) -> list[dict[str, Any]]:
    """Plan, Execute, Step and Put back.

    Args:
        state: of the agent: "ready", "going", "stopped" or "over". why_not: why nothing can be executed; "" when it can.
    """
    label = {"ready": "Execute", "going": "Pause", "stopped": "Go on", "over": "Execute again"}[state]
    off = {"disabled": bool(why_not), "reason": why_not}
    row: list[dict[str, Any]] = [
        {"kind": "button", "id": "execute", "label": label, "key": "E", "primary": True, "width": 150, "help": _EXECUTE, **off},
        {"kind": "button", "id": "step", "label": "Step", "key": "N", "help": "plan from here and make one step", **off},
        {"kind": "button", "id": "back", "label": "Put back", "key": "B", "help": "the agent back to where it began", **off},
        {"kind": "button", "id": "plan", "label": "Plan", "key": "P", "help": "search again, from where the agent is"},
    ]
    return row if not why_not else [row[3], row[0], {"kind": "label", "id": "why", "label": why_not}]


_EXECUTE = "the real agent follows, closed loop: it plans, makes steps, and plans again from where they led"


def settings(axes: Sequence[tuple[int, int, str]], drives: bool) -> list[dict[str, Any]]:
    """How to search. axes: of the landscape, where there is a choice: two components of an action and their names."""
    row: list[dict[str, Any]] = [
        {"kind": "select", "id": "method", "label": "", "options": _METHODS, "help": "cross-entropy method, or path integrals"},
        _whole("samples", "samples", 1, 4096, 64, "futures that are tried in each iteration; the best tenth shape the next"),
        _whole("iterations", "iterations", 1, 20, 1, "rounds of the search"),
        _whole("horizon", "horizon", 1, 64, 1, "steps that a plan looks ahead"),
        _whole("seed", "seed", 0, 9999, 1, "of the draws"),
    ]
    if drives:
        row.insert(4, _whole("every", "replan every", 1, 16, 1, "steps of a plan that are made before the next one"))
    if axes:
        options = [{"value": pair(a, b), "label": name} for a, b, name in axes]
        row.append({"kind": "select", "id": "axes", "label": "landscape", "options": options, "help": "two components of the first action"})
    return row


def pair(first: int, second: int) -> str:
    """Two components as one value of a control."""
    return f"{first},{second}"


def pair_of(value: str) -> tuple[int, int]:
    """The two components again."""
    first, second = value.split(",")
    return int(first), int(second)


def ends_buttons(start: int, goal: int) -> list[dict[str, Any]]:
    """Frames of a clip as ends."""
    return [
        {"kind": "label", "id": "ends", "label": f"frame {start} → {goal}"},
        {"kind": "button", "id": "start", "label": "Start here", "key": "S", "help": "the frame under the cursor is where the plan begins"},
        {"kind": "button", "id": "goal", "label": "Goal here", "key": "G", "help": "the frame under the cursor is the goal"},
    ]


def _whole(name: str, label: str, low: int, high: int, step: int, hint: str) -> dict[str, Any]:
    wide = {"samples": 48, "seed": 44}.get(name, 32)
    return {"kind": "int", "id": name, "label": label, "min": low, "max": high, "step": step, "help": hint, "width": wide}
