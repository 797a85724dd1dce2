"""Curves of a training run, panel under panel on one axis of steps."""

from __future__ import annotations

from typing import Any

import numpy as np

from widgets import ReadingsTable, RunChart
from widgets.palette import rgb
from workbench.boards.stills import sheet
from workbench.boards.stills.charts import nice, short
from workbench.boards.stills.drawing import picture, words
from workbench.boards.stills.sheet import INK, QUIET, RULE, SMALL, WIDTH, Picture

_LEFT, _TOP, _FOOT = 58, 20, 18  # pixels: numbers at the left, the title above, steps below
_FEW = 5  # points of a curve below which each is marked
_LOOKS = {"log": ("control", ""), "measure": ("predicted", ""), "untrained": ("control", "dash"), "control": ("control", "dot")}


def _lines(view: RunChart) -> list[tuple[dict[str, Any], np.ndarray, np.ndarray]]:
    """Each curve with its steps and its values; bands are left out."""
    data, at, found = np.frombuffer(view.data, "<f8"), 0, list[tuple[dict[str, Any], np.ndarray, np.ndarray]]()
    for curve in view.curves:
        count, rows = curve["count"], 4 if curve["band"] else 2
        found.append((curve, data[at : at + count], data[at + count : at + 2 * count]))
        at += rows * count
    return found


def _panel(view: RunChart, number: int, width: int, ends: tuple[float, float]) -> Picture:
    panel, height = view.panels[number], max(70, view.panel_height)
    mine = [(c, s, np.log10(np.where(v > 0, v, np.nan)) if panel.get("log") else v) for c, s, v in _lines(view) if c["panel"] == number]
    drawn = sheet.paper(_TOP + height + _FOOT, width)
    title = f"{panel['title']}, {panel['unit']}" if panel.get("unit") else panel["title"]
    sheet.write(drawn, sheet.fitting(title, width, SMALL), (0, 13), SMALL, INK)
    known = np.concatenate([v[np.isfinite(v)] for _, _, v in mine]) if mine else np.empty(0)
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
    high = high if high > low else low + 1
    foot, across = _TOP + height, width - _LEFT - 24

    def at(step: Any, value: Any) -> np.ndarray:
        x = _LEFT + (np.asarray(step) - ends[0]) / (ends[1] - ends[0]) * across
        return np.stack([x, foot - 4 - (np.asarray(value) - low) / (high - low) * (height - 8)], -1)

    for value in nice(low, high, 3):
        y = float(at(ends[0], value)[1])
        sheet.trace(drawn, np.array([[_LEFT, y], [width - 24, y]]), RULE, 1)
        sheet.write(drawn, short(10**value if panel.get("log") else value, 3), (_LEFT - 6, y + 4), SMALL, QUIET, anchor="right")
    for step in nice(*ends, 5):
        sheet.write(drawn, short(step), (float(at(step, low)[0]), foot + 13), SMALL, QUIET, anchor="center")
    for curve, steps, values in mine:
        meaning, dash = _LOOKS[curve["kind"]]
        sheet.trace(drawn, at(steps, values), rgb(meaning), 2, dash=dash)
        known = np.isfinite(values)
        if known.sum() < _FEW:  # a line through few points would say more than is known, and one point is no line
            for place in at(steps[known], values[known]):
                sheet.mark(drawn, (float(place[0]), float(place[1])), "circle-open" if dash else "circle", 6, rgb(meaning))
    if 0 <= view.cursor < len(view.steps):
        x = float(at(view.steps[view.cursor], low)[0])
        sheet.trace(drawn, np.array([[x, _TOP], [x, foot]]), INK, 1)
    entries = [(_LOOKS[c["kind"]][1] or "solid", rgb(_LOOKS[c["kind"]][0]), c["name"]) for c, _, _ in mine]
    return sheet.under(drawn, sheet.legend(entries, width), gap=2)


@picture.register
def _(view: RunChart, width: int = WIDTH) -> Picture:
    steps = np.concatenate([s[np.isfinite(s)] for _, s, _ in _lines(view)]) if view.curves and view.data else np.empty(0)
    if not steps.size:
        return sheet.paragraph(view.message, width, colour=QUIET)
    first, last = float(steps.min()), float(steps.max())
    panels = (_panel(view, k, width, (first, last if last > first else first + 1)) for k in range(len(view.panels)))
    return sheet.under(*panels, sheet.paragraph(view.axis, width, SMALL, QUIET), gap=8)


@words.register
def _(view: RunChart) -> str:
    ends = [(c["name"], v[np.isfinite(v)]) for c, _, v in _lines(view)] if view.data else []
    return "\n".join(f"{name}: {short(float(v[-1]), 3)} at the end" for name, v in ends if v.size) or view.message


@picture.register
def _(view: ReadingsTable, width: int = WIDTH) -> Picture:
    if not view.rows:
        return sheet.paragraph(view.message, width, colour=QUIET)
    heads = ("measure", *view.columns)
    edges = np.linspace(0, width, len(heads) + 1)
    lines = [sheet.paragraph(view.caption, width, SMALL + 1, INK)]
    for cells in (heads, *((row["title"], *(row["cells"] or [row.get("missing", "")])) for row in view.rows)):
        line = sheet.paper(18, width)
        room = [edges[1]] * len(heads) if len(cells) == len(heads) else [edges[1], width - edges[1]]
        for text, left, most in zip(cells, edges, room, strict=False):
            sheet.write(line, sheet.fitting(text, most - 8, SMALL), (left, 13), SMALL, QUIET if cells is heads else INK)
        lines.append(line)
    return sheet.under(*lines, gap=2)


@words.register
def _(view: ReadingsTable) -> str:
    rows = [": ".join([row["title"], ", ".join(filter(None, row["cells"])) or row.get("missing", "")]) for row in view.rows]
    return "\n".join([view.caption, *rows]) if rows else view.message
