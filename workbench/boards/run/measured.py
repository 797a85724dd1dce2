"""Every measure of one checkpoint as a table: its value with the interval, raw and mean removed, beside its baselines, over how many vectors, and what it needs."""

from __future__ import annotations

import math

from widgets import ReadingsTable
from workbench.boards.run.curves import control_of, interval
from workbench.boards.show import show
from workbench.core.questions.health import MEASURES, HealthResult, Reading

COLUMNS = ("value [interval]", "mean removed", "untrained", "control", "vectors × features")


def show_readings(table: ReadingsTable, found: HealthResult | None, title: str, why: str) -> None:
    """Show what was measured of a checkpoint.

    Args:
        title: of the checkpoint. why: nothing was measured.
    """
    with table.together():
        table.columns = list(COLUMNS)
        table.rows = [] if found is None else rows_of(found)
        table.caption = "" if found is None else caption_of(found, title)
        table.message = f"{title}: {why}"


def caption_of(found: HealthResult, title: str) -> str:
    """What was measured, and what the brackets are."""
    skipped = f", {len(found.skipped)} skipped" if found.skipped else ""
    what = {"clip": "one vector a clip", "frames": "one vector a time step", "tokens": "one vector a token"}[found.what]
    interval_words = (
        "Brackets: central 90 % of halves of the clips, drawn without replacement. n-limited: fewer than 4 vectors per feature; compare at equal n."
    )
    return f"{title}: {found.clips} clips{skipped}, {what}. {interval_words}"


def rows_of(found: HealthResult) -> list[dict[str, object]]:
    """A row a measure, in the order of MEASURES; one that could not be computed says why."""
    known, absent = {reading.name: reading for reading in found.readings}, dict(found.absent)
    rows = list[dict[str, object]]()
    for name, meaning in MEASURES.items():
        about = {"title": meaning.title, "needs": meaning.needs, "cannot": meaning.cannot, "formula": f"{meaning.formula}. {meaning.source}"}
        if name in known:
            rows.append({**about, "cells": _cells(known[name])})
        elif name in absent:
            rows.append({**about, "cells": [], "missing": f"not computed: {absent[name]}"})
    return rows


def _cells(reading: Reading) -> list[str]:
    untrained = [short(v) for v in (reading.untrained, reading.untrained_centred) if math.isfinite(v)]
    control = f"{short(reading.control)} {control_of([reading])}" if math.isfinite(reading.control) else ""
    count = f"{reading.n:,} × {reading.dim}" + (", n-limited" if reading.limited else "")
    centred = "" if reading.centred is None else _with_interval(interval(reading, centred=True))
    return [_with_interval(interval(reading)), centred, ", mean removed ".join(untrained), control, count]


def _with_interval(found: tuple[float, float, float]) -> str:
    value, low, high = found
    return f"{short(value)} [{short(low)}, {short(high)}]" if math.isfinite(low) and math.isfinite(high) else f"{short(value)}, no interval"


def short(value: float) -> str:
    """Three digits with a true minus sign."""
    return f"{value:.3g}".replace("-", "−") if math.isfinite(value) else "not finite"


@show.register(HealthResult)
def _(result: HealthResult) -> ReadingsTable:
    table = ReadingsTable()
    show_readings(table, result, result.provenance.model, "nothing was measured")
    return table
