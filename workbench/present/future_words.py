"""Futures in words: rollouts, plans and surprise, each sentence with its yardstick."""

from __future__ import annotations

import numpy as np

from workbench.core.films import FilmView, PlanView, WalkTrace
from workbench.core.futures import Drift, EnergyLandscape, Rollout
from workbench.core.results import FEWEST_CLIPS
from workbench.present.plan_views import READABLE
from workbench.present.words import number, times, too_few

_SAME = 0.02  # two ratios nearer than this are told apart by nobody
_CONFIDENT, _FAR = 0.25, 0.25  # of the cost of staying: so sure that not arriving is news; of what can be chosen: another move altogether


def rollout_sentence(found: Rollout, twin: bool = False) -> tuple[str, str]:
    """The finding of one imagined future, and its tone: "warn" where a still picture or other actions do as well."""
    known = [k for k in range(found.horizon) if np.isfinite(found.errors("open loop")[k])]
    if not known:
        return "Nobody knows what would have come: the first action was changed, and this world cannot be simulated.", "plain"
    last = known[-1]
    steps = f"{last + 1} step{'s' if last else ''}"
    opened, forced = (float(found.ratio(k)[last]) for k in ("open loop", "teacher-forced"))
    who = "The untrained twin's open loop" if twin else "Open loop"
    other = float(found.ratio("other actions")[last]) if "other actions" in found.kinds else float("nan")
    tail = f"; teacher-forced {times(forced)}" + (f"; with other actions {times(other)}" if np.isfinite(other) else "")
    inner = "it" if twin else "open loop"
    if opened >= 1:
        still = f"{'The untrained twin is no' if twin else 'No'} better than a still picture after {steps}"
        return f"{still}: {inner} errs {times(opened)} × what copying errs{tail}.", "warn"
    if np.isfinite(other) and opened >= other - _SAME:
        return f"No better than with other actions after {steps}: {inner} errs {times(opened)} × what copying errs{tail}.", "warn"
    return f"{who} errs {times(opened)} × what copying the last known frame errs after {steps}{tail}.", "plain"


def drift_line(found: Drift) -> str:
    """What the bank says of the same."""
    last, clips = found.errors.shape[2] - 1, found.errors.shape[1]
    if clips < FEWEST_CLIPS:
        return f"Over {clips} clips of {found.bank}, after {last + 1} steps: {times(float(found.ratio()[last]))}; {too_few(clips)}."
    low, high = found.interval()[:, last]
    return f"Over {found.errors.shape[1]} clips of {found.bank}, after {last + 1} steps: {times(float(found.ratio()[last]))} [{times(float(low))} to {times(float(high))}]."


def edited_line(view: FilmView) -> str:
    """Where the future was changed by hand, and what is then real; where what truly comes was simulated, its film says so."""
    if view.edited < 0:
        return ""
    what = f"Step {view.edited} was" if view.changed == 1 else f"{view.changed} steps from step {view.edited} on were"
    return f"{what} changed by hand" + ("." if view.simulated else "; from there on nobody knows what would have come.")


def plan_sentence(view: PlanView, twin: bool = False) -> tuple[str, str]:
    """What a plan promises, and what would come of it; "warn" where nothing was found or where it promises what does not come."""
    trace, paths = view.trace, view.paths
    share, steps = trace.cost / max(trace.copy, 1e-12), len(trace.actions)
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
