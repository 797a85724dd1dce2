"""The Embedding board without a browser: every number is that of the measures, selections go both ways, and what cannot be drawn is refused in words."""

from __future__ import annotations

import contextlib
import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import workbench as jw
from tests.straight import Straight
from widgets.palette import categories
from widgets.scatter import NO_ROW
from workbench import samples
from workbench.boards.embedding import EmbeddingBoard
from workbench.boards.embedding.columns import FALSE, colourings
from workbench.boards.embedding.places import paths
from workbench.boards.embedding.words import UNHELD, trust_sentence
from workbench.boards.workspace import Workspace
from workbench.core import codec
from workbench.core.errors import WorkbenchError
from workbench.core.questions.projection import FitProjection, Trust, TrustResult
from workbench.core.questions.rows import RowTable
from workbench.core.selection import Selection
from workbench.data import save_png
from workbench.jobs import now

pytestmark = pytest.mark.slow


@pytest.fixture
def told() -> list[WorkbenchError]:
    return []


@pytest.fixture
def board(told: list[WorkbenchError]) -> EmbeddingBoard:
    return opened(told, "digits")


def opened(told: list[WorkbenchError], *what: Any) -> EmbeddingBoard:
    board = EmbeddingBoard(Workspace(Straight(), deliver=now, notify=told.append))
    board.wake()
    board.space.open(*what)
    return board


def choose(board: EmbeddingBoard, **values: Any) -> None:
    board.toolbar.values = {**board.toolbar.values, **values}


def vectors_of(**options: Any) -> np.ndarray:
    return jw.open_vectors(jw.embed("digits", "digits", **options).path).values


def test_a_map_of_the_clips_comes_by_itself_with_its_trust_and_what_the_model_adds(board: EmbeddingBoard, told: list[WorkbenchError]) -> None:
    vectors, labels = vectors_of(), np.load(samples.find("digits").bank)["labels"]
    wanted = jw.project(vectors)
    np.testing.assert_allclose(board.map.coordinates(), wanted["coordinates"], atol=1e-5)
    start = f"Map trustworthiness {wanted['trustworthiness']:.2f}, continuity {wanted['continuity']:.2f}"
    mixed = wanted["shuffled"]
    assert board.headline.sentence == f"{start} (shuffled columns {mixed['trustworthiness']:.2f} and {mixed['continuity']:.2f})."
    scores = {s: jw.neighbour_labels(vectors_of(source=s), labels, k=10).value for s in ("model", "untrained", "pixels")}
    assert f"10 nearest neighbours in the full space: {scores['model']:.2f} [" in board.headline.detail
    assert f"untrained {scores['untrained']:.2f}, raw pixels {scores['pixels']:.2f}" in board.headline.detail
    assert "No better than raw pixels: " in board.headline.detail, "the honest sentence: on these digits, pixels tell the label better"
    assert (board.map.category_name, board.map.count, board.map.stale, board.headline.busy) == ("label", 200, False, False)
    assert told == []


def test_the_copied_lines_give_the_number_on_screen(board: EmbeddingBoard) -> None:
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(board.headline.code, {})
    trust = board.made["model"].judged
    assert trust is not None
    np.testing.assert_allclose(float(said.getvalue()), trust.trustworthiness, atol=1e-4)
    assert "weights" in board.headline.code


