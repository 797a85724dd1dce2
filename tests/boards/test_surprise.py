"""The Surprise board without a browser: twins, films broken by hand, where, how often, and what is said when it cannot be."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import workbench as jw
from tests.families.official import AC, GOLDEN, INTPHYS, VJEPA
from tests.straight import Straight
from workbench.boards.surprise import SurpriseBoard
from workbench.boards.workspace import Workspace, exported
from workbench.core import codec
from workbench.core.errors import WorkbenchError
from workbench.jobs import now
from workbench.worlds.stored_pairs import CONFOUNDED

pytestmark = pytest.mark.slow


class Opened:
    """A board with its space, and what was told to the user."""

    def __init__(self) -> None:
        self.told: list[WorkbenchError] = []
        self.space = Workspace(Straight(), deliver=now, notify=self.told.append)
        self.board = SurpriseBoard(self.space)
        self.board.wake()

    def choose(self, **values: Any) -> None:
        """As the toolbar does it, one control after the other."""
        for name, value in values.items():
            self.board.toolbar.values = {**self.board.toolbar.values, name: value}

    def move(self, frame: int, x: float, y: float) -> None:
        """As the stage does it."""
        self.board.player.tick = frame
        self.board.stage.moved = ["thing", x, y, self.board.stage.moved[3] + 1]

    @property
    def words(self) -> str:
        return f"{self.board.headline.sentence} {self.board.headline.detail}"


@pytest.fixture
def opened() -> Opened:
    return Opened()


@pytest.fixture(scope="module")
def balls() -> Opened:
    made = Opened()
    made.space.open("balls")
    assert made.told == []
    return made


@pytest.fixture
def fresh(balls: Opened) -> Opened:
    """The balls sample as it opens."""
    balls.told.clear()
    balls.board.command("reset")
    return balls


@pytest.fixture(scope="module")
def tubes() -> Opened:
    made = Opened()
    made.space.open("balls-masked")
    assert made.told == []
    return made


def curve(board: SurpriseBoard, row: int) -> np.ndarray:
    return np.frombuffer(board.player.curve_values, np.float32).reshape(len(board.player.curves), -1)[row]


def printed(code: str) -> list[float]:
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(code, {})
    return [float(word) for word in said.getvalue().split()]


def promised(code: str) -> list[float]:
    return [float(word) for word in code.splitlines()[-1].partition("# ")[2].split()]


def test_it_opens_on_a_pair_whose_claim_can_be_made_with_the_cursor_where_it_happens(fresh: Opened) -> None:
    board = fresh.board
    assert board.toolbar.values["films"] not in CONFOUNDED
    assert [f["kind"] for f in board.player.films] == ["real", "impossible"]
    assert board.films.answer is not None
    assert board.player.tick == board.films.answer.event == board.player.spans[0]["from"]
    assert board.player.spans[0]["kind"] == "violation"
    np.testing.assert_allclose(curve(board, 1), board.films.answer.found[1].curve(), rtol=1e-5)
    right, wrong = board.films.answer.means()
    assert wrong > right
    assert "times" not in fresh.words
    assert "that of its possible counterpart" in fresh.words
    assert "of 64 possible videos of this kind" in fresh.words
    assert "of its surprise at frame" in board.player.films[1]["note"]


def test_single_pairs_that_prove_nothing_say_so_and_point_to_the_quads(fresh: Opened) -> None:
    for kind, quad in (("vanish", "permanence"), ("through", "solidity"), ("appear", "permanence"), ("colour", "no counter-balanced quad")):
        fresh.choose(films=kind)
        assert "is confounded" in fresh.words
        assert quad in fresh.words


def test_a_quad_shows_two_pairs_and_compares_their_means(fresh: Opened) -> None:
    fresh.choose(films="permanence", pair=3)
    board = fresh.board
    assert board.films.answer is not None
    assert [f["kind"] for f in board.player.films] == ["real", "impossible"] * 2
    assert len(board.player.curves) == 2
    np.testing.assert_allclose(curve(board, 0), np.mean([f.curve() for f in board.films.answer.found[::2]], 0), rtol=1e-5)
    assert len(board.player.curve_low) == len(board.player.curve_values)
    assert "two impossible videos" in fresh.words
    assert "is confounded" not in fresh.words


def test_a_ball_dragged_at_a_frame_is_surprising_there_and_undo_redo_and_reset_go_back_and_forth(fresh: Opened) -> None:
    pytest.importorskip("pymunk")
    board, alone = fresh.board, fresh.words
    fresh.move(7, 0.85, 0.2)
    assert int(np.nanargmax(curve(board, 1))) == 7
    assert "edited by hand" in fresh.words
    assert "the videos differ from frame 7 on, and surprise peaks at frame 7" in fresh.words
    assert (board.stage.points[0]["x"], board.stage.points[0]["y"]) == pytest.approx((0.85, 0.2), abs=1e-3)
    assert {p["name"] for p in board.stage.paths} == {"unedited", "edited"}
    assert board.headline.can_undo
    broken = fresh.words
    board.command("undo")
    assert fresh.words == alone
    board.command("redo")
    assert fresh.words == broken
    board.command("reset")
    assert fresh.words == alone
    assert not board.headline.can_undo
    assert board.stage.paths == []


def test_keys_that_move_a_ball_step_by_step_are_one_change(fresh: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pymunk")
    monkeypatch.setattr("workbench.boards.undo.time.monotonic", lambda: 5.0)  # quick enough on any machine
    for x in (0.5, 0.55, 0.6):
        fresh.move(6, x, 0.4)
    fresh.board.command("undo")
    assert fresh.board.edits.value is None
    assert not fresh.board.headline.can_undo


def test_without_pymunk_twins_are_shown_and_moving_a_ball_is_told_in_words(fresh: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pymunk", None)
    films = fresh.board.player.films
    fresh.choose(pair=4)
    assert fresh.board.player.films != films
    films = fresh.board.player.films
    fresh.move(7, 0.5, 0.5)
    assert "pymunk" in fresh.words
    assert fresh.board.player.films == films
    fresh.board.command("undo")
    assert "Mean surprise of" in fresh.words


def test_the_untrained_twin_and_changes_of_pixels_are_one_key_away(fresh: Opened) -> None:
    board = fresh.board
    model = curve(board, 1).copy()
    fresh.space.session.set(predictor="twin")
    assert fresh.words.startswith("Untrained model:")
    assert not np.allclose(curve(board, 1), model, equal_nan=True)
    fresh.space.session.set(predictor="pixels")
    assert fresh.words.startswith("Pixel changes only:")
    assert board.player.heat_shape[1:] == [8, 8]
    fresh.space.session.set(predictor="model")
    np.testing.assert_array_equal(curve(board, 1), model)
    assert board.player.heat == b""


def test_covering_cells_says_where_and_goes_with_other_films(fresh: Opened) -> None:
    fresh.choose(films="teleport")
    board = fresh.board
    board.press("cover")
    assert board.cells.answer is not None
    assert board.cells.answer.frame == board.player.tick
    heat = np.frombuffer(board.player.heat, np.float32).reshape(board.player.heat_shape)
    assert np.isfinite(heat[board.player.tick]).any()
    assert np.isnan(np.delete(heat, board.player.tick, 0)).all()
    assert f"at frame {board.player.tick}" in fresh.words
    board.player.tick = 0
    board.press("cover")
    assert "not predicted" in fresh.words
    fresh.choose(pair=2)
    assert board.player.heat == b""


def test_accuracies_are_counted_when_asked_with_chance_twin_and_pixels(fresh: Opened) -> None:
    board = fresh.board
    board.work.values = {"pairs": 6}
    board.press("count")
    assert board.pairs.answer is not None
    assert board.pairs.answer.quads == jw.judge_twins(jw.load("balls"), count=6).quads
    names = {trace["name"] for trace in board.accuracies.figure.to_plotly_json()["data"]}
    assert names == {"model", "untrained", "pixel changes"}
    stored = codec.loads(exported(fresh.space, board.results())[1])
    assert set(stored) >= {"surprise", "accuracies"}
    assert stored["accuracies"].count == 6
    dark = board.accuracies.figure.layout.font.color
    fresh.space.set_dark(True)
    assert board.accuracies.figure.layout.font.color != dark
    fresh.space.set_dark(False)


@pytest.mark.parametrize("films", ["gravity", "solidity", "other", "alone"])
def test_the_copied_lines_print_the_numbers_on_screen(fresh: Opened, films: str) -> None:
    fresh.choose(films=films)
    if films == "gravity":
        pytest.importorskip("pymunk")
        fresh.move(6, 0.7, 0.3)
    code = fresh.board.headline.code
    assert len(code.splitlines()) <= 6
    assert printed(code) == pytest.approx(promised(code), rel=1e-3)


def test_films_are_saved_with_their_labels(fresh: Opened) -> None:
    fresh.board.player.command = ["export", 1]
    assert fresh.board.headline.file_name == "jepa-workbench-surprise.webm"
    assert fresh.board.headline.file[:4] == b"\x1aE\xdf\xa3"


def test_a_masked_model_has_windows_contexts_and_heat_over_the_same_twins(tubes: Opened) -> None:
    board = tubes.board
    assert board.toolbar.values["films"] == "gravity"
    assert [c["name"] for c in board.player.curves] == ["possible", "impossible"]
    assert len(board.player.curve_high) == len(board.player.curve_values)
    assert board.player.heat_shape == [16, 6, 6]
    assert next(c for c in board.work.controls if c["id"] == "cover")["disabled"]
    tubes.choose(contexts="2, 4")
    tubes.choose(window=8)
    assert board.films.answer is not None
    assert board.films.answer.found[0].contexts == (2, 4)
    assert board.films.answer.found[0].starts == (0, 2, 4, 6, 8)
    assert printed(board.headline.code) == pytest.approx(promised(board.headline.code), rel=1e-3)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"stride": 0}, "every 0"),
        ({"contexts": "3"}, "context of 3"),
        ({"contexts": "16"}, "context of 16"),
        ({"contexts": "4, many"}, "not whole numbers"),
        ({"window": 2}, "windows of 2"),
        ({"window": 40}, "shorter than a window of 40"),
        ({"films": "alone", "frames": 40}, "40 frames were asked"),
    ],
)
def test_what_does_not_fit_is_told_in_its_place_and_nothing_is_lost(tubes: Opened, values: dict[str, Any], words: str) -> None:
    if values.get("films"):
        tubes.choose(films="alone")
    films, curves, before = tubes.board.player.films, tubes.board.player.curve_values, dict(tubes.board.toolbar.values)
    tubes.choose(**{k: v for k, v in values.items() if k != "films"})
    assert words in tubes.words
    assert tubes.board.headline.tone == "error"
    assert (tubes.board.player.films, tubes.board.player.curve_values) == (films, curves)
    tubes.choose(**before)
    assert tubes.board.headline.tone != "error"


def test_models_of_stills_and_stills_are_refused_in_words(opened: Opened, tmp_path: Path) -> None:
    opened.space.open("shapes")
    assert "image model" in opened.words
    assert "image model" in opened.board.player.message
    with np.load(GOLDEN / "intphys_surprise" / "inputs.npz") as given:
        np.savez(tmp_path / "stills.npz", pixels=given["clips_uint8"][:, :1])
    opened.space.open(str(INTPHYS["path"]), None, None, heads=2, frames=8)
    opened.told.clear()
    opened.space.open_data(str(tmp_path / "stills.npz"))
    assert any("frames" in error.what for error in opened.told)


def test_another_model_leaves_nothing_of_the_one_before(opened: Opened) -> None:
    opened.space.open("balls")
    opened.board.work.values = {"pairs": 5}
    opened.board.press("count")
    opened.space.open("two-rooms")
    board = opened.board
    assert board.pairs.answer is None
    assert board.toolbar.values["films"] == "alone"
    assert len(board.player.films) == 1
    assert board.stage.points[0]["kind"] == "agent"
    assert next(c for c in board.work.controls if c["id"] == "count")["disabled"]
    opened.move(9, 0.9, 0.9)
    assert int(np.nanargmax(curve(board, 1))) == 9
    assert "clips of two-rooms bank" in opened.words
    opened.space.choice.show(3)
    assert board.edits.value is None
    assert len(board.player.films) == 1


def test_an_answer_to_a_model_that_is_gone_is_not_shown() -> None:
    box = jw.board("balls", "surprise")
    try:
        box.wait()
        box.board.toolbar.values = {**box.board.toolbar.values, "films": "teleport"}
        box.board.press("cover")
        box.space.open("two-rooms")
        box.wait()
        assert box.errors == []
        assert box.board.films.question.model == box.space.session.state.model
        assert [f["name"] for f in box.board.player.films] == ["real"]
        assert box.board.cells.answer is None
    finally:
        box.close()


def test_a_model_that_is_changed_while_accuracies_are_counted_leaves_none_behind() -> None:
    box = jw.board("balls", "surprise")
    try:
        box.wait()
        for _ in range(2):  # a double click
            box.board.press("count")
        box.space.open("two-rooms")
        box.wait()
        assert box.errors == []
        assert box.board.pairs.answer is None
        assert not box.board.headline.busy
        assert "Peak surprise" in box.board.headline.sentence
    finally:
        box.close()


def test_the_ball_stays_where_the_hand_is_while_an_older_place_is_answered(fresh: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pymunk")
    board, late = fresh.board, list[Callable[[], None]]()
    now_asked = fresh.space.ask

    def held(*asked: Any) -> None:
        late.append(lambda: now_asked(*asked))

    fresh.move(7, 0.6, 0.3)
    monkeypatch.setattr(fresh.space, "ask", held)
    fresh.move(7, 0.65, 0.3)
    fresh.move(7, 0.7, 0.3)
    assert len(late) == 1  # the newest waits for the one before
    late.pop(0)()
    assert board.films.question is not None
    assert board.films.question.moved == (7, 0.65, 0.3)
    assert board.stage.points[0]["x"] == pytest.approx(0.7)
    while late:
        late.pop(0)()
    assert board.films.question.moved == (7, 0.7, 0.3)


def uint8(video: np.ndarray) -> np.ndarray:
    """Normalised channels-first clips as pixels."""
    moved = np.moveaxis(video, 1, -1)
    return ((moved - moved.min()) / (moved.max() - moved.min()) * 255).astype(np.uint8)


def golden(name: str) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """A model, and clips made of its fixture's inputs."""
    if name == "lewm":
        dice = np.random.default_rng(0)
        with np.load(GOLDEN / "lewm" / "inputs.npz") as given:
            pixels = given["pixels_uint8"].repeat(5, 1)[:, :16]
        return {"path": GOLDEN / "lewm"}, {"pixels": pixels, "actions": dice.uniform(-1, 1, (3, 16, 2)).astype(np.float32)}
    model = {"vjepa1": VJEPA | {"frames": 4}, "vjepa2": INTPHYS, "vjepa2_ac": AC}[name]
    with np.load(model["path"] / "inputs.npz") as given:
        if name == "vjepa2":
            return model, {"pixels": given["clips_uint8"]}
        clips = {"pixels": uint8(given["clips"])}
        return model, clips | ({k: given[k] for k in ("actions", "states")} if name == "vjepa2_ac" else {})


