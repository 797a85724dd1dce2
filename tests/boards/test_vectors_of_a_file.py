"""Vectors made elsewhere on the boards: a map without a model, the other boards quiet with the reason, and a model again."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import workbench as jw
from tests.boards.asking import asked
from tests.straight import Straight
from workbench.app.server import allowing
from workbench.boards.base import Board
from workbench.boards.embedding import EmbeddingBoard
from workbench.boards.embedding.columns import colourings, crowded
from workbench.boards.every import kinds, opening
from workbench.boards.opener import Opener
from workbench.boards.workspace import Workspace
from workbench.core.card import VectorsKey
from workbench.core.errors import BadInput, WorkbenchError
from workbench.core.questions import read, written
from workbench.core.questions.projection import FitProjection
from workbench.core.questions.rows import RowTable
from workbench.core.vectors import Vectors
from workbench.jobs import now
from workbench.store.places import VARIABLE

pytestmark = pytest.mark.slow
GROUP = np.repeat(np.arange(3), 20)
VALUES = (np.random.default_rng(0).normal(size=(60, 6)) + 5 * np.eye(6)[GROUP]).astype(np.float32)


@pytest.fixture
def told() -> list[WorkbenchError]:
    return []


@pytest.fixture
def space(told: list[WorkbenchError]) -> Workspace:
    return Workspace(Straight(sent=True), deliver=now, notify=told.append)


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    np.save(tmp_path / "v.npy", np.vstack([VALUES, np.full((1, 6), np.nan, np.float32)]))
    (tmp_path / "t.csv").write_text("group,size\n" + "".join(f"kind {k},{k / 2}\n" for k in [*GROUP, 9]))
    return tmp_path / "v.npy", tmp_path / "t.csv"


@pytest.fixture
def board(space: Workspace, files: tuple[Path, Path]) -> EmbeddingBoard:
    made = EmbeddingBoard(space)
    made.wake()
    space.vectors.open(*map(str, files))
    return made


def test_vectors_of_a_file_become_a_map_without_a_model(board: EmbeddingBoard, told: list[WorkbenchError]) -> None:
    wanted = jw.project(VALUES)
    np.testing.assert_allclose(board.map.coordinates(), wanted["coordinates"], atol=1e-5)
    assert board.headline.sentence.startswith(f"Map trustworthiness {wanted['trustworthiness']:.2f}, continuity {wanted['continuity']:.2f}")
    score = jw.neighbour_labels(VALUES, GROUP, k=10)
    assert f"ccuracy for group of 10 nearest neighbours in the full space: {score.value:.2f} [" in board.headline.detail
    assert (board.map.title, board.map.category_name, board.map.labels) == ("PCA of 60 vectors", "group", ["kind 0", "kind 1", "kind 2"])
    assert "the array (61 × 6) of v.npy" in board.map.note
    assert "61 rows matched by their order" in board.map.note
    assert "rows with NaN or infinity, left out: 1" in board.map.note
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(board.headline.code, {})
    assert float(said.getvalue()) == pytest.approx(wanted["trustworthiness"], abs=1e-4)
    assert not {"what", "layer"} & {each["id"] for each in board.toolbar.controls}
    assert told == []


def test_points_without_pictures_are_told_in_words(board: EmbeddingBoard) -> None:
    board.map.pressed = [4, 1]
    distance = np.linalg.norm(VALUES - VALUES[4], axis=1)
    nearest = np.argsort(distance)[1:12]
    assert board.near.rows == [4, *nearest]
    assert board.near.captions[1] == f"{nearest[0]} · group kind 0 · {distance[nearest[0]]:.3g}"
    board.map.select([1, 21])
    assert board.chosen.captions == ["1 · group kind 0", "21 · group kind 1"]
    assert board.table()["group"].tolist() == ["kind 0", "kind 1"]


def test_of_the_baselines_only_shuffled_columns_can_be_held(board: EmbeddingBoard) -> None:
    assert [each["id"] for each in board.headline.sources if each["enabled"]] == ["shuffled"]
    assert all(each["reason"] for each in board.headline.sources if not each["enabled"])
    board.headline.source = "shuffled"
    mixed = jw.project(np.random.default_rng(0).permuted(VALUES, axis=0))
    assert board.headline.sentence.startswith(f"Shuffled columns: trustworthiness {mixed['trustworthiness']:.2f}")


def test_the_other_boards_are_quiet_with_the_reason_until_a_model_is_open_again(
    space: Workspace, files: tuple[Path, Path], told: list[WorkbenchError]
) -> None:
    boards: dict[str, Board] = {kind.title: kind(space) for kind in kinds()}
    for each in boards.values():
        each.wake()
    space.open("shapes")
    space.vectors.open(str(files[0]))
    needy = [each for title, each in boards.items() if title not in ("Embedding", "Run", "Catalogue")]
    assert {each.refusal() for each in needy} == {"it needs a model; what is open are vectors, which come without one."}
    assert all(each.headline.sentence.startswith("This board is off: it needs a model") for each in needy)
    assert (opening(boards), boards["Catalogue"].refusal()) == ("Embedding", "")
    space.open_data("shapes")
    assert told[-1].what == "clips are looked at by a model, and none is open"
    told.clear()
    space.open("shapes")
    assert boards["Masks"].refusal() == boards["Checkpoint"].refusal() == ""
    assert "skill" in boards["Masks"].headline.sentence
    assert boards["Embedding"].headline.sentence.startswith("Map trustworthiness")
    assert space.session.state.vectors is None
    assert told == []


def test_the_dialog_opens_vectors_and_then_takes_their_labels(space: Workspace, files: tuple[Path, Path], told: list[WorkbenchError]) -> None:
    opener, board = Opener(space), EmbeddingBoard(space)
    dialog = opener.picker.dialog
    board.wake()
    asked(dialog, "open", str(files[0]), page="data")
    assert (board.map.count, "group" in board.colours) == (60, False)
    assert dialog.current["data"].endswith("60 vectors")
    asked(dialog, "show")
    assert dialog.path == str(files[0])
    asked(dialog, "open", str(files[0]), labels=str(files[1]))
    assert "group" in board.colours
    asked(dialog, "open", str(files[0]), labels=str(files[0]))
    assert "a table cannot be read from .npy" in told[-1].what
    assert "cannot be read from .npy" in dialog.said["sentence"]
    assert not space.opening
    assert "group" in board.colours, "what is open stays"
    opener.files.values = {**opener.files.values, "sample": "digits"}
    assert board.map.count == 200


def test_a_file_that_was_overwritten_is_opened_anew(board: EmbeddingBoard, files: tuple[Path, Path]) -> None:
    np.save(files[0], VALUES[:30])
    board.space.open(str(files[0]))
    assert board.map.count == 30


def test_vectors_are_opened_where_a_checkpoint_is_expected_and_nothing_else_is_taken_for_them(space: Workspace, tmp_path: Path) -> None:
    from safetensors.numpy import save_file

    save_file({"a": VALUES, "b": VALUES}, tmp_path / "m.safetensors")
    space.open(str(tmp_path / "m.safetensors"))
    assert not space.vectors.there
    assert space.refused is not None, "it is read as a checkpoint"
    save_file({"a": VALUES}, tmp_path / "v.safetensors")
    space.open(str(tmp_path / "v.safetensors"))
    assert space.vectors.facts is not None
    assert (space.vectors.facts.rows, space.vectors.facts.dim) == (60, 6)


def test_a_still_picture_is_made_of_what_is_in_sight_and_shown(board: EmbeddingBoard) -> None:
    points = board.map.coordinates()
    left, bottom = points.min(0)
    right, top = points.max(0)
    board.map.hidden = [1]
    board.map.sight = [float(left) - 1, float(right) + 1, float(bottom) - 1, float(top) + 1, 80, 60]
    image = np.frombuffer(board.map.still, np.uint8).reshape(60, 80, 4)
    rows = points[GROUP != 1]
    across = ((rows[:, 0] - (left - 1)) / (right - left + 2) * 80).astype(int)
    down = 59 - ((rows[:, 1] - (bottom - 1)) / (top - bottom + 2) * 60).astype(int)
    drawn = np.argwhere(image[..., 3] > 0)
    assert {tuple(each) for each in drawn} == set(zip(down.tolist(), across.tolist(), strict=True))
    before = board.map.still
    board.toolbar.values = {**board.toolbar.values, "colour": "size"}
    assert board.map.still != before, "in the colours of the map"
    board.map.sight = []
    board.map.set_points(points)
    assert board.map.still == b""


def test_a_map_is_computed_anew_once_that_was_confirmed(board: EmbeddingBoard) -> None:
    board.toolbar.values = {**board.toolbar.values, "method": "tsne", "k": 5}
    first = board.made["model"].drawn
    assert first is not None
    ids = lambda: {each["id"] for each in board.toolbar.controls}  # noqa: E731
    board.toolbar.pressed = ["anew", 1]
    assert board.headline.sentence == f"The stored map was {first.origin}. Replace it?"
    assert {"replace", "keep"} <= ids()
    board.toolbar.pressed = ["keep", 2]
    assert "rustworthiness 0." in board.headline.sentence
    assert board.made["model"].drawn is first
    for press in (3, 5):
        before = board.made["model"].drawn
        board.toolbar.pressed = ["anew", press]
        board.toolbar.pressed = ["replace", press + 1]
        again = board.made["model"].drawn
        assert again is not None
        assert again is not before
        assert not again.stored
        np.testing.assert_array_equal(again.coordinates, first.coordinates)
    assert "anew" in ids()
    assert "rustworthiness 0." in board.headline.sentence


def test_columns_of_too_many_texts_are_named() -> None:
    count = 70_000
    table = RowTable(np.arange(count).astype(str), np.arange(count), None, None, {"id": np.arange(count).astype(str), "x": np.zeros(count)}, 2, 0)
    assert crowded(table) == "no colours by id (70,000): more than 65,000 different texts"


def test_a_notebook_shows_vectors_of_its_own(monkeypatch: pytest.MonkeyPatch, files: tuple[Path, Path]) -> None:
    from workbench import notebook

    shelf = Straight().shelf
    monkeypatch.setattr(notebook, "_shared_jobs", lambda: Straight())
    monkeypatch.setattr(notebook._shelf, "shelf", shelf, raising=False)
    wanted = jw.project(VALUES)["coordinates"]
    given: list[tuple[Any, Any]] = [(VALUES, GROUP), (Vectors.of(VALUES), {"name": np.arange(60).astype(str), "label": GROUP}), (VALUES, None), files]
    for vectors, labels in given:
        box = jw.board(vectors, labels=labels)
        box.wait()
        assert isinstance(box.board, EmbeddingBoard)
        np.testing.assert_allclose(box.board.map.coordinates(), wanted, atol=1e-5)
        assert ("label" in box.board.colours or "group" in box.board.colours) == (labels is not None)
        box.close()
    with pytest.raises(BadInput, match="labels belong to vectors"):
        jw.board("shapes", labels=GROUP)


def test_a_page_reads_no_file_of_the_store_by_its_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "store"))
    (tmp_path / "store" / "one").mkdir(parents=True)
    np.save(tmp_path / "store" / "one" / "v.npy", VALUES)
    np.save(tmp_path / "v.npy", VALUES)
    allow = allowing([tmp_path])
    assert allow("v.npy") == str(tmp_path / "v.npy")
    with pytest.raises(BadInput, match="lies in the store"):
        allow("store/one/v.npy")
    assert allowing([tmp_path, tmp_path / "store" / "one"])("v.npy"), "named on the command line"


def test_the_labels_of_a_written_key_are_confined_too() -> None:
    question = FitProjection(VectorsKey("a.npy", labels="b.csv"))
    assert read(written(question), lambda path: f"/in/{path}").fields()["vectors"] == VectorsKey("/in/a.npy", labels="/in/b.csv")


def test_classes_colour_a_map_before_numbers() -> None:
    columns = {"size": np.linspace(0, 1, 9), "kind": np.array(list("aabbccaab"))}
    table = object.__new__(RowTable)
    for name, value in {"columns": columns, "names": tuple(columns["kind"]), "frame": None, "token": None}.items():
        object.__setattr__(table, name, value)
    assert list(colourings(table, None)) == ["kind", "size"]
