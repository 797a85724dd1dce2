"""Predicted futures in words, each number beside its baseline."""

from __future__ import annotations

import numpy as np

from workbench.core.numbers import times, too_few
from workbench.core.questions.rollout import Drift, FilmView, Rollout
from workbench.core.results import FEWEST_CLIPS

_SAME = 0.02  # ratios that differ by less are called equal


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
