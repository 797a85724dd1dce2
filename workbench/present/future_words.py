"""Futures in words: rollouts, plans and surprise, each sentence with its yardstick."""

from __future__ import annotations

import numpy as np

from workbench.core.films import DriveStep, FilmView, PlanView, SurpriseView
from workbench.core.futures import Drift, Rollout
from workbench.present.words import UNITS, number

_SAME = 0.02  # two ratios nearer than this are told apart by nobody


def rollout_sentence(found: Rollout, twin: bool = False) -> tuple[str, str]:
    """The finding of one imagined future, and its tone: "warn" where a still picture or other actions do as well."""
    known = [k for k in range(found.horizon) if np.isfinite(found.errors("open loop")[k])]
    if not known:
        return "Nobody knows what would have come: the first action was changed, and this world cannot be simulated.", "plain"
    last = known[-1]
    steps = f"{last + 1} step{'s' if last else ''}"
    opened, forced = (float(found.ratio(k)[last]) for k in ("open loop", "teacher-forced"))
    who = "Untrained twin: open loop" if twin else "Open loop"
    tail = f"; teacher-forced {number(forced)}"
    other = float(found.ratio("other actions")[last]) if "other actions" in found.kinds else float("nan")
    if np.isfinite(other):
        tail += f"; with other actions {number(other)}"
    if opened >= 1:
        return f"No better than a still picture after {steps}: {who.lower()} errs {number(opened)} × what copying errs{tail}.", "warn"
    if np.isfinite(other) and opened >= other - _SAME:
        return f"The actions make no difference after {steps}: {who.lower()} errs {number(opened)} × what copying errs{tail}.", "warn"
    return f"{who} errs {number(opened)} × what copying the last known frame errs after {steps}{tail}.", "plain"


def drift_line(found: Drift) -> str:
    """What the bank says of the same."""
    last = found.errors.shape[2] - 1
    low, high = found.interval()[:, last]
    return f"Over {found.errors.shape[1]} clips of {found.bank}, after {last + 1} steps: {number(float(found.ratio()[last]))} [{number(float(low))} to {number(float(high))}]."


def edited_line(view: FilmView) -> str:
    """Where the future was changed by hand, and what is then real."""
    if view.edited < 0:
        return ""
    real = "what truly comes was simulated with the same actions" if view.simulated else "from there on nobody knows what would have come"
    return f"The action of step {view.edited} was changed by hand; {real}."


def plan_sentence(view: PlanView) -> tuple[str, str]:
    """What a plan promises, and what would come of it."""
    trace = view.trace
    share = trace.cost / max(trace.copy, 1e-12)
    steps = len(trace.actions)
    away = float(np.linalg.norm(view.true[-1] - view.true[0]))
    believed = f"the model foresees {number(share)} of the distance left to the goal after {steps} steps (staying: 1.00)"
    if share >= 1:
        return f"No plan was found: {believed}.", "warn"
    outcome = "done in one go, it arrives" if view.reached else f"done in one go, it does not arrive (moved {number(away)} of the picture)"
    return f"{believed[0].upper()}{believed[1:]}; {outcome}.", "plain"


def drive_sentence(step: DriveStep, count: int, twin: bool) -> tuple[str, str]:
    """How far the real agent has come."""
    who = "The untrained twin" if twin else "The agent"
    if step.reached:
        return f"{who} reached the goal in {count} step{'s' if count > 1 else ''}, planning again before each.", "plain"
    return f"{who} is {number(step.away)} of the picture from the goal after {count} step{'s' if count > 1 else ''}.", "plain"


def surprise_sentence(view: SurpriseView, context: int = 0) -> tuple[str, str]:
    """Which film is the more surprising, where, and among how many possible ones."""
    curves = [found.curve(context) for found in view.found]
    unit = UNITS[view.found[0].distance]
    peak = int(np.nanargmax(curves[-1])) if np.isfinite(curves[-1]).any() else 0
    rank = ""
    if np.isfinite(view.percentile):
        rank = f" More than {view.percentile:.0%} of {view.bank}.".replace("%", " %")
    if len(curves) == 1:
        mean = float(np.nanmean(curves[0]))
        return f"Most surprising at frame {peak}: {number(float(curves[0][peak]))} {unit}, {number(mean)} on average.{rank}", "plain"
    means = [float(np.nanmean(c)) for c in curves]
    name = view.reels[1].label
    name = "the film " + name if name.startswith("broken") else "the " + name
    if means[1] <= means[0]:
        return f"Not more surprised: {name} has {number(means[1])} {unit} on average, the film left alone {number(means[0])}.", "warn"
    at = f"; they part at frame {view.event}, the peak is at frame {peak}" if view.event >= 0 else ""
    return f"{name[0].upper()}{name[1:]} is {number(means[1] / max(means[0], 1e-12))} × as surprising on average{at}.{rank}", "plain"
