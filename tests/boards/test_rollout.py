"""The Rollout board without a browser: what it shows is what the verbs answer, actions change the future and come back, and bad clips are told in words."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from traitlets import TraitError

import workbench as jw
from tests.boards.clips_of_golden import MODELS, save_clips
from workbench import samples
from workbench.core.errors import BadInput, WorkbenchError
from workbench.core.questions.rollout import FilmView
from workbench.measures.videos import labelled
from workbench.notebook import BoardBox, board

pytestmark = pytest.mark.slow

STEPS = 10


@pytest.fixture(scope="module")
def walks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four clips of the two rooms, so that a bank is quickly through."""
    path = tmp_path_factory.mktemp("walks") / "walks.npz"
    with np.load(samples.find("two-rooms").bank) as bank:
        np.savez(path, **{k: bank[k][:4, : STEPS + 1] for k in ("pixels", "states")}, actions=bank["actions"][:4, :STEPS], fps=bank["fps"])
    return path


@pytest.fixture
def opened() -> Iterator[Callable[..., BoardBox]]:
    boxes: list[BoardBox] = []

    def make(*arguments: Any, **options: Any) -> BoardBox:
        boxes.append(board(*arguments, **options))
        boxes[-1].wait()
        return boxes[-1]

    yield make
    for box in boxes:
        box.close()


@pytest.fixture
def rooms(opened: Callable[..., BoardBox], walks: Path) -> BoardBox:
    return opened("two-rooms", "rollout", data=walks, clip=1)


def drag(box: BoardBox, step: int, action: list[float]) -> None:
    """As the browser does it: the step is chosen, then its row is another one."""
    box.board.pad.step = step
    box.board.pad.actions = [action if k == step else row for k, row in enumerate(box.board.pad.actions)]


def film(box: BoardBox, number: int) -> np.ndarray:
    return box.board.videos.answer.reels[number].pixels


def test_films_curves_and_drift_are_those_of_the_verbs(rooms: BoardBox, walks: Path) -> None:
    shown, bank = rooms.board, jw.open_bank(walks)
    jepa = jw.load("two-rooms")
    expected = jw.film_view(jepa, bank.clips[1], known=1, bank=bank)
    assert [f["name"] for f in shown.player.films] == ["ground truth", "teacher-forced", "open loop from frame 1"]
    assert [f["note"] for f in shown.player.films] == ["", *["decoded by a decoder fitted afterwards"] * 2]
    np.testing.assert_array_equal(film(rooms, 2), expected.reels[2].pixels)
    for kind in ("open loop", "teacher-forced", "copy last", "other actions"):
        np.testing.assert_allclose(shown.videos.answer.rollout.errors(kind), expected.rollout.errors(kind), atol=1e-6)
    np.testing.assert_allclose(shown.found.errors, jw.drift(jepa, bank, known=1).errors, atol=1e-6)
    assert f"n this clip, after {STEPS} steps, open-loop error is" in shown.headline.sentence
    assert "Over 4 clips" in shown.headline.detail
    assert [f["name"] for f in shown.strip.films] == ["the mean latent", "noise", "another clip's latent"]


def test_an_action_changes_the_future_after_it_and_undo_redo_and_reset_go_back_and_forth(rooms: BoardBox) -> None:
    shown, before = rooms.board, film(rooms, 2)
    drag(rooms, 3, [0.08, -0.08])
    rooms.wait()
    assert rooms.space.session.state.tick == STEPS  # the future that changed is what is looked at
    after = film(rooms, 2)
    np.testing.assert_array_equal(after[:4], before[:4])
    assert (after[4] != before[4]).any()
    assert shown.player.marks == [{"frame": 3, "label": "changed by hand", "kind": "edit"}]
    assert shown.player.films[0]["name"] == "ground truth (simulated)"
    np.testing.assert_array_equal(film(rooms, 0)[:4], np.asarray(rooms.space.shown.pixels)[:4])  # what had come stays as it was
    assert "Step 3 was changed by hand." in shown.headline.detail
    assert shown.headline.can_undo
    shown.headline.command = ["undo", 1]
    rooms.wait()
    np.testing.assert_array_equal(film(rooms, 2), before)
    assert shown.player.marks == []
    shown.pad.command = ["redo", 1]
    rooms.wait()
    np.testing.assert_array_equal(film(rooms, 2), after)
    shown.pad.command = ["reset", 2]
    rooms.wait()
    np.testing.assert_array_equal(film(rooms, 2), before)
    shown.pad.command = ["undo", 3]
    rooms.wait()
    np.testing.assert_array_equal(film(rooms, 2), after)


