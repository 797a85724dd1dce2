"""Plans and walks in words, each sentence with its baseline."""

from __future__ import annotations

import numpy as np

from workbench.boards.planning.views import READABLE
from workbench.core.numbers import number, times
from workbench.core.questions.planning import EnergyLandscape, PlanView, WalkTrace

_CONFIDENT, _FAR = 0.25, 0.25  # of the cost of staying: so sure that not arriving is news; of what can be chosen: another move altogether


def plan_sentence(view: PlanView, twin: bool = False) -> tuple[str, str]:
    """What a plan promises, and what would come of it; "warn" where nothing was found or where it promises what does not come."""
    trace, paths = view.trace, view.paths
    share, steps = trace.share, len(trace.actions)
    whose = "In the untrained twin's imagination" if twin else "In its imagination"
    if share >= 1:
        return f"{whose} nothing that was tried is better than staying: the best costs {times(share)} × as much.", "warn"
    found = f"{whose} {_steps(steps)} bring it to {number(share)} × the cost of staying"
    if paths is None:
        return f"{found}; whether they lead there nobody knows: this world cannot be driven.", "plain"
    if paths.reached:
        return f"{found}; done in one go, they truly arrive.", "plain"
    end = f"done in one go, they truly end {number(paths.away)} of the picture from the goal"
    return (f"{found}, but {end}.", "warn") if share < _CONFIDENT else (f"{found}; {end}.", "plain")


def plan_detail(view: PlanView, land: EnergyLandscape | None = None) -> str:
    """How the believed path is read, where bounds come from, and whether the first move goes straight at the goal."""
    lines = list[str]()
    if view.paths is not None and view.paths.believed is not None:
        r2 = number(view.paths.probe)
        readable = view.paths.probe >= READABLE
        lines.append(f"Imagined places are read by a linear probe, R² {r2}." if readable else f"Where it imagines to be cannot be read: R² {r2}.")
    if view.bounds:
        lines.append(f"The model does not know the bounds of its actions: taken are {view.bounds}.")
    if land is not None and _detour(view, land):
        lines.append(f"The first move is not the one of lowest energy: it looks {_steps(len(view.trace.actions))} ahead.")
    return " ".join(lines)


def _detour(view: PlanView, land: EnergyLandscape) -> bool:
    """The chosen first move is far from the lowest point of the landscape: beyond a quarter of what can be chosen, along either axis."""
    chosen, span = np.array(land.place(view.trace.actions[0])), np.array([v[-1] - v[0] for v in land.values])
    return bool((np.abs(chosen - np.array(land.lowest)) > _FAR * span).any())


def walk_sentence(count: int, away: float, near: float, *, over: bool, every: int = 1, twin: bool = False) -> tuple[str, str]:
    """How far the real agent has come.

    Args:
        count: steps done. away: from the goal, in sides of the picture; within `near` it is there. over: it goes no further.
        every: steps that were done of each plan.
    """
    who = "The untrained twin" if twin else "The agent"
    if away <= near:
        how = "planning again before each" if every == 1 else f"planning again after every {every}"
        return f"{who} reached the goal in {_steps(count)}, {how}.", "plain"
    if over:
        return f"{who} did not reach the goal: after {_steps(count)} it is {number(away)} of the picture away.", "warn"
    return f"{who} is {number(away)} of the picture from the goal after {_steps(count)}.", "plain"


def stage_caption(tried: int, going: bool, every: int) -> str:
    """What a newcomer sees under the world."""
    if going:
        return f"It imagines {tried:,} futures, makes {_steps(every)}, looks, and imagines again."
    return f"Shown two pictures, at S and ★, it imagined {tried:,} futures. E: really go."


def walk_detail(walk: WalkTrace | None) -> str:
    """What the model itself thought of its plans on the way, and what was compared with what."""
    if walk is None or not len(walk.costs):
        return ""
    return (
        f"In its own eyes, its last plan costs {times(float(walk.costs[-1]))} × what staying does. The distance is the world's: it never sees that."
    )


def _steps(count: int) -> str:
    return f"{count} step" if count == 1 else f"{count} steps"
