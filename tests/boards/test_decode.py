"""The Decode board and the fitted decoder on Rollout, without a browser: fit, score, strips, save, open, refuse."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import workbench as jw
from tests.straight import Straight
from workbench.boards.decoding import DecodeBoard
from workbench.boards.rollout import RolloutBoard
from workbench.boards.workspace import Workspace
from workbench.core import codec
from workbench.core.errors import WorkbenchError
from workbench.core.mask import Mask
from workbench.core.questions.decoding import FITTED
from workbench.data import save_png
from workbench.jobs import now

pytestmark = pytest.mark.slow


@pytest.fixture
def told() -> list[WorkbenchError]:
    return []


@pytest.fixture
def work() -> Straight:
    """With no decoder that was fitted before; what models and banks are known for stays."""
    return Straight()


@pytest.fixture
def space(work: Straight, told: list[WorkbenchError]) -> Workspace:
    return Workspace(work, deliver=now, notify=told.append)


def opened(space: Workspace, *what: Any) -> Any:
    board = DecodeBoard(space)
    board.wake()
    space.open(*what)
    return board


def fit(board: Any, steps: int = 30) -> None:
    board.toolbar.values = {**board.toolbar.values, "steps": steps}
    board.toolbar.on_press("fit")


def names(board: Any) -> list[str]:
    return [f["name"] for f in board.player.films]


def test_a_fit_adds_its_drawings_its_score_and_what_it_draws_for_nothing(space: Workspace, told: list[WorkbenchError]) -> None:
    board = opened(space, "digits")
    assert board.headline.sentence.startswith("No decoder is fitted yet. Nearest real frame: ")
    assert names(board) == ["real", "nearest real frame", "nearest real patches"]
    assert [f["name"] for f in board.near.films] == ["the mean latent", "noise", "another clip's latent"]
    assert board.drawn.films == []
    fit(board)
    assert "dB on held-out frames; baselines: decoded mean latent" in board.headline.sentence
    assert names(board)[3:] == ["decoder", "from predicted tokens"]
    assert board.player.films[3]["note"] == FITTED
    assert len(board.drawn.films) == 3
    assert "Fitted on 160 frames of 160 clips of digits bank in 30 steps" in board.headline.detail
    assert list(board.score.figure.data[0].y) == ["decoder", "mean latent", "mean picture"]
    board.command("export")
    stored = codec.loads(board.headline.file)
    assert stored["pictures"].fit == board.fitting.fit
    assert told == []


def test_the_copied_lines_fit_the_same_decoder(space: Workspace) -> None:
    board = opened(space, "digits")
    fit(board)
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(board.headline.code, {})
    assert said.getvalue().strip() == board.headline.code.rpartition("# ")[2]
    assert said.getvalue().split()[1] == f"{board.fitting.fit.psnr:.4g}"


def test_another_mask_is_drawn_when_the_board_is_looked_at_again(space: Workspace) -> None:
    board = opened(space, "digits")
    fit(board)
    before = board.drawing.answer.reels[-1].pixels
    shape = space.shown.grid.shape
    space.session.set(mask=Mask.of(shape, "0-7", ["8-15"]))
    board.wake()
    assert not np.array_equal(board.drawing.answer.reels[-1].pixels, before)


def test_a_saved_decoder_is_opened_again_and_a_wrong_file_loses_nothing(space: Workspace, told: list[WorkbenchError], tmp_path: Path) -> None:
    board = opened(space, "digits")
    fit(board)
    found = board.fitting.fit
    board.toolbar.on_press("save")
    assert board.headline.file_name == "jepa-workbench-digits-decoder.safetensors"
    (tmp_path / "d.safetensors").write_bytes(board.headline.file)
    other = opened(Workspace(Straight(), deliver=now, notify=told.append), "digits")
    assert other.fitting.fit is None
    other.toolbar.values = {**other.toolbar.values, "file": str(tmp_path / "d.safetensors")}
    assert other.fitting.fit == found
    shown = names(other)
    (tmp_path / "notes.txt").write_text("no decoder")
    other.toolbar.values = {**other.toolbar.values, "file": str(tmp_path / "notes.txt")}
    assert "not a fitted decoder" in told[-1].what
    assert (names(other), other.fitting.fit) == (shown, found)


def test_too_few_frames_are_refused_in_words_and_one_picture_has_no_bank(space: Workspace, told: list[WorkbenchError], tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for k in range(3):
        save_png(tmp_path / f"{k}.png", rng.integers(0, 256, (70, 70, 3), dtype=np.uint8))
    board = opened(space, "shapes", str(tmp_path))
    fit(board)
    assert "cannot be fitted on 3 frames of 3 clips" in board.headline.detail
    assert "at least 20 frames of 5 clips" in board.headline.detail
    assert names(board)[:2] == ["real", "nearest real frame"]
    space.open_data(str(tmp_path / "0.png"))
    assert "would add nearest real frames" in board.headline.sentence
    (button,) = (c for c in board.toolbar.controls if c["id"] == "fit")
    assert button["disabled"]


def test_films_of_a_future_are_drawn_by_the_fitted_decoder_and_say_so(space: Workspace, told: list[WorkbenchError]) -> None:
    board = RolloutBoard(space)
    board.wake()
    space.open("two-rooms")
    assert board.toolbar.values["how"] == "decoded"
    board.fitting.start(30)
    assert board.toolbar.values["how"] == "fitted"
    assert [f["note"] for f in board.player.films[1:]] == [FITTED, FITTED]
    assert "The decoder reaches PSNR" in board.headline.detail
    assert "jw.fit_decoder(jepa, bank, steps=30)" in board.headline.code
    assert len(board.strip.films) == 3
    assert told == []


def test_the_boards_of_one_session_share_a_decoder(space: Workspace) -> None:
    decode, films = DecodeBoard(space), RolloutBoard(space)
    for board in (decode, films):
        board.wake()
    space.open("two-rooms")
    decode.fitting.start(20)
    assert films.fitting is decode.fitting
    options = {o["value"]: o for c in films.toolbar.controls if c["id"] == "how" for o in c["options"]}
    assert not options["fitted"].get("disabled")
    space.open("balls")
    assert decode.fitting.fit is None
    space.open("two-rooms")
    assert decode.fitting.fit is not None


def test_another_page_and_a_model_that_is_opened_again_find_the_decoder_of_their_model_and_bank(work: Straight, space: Workspace) -> None:
    board = opened(space, "digits")
    fit(board)
    other = opened(Workspace(work, deliver=now), "digits")
    assert other.fitting.fit == board.fitting.fit
    assert names(other)[3:] == ["decoder", "from predicted tokens"]
    other.space.open("shapes")
    assert other.fitting.fit is None
    other.space.open("digits")
    assert other.fitting.fit == board.fitting.fit


def test_a_decoder_that_the_worker_no_longer_has_is_said_to_be_missing(work: Straight, space: Workspace, told: list[WorkbenchError]) -> None:
    board = opened(space, "digits")
    fit(board, 31)
    work.shelf._fits.clear()
    space.choice.show(3)
    assert board.headline.sentence.startswith("No decoder is fitted yet")
    assert names(board) == ["real", "nearest real frame", "nearest real patches"]
    assert (board.fitting.fit, board.drawn.films, told) == (None, [], [])


def test_a_drawing_is_shown_alike_on_the_board_and_by_show(space: Workspace) -> None:
    board = opened(space, "digits")
    fit(board)
    assert jw.show(board.drawing.answer).films == board.player.films
    assert jw.show(board.priors["drawn"].answer).films == board.drawn.films
    assert list(jw.show(board.fitting.fit).data[0].y) == list(board.score.figure.data[0].y)
