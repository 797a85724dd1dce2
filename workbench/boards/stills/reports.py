"""What a checkpoint holds as a table, and the sentence of a board."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from widgets import Headline, ModelView
from widgets.headline import MODEL
from widgets.palette import rgb
from workbench.boards.stills import sheet
from workbench.boards.stills.drawing import picture, words
from workbench.boards.stills.sheet import INK, LARGE, QUIET, RULE, SMALL, TEXT, WIDTH, Picture
from workbench.core.numbers import size_text

_STATES = {"whole": "complete", "partial": "partial", "missing": "missing"}
_FACTS = 16  # settings that are listed
_ROW = 22


def _part_words(part: Mapping[str, Any]) -> str:
    """What of a part loaded."""
    counts = [f"{part.get('matched', 0)} tensors"] if part.get("matched") else []
    counts += [f"{part['parameters']:,} parameters"] if part.get("parameters") else []
    counts += [
        f"{len(part[key])} {said}"
        for key, said in (("missing", "missing"), ("unexpected", "unexpected"), ("reshaped", "of another shape"))
        if part.get(key)
    ]
    return ", ".join(counts)


def _part(part: Mapping[str, Any], width: int) -> Picture:
    """A part in a line: a dot that is full, half or empty, its name and state, and what loaded."""
    line = sheet.paper(_ROW, width)
    colour = {"whole": rgb("teacher-forced"), "partial": rgb("target")}.get(part["status"], QUIET)
    sheet.mark(line, (8, 11), "circle" if part["status"] == "whole" else "circle-open", 11, colour)
    if part["status"] == "partial":
        sheet.block(line, (3, 6, 8, 16), colour)
    sheet.write(line, sheet.fitting(part.get("label", part["name"]), width * 0.3 - 26, TEXT), (22, 16))
    sheet.write(line, _STATES[part["status"]], (width * 0.3, 16), TEXT, QUIET)
    sheet.write(line, sheet.fitting(_part_words(part), width * 0.55, SMALL), (width * 0.43, 16), SMALL, QUIET)
    return line


def _value(fact: Mapping[str, Any]) -> str:
    value = fact.get("value")
    return "not said" if value is None else " × ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _facts(model: Mapping[str, Any], width: int) -> Picture:
    """Settings in two columns, each with where it came from."""
    facts = model.get("facts", [])
    room, rows = (width - sheet.GAP) // 2, list[Picture]()
    for fact in facts[:_FACTS]:
        line = sheet.paper(_ROW - 2, room)
        sheet.write(line, sheet.fitting(fact["name"], room * 0.36, SMALL), (0, 14), SMALL, QUIET)
        sheet.write(line, sheet.fitting(_value(fact), room * 0.4, SMALL), (room * 0.38, 14), SMALL)
        sheet.write(line, fact["origin"], (room * 0.8, 14), SMALL, QUIET)
        rows.append(line)
    half = (len(rows) + 1) // 2
    more = f"and {len(facts) - _FACTS} more settings" if len(facts) > _FACTS else ""
    table = sheet.beside(sheet.under(*rows[:half], gap=0), sheet.under(*rows[half:], gap=0))
    head = sheet.paragraph("Settings, and where each came from" if rows else "", width, SMALL + 1, QUIET)
    return sheet.under(head, table, sheet.paragraph(more, width, SMALL, QUIET), gap=4)


def _rule(width: int) -> Picture:
    line = sheet.paper(1, width)
    line[:] = RULE
    return line


def _title(model: Mapping[str, Any]) -> str:
    return ", ".join(
        each for each in (model.get("name", ""), model.get("family", ""), size_text(model["file_bytes"]) if model.get("file_bytes") else "") if each
    )


@picture.register
def _(view: ModelView, width: int = WIDTH) -> Picture:
    model = view.model
    if not model:
        return sheet.paragraph(view.message, width, colour=QUIET)
    head = sheet.paragraph(_title(model), width, TEXT + 1, bold=True)
    parts = sheet.under(*(_part(part, width) for part in model.get("parts", [])), gap=0)
    wants = [f"{each['name']} (alarming)" if each.get("alarming") else each["name"] for each in model.get("wants", [])]
    called = sheet.paragraph(f"What the file would call: {', '.join(wants[:12])}" if wants else "", width, SMALL)
    other = [f"{len(model['tensors'])} tensors in the file"] if model.get("tensors") else []
    other += [f"other entries: {', '.join(model['other'][:6])}"] if model.get("other") else []
    notes = sheet.paragraph("; ".join(other), width, SMALL, QUIET)
    return sheet.under(head, parts, _rule(width), _facts(model, width), called, notes, gap=8)


@words.register
def _(view: ModelView) -> str:
    if not view.model:
        return view.message
    parts = [
        f"{part.get('label', part['name'])}: {_STATES[part['status']]}" + (f", {said}" if (said := _part_words(part)) else "")
        for part in view.model.get("parts", [])
    ]
    return "\n".join([_title(view.model), *parts])


def _held(view: Headline) -> str:
    """What is shown in place of the model; "" when it is the model."""
    label = next((str(s["label"]) for s in view.sources if s["id"] == view.source), view.source)
    return "" if view.source == MODEL else f"Shown: {view.note or label}"


def _unfinished(view: Headline) -> str:
    """Why what is said may not be the last word."""
    return "Still computing when this picture was drawn." if view.busy else "Of what was open before." if view.stale else ""


@picture.register
def _(view: Headline, width: int = WIDTH) -> Picture:
    colour = {"warn": rgb("target"), "error": rgb("open loop")}.get(view.tone)
    room = width - (14 if colour else 0)
    lines = sheet.under(
        sheet.paragraph(view.sentence, room, LARGE, INK),
        sheet.paragraph(view.detail, room, SMALL + 1, QUIET),
        sheet.paragraph(_held(view), room, SMALL + 1, QUIET, bold=True),
        sheet.paragraph(_unfinished(view), room, SMALL + 1, QUIET),
        gap=4,
    )
    if colour is None or not lines.size:
        return lines
    edge = np.full((lines.shape[0], 4, 3), colour, np.uint8)
    return sheet.beside(edge, lines, gap=10)


@words.register
def _(view: Headline) -> str:
    return "\n".join(each for each in (view.sentence, view.detail, _held(view), _unfinished(view)) if each)
