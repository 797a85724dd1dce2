"""A plan of the Plan board on two-rooms: CEM, 256 samples × 4 iterations × 16 steps, in one process, turn by turn.

    python tests/benchmarks/bench_plan.py [--rounds 20] [--slow-rounds 2]

plan.search    the search alone, batched over samples, ÷ the loop that one would write instead: one rollout a sample, over the same model with the same draws;
               both choose the same actions. Median and p95 of ours in seconds; aim 0.3 on two idle cores.
plan.view      all that the board asks for at a press of Plan: search, imagined and real film, paths of every iteration through the world.
plan.step      what Execute asks for at every second step: search from where the agent is, two steps made, two frames drawn.
"""

from __future__ import annotations

import argparse
from typing import Any

import _common as common
import numpy as np
import torch
from torch import Tensor

from workbench import samples
from workbench.boards.planning import controls
from workbench.core.card import BankKey, ModelKey
from workbench.core.questions.planning import Drive, PlanWithVideos
from workbench.measures.base import threads_for
from workbench.measures.planning import Planner, Search, Task, bounds, costs, interpolation, search, task_of
from workbench.model.jepa import Jepa
from workbench.worker.shelf import Shelf
from workbench.worlds.environments import world

_ROOMS, _AIM = "two-rooms", 0.3
_START, _GOAL = (0.2, 0.25, 0.5, 0.5), (0.82, 0.2, 0.5, 0.5)


@torch.inference_mode()
def one_by_one(jepa: Jepa, task: Task, how: Planner) -> Tensor:
    """The cross-entropy method with a loop over its samples; draws, costs and elites as ours, so that the same actions come out."""
    dynamics = jepa.need_dynamics()
    low, high = bounds(dynamics)
    knots = how.knots or how.horizon
    weights, draw = interpolation(knots, how.horizon), torch.Generator().manual_seed(how.seed)
    mean, spread = ((low + high) / 2).expand(knots, -1), (how.start * (high - low) / 2).expand(knots, -1)
    best, least = torch.zeros(how.horizon, len(low)), float("inf")
    for _ in range(how.iterations):
        noise = torch.randn((1, how.samples, knots, len(low)), generator=draw)[0]
        noise[0] = 0
        found: list[tuple[float, Tensor]] = []
        for each in noise:
            drawn = torch.minimum(torch.maximum(mean + spread * each, low), high)
            actions = weights @ drawn
            cost = float(costs(dynamics, task, actions[None, None], how)[0, 0])
            found.append((cost, drawn))
            if cost < least:
                best, least = actions, cost
        elites = torch.stack([drawn for _, drawn in sorted(found, key=lambda pair: pair[0])[: how.elites]])
        mean, spread = elites.mean(0), elites.std(0, unbiased=False)
    last = weights @ mean
    return last if float(costs(dynamics, task, last[None, None], how)[0, 0]) < least else best


def seconds_of(values: list[float]) -> dict[str, float]:
    """Median and 95th percentile."""
    return {"median": round(float(np.median(values)), 4), "p95": round(common.percentile(values, 0.95), 4)}


def searching(jepa: Jepa, how: Planner, rounds: int) -> None:
    """Ours beside the loop, in turn."""
    within = world(_ROOMS)
    task = task_of(jepa, within.clip(_START), within.clip(_GOAL))
    with threads_for(jepa):
        seconds = common.alternate({"ours": lambda: search(jepa.need_dynamics(), task, how), "loop": lambda: one_by_one(jepa, task, how)}, rounds)
        ours: Search = search(jepa.need_dynamics(), task, how)
        apart = float((ours.actions[0] - one_by_one(jepa, task, how)).abs().max())
    ratio = common.ratio(seconds["ours"], seconds["loop"])
    say("plan.search", seconds["ours"], how, ratio=ratio, loop={"median": round(float(np.median(seconds["loop"])), 3)}, largest_difference=apart)


def boarding(shelf: Shelf, how: Planner, rounds: int) -> None:
    """What the board asks the worker for, with the way through the shelf."""
    sample = samples.find(_ROOMS)
    model, bank = ModelKey(str(sample.checkpoint)), BankKey(str(sample.bank))
    start, goal = (np.array(state, np.float32) for state in (_START, _GOAL))
    plan = PlanWithVideos(model, _ROOMS, start, goal, bank=bank, **how.settings)
    step = Drive(model, _ROOMS, start, goal, moves=2, bank=bank, **how.settings)
    calls = {"plan.view": lambda: shelf.answer(plan), "plan.step": lambda: shelf.answer(step)}
    for name, taken in common.alternate(calls, rounds).items():
        say(name, taken, how)


def say(name: str, taken: list[float], how: Planner, **figures: Any) -> None:
    size = f"{how.samples} samples × {how.iterations} iterations × {how.horizon} steps, {how.method}, {_ROOMS}"
    common.report(name, "torch", compared=size, aim=_AIM, seconds=seconds_of(taken), n=len(taken), **figures)


def main() -> None:
    """Measure all three."""
    parser = argparse.ArgumentParser(description="Speed of a plan.")
    parser.add_argument("--rounds", type=int, default=20, help="timed rounds of what the board asks for, after one to warm up")
    parser.add_argument("--slow-rounds", type=int, default=3, help="timed rounds beside the loop")
    chosen = parser.parse_args()
    shelf, how = Shelf(), controls.planner(controls.VALUES)
    jepa = shelf.model(ModelKey(str(samples.find(_ROOMS).checkpoint)))
    searching(jepa, how, chosen.slow_rounds)
    boarding(shelf, how, chosen.rounds)


if __name__ == "__main__":
    main()
