"""Pinned results: the sentence, the picture and the numbers of a board as they were, kept while models and clips change."""

from __future__ import annotations

import csv
import io
import itertools
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from widgets import Headline, TrayView
from workbench.boards.layout import Layout
from workbench.boards.second import Second
from workbench.boards.workspace import Workspace
from workbench.core.card import ModelKey, VectorsKey
from workbench.core.errors import BadInput
from workbench.store.uploads import sent_as

MOST = 12  # pins
_FIGURES, _LEVELS = 60, 3  # numbers of a pin, and how deep they may lie in an answer
Figures = tuple[tuple[str, float], ...]


@dataclass(frozen=True, eq=False)
class Pin:
    """A result as it was.

    Args:
        board: its title. model, second, data: names; "" = none was open. shown: what stood in place of the model; "" = the model.
        code: Python lines that reproduce it. figures: name -> number. picture: a PNG. keys: of the models and vectors that were open, with their names.
    """

    number: int
    board: str
    model: str
    second: str
    data: str
    shown: str
    sentence: str
    detail: str
    code: str
    figures: Figures
    picture: bytes
    keys: tuple[tuple[str, ModelKey | VectorsKey], ...]

    @property
    def title(self) -> str:
        """The board, and what stood in place of the model."""
        return f"{self.board}, {self.shown}" if self.shown else self.board

    @property
    def of(self) -> str:
        """What it is of."""
        return " · ".join(part for part in (self.model, self.second and f"B {self.second}", self.data) if part) or "nothing open"


class Tray:
    """The pins of one session.

    Attributes:
        view: the button with the sheet behind it. pins: from the oldest.
    """

    def __init__(self, space: Workspace) -> None:
        self.space, self.view = space, TrayView()
        self.pins: list[Pin] = []
        self._numbers = itertools.count(1)
        self.view.on_command = self._obey
        for event in ("model", "subjects"):
            space.on(event, self._show)

    def pin(self, board: str, headline: Headline, layout: Layout, results: Mapping[str, object]) -> None:
        """Keep what a board shows.

        Args:
            board: its title. layout: of everything on it. results: whose numbers are kept.

        Raises:
            BadInput: the tray is full, or an answer is awaited.
        """
        if len(self.pins) >= MOST:
            raise BadInput(f"the tray holds {MOST} results, which is the most", where="Pin", fix="remove one in the tray, then pin again")
        if headline.busy or headline.stale:
            raise BadInput("the board is still computing", where="Pin", fix="pin it when the answer is there")
        space, second = self.space, self.space.shared(Second).subject
        subjects, vectors = [each for each in (space.subject, second) if each is not None], space.session.state.vectors
        keys = [*((each.name, each.key) for each in subjects), *([] if vectors is None else [(_name(vectors), vectors)])]
        shown = "" if headline.source == "model" else headline.note or headline.source
        found = Pin(
            next(self._numbers),
            board,
            "" if space.subject is None else space.subject.name,
            "" if second is None else second.name,
            _data(space),
            shown,
            headline.sentence,
            headline.detail,
            headline.code,
            tuple(itertools.islice(figures_of(results), _FIGURES)),
            import_module("workbench.boards.stills").png(layout),
            tuple(keys),
        )
        self.pins.append(found)
        self._show()

    def _show(self) -> None:
        if self.pins or self.view.pins:
            self.view.show([self._plain(pin) for pin in self.pins], [pin.picture for pin in self.pins])

    def _plain(self, pin: Pin) -> dict[str, Any]:
        note = self._note(pin)
        figures = [[name, f"{value:.4g}".replace("-", "−")] for name, value in pin.figures]
        said = {"id": pin.number, "title": pin.title, "of": pin.of, "sentence": pin.sentence, "detail": pin.detail}
        return {**said, "note": note, "closed": bool(note), "figures": figures}

    def _note(self, pin: Pin) -> str:
        """Which of its models is not open any more."""
        state = self.space.session.state
        there = [state.vectors, *(subject.key for subject in self.space.subjects.values())]
        gone = [name for name, key in pin.keys if key not in there]
        return f"Not open any more: {', '.join(gone)}. What is shown here is as it was." if gone else ""

    def _obey(self, command: str) -> None:
        do, _, number = command.partition(" ")
        chosen = [pin for pin in self.pins if not number or str(pin.number) == number]
        if do in ("clear", "remove"):
            self.pins = [pin for pin in self.pins if pin not in chosen]
            self._show()
        elif chosen:
            name = f"{chosen[0].board.lower()}-{chosen[0].number}" if number else "tray"
            made = {"png": png_of, "csv": csv_of, "json": json_of}[do](chosen)
            self.view.offer(f"jepa-workbench-{name}.{do}", made)


