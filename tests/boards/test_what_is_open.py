"""What is on screen belongs to what is open: films in windows, one frame for an image model, files that cannot be read, and the bank."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.boards.asking import asked
from tests.boards.late import Late
from tests.own_clips import film, photos
from workbench import samples
from workbench.boards.checkpoint import CheckpointBoard
from workbench.boards.decoding import DecodeBoard
from workbench.boards.masks import MasksBoard
from workbench.boards.opener import Opener
from workbench.boards.sensitivity import SensitivityBoard
from workbench.boards.surprise import SurpriseBoard
from workbench.boards.workspace import Workspace
from workbench.checkpoints import describe
from workbench.core.card import BankKey, ClipKey
from workbench.core.errors import WorkbenchError
from workbench.data import save_png
from workbench.worlds.balls import FPS

pytestmark = pytest.mark.slow

GOLDEN = Path(__file__).parents[1] / "golden"


def labels(opener: Opener) -> str:
    return " | ".join(c["label"] for c in (*opener.clips.controls, *opener.film.controls) if c["kind"] == "label")


def test_a_long_film_is_cut_into_windows_that_can_be_stepped_through(space: Workspace, tmp_path: Path) -> None:
    path = film(tmp_path / "long.mp4", frames=120, fps=30)
    space.open(str(GOLDEN / "hf_vjepa2"), str(path), fps=10)
    opener, key = Opener(space), space.session.state.clip
    assert space.facts is not None
    frames = space.facts.card.frames
    assert key == ClipKey(str(path), 0, frames, 10.0)
    count = 120 // (3 * frames)
    assert len(space.choice.windows) == count
    assert f"of {count} · 0.0 to {3 * frames / 30:.1f} s of 4.0 s · {frames} frames, 10 per second, as in training" in labels(opener)
    opener.film.values = {**opener.film.values, "window": 2}
    key = space.session.state.clip
    assert key is not None
    assert key.start == pytest.approx(3 * frames / 30, abs=1e-4)
    assert space.shown is not None
    assert space.shown.fps == 10.0
    assert f"of {count} · {3 * frames / 30:.1f} to" in labels(opener)
    opener.film.values = {**opener.film.values, "part": [1.0, 2.0]}
    key = space.session.state.clip
    assert key is not None
    assert key.start == 1.0


def test_the_part_and_rate_of_a_film_stand_in_the_lines_of_code() -> None:
    assert ClipKey("a.mp4", 0, 16, 4.0, 3.7333, 2.0).said == ", frames=16, fps=4, start=3.7333, length=2"
    assert ClipKey("a.mp4").said == ""
    assert BankKey("folder", 16, 4.0).said == ", frames=16, fps=4"


def test_a_film_too_short_for_the_rate_of_training_is_taken_whole_and_said(space: Workspace, tmp_path: Path) -> None:
    path = film(tmp_path / "short.mp4", frames=20, fps=20)
    space.open(str(GOLDEN / "hf_vjepa2"), str(path), fps=1)
    assert space.facts is not None
    assert space.session.state.clip == ClipKey(str(path), 0, space.facts.card.frames)
    assert "the model was trained at 1 (this part is too short for that)" in labels(Opener(space))


def test_an_image_model_is_shown_the_frame_at_the_cursor(space: Workspace, told: list[WorkbenchError], tmp_path: Path) -> None:
    path = film(tmp_path / "walk.mp4", frames=40, fps=10)
    space.open("shapes", str(path))
    opener = Opener(space)
    assert told == []
    assert space.session.state.clip == ClipKey(str(path), 0, 1)
    first = space.shown
    opener.film.values = {**opener.film.values, "at": 2.0}
    assert space.session.state.clip == ClipKey(str(path), 0, 1, None, 2.0)
    assert first is not None
    assert space.shown is not None
    assert space.shown.digest != first.digest
    assert "one frame of a video of 4.0 s" in labels(opener)


def test_an_image_model_is_shown_one_frame_of_stored_films(space: Workspace, told: list[WorkbenchError]) -> None:
    space.open("shapes", "balls")
    assert told == []
    assert space.session.state.clip is not None
    assert space.session.state.clip.frames == 1
    assert space.session.state.bank == BankKey(str(samples.find("balls").bank), 1)


def test_a_film_model_says_what_it_makes_of_a_photo(space: Workspace, tmp_path: Path) -> None:
    space.open(str(GOLDEN / "hf_vjepa2"), str(save_png(tmp_path / "one.png", np.full((50, 60, 3), 90, np.uint8))))
    assert "an image given to a video model: the frame is repeated 2 times, so nothing moves" in labels(Opener(space))


def test_unreadable_files_of_a_folder_are_passed_over_and_listed(space: Workspace, told: list[WorkbenchError], tmp_path: Path) -> None:
    folder = photos(tmp_path / "mine", 9, "a broken.png", "photo 3.5.png")
    space.open("shapes", str(folder))
    assert told == []
    opener = Opener(space)
    assert space.session.state.clip == ClipKey(str(folder), 1, name="photo 0.png")
    assert set(space.choice.skipped) == {"a broken.png", "photo 3.5.png"}
    assert space.session.state.bank == BankKey(str(folder), 1)
    said = labels(opener)
    assert "9 clips in the bank" in said
    assert "2 files skipped:" in said
    assert "a broken.png: " in said
    opener.clips.values = {**opener.clips.values, "clip": 1}  # nothing before it can be read
    assert len(told) == 1
    assert opener.clips.values["clip"] == 2


def test_a_folder_with_one_readable_photo_has_no_bank_and_says_why(space: Workspace, told: list[WorkbenchError], tmp_path: Path) -> None:
    space.open("shapes", str(photos(tmp_path / "mine", 1, "z.png")))
    board = MasksBoard(space)
    assert told == []
    assert space.session.state.bank is None
    assert "no bank: a bank needs at least 2 clips" in labels(Opener(space))
    assert board.headline.tone != "error"


def test_another_bank_can_be_chosen_and_stays_with_the_next_clips(space: Workspace, told: list[WorkbenchError], tmp_path: Path) -> None:
    board = MasksBoard(space)
    space.open("shapes", str(save_png(tmp_path / "one.png", np.full((50, 60, 3), 90, np.uint8))))
    opener = Opener(space)
    assert space.session.state.bank is None
    opener.clips.values = {**opener.clips.values, "bank": "shapes"}
    assert space.session.state.bank == BankKey(str(samples.find("shapes").bank), 1)
    assert "200 other clips" in board.headline.sentence
    assert "jw.open_bank('shapes', frames=1)" in board.headline.code
    folder = photos(tmp_path / "mine", 9)
    opener.clips.values = {**opener.clips.values, "bank": "another folder"}
    dialog = opener.picker.dialog
    assert (dialog.shown, dialog.target) == (True, "bank")
    asked(dialog, "open", str(folder))
    assert opener.clips.values["bank"] == str(folder)
    assert space.session.state.bank == BankKey(str(folder), 1)
    assert "9 other clips" in board.headline.sentence
    asked(dialog, "open", str(tmp_path / "nothing"))
    assert "no such file" in told[-1].what
    assert space.session.state.bank is None


def test_numbers_and_pictures_of_the_clip_before_are_greyed_until_there_are_new_ones(space: Workspace, jobs: Late, tmp_path: Path) -> None:
    board = MasksBoard(space)
    folder = photos(tmp_path / "mine", 3)
    space.open("shapes", str(folder))
    shown = (board.headline, board.canvas, board.pane, board.bars)
    assert [view.stale for view in shown] == [False] * 4
    jobs.holding = True
    space.choice.show(1)
    super(Late, jobs)._start(jobs.held.pop(0))  # the photo itself
    assert [view.stale for view in shown] == [True, False, True, True]
    jobs.release()
    assert [view.stale for view in shown] == [False] * 4


def test_where_a_model_refuses_the_clip_nothing_of_the_model_before_stays_as_it_was(
    space: Workspace, told: list[WorkbenchError], tmp_path: Path
) -> None:
    board = MasksBoard(space)
    space.open("shapes")
    before = board.headline.sentence
    space.open("shapes", str(tmp_path / "gone.png"))
    assert "no such file" in told[-1].what
    assert board.headline.sentence == told[-1].what != before
    assert board.headline.tone == "error"
    assert (board.pane.stale, board.bars.stale, board.headline.stale) == (True, True, False)
    space.open_data("shapes")
    assert board.headline.tone != "error"
    assert (board.canvas.stale, board.pane.stale, board.bars.stale, board.headline.stale) == (False,) * 4


def test_one_own_film_gives_what_it_can_on_every_board_and_says_what_a_bank_would_add(
    space: Workspace, told: list[WorkbenchError], tmp_path: Path
) -> None:
    boards: dict[type[Any], Any] = {kind: kind(space) for kind in (MasksBoard, DecodeBoard, SensitivityBoard, SurpriseBoard)}
    for kind in (DecodeBoard, SensitivityBoard, SurpriseBoard):
        boards[kind].wake()
    space.open("balls-masked", str(film(tmp_path / "own.mp4", frames=64, fps=8)))
    assert told == []
    said = {kind: f"{board.headline.sentence} {board.headline.detail}" for kind, board in boards.items()}
    assert "A bank, chosen beside the clip, would add skill over other clips" in said[MasksBoard]
    assert "A bank, chosen beside the clip, would add nearest real frames" in said[DecodeBoard]
    assert "Choose a bank beside the clip" in said[SensitivityBoard]
    assert "A bank, chosen beside the clip, would add how surprising other clips are" in said[SurpriseBoard]
    assert boards[SurpriseBoard].toolbar.values["films"] == "alone"  # what the user brought, not a shipped pair
    for kind in (DecodeBoard, SensitivityBoard, SurpriseBoard):
        assert boards[kind].player.films[0]["name"] == "real"
    space.choice.compare_with("balls-masked")
    assert told == []
    assert "nearest real frame" in [f["name"] for f in boards[DecodeBoard].player.films]
    assert "raw pixels" in boards[SensitivityBoard].headline.sentence
    assert "jw.open_bank('balls-masked'" in boards[SensitivityBoard].headline.code
    assert all(not board.headline.stale for board in boards.values())
    boards[SurpriseBoard].toolbar.values = {**boards[SurpriseBoard].toolbar.values, "films": "gravity"}
    assert boards[SurpriseBoard].player.fps == FPS  # of the shipped films, whatever is open


def test_a_refused_file_is_forgotten_once_something_else_was_opened(space: Workspace, tmp_path: Path) -> None:
    board = CheckpointBoard(space)
    space.open("shapes")
    (tmp_path / "notes.pt").write_text("nothing")
    space.open(str(tmp_path / "notes.pt"))
    assert "was not opened" in board.headline.sentence
    space.open_data("digits")
    assert "expected tensors matched" in board.headline.sentence


def test_what_a_refused_file_holds_is_not_shown_once_the_open_model_was_asked_for(space: Workspace, tmp_path: Path) -> None:
    board = CheckpointBoard(space)
    space.open("shapes")
    said = board.headline.sentence
    torch.save({"model": torch.nn.Linear(3, 4)}, tmp_path / "objects.ckpt")
    space.open(str(tmp_path / "objects.ckpt"))
    assert "was not opened" in board.headline.sentence
    board.command("reset")
    board._described(describe(tmp_path / "objects.ckpt"))  # which comes after the press
    assert board.headline.sentence == said
