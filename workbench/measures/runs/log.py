"""Logs and checkpoints of a run as they are now."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
from jaxtyping import Float

from workbench.core.errors import BadInput
from workbench.core.questions.runs import RunCurve, RunLog, RunNews, RunStep
from workbench.measures.base import answers
from workbench.runs.logs.table import Curve, Table
from workbench.runs.run import Run, open_run

_MOST_CURVES, _MOST_STEPS = 96, 20_000


@answers(RunLog)
def run_log(run: Run | str | Path, *, state: str = "", points: int = 600) -> RunNews:
    """Checkpoints and thinned-out curves of a run. Looks at the folder again, and reads what is new.

    Args:
        run: or its folder. state: of an earlier answer; where nothing has changed since, `RunNews.same` says so. points: of a curve, at most.

    Raises:
        BadInput: there is no such folder, or fewer than 4 points.
    """
    if points < 4:
        raise BadInput(f"{points} points of a curve", where="points", fix="4 or more")
    whole = run if isinstance(run, Run) else open_run(run)
    if isinstance(run, Run):
        whole.refresh()
    now = _state(whole, points)
    if now == state:
        return RunNews(now, same=True)
    tables = {name: log.table for name, log in whole.logs.items()}
    place, axis = _placing(whole, tables)
    steps = tuple(RunStep(c.name, str(c.path), place(k), c.step, c.epoch, c.bytes) for k, c in enumerate(whole.checkpoints[:_MOST_STEPS]))
    found = [(log, table.curve(name)) for log, table in tables.items() for name in table.terms]
    notes = list(whole.notes)
    if len(found) > _MOST_CURVES:
        notes.append(f"{len(found)} curves; the first {_MOST_CURVES} are shown")
    if len(whole.checkpoints) > _MOST_STEPS:
        notes.append(f"{len(whole.checkpoints)} checkpoints; the first {_MOST_STEPS} are shown")
    curves = tuple(_thinned(log, curve, points) for log, curve in found[:_MOST_CURVES])
    resumed = tuple(sorted({step for table in tables.values() for step in table.resumed}))
    return RunNews(now, False, whole.name, steps, curves, whole.waiting, tuple(notes), axis, resumed, whole.gone)


def _state(run: Run, points: int) -> str:
    """A hash of how much was read of everything."""
    said = (
        str(run.path),
        run.gone,
        points,
        [(c.name, c.seen) for c in run.checkpoints],
        run.waiting,
        run.notes,
        [(name, len(log.table), log.gone) for name, log in run.logs.items()],
    )
    return hashlib.blake2b(repr(said).encode(), digest_size=12).hexdigest()


def _placing(run: Run, tables: dict[str, Table]) -> tuple[Callable[[int], float], str]:
    """Where the checkpoint of a number lies on the axis of the curves, and what that axis counts.

    The step where it is known; else the epoch, in the steps an epoch that a log tells of; without such a log the epoch itself; else its number.
    """
    checkpoints = run.checkpoints
    each = next((e for e in map(_steps_an_epoch, tables.values()) if e is not None), None)
    if each is None and any(c.step is not None for c in checkpoints):
        each = _pace([(c.epoch, c.step) for c in checkpoints if c.epoch and c.step])
    lacking = [c for c in checkpoints if c.step is None]
    by_epoch = each if each is not None else 1.0
    last = max([float(c.step) if c.step is not None else float(c.epoch or 0) * by_epoch for c in checkpoints], default=0.0)
    numbered = all(c.epoch is None for c in lacking) and len(lacking) == len(checkpoints)

    def place(number: int) -> float:
        one = checkpoints[number]
        if one.step is not None:
            return float(one.step)
        if one.epoch is not None:
            return float(one.epoch) * by_epoch
        return float(number) if numbered else last

    steps = not checkpoints or len(lacking) < len(checkpoints) or each is not None
    return place, "step" if steps else "checkpoint" if numbered else "epoch"


def _steps_an_epoch(table: Table) -> float | None:
    """How many steps an epoch has, as a log tells that holds both; None where it does not."""
    names = {name.lower(): name for name in table.names}
    if "epoch" not in names or not len(table):
        return None
    epochs, there = table.values(names["epoch"])
    steps = table.steps
    if not there.any() or np.array_equal(steps[there], epochs[there]):
        return None
    first, last = epochs[there].min(), epochs[there].max()
    whole = [k for k in range(int(first), int(last))]  # the last epoch may not have ended
    counted = float(steps[there].max() - steps[there].min() + 1)
    if not whole:
        return counted
    return float(steps[there][epochs[there] == whole[-1]].max() - steps[there].min() + 1) / len(whole)


def _pace(pairs: list[tuple[int, int]]) -> float | None:
    return float(np.median([step / epoch for epoch, step in pairs])) if pairs else None


def _thinned(log: str, curve: Curve, points: int) -> RunCurve:
    steps, values = curve.steps, np.where(np.isfinite(curve.values), curve.values, np.nan)
    kept = _extremes(values, points) if len(values) > points else np.arange(len(values))
    return RunCurve(curve.name, log, steps[kept].astype(np.float64), values[kept].astype(np.float64), len(values), curve.minimum, curve.first_bad)


def _extremes(values: Float[np.ndarray, "rows"], points: int) -> np.ndarray:
    """Rows of the smallest and the largest value of each of points ÷ 2 stretches, the first and the last row among them."""
    stretches = max(1, points // 2 - 1)
    length = math.ceil(len(values) / stretches)
    padded = np.full(stretches * length, np.nan)
    padded[: len(values)] = values
    rows = padded.reshape(stretches, length)
    empty = np.isnan(rows).all(1)
    low = np.where(np.isnan(rows), np.inf, rows).argmin(1)
    high = np.where(np.isnan(rows), -np.inf, rows).argmax(1)
    start = np.arange(stretches) * length
    both = np.concatenate([(start + low)[~empty], (start + high)[~empty], start[empty], [0, len(values) - 1]])
    return np.unique(both[both < len(values)])
