"""Plans and their execution as sentences, each with its baseline."""

from __future__ import annotations

import numpy as np

from workbench.boards.planning.views import READABLE
from workbench.core.numbers import number, relative_to
from workbench.core.questions.planning import EnergyLandscape, PlanView, WalkTrace

_CONFIDENT, _FAR = (
    0.25,
    0.25,
)  # cost relative to the no-op below which not reaching the goal is a warning; distance between first actions, relative to their range


def plan_sentence(view: PlanView, twin: bool = False) -> tuple[str, str]:
    """The predicted cost of a plan, and where its execution ends; "warn" where no plan is better than the no-op, or the prediction is wrong."""
    trace, paths = view.trace, view.paths
    share, steps = trace.share, len(trace.actions)
    cost = f"predicted cost is {relative_to(share, 'the no-op cost')}"
    if share >= 1:
        return _led(twin, f"No sampled plan is better than the no-op: the lowest {cost}."), "warn"
    found = _led(twin, f"After {_steps(steps)}, the {cost}")
    if paths is None:
        return f"{found}. No ground truth: this world cannot be simulated.", "plain"
    if paths.reached:
        return f"{found}; executed without replanning, the agent reaches the goal.", "plain"
    end = f"executed without replanning, the agent ends {number(paths.away)} of the image width from the goal"
    if paths.believed is not None and paths.probe >= READABLE:
        end += f" and {number(float(np.linalg.norm(paths.believed[-1] - paths.true[-1])))} from the predicted position"
    return (f"{found}, but {end}.", "warn") if share < _CONFIDENT else (f"{found}; {end}.", "plain")


def plan_detail(view: PlanView, land: EnergyLandscape | None = None) -> str:
    """How the predicted path is read, where bounds come from, and whether the first action is the one of lowest energy."""
    lines = list[str]()
    if view.paths is not None and view.paths.believed is not None:
        r2 = number(view.paths.probe)
        readable = view.paths.probe >= READABLE
        lines.append(
            f"Predicted positions are read from the latents by a linear probe, R² {r2}."
            if readable
            else f"Predicted positions cannot be read by a linear probe: R² {r2}."
        )
    if view.bounds:
        lines.append(f"The checkpoint states no bounds of actions; used: {view.bounds}.")
    if land is not None and _detour(view, land):
        lines.append(f"The first action (○) is not the cheapest single step (☆): the plan minimises the cost over {_steps(len(view.trace.actions))}.")
    return " ".join(lines)


def _detour(view: PlanView, land: EnergyLandscape) -> bool:
    """Whether the chosen first action is farther from the minimum of the landscape than a quarter of the range, along either axis."""
    chosen, span = np.array(land.place(view.trace.actions[0])), np.array([v[-1] - v[0] for v in land.values])
    return bool((np.abs(chosen - np.array(land.lowest)) > _FAR * span).any())


def walk_sentence(count: int, away: float, near: float, *, over: bool, every: int = 1, twin: bool = False) -> tuple[str, str]:
    """The progress of the agent.

    Args:
        count: steps done. away: from the goal, in sides of the picture; within `near` the goal counts as reached. over: no further steps are made.
        every: steps executed of each plan.
    """
    if away <= near:
        how = "replanning before each" if every == 1 else f"replanning after every {_steps(every)}"
        return _led(twin, f"The agent reached the goal in {_steps(count)}, {how}."), "plain"
    if over:
        return _led(twin, f"The agent did not reach the goal: after {_steps(count)} it is {number(away)} of the image width away."), "warn"
    return _led(twin, f"After {_steps(count)}, the agent is {number(away)} of the image width from the goal."), "plain"


def _led(twin: bool, sentence: str) -> str:
    """A sentence that says whose it is where it is not the model's."""
    return f"Untrained model: {sentence[0].lower()}{sentence[1:]}" if twin else sentence


def stage_caption(tried: int, going: bool, every: int) -> str:
    """The line under the world: what is planned, and how to execute it."""
    if going:
        return f"Closed loop: plan over {tried:,} sampled futures, make {_steps(every)}, observe, replan."
    return f"Planned from two images, start (S) and goal (★), over {tried:,} sampled futures. E: execute."


def walk_detail(walk: WalkTrace | None) -> str:
    """The predicted cost of the last plan, and how the distance is measured."""
    if walk is None or not len(walk.costs):
        return ""
    cost = relative_to(float(walk.costs[-1]), "the no-op cost")
    return f"According to the model, the cost of the last plan is {cost}. The distance is measured in the world; the model does not see it."


def _steps(count: int) -> str:
    return f"{count} step" if count == 1 else f"{count} steps"