def test_a_point_shows_its_own_picture_and_its_true_neighbours(board: EmbeddingBoard) -> None:
    board.map.hover = 17
    clip = board.space.shown
    assert clip is not None
    pixels = jw.open_clips("digits")[17].pixels[0]
    picture = np.frombuffer(board.map.hover_picture, np.uint8).reshape(*board.map.hover_shape, 3)
    np.testing.assert_array_equal(picture[::3, ::3, 0], pixels[..., 0])  # 32 pixels enlarged to 96
    assert "label" in board.map.hover_text
    vectors = vectors_of()
    distance = np.linalg.norm(vectors - vectors[17], axis=1)
    nearest = np.argsort(distance)[1:]
    lines = dict(zip(board.map.neighbours, board.map.neighbour_kinds, strict=True))
    assert {row for row, kind in lines.items() if kind != "false"} == set(nearest[:8].tolist())
    flat = np.linalg.norm(board.map.coordinates() - board.map.coordinates()[17], axis=1)
    assert {row for row, kind in lines.items() if kind != "torn"} == set(np.argsort(flat)[1:9].tolist())
    board.map.pressed = [17, 1]
    assert board.near.rows == [17, *nearest[:11]]
    np.testing.assert_allclose([float(text) for text in board.near.captions[1:]], distance[nearest[:11]], rtol=5e-3)
    assert board.session.state.clip is not None
    assert board.session.state.clip.index == 17, "its clip is in sight"
    board.map.hover = -1
    assert board.map.neighbours_of == 17, "the lines of the point that was clicked stay"


def test_a_selection_is_one_for_all_boards_and_is_taken_back(board: EmbeddingBoard) -> None:
    board.map.select([3, 5, 8])
    assert board.session.state.selection == Selection("clips", frozenset({(3,), (5,), (8,)}))
    assert len(board.chosen.rows) == 3
    table = board.table()
    assert table["row"].tolist() == [3, 5, 8]
    np.testing.assert_array_equal(table["label"], board.made["model"].rows.answer.columns["label"][[3, 5, 8]])
    board.map.select([4])
    board.command("undo")
    assert board.selection.tolist() == [3, 5, 8]
    assert board.session.state.selection.items == {(3,), (5,), (8,)}
    board.command("undo")
    assert board.selection.tolist() == []
    board.command("redo")
    assert board.selection.tolist() == [3, 5, 8]
    board.session.set(selection=Selection("clips", frozenset({(7,)})))
    assert board.selection.tolist() == [7], "what another board selects"
    assert board.headline.can_undo


def test_tokens_are_marked_on_the_pixels_and_the_other_way(board: EmbeddingBoard, told: list[WorkbenchError]) -> None:
    choose(board, what="tokens")
    table = board.made["model"].rows.answer
    clip = board.session.state.clip
    assert table is not None
    assert table.token is not None
    assert clip is not None
    assert board.map.count == 200 * 64
    row = int(np.flatnonzero((table.clip == clip.index) & (table.token == [2, 5]).all(1))[0])
    board.map.select([row])
    assert board.canvas.selection == [2 * 8 + 5]
    board.map.hover = row
    assert board.canvas.hover == 2 * 8 + 5
    assert board.map.hover_box == [24, 60, 12, 12], "4 pixels a patch, three times enlarged"
    board.canvas.selection = [0, 63]
    assert [table.token[r].tolist() for r in board.selection] == [[0, 0], [7, 7]]
    assert set(table.clip[board.selection].tolist()) == {clip.index}
    board.canvas.hover = 9
    assert table.token[board.map.hover].tolist() == [1, 1]
    assert told == []


def test_a_filter_and_a_recolour_leave_the_same_rows_to_select(board: EmbeddingBoard) -> None:
    hidden = board.map.labels.index("7")
    board.map.hidden = [hidden]
    choose(board, colour=FALSE)
    assert board.map.colour == "value"
    labels = board.made["model"].rows.answer.columns["label"]
    np.testing.assert_array_equal(board.map.visible(), labels != "7")
    distortion = np.frombuffer(board.map.value, "<f4")
    trust = board.made["model"].judged
    assert trust is not None
    np.testing.assert_allclose(1 - distortion.mean(), trust.trustworthiness, atol=1e-4)