def test_the_headlines_reset_brings_back_how_the_board_opened(rooms: BoardBox) -> None:
    shown, before = rooms.board, film(rooms, 2)
    drag(rooms, 3, [0.08, -0.08])
    shown.toolbar.values = {"known": 4, "how": "retrieved"}
    rooms.wait()
    assert shown.player.films[2]["name"] == "open loop from frame 4"
    shown.headline.command = ["reset", 1]
    rooms.wait()
    np.testing.assert_array_equal(film(rooms, 2), before)
    assert (shown.toolbar.values, rooms.space.session.state.tick, shown.headline.can_undo) == ({"known": 1, "how": "decoded"}, 0, False)


def test_while_one_drags_answers_keep_coming_and_the_last_is_of_the_last_action(rooms: BoardBox) -> None:
    for k in range(30):
        drag(rooms, 2, [0.002 * k, 0.0])
    rooms.wait()
    np.testing.assert_allclose(rooms.board.videos.answer.actions[2], [0.058, 0.0], atol=1e-6)
    assert rooms.board.player.version < 30  # those between were never computed
    assert rooms.board.actions.can == {"can_undo": True, "can_redo": False}
    rooms.board.pad.command = ["undo", 1]
    rooms.wait()
    assert rooms.board.videos.answer.edited == -1  # one drag is one step back


def test_more_known_frames_take_back_what_was_changed_among_them_until_they_are_fewer_again(rooms: BoardBox) -> None:
    drag(rooms, 1, [0.08, 0.0])
    drag(rooms, 6, [0.0, 0.08])
    rooms.board.toolbar.values = {**rooms.board.toolbar.values, "known": 4}
    rooms.wait()
    assert (rooms.board.videos.answer.edited, rooms.board.pad.known, rooms.board.pad.step) == (6, 3, 6)
    drag(rooms, 7, [0.0, -0.08])
    rooms.wait()
    with pytest.raises(TraitError, match=f"from 1 to {STEPS}"):  # one frame at least is to be predicted
        rooms.board.toolbar.values = {**rooms.board.toolbar.values, "known": STEPS + 1}
    rooms.board.toolbar.values = {**rooms.board.toolbar.values, "known": 1}
    rooms.wait()
    changed = rooms.board.videos.answer.actions[[1, 6, 7]]
    np.testing.assert_allclose(changed, [[0.08, 0.0], [0.0, 0.08], [0.0, -0.08]], atol=1e-6)
    assert "3 steps from step 1 on were changed by hand" in rooms.board.headline.detail


def test_a_stroke_over_many_steps_is_one_step_back(rooms: BoardBox) -> None:
    rooms.board.pad.gesture = 1
    for step in range(2, 8):
        drag(rooms, step, [0.05, 0.05])
    rooms.board.pad.gesture = 2
    drag(rooms, 9, [0.05, 0.05])
    rooms.wait()
    assert rooms.board.videos.answer.changed == 7
    rooms.board.pad.command = ["undo", 0]
    rooms.wait()
    assert rooms.board.videos.answer.changed == 6
    rooms.board.pad.command = ["undo", 1]
    rooms.wait()
    assert (rooms.board.videos.answer.changed, rooms.board.actions.can["can_undo"]) == (0, False)


def run(lines: str) -> str:
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(lines, {})
    return said.getvalue()


