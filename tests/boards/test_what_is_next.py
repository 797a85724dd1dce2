"""Boards that have nothing to show yet say what is happening and what is next; one that is off names a sample that it can show."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.boards.late import Late
from tests.own_clips import photos
from tests.straight import Straight
from workbench import samples
from workbench.boards.every import kinds
from workbench.boards.masks import MasksBoard
from workbench.boards.rollout import RolloutBoard
from workbench.boards.workspace import Workspace
from workbench.core.errors import WorkbenchError


def test_every_state_of_opening_says_what_is_next(space: Workspace, jobs: Late, tmp_path: Path) -> None:
    board = MasksBoard(space)
    assert board.headline.sentence == "No model is open."
    assert "Open …" in board.headline.detail
    jobs.holding = True
    space.open(str(samples.find("shapes").checkpoint))
    assert board.headline.sentence == "Opening jepa-latest.pth.tar …"
    jobs.release()
    assert board.headline.sentence.endswith(" is open.")
    assert board.headline.detail.startswith("Choose pictures or a video")
    jobs.holding = True
    space.open_data(str(photos(tmp_path / "mine", 2)))
    assert board.headline.sentence == "Opening mine …"
    space.stop("open", tell=True)
    assert board.headline.detail.startswith("Choose pictures or a video")
    jobs.holding = False
    space.open_data(str(tmp_path / "mine"))
    assert "is open" not in board.headline.sentence


def test_before_the_page_is_there_nobody_is_asked_to_open_a_model(space: Workspace) -> None:
    space.loading = True
    board = MasksBoard(space)
    assert (board.headline.sentence, board.headline.detail) == ("The page is loading …", "")
    space.loading = False
    space.say("opening")
    assert board.headline.sentence == "No model is open."


def test_an_error_goes_when_its_cause_goes(space: Workspace, jobs: Late, told: list[WorkbenchError], tmp_path: Path) -> None:
    board = MasksBoard(space)
    space.open(str(samples.find("shapes").checkpoint), str(tmp_path / "gone.png"))
    assert board.headline.sentence == told[0].what
    assert board.headline.tone == "error"
    jobs.holding = True
    space.open_data("shapes")
    assert (board.headline.sentence, board.headline.tone) == ("Opening shapes …", "plain")
    assert space.not_opened is None
    jobs.release()
    assert board.headline.tone != "error"


def test_an_error_of_something_else_does_not_end_what_is_being_opened(space: Workspace, jobs: Late) -> None:
    jobs.holding = True
    space.open("shapes")
    space.tell(WorkbenchError("a mask without target"))
    assert space.opening == "opening shapes"
    jobs.release()
    assert space.opening == ""


def test_a_board_that_is_off_opens_a_sample_that_it_can_show(space: Workspace) -> None:
    board = RolloutBoard(space)
    board.wake()
    space.open("shapes")
    assert "This board is off" in board.headline.sentence
    assert "The sample two-rooms shows this board." in board.headline.detail
    assert board.headline.offer == "Open two-rooms"
    board.headline.command = ["offer", 1]
    assert space.sample == "two-rooms"
    assert board.headline.offer == ""
    assert board.refusal() == ""


@pytest.mark.slow
def test_each_board_is_shown_by_the_sample_that_it_names() -> None:
    named = {kind.title: kind.shown_by for kind in kinds()}
    assert {title for title, name in named.items() if not name} == {"Checkpoint", "Catalogue", "Labels", "Run"}
    for name in sorted(set(filter(None, named.values()))):
        space = Workspace(Straight(), notify=lambda error: None)
        boards = [kind(space) for kind in kinds() if kind.shown_by == name]
        space.open(name)
        assert [board.title for board in boards if board.refusal()] == []