def test_held_keys_show_the_map_of_the_baselines(board: EmbeddingBoard) -> None:
    for key, source, words in (("twin", "untrained", "Untrained: "), ("pixels", "pixels", "Raw pixels: ")):
        board.headline.source = key
        vectors = vectors_of(source=source)
        np.testing.assert_allclose(board.map.coordinates(), jw.fit_projection(vectors).result.coordinates, atol=1e-4)
        board.map.hover = 17
        nearest = np.argsort(np.linalg.norm(vectors - vectors[17], axis=1))[1:9]
        kinds = zip(board.map.neighbours, board.map.neighbour_kinds, strict=True)
        assert {row for row, kind in kinds if kind != "false"} == set(nearest.tolist()), "neighbours are those in the vectors whose map it is"
        board.map.hover = -1
        trust = board.made[source].judged
        assert trust is not None
        assert board.headline.sentence.startswith(f"{words}Map trustworthiness {trust.trust.trustworthiness:.2f}")
    board.headline.source = "model"
    np.testing.assert_allclose(board.map.coordinates(), jw.fit_projection(vectors_of()).result.coordinates, atol=1e-5)
    assert board.headline.sentence.startswith("Map trustworthiness")


def test_selected_points_are_projected_alone_and_the_whole_map_comes_back(board: EmbeddingBoard, told: list[WorkbenchError]) -> None:
    whole, rows = board.map.coordinates().copy(), np.arange(3, 200, 5)
    board.map.select(rows[:3])
    board.toolbar.pressed = ["alone", 1]
    assert board.headline.sentence == "A map of the selected points needs at least 4 of them; 3 are selected."
    board.map.select(rows)
    assert board.headline.sentence.startswith("Map trustworthiness"), "the refusal went with its selection"
    board.toolbar.pressed = ["alone", 2]
    vectors = vectors_of()
    wanted = jw.project(vectors[rows])
    shown = board.map.coordinates()
    np.testing.assert_allclose(shown[rows], wanted["coordinates"], atol=1e-5)
    assert np.isnan(np.delete(shown, rows, 0)).all(), "row numbers stay those of all points"
    start = f"Map of 40 of 200 points. Map trustworthiness {wanted['trustworthiness']:.2f}, continuity {wanted['continuity']:.2f}"
    assert board.headline.sentence.startswith(start)
    assert board.map.title == "PCA of 40 of 200 clips"
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(board.headline.code, {})
    assert float(said.getvalue()) == pytest.approx(wanted["trustworthiness"], abs=1e-4)
    board.map.hover = row = int(rows[7])
    nearest = rows[np.argsort(np.linalg.norm(vectors[rows] - vectors[row], axis=1))[1:9]]
    lines = dict(zip(board.map.neighbours, board.map.neighbour_kinds, strict=True))
    assert {each for each, kind in lines.items() if kind != "false"} == set(nearest.tolist()), "lines go to points of this map"
    board.map.hover = -1
    board.toolbar.pressed = ["whole", 3]
    np.testing.assert_array_equal(board.map.coordinates(), whole)
    assert board.map.title == "PCA of 200 clips"
    assert board.selection.tolist() == rows.tolist()
    assert told == []


def test_an_axis_through_two_selections_colours_all_points_and_says_how_well_it_separates(board: EmbeddingBoard, told: list[WorkbenchError]) -> None:
    labels = board.made["model"].rows.answer.columns["label"]
    a, b = np.flatnonzero(labels == "0"), np.flatnonzero(labels == "1")
    board.map.select(a)
    board.toolbar.pressed = ["end_a", 1]
    board.map.select(np.append(b, a[0]))
    board.toolbar.pressed = ["end_b", 2]
    assert board.headline.sentence == "1 of the selected points is in A already: the ends of an axis share no point."
    board.map.select(b)
    board.toolbar.pressed = ["end_b", 3]
    wanted = jw.axis(jw.open_vectors(jw.embed("digits", "digits").path), a, b)
    assert (board.map.value_name, board.selection.tolist()) == ("axis A to B", [])
    np.testing.assert_allclose(np.frombuffer(board.map.value, "<f4"), wanted.coordinates, atol=1e-4)
    assert board.ends.layout.shown == 1
    drawn = {line.name: np.asarray(line.y) for line in board.ends.chart.figure.data}
    assert list(drawn) == [f"all others ({200 - len(a) - len(b)})", f"A ({len(a)})", f"B ({len(b)})"]
    np.testing.assert_allclose([each.sum() for each in drawn.values()], 1)
    start = f"Axis from A ({len(a)} points) to B ({len(b)}): AUC {wanted.auc:.2f} ["
    assert board.headline.sentence.startswith(start)
    assert f"(random groups {wanted.shuffled.value:.2f} [" in board.headline.sentence
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(board.headline.code, {})
    assert float(said.getvalue()) == pytest.approx(wanted.auc, abs=1e-4)
    board.headline.source = "pixels"
    pixels = jw.axis(jw.open_vectors(jw.embed("digits", "digits", source="pixels").path), a, b)
    np.testing.assert_allclose(np.frombuffer(board.map.value, "<f4"), pixels.coordinates, atol=1e-4)
    assert board.headline.sentence.startswith(f"Raw pixels: {start[:-6]}{pixels.auc:.2f} [")
    board.headline.source = "model"
    assert board.headline.sentence.startswith(start)
    board.toolbar.pressed = ["no_axis", 4]
    assert board.headline.sentence.startswith("Map trustworthiness")
    assert board.map.category_name == "label"
    assert board.ends.layout.shown == 0
    assert told == []