@pytest.mark.parametrize("way", ["as it was", "changed", "twin"])
def test_the_lines_of_the_board_reproduce_its_numbers(rooms: BoardBox, way: str) -> None:
    if way == "changed":
        drag(rooms, 3, [0.0612345, -0.08])
        drag(rooms, 5, [0.0, 0.071])
    if way == "twin":
        rooms.space.session.set(predictor="twin")
    rooms.wait()
    said = run(rooms.board.headline.code)
    assert said.strip() == rooms.board.headline.code.rpartition("# ")[2]
    assert float(said) == pytest.approx(rooms.board.videos.answer.final_ratio, rel=1e-2)
    assert len(rooms.board.headline.code.splitlines()) <= 8


def test_holding_r_makes_everything_the_twins_and_letting_go_brings_the_model_back(rooms: BoardBox) -> None:
    shown, before, drift = rooms.board, film(rooms, 2), rooms.board.found
    rooms.board.headline.source = "twin"
    rooms.wait()
    assert [f["name"] for f in shown.player.films][1:] == ["teacher-forced, untrained", "open loop from frame 1, untrained"]
    assert "Untrained model" in shown.headline.sentence
    assert not np.array_equal(shown.found.errors, drift.errors)
    rooms.board.headline.source = "model"
    rooms.wait()
    np.testing.assert_array_equal(film(rooms, 2), before)
    assert shown.found is drift


@pytest.mark.parametrize("name", list(MODELS))
def test_families_with_actions_use_the_board_without_a_line_of_their_own(opened: Callable[..., BoardBox], tmp_path: Path, name: str) -> None:
    box = opened(jw.load(**MODELS[name]), "rollout", data=save_clips(tmp_path, name))
    shown = box.board
    assert [f["name"] for f in shown.player.films][1:] == ["teacher-forced", "open loop from frame 1"]
    assert "retrieved from" in shown.player.films[2]["note"]
    before, steps = film(box, 2), len(shown.pad.actions)
    assert (steps, len(shown.pad.actions[0])) == (shown.player.frame_count() - 1, len(shown.pad.names))
    shown.toolbar.values = {**shown.toolbar.values, "how": "latents"}
    box.wait()
    assert [f["name"] for f in shown.player.films][:2] == ["ground truth", "ground truth, latents"]
    latents = film(box, 3)
    drag(box, 1, [high if k % 2 else low for k, (low, high) in enumerate(zip(shown.pad.low, shown.pad.high, strict=True))])
    box.wait()
    assert (film(box, 3)[2:] != latents[2:]).any()
    np.testing.assert_array_equal(film(box, 3)[:2], latents[:2])
    assert [f["comes"] for f in shown.player.films] == [2, 2, 2, steps + 1]
    assert "there is no ground truth" in shown.headline.detail
    assert before.shape[1:3] == film(box, 0).shape[1:3]


def widened(actions: np.ndarray) -> np.ndarray:
    return np.concatenate([actions, actions], -1)


def broken(actions: np.ndarray) -> np.ndarray:
    worse = actions.copy()
    worse[0, 2, 1] = np.nan
    return worse


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda a: {"states": None}, "pose at each frame, and none is given"),
        (lambda a: {"actions": None}, "needs actions and the clip has none"),
        (lambda a: {"actions": widened(a["actions"])}, "actions of 14 numbers, the model takes 7"),
        (lambda a: {"actions": a["actions"][:, :2]}, "2 actions for 5 frames"),
        (lambda a: {"actions": broken(a["actions"])}, "the action that leaves frame 2 is not finite"),
        (lambda a: {"actions": 1000 * a["actions"]}, "actions of another scale: half of the steps move"),
        (lambda a: {k: a[k][:, :1] for k in ("pixels", "states", "actions")}, "leaves none to predict"),
    ],
)
def test_a_clip_that_does_not_fit_is_told_in_words_and_nothing_is_lost(
    opened: Callable[..., BoardBox], tmp_path: Path, change: Callable[[Any], dict[str, Any]], words: str
) -> None:
    from tests.boards.clips_of_golden import arrays_for

    good, bad = tmp_path / "good", tmp_path / "bad"
    for folder in (good, bad):
        folder.mkdir()
    box = opened(jw.load(**MODELS["vjepa2-ac"]), "rollout", data=save_clips(good, "vjepa2-ac"))
    before = box.board.player.films
    box.space.open_data(str(save_clips(bad, "vjepa2-ac", **change(arrays_for("vjepa2-ac")))))
    with pytest.raises(WorkbenchError, match=words):
        box.wait()
    assert words in box.board.headline.sentence
    assert box.board.headline.detail.endswith("The pictures still show the previous clip.")  # after what to do
    assert box.board.player.films == before


