"""The panels of a run: columns of its logs, and what is measured of its checkpoints, on one axis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from widgets.run_chart import Line
from workbench.core.questions.health import MEASURES, HealthResult, Reading
from workbench.core.questions.runs import RunCurve, RunNews

CORE = ("rankme", "feature_std", "predicted_cosine", "predicted_mse", "linear_probe")
_CENTRED = ("predicted_cosine",)  # of which the centred value is the one that tells something
_LOG = ("predicted_mse", "feature_std", "vicreg_variance", "sigreg")
_RECORDED = {  # a measure -> the column of a recorder that follows it during training
    "rankme": "features.rankme",
    "feature_std": "features.std",
    "dead_dimensions": "features.dead",
    "cosine": "features.cosine",
    "predicted_cosine": "prediction.cosine_centred",
    "predicted_mse": "prediction.mse_over_mean",
}
_QUIET = (
    "mask",
    "lr",
    "learning",
    "wd",
    "weight_decay",
    "ema",
    "momentum",
    "grad",
    "norm",
    "mem",
    "time",
    "gpu",
    "data",
    "recorder",
    "scale",
    "load",
)
_MOST = 6  # columns in one panel
LOSS = "loss and its terms"


def is_term(curve: RunCurve) -> bool:
    """Whether a column is the loss or a term of it: not a rate, a clock or a statistic of the recorder."""
    name = curve.name.lower()
    return "loss" in name or ("." not in name and not name.startswith(_QUIET))


def drawn(
    news: RunNews, health: Mapping[int, HealthResult], show: str, *, probe: str = "", missing: str = ""
) -> tuple[list[dict[str, Any]], list[Line]]:
    """Panels and curves of a run.

    Args:
        health: number of a checkpoint -> what was measured of it. show: "core", "all" measures, or "logs": every column. probe: what the probes read.
        missing: why nothing is measured.
    """
    panels, lines = list[dict[str, Any]](), list[Line]()
    terms = [curve for curve in news.curves if is_term(curve)]
    several = len({curve.log for curve in terms}) > 1
    if terms:
        panels.append({"title": LOSS, "log": _positive(terms), **_left_out(terms)})
        lines += [_of_log(0, curve, several) for curve in terms[:_MOST]]
    if show == "logs":
        for curve in (c for c in news.curves if c not in terms):
            lines.append(_of_log(len(panels), curve, False, marked=False))
            panels.append({"title": curve.name, "note": curve.log if len({c.log for c in news.curves}) > 1 else ""})
        return panels, lines
    at = np.array([step.at for step in news.checkpoints])
    known = sorted(k for k in health if k < len(at))
    names = [name for name in (CORE if show == "core" else tuple(MEASURES)) if _there(name, health) or _recorded(name, news) is not None]
    for name in names:
        unit = f"R² or accuracy of {probe}" if name in ("knn", "linear_probe") and probe else ""
        panels.append(
            {"title": MEASURES[name].title + (", centred" if name in _CENTRED else ""), "unit": unit, "log": name in _LOG, "note": _note(name)}
        )
        lines += of_measure(len(panels) - 1, name, at, known, health)
        recorded = _recorded(name, news)
        if recorded is not None:
            lines.append(Line(len(panels) - 1, "during training", "log", recorded.steps, recorded.values))
    if not names and missing:
        panels.append({"title": "Measures of the checkpoints", "note": missing})
    return panels, lines


def of_measure(panel: int, name: str, at: np.ndarray, known: Sequence[int], health: Mapping[int, HealthResult]) -> list[Line]:
    """One measure along training with its band, beside the untrained model and the control."""
    rows = [next((r for r in health[k].readings if r.name == name), None) for k in known]
    if not any(rows):
        return []
    value, low, high, untrained, control, second = (np.array([_part(r, name, what) for r in rows]) for what in _PARTS)
    steps = at[list(known)].astype(np.float64)
    title = "centred" if name in _CENTRED else "model"
    found = [Line(panel, title, "measure", steps, value, low, high)]
    if MEASURES[name].centred and name not in _CENTRED and np.isfinite(second).any():
        found.append(Line(panel, "mean removed", "measure", steps, second))
    for label, kind, line in (("untrained", "untrained", untrained), (control_of(rows), "control", control)):
        if np.isfinite(line).any():
            found.append(Line(panel, label, kind, steps, line))
    return found


_PARTS = ("value", "low", "high", "untrained", "control", "second")


def control_of(readings: Sequence[Reading | None]) -> str:
    """What the control of a measure is, in words."""
    return next((reading.against for reading in readings if reading is not None and reading.against), "control")


def interval(reading: Reading, *, centred: bool = False) -> tuple[float, float, float]:
    """A value with the spread of halves of the clips about their mean, moved to the value: halves alone lower a rank."""
    found = reading.centred if centred and reading.centred is not None else reading.value
    shift = found.value - found.half
    return found.value, found.low + shift, found.high + shift


def _part(reading: Reading | None, name: str, what: str) -> float:
    if reading is None:
        return float("nan")
    centred = name in _CENTRED
    value, low, high = interval(reading, centred=centred)
    second = reading.value.value if centred or reading.centred is None else reading.centred.value
    untrained = reading.untrained_centred if centred else reading.untrained
    return {"value": value, "low": low, "high": high, "untrained": untrained, "control": reading.control, "second": second}[what]


def _there(name: str, health: Mapping[int, HealthResult]) -> bool:
    return any(any(r.name == name for r in found.readings) for found in health.values())


def _recorded(name: str, news: RunNews) -> RunCurve | None:
    wanted = _RECORDED.get(name)
    return next((curve for curve in news.curves if curve.name == wanted), None)


def _of_log(panel: int, curve: RunCurve, several: bool, *, marked: bool = True) -> Line:
    lowest = curve.minimum if marked else None
    return Line(panel, f"{curve.log}: {curve.name}" if several else curve.name, "log", curve.steps, curve.values, lowest=lowest)


def _positive(curves: Sequence[RunCurve]) -> bool:
    """Whether a logarithmic axis shows all of it, and more: the values are positive and span a factor of ten."""
    values = np.concatenate([c.values[np.isfinite(c.values)] for c in curves[:_MOST]]) if curves else np.zeros(0)
    return bool(len(values) and values.min() > 0 and values.max() > 10 * values.min())


def _left_out(terms: Sequence[RunCurve]) -> dict[str, str]:
    bad = [f"{c.name} is not finite from step {c.first_bad:,.0f}" for c in terms if c.first_bad is not None]
    more = [f"{len(terms) - _MOST} more columns: choose all columns"] if len(terms) > _MOST else []
    return {"note": "; ".join([*bad, *more])} if bad or more else {}


def _note(name: str) -> str:
    return {
        "predicted_cosine": "0 = no better than the position mean",
        "predicted_mse": "1 = no better than the position mean",
        "rankme": "would fall towards 1 on collapse",
        "feature_std": "would fall towards 0 on collapse",
    }.get(name, "")
