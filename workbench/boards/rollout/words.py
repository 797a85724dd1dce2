"""Predicted futures in words, each number beside its baseline."""

from __future__ import annotations

import numpy as np

from workbench.core.numbers import relative_to, share, too_few
from workbench.core.questions.rollout import Drift, FilmView, Rollout
from workbench.core.results import FEWEST_CLIPS

_SAME = 0.02  # ratios that differ by less are called equal


def rollout_sentence(found: Rollout, twin: bool = False) -> tuple[str, str]:
    """The finding of one predicted future, and its tone: "warn" where the copy-last-frame baseline or other actions do as well."""
    known = [k for k in range(found.horizon) if np.isfinite(found.errors("open loop")[k])]
    if not known:
        return "No ground truth: the first action was changed, and this world cannot be simulated.", "plain"
    last = known[-1]
    steps = f"{last + 1} step{'s' if last else ''}"
    opened, forced = (float(found.ratio(k)[last]) for k in ("open loop", "teacher-forced"))
    who = "Untrained model: " if twin else ""
    other = float(found.ratio("other actions")[last]) if "other actions" in found.kinds else float("nan")
    tail = f"teacher-forced {share(forced)}" + (f", other actions {share(other)}" if np.isfinite(other) else "")
    error = f"open-loop error is {relative_to(opened, 'the copy-last-frame baseline')} ({tail})."
    if opened >= 1:
        return f"{who or 'N'}{'n' if who else ''}o better than copying the last frame after {steps}: {error}", "warn"
    if np.isfinite(other) and opened >= other - _SAME:
        return f"{who or 'N'}{'n' if who else ''}o better than with other actions after {steps}: {error}", "warn"
    return f"{who or 'O'}{'o' if who else ''}n this clip, after {steps}, {error}", "plain"


def drift_line(found: Drift) -> str:
    """What the bank says of the same."""
    last, clips = found.errors.shape[2] - 1, found.errors.shape[1]
    if clips < FEWEST_CLIPS:
        return f"Over {clips} clips of {found.bank}, after {last + 1} steps: {share(float(found.ratio()[last]))} of the baseline; {too_few(clips)}."
    low, high = found.interval()[:, last]
    return f"Over {found.errors.shape[1]} clips of {found.bank}, after {last + 1} steps: {share(float(found.ratio()[last]))} [{share(float(low))} to {share(float(high))}] of the baseline."


def edited_line(view: FilmView) -> str:
    """Where actions were changed by hand, and whether the ground truth was simulated from there on."""
    if view.edited < 0:
        return ""
    what = f"Step {view.edited} was" if view.changed == 1 else f"{view.changed} steps from step {view.edited} on were"
    return f"{what} changed by hand" + ("." if view.simulated else "; there is no ground truth from there on.")