def test_frames_of_a_clip_are_a_path_and_the_time_cursor_is_shared(told: list[WorkbenchError]) -> None:
    board = opened(told, "two-rooms")
    choose(board, what="frames")
    table, clip = board.made["model"].rows.answer, board.session.state.clip
    assert table is not None
    assert table.frame is not None
    assert clip is not None
    ends = np.cumsum(board.map.path_lengths)
    for k, path in enumerate(np.split(np.frombuffer(board.map.paths, "<u4"), ends[:-1])):
        mine = [row for row in range(table.count) if table.clip[row] == k]
        assert path.tolist() == sorted(mine, key=lambda row: int(table.frame[row]))
    assert board.map.path == clip.index
    board.session.set(tick=5)
    assert (board.map.tick, board.canvas.tick) == (5, 5)
    board.canvas.tick = 3
    assert (board.session.state.tick, board.map.tick) == (3, 3)
    row = int(np.flatnonzero(table.clip == 4)[6])
    board.map.pressed = [row, 1]
    assert (board.map.path, board.map.tick, board.canvas.tick) == (4, 6, 6)
    assert told == []


def test_a_step_without_a_row_is_a_gap_of_its_path() -> None:
    clip, number = np.array([0, 0, 2, 2, 2]), np.array([2, 0, 0, 1, 3])
    table = RowTable(np.array(list("abc")), clip, number * 2, None, {}, 2, 1)
    found = [path.tolist() for path in paths(table, number)]
    assert found == [[1, NO_ROW, 0], [], [2, 3, NO_ROW, 4]]


def test_shuffled_columns_and_position_only_are_held_as_the_other_baselines(board: EmbeddingBoard, told: list[WorkbenchError]) -> None:
    reasons = {source["id"]: source["reason"] for source in board.headline.sources if not source["enabled"] and source["id"] != "second"}
    assert reasons == {"other": UNHELD["other"], "position": UNHELD["clip"]}
    vectors, model = vectors_of(), board.made["model"].judged
    assert model is not None
    board.headline.source = "shuffled"
    mixed = np.random.default_rng(0).permuted(vectors, axis=0)
    wanted = jw.project(mixed)
    np.testing.assert_allclose(board.map.coordinates(), wanted["coordinates"], atol=1e-4)
    assert board.headline.sentence == (
        f"Shuffled columns: trustworthiness {wanted['trustworthiness']:.2f}, continuity {wanted['continuity']:.2f} "
        f"(the vectors themselves {model.trust.trustworthiness:.2f} and {model.trust.continuity:.2f})."
    )
    assert wanted["trustworthiness"] == pytest.approx(model.shuffled.trustworthiness, abs=1e-6), "the very map that trust is held against"
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(board.headline.code, {})
    assert float(said.getvalue()) == pytest.approx(wanted["trustworthiness"], abs=1e-4)
    board.headline.source = "model"
    assert told == []


