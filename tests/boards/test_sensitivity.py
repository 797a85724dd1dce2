"""The Sensitivity board without a browser: sliders answer, are taken back, and what cannot be changed is refused in words."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.straight import Straight
from workbench.boards.sensitivity import SensitivityBoard
from workbench.boards.workspace import Workspace
from workbench.core import codec
from workbench.core.errors import WorkbenchError
from workbench.data import save_png
from workbench.jobs import now
from workbench.notebook import board

pytestmark = pytest.mark.slow


@pytest.fixture
def told() -> list[WorkbenchError]:
    return []


def opened(told: list[WorkbenchError], *what: Any) -> SensitivityBoard:
    board = SensitivityBoard(Workspace(Straight(), deliver=now, notify=told.append))
    board.wake()
    board.space.open(*what)
    return board


def slide(board: SensitivityBoard, **values: Any) -> None:
    board.toolbar.values = {**board.toolbar.values, **values}


def test_a_slider_answers_and_undo_redo_and_reset_bring_numbers_back(told: list[WorkbenchError]) -> None:
    board = opened(told, "two-rooms")
    first = board.headline.sentence
    assert first.startswith("Latent distance (1 = two random clips): texture 0.")
    assert [f["name"] for f in board.player.films] == ["real", "texture, half strength", "position, half strength"]
    slide(board, structure_amount=1.0)
    second = board.headline.sentence
    assert second != first
    assert board.headline.can_undo
    board.command("undo")
    assert (board.headline.sentence, board.headline.can_redo) == (first, True)
    board.command("redo")
    assert board.headline.sentence == second
    slide(board, nuisance="blur")
    board.command("reset")
    assert board.toolbar.values["structure_amount"] == 0.5
    assert told == []


def test_while_one_slides_few_are_computed_and_the_last_is_of_where_it_stopped() -> None:
    box = board("two-rooms", "sensitivity")
    box.wait()
    before = box.board.player.version
    for k in range(1, 31):
        slide(box.board, structure_amount=k / 100)
    box.wait()
    assert box.board.moves.answer is not None
    assert box.board.moves.answer.amounts[1] == 0.3
    assert 1 <= box.board.player.version - before < 30
    box.board.command("undo")
    box.wait()
    assert box.board.moves.answer.amounts[1] == 0.5  # one slide is one step back
    box.close()


def test_the_survey_comes_by_itself_and_everything_can_be_exported(told: list[WorkbenchError]) -> None:
    board = opened(told, "two-rooms")
    assert "largest for" in board.headline.detail
    board.command("export")
    stored = codec.loads(board.headline.file)
    assert stored["factors"].factors == board.survey.answer.factors
    assert stored["view"].moves.changes == ("texture", "position")


def test_the_copied_lines_give_the_numbers_on_screen(told: list[WorkbenchError]) -> None:
    board = opened(told, "two-rooms", None, 2)
    slide(board, nuisance_amount=0.8)
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(board.headline.code, {})
    assert re.search(r"jw\.load\(.*# weights [0-9a-f]{12}$", board.headline.code, re.MULTILINE)
    np.testing.assert_allclose([float(v) for v in said.getvalue().split()], board.moves.answer.moves.moved[0], atol=2e-4)


def test_own_pictures_have_no_structure_to_change_and_say_why(told: list[WorkbenchError], tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for k in range(3):
        save_png(tmp_path / f"{k}.png", rng.integers(0, 256, (70, 70, 3), dtype=np.uint8))
    board = opened(told, "shapes", str(tmp_path))
    controls = {c["id"]: c for c in board.toolbar.controls}
    assert controls["structure"]["disabled"]
    assert "needs clips with a stored" in controls["structure"]["reason"]
    assert len(board.player.films) == 2
    assert "Structure factors: needs clips" in board.headline.detail
    board.space.open_data(str(tmp_path / "0.png"))
    assert board.headline.sentence.startswith("A single clip gives no unit of distance")
    assert "Choose a bank" in board.headline.detail
    assert [f["name"] for f in board.player.films] == ["real"]
    assert board.moves.answer is None
    board.space.open("two-rooms")
    assert board.toolbar.values["structure_amount"] == 0.5, "not the 0 of pictures without structure"