def _data(space: Workspace) -> str:
    """The clip, or the file of the vectors."""
    vectors, clip, clips = space.session.state.vectors, space.session.state.clip, space.clips
    if vectors is not None:
        return _name(vectors)
    return "" if clip is None or clips is None else f"clip {clip.index + 1} of {len(clips.names)} of {clips.title}"


def _name(key: VectorsKey) -> str:
    given = sent_as(key.path)
    return Path(key.path).name if given is None else given.name


def figures_of(results: Mapping[str, object]) -> Iterator[tuple[str, float]]:
    """Every finite number of these answers, by a name that says where it lies in them: `view.skill`."""
    for name, value in results.items():
        yield from _figures(name, value, _LEVELS)


def _figures(name: str, value: object, levels: int) -> Iterator[tuple[str, float]]:
    if isinstance(value, bool | np.bool_):
        return
    if isinstance(value, int | float | np.integer | np.floating):
        if math.isfinite(value):
            yield name, float(value)
    elif levels and is_dataclass(value) and not isinstance(value, type):
        named = [f.name for f in fields(value)]
        own = [n for n, each in vars(type(value)).items() if isinstance(each, property) and each.fget is not None and _is_number(each.fget)]
        for inner in (*own, *named):
            yield from _figures(f"{name}.{inner}", getattr(value, inner), levels - 1)
    elif levels and isinstance(value, Mapping):
        for inner, each in value.items():
            yield from _figures(f"{name}.{inner}", each, levels - 1)


def _is_number(read: Any) -> bool:
    return read.__annotations__.get("return") in ("float", "int", float, int)


def png_of(pins: list[Pin]) -> bytes:
    """The pictures side by side, each under its title."""
    sheet, films = import_module("workbench.boards.stills.sheet"), import_module("workbench.data._cv2").opencv()
    columns = []
    for pin in pins:
        picture = films.imdecode(np.frombuffer(pin.picture, np.uint8), films.IMREAD_COLOR)[..., ::-1]
        words = sheet.under(sheet.paragraph(pin.title, picture.shape[1], bold=True), sheet.paragraph(pin.of, picture.shape[1]), gap=2)
        columns.append(sheet.under(words, np.ascontiguousarray(picture)))
    return sheet.encoded(sheet.beside(*columns))


def csv_of(pins: list[Pin]) -> bytes:
    """One row a number."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["pin", "board", "shown", "model", "second", "data", "number", "value"])
    for pin in pins:
        rows.writerows(
            [pin.number, pin.board, pin.shown, _cell(pin.model), _cell(pin.second), _cell(pin.data), name, value] for name, value in pin.figures
        )
    return text.getvalue().encode()


def _cell(text: str) -> str:
    """A name from a file, which a table program must not take for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def json_of(pins: list[Pin]) -> bytes:
    """Everything but the pictures."""
    said = [
        {f.name: getattr(pin, f.name) for f in fields(pin) if f.name not in ("figures", "picture", "keys")} | {"figures": dict(pin.figures)}
        for pin in pins
    ]
    return (json.dumps(said, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode()