def test_position_only_shows_one_place_for_each_position(told: list[WorkbenchError], tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for k in range(3):
        save_png(tmp_path / f"{k}.png", rng.integers(0, 256, (64, 64, 3), dtype=np.uint8))
    board = opened(told, "shapes", str(tmp_path))
    assert board.toolbar.values["what"] == "tokens"
    board.values["method"] = "tsne"  # position alone is drawn by PCA all the same
    board.headline.source = "position"
    vectors = jw.embed("shapes", str(tmp_path), what="tokens")
    found = jw.open_vectors(vectors.path)
    assert found.token is not None
    slow = np.array([found.values[(found.token == place).all(1)].astype(float).mean(0) for place in found.token])
    np.testing.assert_allclose(found.by_position().values, slow, atol=1e-6)
    shown = board.map.coordinates().reshape(3, 64, 2)
    np.testing.assert_allclose(board.map.coordinates(), jw.fit_projection(slow.astype(np.float32)).result.coordinates, atol=1e-3)
    np.testing.assert_array_equal(shown[0], shown[2], "tokens of all clips at one position are one place")
    assert board.headline.sentence == "Position only: 64 different vectors for 192 points, each the mean over clips at its position."
    assert board.map.title == "PCA of 192 tokens, position only"
    assert told == []


def test_the_tokens_of_the_clip_in_sight_stand_out_among_those_of_all_and_follow_it(told: list[WorkbenchError], tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for k in range(3):
        save_png(tmp_path / f"{k}.png", rng.integers(0, 256, (64, 64, 3), dtype=np.uint8))
    board = opened(told, "shapes", str(tmp_path))
    choose(board, colour="this clip")
    table = board.made["model"].rows.answer
    assert table is not None
    for clip in (0, 2):
        board.space.choice.show(clip)
        codes = np.frombuffer(board.map.category, "<u2")
        assert [row for row in range(192) if codes[row] == 0] == [row for row in range(192) if int(table.clip[row]) == clip]
        assert (board.map.labels, board.map.no_label, board.map.lit) == ([f"{clip}.png"], "other clips", 0)
    board.map.hidden = [65535]
    assert board.map.visible().sum() == 64, "the legend leaves this clip alone"
    choose(board, colour="clip")
    assert (board.map.no_label, board.map.lit) == ("no label", -1)
    assert told == []


def test_another_layer_is_another_map_and_everything_is_exported(board: EmbeddingBoard) -> None:
    choose(board, layer=0)
    np.testing.assert_allclose(board.map.coordinates(), jw.fit_projection(vectors_of(layer=0)).result.coordinates, atol=1e-4)
    board.command("export")
    stored = codec.loads(board.headline.file)
    np.testing.assert_array_equal(stored["map"].coordinates, board.map.coordinates())
    assert {"embedding", "trust", "labels", "rows", "selected", "labels_pixels", "labels_untrained"} <= set(stored)


def test_few_clips_have_a_map_of_tokens_and_say_why(told: list[WorkbenchError], tmp_path: Path) -> None:
    save_png(tmp_path / "one.png", np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8))
    board = opened(told, "shapes", str(tmp_path / "one.png"))
    what = board.toolbar.controls[0]["options"]
    assert board.toolbar.values["what"] == "tokens"
    assert "needs four or more; there is 1" in what[0]["reason"]
    assert board.map.count == 64
    assert board.headline.sentence.startswith(("Map trustworthiness", "The map is no more faithful"))
    assert told == []


def test_vectors_that_are_all_equal_are_refused_in_words(told: list[WorkbenchError], tmp_path: Path) -> None:
    for k in range(5):
        save_png(tmp_path / f"{k}.png", np.full((64, 64, 3), 90, np.uint8))
    board = opened(told, "shapes", str(tmp_path))
    assert "identical" in board.headline.sentence
    assert board.headline.tone == "error"
    assert board.map.count == 0


def test_many_clips_wait_until_they_are_asked_for(told: list[WorkbenchError], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.boards.embedding.material._MANY", 100)
    board = opened(told, "digits")
    assert board.headline.sentence == "The vectors of these clips are not computed yet: press Embed."
    assert "200 clips, 200 points: about" in board.headline.detail
    assert board.map.count == 0
    board.toolbar.pressed = ["embed", 1]
    assert board.map.count == 200
    assert board.headline.sentence.startswith("Map trustworthiness")
    assert not any(c["id"] == "embed" for c in board.toolbar.controls)


@pytest.mark.long
def test_six_maps_stand_side_by_side(board: EmbeddingBoard, monkeypatch: pytest.MonkeyPatch) -> None:
    choose(board, method="tsne")
    monkeypatch.setattr("workbench.boards.embedding.six._NEIGHBOURS", (4, 6, 8))
    monkeypatch.setattr("workbench.boards.embedding.six._POINTS", 60)
    board.toolbar.pressed = ["sweep", 1]
    found = board.six.query.answer
    assert found is not None
    assert (len(board.six.chart.figure.to_dict()["data"]), board.six.layout.shown) == (6, 1)
    assert f"{found.between_seeds:.2f} between seeds" in board.six.chart.figure.layout.title.text
    assert board.map.title == "t-SNE of 200 clips"
    drawn = board.six.chart.figure.to_dict()["data"][0]["marker"]
    codes, colours = board.colours["label"].values[found.rows], categories()[:8]
    assert list(drawn["color"]) == [colours[code % 8] for code in codes], "the colours of the large map"
    assert list(drawn["symbol"]) == ["circle-open" if code >= 8 else "circle" for code in codes]


def test_rows_with_nan_are_left_out_and_counted(told: list[WorkbenchError], tmp_path: Path) -> None:
    values = np.random.default_rng(0).normal(size=(9, 3)).astype(np.float32)
    values[4, 1] = np.nan
    np.save(tmp_path / "v.npy", values)
    table = jw.row_table(tmp_path / "v.npy")
    assert (table.count, table.left_out, table.dim) == (8, 1, 3)
    assert table.name(4) == "5"


def test_columns_that_only_name_the_clips_colour_nothing() -> None:
    columns = {
        "names": np.array([f"n{k}" for k in range(6)]),
        "size": np.linspace(0, 1, 6),
        "kind": np.array(list("aabbab")),
        "same": np.zeros(6, int),
    }
    found = colourings(RowTable(np.arange(6).astype(str), np.arange(6), None, None, columns, 2, 0), None)
    assert {name: each.kind for name, each in found.items()} == {"size": "value", "kind": "category"}


def test_a_million_categories_colour_nothing_and_numbers_are_values() -> None:
    count = 1_000_000
    rows = np.arange(count)
    found = colourings(RowTable(np.array(["all"]), np.zeros(count, int), None, None, {"id": rows}, 2, 0), None)
    assert {name: each.kind for name, each in found.items()} == {"id": "value"}
    texts = rows[:140_000].astype(str)
    assert colourings(RowTable(texts, rows[:140_000], None, None, {"text": texts[rows[:140_000] // 2]}, 2, 0), None) == {}


def test_a_large_map_is_fitted_on_a_sample_that_holds_every_label(board: EmbeddingBoard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.boards.embedding.made._SAMPLED", 150)
    choose(board, method="tsne", k=5)
    asked = board.made["model"].map.question
    assert isinstance(asked, FitProjection)
    assert asked.labels == "label"
    assert "labels='label'" in board.headline.code
    choose(board, colour=FALSE)
    assert board.made["model"].map.question is asked, "another colour is no other map"


def test_a_map_like_that_of_shuffled_columns_is_called_so(board: EmbeddingBoard) -> None:
    found = board.made["model"].judged
    assert found is not None

    poor: TrustResult = replace(found, trust=Trust(0.71, 0.7, 0.1, 0.2))
    sentence, tone = trust_sentence(poor, "pca")
    assert tone == "warn"
    assert sentence.startswith("The map is no more faithful than one of shuffled columns: trustworthiness 0.71")
