"""Pins keep what a board said, drew and measured while other models are opened; they are exported, removed, and bounded in number."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import pytest

from tests.straight import Straight
from workbench.boards import tray as trays
from workbench.boards.masks import MasksBoard
from workbench.boards.tray import Tray, figures_of
from workbench.boards.workspace import Workspace
from workbench.core.errors import WorkbenchError

pytestmark = pytest.mark.slow


class Looked:
    """A Masks board, and the tray of its session."""

    def __init__(self) -> None:
        self.told = list[WorkbenchError]()
        self.space = Workspace(Straight(), notify=self.told.append)
        self.board = MasksBoard(self.space)
        self.board.wake()
        self.space.open("shapes")
        self.tray = self.space.shared(Tray)

    def press(self, command: str) -> None:
        self.board.headline.command = [command, self.board.headline.command[1] + 1]

    def ask(self, command: str) -> tuple[str, bytes]:
        view = self.tray.view
        view.command = [command, view.command[1] + 1]
        return view.file_name, bytes(view.file)


@pytest.fixture
def looked() -> Looked:
    return Looked()


def test_pins_stay_as_they_were_while_models_change_and_are_exported(looked: Looked) -> None:
    assert "pin" in looked.board.headline.commands
    looked.press("pin")
    sentence, skill = looked.board.headline.sentence, looked.board.work.maps.answer.skill
    looked.space.open("digits")
    assert looked.board.headline.sentence != sentence
    looked.press("pin")
    first, second = looked.tray.view.pins
    assert first["sentence"] == sentence
    assert first["of"].startswith("shapes · clip ")
    assert "Not open any more: shapes." in first["note"]
    assert (second["note"], second["closed"]) == ("", False)
    assert dict(first["figures"])["view.skill"] == f"{skill:.4g}".replace("-", "−")
    looked.space.open("shapes")
    assert [pin["closed"] for pin in looked.tray.view.pins] == [False, True]

    name, data = looked.ask("csv")
    rows = list(csv.DictReader(io.StringIO(data.decode())))
    assert name == "jepa-workbench-tray.csv"
    assert {(row["pin"], row["model"]) for row in rows} == {("1", "shapes"), ("2", "digits")}
    assert float(next(row["value"] for row in rows if (row["pin"], row["number"]) == ("1", "view.skill"))) == skill
    said = json.loads(looked.ask("json")[1])
    assert [pin["sentence"] for pin in said] == [first["sentence"], second["sentence"]]
    assert "jw.load('shapes')" in said[0]["code"]
    alone = cv2.imdecode(np.frombuffer(looked.ask("png 1")[1], np.uint8), cv2.IMREAD_COLOR)
    both = cv2.imdecode(np.frombuffer(looked.ask("png")[1], np.uint8), cv2.IMREAD_COLOR)
    assert both.shape[1] > 1.6 * alone.shape[1]
    assert (alone < 128).mean() > 0.02, "the picture is drawn"

    looked.ask("remove 1")
    assert [pin["id"] for pin in looked.tray.view.pins] == [2]
    looked.ask("clear")
    assert (looked.tray.view.pins, bytes(looked.tray.view.pictures)) == ([], b"")


def test_what_is_held_is_said_and_what_is_still_computed_is_not_pinned(looked: Looked) -> None:
    looked.board.headline.source = "twin"
    looked.press("pin")
    assert looked.tray.pins[0].title.startswith("Masks, the untrained model")
    looked.board.headline.busy = True
    looked.press("pin")
    assert len(looked.tray.pins) == 1
    assert "still computing" in looked.told[-1].what


def test_a_full_tray_refuses_in_words_and_keeps_what_it_has(looked: Looked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trays, "MOST", 2)
    for _ in range(3):
        looked.press("pin")
    assert [pin.number for pin in looked.tray.pins] == [1, 2]
    assert looked.told[-1].fix.startswith("remove one")


def test_numbers_are_found_where_they_lie_and_nothing_else_is_taken_for_one() -> None:
    @dataclass
    class Inner:
        mean: float
        pixels: Any

    @dataclass
    class Answer:
        error: Inner
        count: int
        right: bool
        odd: float

        @property
        def skill(self) -> float:
            return 0.25

    found = dict(figures_of({"view": Answer(Inner(0.5, np.zeros(3)), 4, True, float("nan")), "more": {"a": 1.5, "b": "x"}}))
    assert found == {"view.skill": 0.25, "view.error.mean": 0.5, "view.count": 4.0, "more.a": 1.5}


def test_a_name_that_a_table_program_would_run_is_written_as_text(looked: Looked) -> None:
    looked.press("pin")
    pin = looked.tray.pins[0]
    object.__setattr__(pin, "model", "=HYPERLINK(1)")
    assert b"'=HYPERLINK(1)" in trays.csv_of([pin])
