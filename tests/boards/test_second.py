"""B is held: the same question with the second model in place, both numbers side by side; let go, and A is there again with nothing computed."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.boards.second_models import save_another
from tests.straight import Straight
from workbench.boards.base import Board
from workbench.boards.decoding import DecodeBoard
from workbench.boards.masks import MasksBoard
from workbench.boards.planning import PlanBoard
from workbench.boards.rollout import RolloutBoard
from workbench.boards.second_row import SecondRow
from workbench.boards.surprise import SurpriseBoard
from workbench.boards.workspace import Workspace
from workbench.core.errors import WorkbenchError
from workbench.core.mask import Mask
from workbench.core.questions import Question

pytestmark = pytest.mark.slow


class Counting(Straight):
    """Work done at once, with every question that was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[Question[Any]] = []

    def _start(self, job: Any) -> None:
        self.asked.append(job.question)
        super()._start(job)


class Two:
    """A board that somebody looks at, with two models open."""

    def __init__(self, kind: type[Board], first: str, second: str) -> None:
        self.told: list[WorkbenchError] = []
        self.jobs = Counting()
        self.space = Workspace(self.jobs, notify=self.told.append)
        self.board: Any = kind(self.space)
        self.board.wake()
        self.space.open(first)
        self.board.second.open(second)
        assert not self.told

    @property
    def headline(self) -> Any:
        return self.board.headline

    @property
    def source(self) -> dict[str, Any]:
        return next(s for s in self.headline.sources if s["id"] == "second")

    def hold(self) -> None:
        self.headline.source = "second"

    def let_go(self) -> None:
        self.headline.source = "model"


@pytest.fixture(scope="module")
def rooms(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(save_another("two-rooms", tmp_path_factory.mktemp("run")))


def printed(code: str) -> tuple[str, str]:
    """What lines of Python print, and what they say that they print."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(code, {})
    return said.getvalue().strip(), code.rsplit("# ", 1)[1].strip()


CASES = [
    (MasksBoard, "shapes", "digits", "Skill: A shapes "),
    (RolloutBoard, "two-rooms", "", "Open-loop error relative to copying the last frame: A two-rooms "),
    (PlanBoard, "two-rooms", "", "Predicted cost relative to the no-op: A two-rooms "),
    (SurpriseBoard, "balls", "balls-masked", "Mean surprise of the impossible video, relative to its possible counterpart: A balls "),
]


@pytest.mark.parametrize(("kind", "first", "second", "sentence"), CASES)
def test_both_numbers_stand_side_by_side_the_lines_print_that_of_b_and_a_comes_back_uncomputed(
    kind: type[Board], first: str, second: str, sentence: str, rooms: str
) -> None:
    page = Two(kind, first, second or rooms)
    name = f"B {second or 'ep20.safetensors'}"
    before = (page.headline.sentence, page.headline.detail, page.headline.code)
    page.hold()
    assert page.headline.sentence.startswith(sentence)
    assert f" · {name} " in page.headline.sentence
    assert page.headline.note == name
    assert page.headline.detail.startswith("B: ")
    assert not any(view.stale for view in page.board.pictures())
    said, promised = printed(page.headline.code)
    assert said == promised
    page.jobs.asked.clear()
    page.let_go()
    assert (page.headline.sentence, page.headline.detail, page.headline.code) == before
    page.hold()
    assert f" · {name} " in page.headline.sentence
    page.let_go()
    assert page.jobs.asked == []
    assert not page.told


def test_what_is_prepared_differently_is_said_and_the_mask_is_mapped_by_place() -> None:
    page = Two(MasksBoard, "shapes", "digits")
    target = page.board.pane.target
    page.hold()
    detail = page.headline.detail
    assert "Prepared differently (A | B): 64 × 64 px | 32 × 32 px; all of the picture | a crop of 57 × 57 source px; " in detail
    assert "middle 64×64" in detail
    assert "Grids are mapped by place." in detail
    assert page.board.pane.target != target
    page.let_go()
    assert page.board.pane.target == target


def test_a_mask_that_the_other_grid_cannot_hold_is_refused_in_a_sentence_and_nothing_of_a_is_shown_as_b() -> None:
    page = Two(MasksBoard, "shapes", "digits")
    corner = np.zeros((1, 8, 8), bool)
    corner[0, 0, 0] = True
    page.space.session.set(mask=Mask(~corner, corner[None]))
    before = page.headline.sentence
    page.hold()
    assert page.headline.sentence.startswith("B cannot be given this mask: no target of the mask covers half a token")
    assert page.board.pane.predicted == b""
    page.let_go()
    assert page.headline.sentence == before
    assert page.board.pane.predicted


def test_a_mask_painted_while_b_is_locked_is_asked_of_both() -> None:
    page = Two(MasksBoard, "shapes", "digits")
    page.hold()
    hole = np.zeros((1, 8, 8), bool)
    hole[0, 3:5, 3:5] = True
    page.space.session.set(mask=Mask(~hole, hole[None]))
    assert "A shapes …" not in page.headline.sentence
    number = page.headline.sentence.split("A shapes ")[1].split(" ·")[0]
    page.let_go()
    assert number in page.headline.sentence


@pytest.mark.parametrize(
    ("kind", "first", "second", "reason"),
    [
        (PlanBoard, "two-rooms", "balls", "takes no actions"),
        (RolloutBoard, "two-rooms", "shapes", "B shapes cannot be shown here: dynamics"),
        (SurpriseBoard, "balls", "shapes", "image model"),
        (DecodeBoard, "shapes", "digits", "one model at a time"),
    ],
)
def test_a_board_that_cannot_show_b_says_why_and_keeps_what_it_shows(kind: type[Board], first: str, second: str, reason: str) -> None:
    page = Two(kind, first, second)
    before = page.headline.sentence
    assert not page.source["enabled"]
    assert reason in page.source["reason"]
    page.space.session.set(predictor="second")  # locked on another board
    assert page.headline.sentence == before
    assert not any(view.stale for view in page.board.pictures())


def test_b_is_off_until_a_second_model_is_open_and_a_is_back_when_it_is_closed(tmp_path: Path) -> None:
    told: list[WorkbenchError] = []
    space = Workspace(Straight(), notify=told.append)
    board, row = MasksBoard(space), SecondRow(space)
    space.open("shapes")
    source = board.headline.sources[-1]
    assert (source["id"], source["enabled"]) == ("second", False)
    assert "No second model is open" in source["reason"]
    first = board.headline.sentence
    row.row.values = {**row.row.values, "second": "file"}
    row.row.values = {**row.row.values, "path": f"{tmp_path / 'nothing.pt'} heads=3"}
    assert told  # and A is still there
    assert board.headline.sentence == first
    row.row.values = {**row.row.values, "second": "digits"}
    assert board.headline.sources[-1]["enabled"]
    board.headline.source = "second"
    assert "B digits" in board.headline.sentence
    row.row.pressed = ["close", 1]
    assert (board.headline.source, board.headline.sentence) == ("model", first)
    assert row.row.values["second"] == ""