@pytest.mark.parametrize(("name", "tokens"), [("vjepa1", True), ("vjepa2", True), ("lewm", False), ("vjepa2_ac", True)])
def test_published_families_show_surprise_and_where_without_a_line_of_their_own(opened: Opened, tmp_path: Path, name: str, tokens: bool) -> None:
    model, clips = golden(name)
    np.savez(tmp_path / "clips.npz", **clips, fps=np.array(4.0))
    options = {k: v for k, v in model.items() if k != "path"}
    opened.space.open(str(model["path"]), str(tmp_path / "clips.npz"), 0, **options)
    board = opened.board
    assert opened.told == []
    assert board.toolbar.values["films"] == "alone"
    assert "Peak surprise" in opened.words
    assert (board.player.heat != b"") == tokens
    jepa = jw.load(model["path"], **options)
    frames = board.space.session.state.clip.frames if board.space.session.state.clip else None
    clip = jw.open_clips(tmp_path / "clips.npz", frames=frames)[0]
    assert board.films.answer is not None
    torch.testing.assert_close(
        torch.tensor(board.films.answer.found[0].curve()), torch.tensor(jw.surprise(jepa, clip).curve()), rtol=1e-4, atol=1e-6, equal_nan=True
    )
    opened.choose(films="other")
    assert len(board.player.films) == 2
    assert "the other clip" in opened.words.lower()
    assert "cannot be" not in opened.words
    assert "No object can be moved" in board.stage.message