def test_actions_that_go_further_than_is_usual_are_remarked_on(opened: Callable[..., BoardBox], walks: Path, tmp_path: Path) -> None:
    with np.load(walks) as kept:
        arrays = dict(kept)
    arrays["actions"][:, 2] *= 20
    np.savez(tmp_path / "fast.npz", **arrays)
    box = opened("two-rooms", "rollout", data=tmp_path / "fast.npz")
    assert box.board.headline.tone == "warn"
    assert "largest at step 2" in box.board.headline.detail


def test_a_video_without_actions_says_what_this_model_needs(opened: Callable[..., BoardBox], tmp_path: Path) -> None:
    writer = cv2.VideoWriter(str(tmp_path / "cat.avi"), cv2.VideoWriter.fourcc(*"MJPG"), 8, (64, 64))
    for k in range(12):
        writer.write(np.full((64, 64, 3), 20 * k, np.uint8))
    writer.release()
    box = opened(jw.load(**MODELS["vjepa2-ac"]), "rollout", data=save_clips(tmp_path, "vjepa2-ac"))
    box.space.open_data(str(tmp_path / "cat.avi"))
    with pytest.raises(BadInput, match="needs actions and the clip has none"):
        box.wait()
    assert "one row a step of 7 numbers" in box.board.headline.detail


def test_one_clip_without_bank_or_decoder_is_shown_as_its_latents(opened: Callable[..., BoardBox], tmp_path: Path) -> None:
    from tests.boards.clips_of_golden import arrays_for

    one = {k: v[:1] for k, v in arrays_for("vjepa2-ac").items() if k != "fps"}
    box = opened(jw.load(**MODELS["vjepa2-ac"]), "rollout", data=save_clips(tmp_path, "vjepa2-ac", **one))
    assert box.board.toolbar.values["how"] == "latents"
    assert "3 components of the ground truth" in box.board.player.films[3]["note"]
    assert "Single clip: no interval" in box.board.headline.detail
    assert box.board.strip.films == []


def test_the_film_file_plays_and_every_frame_carries_its_words(rooms: BoardBox, tmp_path: Path) -> None:
    drag(rooms, 3, [0.08, -0.08])
    rooms.wait()
    rooms.board.player.command = ["export", 1]
    rooms.wait()
    assert rooms.board.headline.file_name == "jepa-workbench-rollout.webm"
    path = tmp_path / "film.webm"
    path.write_bytes(rooms.board.headline.file)
    reader, frames = cv2.VideoCapture(str(path)), list[np.ndarray]()
    while (read := reader.read())[0]:
        frames.append(read[1][:, :, ::-1])
    assert len(frames) == STEPS + 1
    view: FilmView = rooms.board.videos.answer
    for k, frame in enumerate(frames):
        left = 0
        for reel in view.reels:
            wanted = labelled(reel, k, view.rollout.known, view.edited)
            high, wide = wanted.shape[:2]
            part = frame[:high, left : left + wide].astype(float)
            assert np.abs(part[:44] - wanted[:44]).mean() < 12  # words above, after compression
            assert part[10:40, 12 : wide // 2].max() > 150
            left += wide + 8
    plain, changed = (labelled(view.reels[0], k, 1, 3) for k in (3, 4))
    assert (plain[22:44] != changed[22:44]).any()


def test_numbers_are_exported_with_films_and_drift(rooms: BoardBox, tmp_path: Path) -> None:
    rooms.board.headline.command = ["export", 1]
    (tmp_path / "all.npz").write_bytes(rooms.board.headline.file)
    back = jw.read_results(tmp_path / "all.npz")
    np.testing.assert_array_equal(back["films"].rollout.maps, rooms.board.videos.answer.rollout.maps)
    np.testing.assert_array_equal(back["drift"].errors, rooms.board.found.errors)
