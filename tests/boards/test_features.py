"""The Features board without a browser: maps follow layer, keys and clicks, every number has its baseline, and what is missing is said."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import workbench as jw
from tests.boards.test_workspace import Straight
from workbench.boards.features import FeaturesBoard
from workbench.boards.features.queries import SOURCES
from workbench.boards.workspace import Workspace
from workbench.core import codec
from workbench.core.errors import WorkbenchError
from workbench.core.questions.features import shuffled_places
from workbench.data import save_png
from workbench.families import toy
from workbench.jobs import now


@pytest.fixture
def told() -> list[WorkbenchError]:
    return []


def opened(told: list[WorkbenchError], *what: Any) -> FeaturesBoard:
    board = FeaturesBoard(Workspace(Straight(), deliver=now, notify=told.append))
    board.wake()
    board.space.open(*what)
    return board


@pytest.fixture
def shapes(told: list[WorkbenchError]) -> FeaturesBoard:
    return opened(told, "shapes")


def choose(board: FeaturesBoard, **values: Any) -> None:
    board.toolbar.values = {**board.toolbar.values, **values}


def slide(board: FeaturesBoard, layer: int) -> None:
    board.slider.values = {**board.slider.values, "layer": layer + 1}


def overlay(canvas: Any) -> np.ndarray:
    return np.frombuffer(canvas.overlay, "<f4").reshape(canvas.grid)


def test_the_slider_shows_each_layer_of_one_answer_and_the_sentence_gives_its_variance(shapes: FeaturesBoard) -> None:
    maps = shapes.asked.maps["model"]
    answer, seen = maps.answer, set()
    assert answer is not None
    for k in range(len(answer.layers)):
        slide(shapes, k)
        assert shapes.canvas.colours == answer.colours[k].tobytes()
        assert f"Three components show {100 * answer.explained[k].sum():.0f} % of the variance" in shapes.headline.sentence
        seen.add(shapes.canvas.colours)
    assert maps.answer is answer, "nothing was asked anew"
    assert len(seen) == len(answer.layers)
    assert "untrained" in shapes.headline.sentence
    assert "raw pixels" in shapes.headline.sentence
    assert "is explained by position (untrained" in shapes.headline.detail
    choose(shapes, robust=True)
    shapes.command("undo")
    assert not shapes.toolbar.values["robust"]
    slide(shapes, 0)
    shapes.command("reset")
    assert shapes.slider.values["layer"] == len(answer.layers), "blocks are counted from 1, and the output comes last"


@pytest.mark.parametrize("held", [name for name in SOURCES if name != "model"])
def test_a_held_key_shows_its_baseline_in_place_of_the_model(shapes: FeaturesBoard, held: str) -> None:
    before = shapes.canvas.colours
    shapes.session.set(predictor=held)
    answer = shapes.asked.maps[SOURCES[held]].answer
    assert answer is not None
    assert shapes.canvas.colours == answer.colours[-1].tobytes() != before
    assert shapes.headline.sentence.startswith("Shown: ")
    assert "provenance" not in shapes.headline.code
    assert f"source={SOURCES[held]!r}" in shapes.headline.code
    shapes.session.set(predictor="model")
    assert shapes.canvas.colours == before


def test_a_click_shows_what_is_similar_here_beside_and_in_other_clips(shapes: FeaturesBoard) -> None:
    shapes.canvas.selection = [10]
    found = shapes.asked.similar.answer
    assert shapes.toolbar.values["map"] == "similarity"
    assert found is not None
    np.testing.assert_allclose(overlay(shapes.canvas), found.map, atol=1e-6)
    assert overlay(shapes.canvas).ravel()[10] == pytest.approx(1, abs=1e-5)
    np.testing.assert_allclose(overlay(shapes.beside), found.beside, atol=1e-6)
    assert len(shapes.nearest.rows) == len(found.nearest) == 12
    assert "untrained" in shapes.headline.sentence
    assert shapes.session.state.selection.of(shapes.session.state.clip.index) == [10]  # type: ignore[union-attr]  # a clip is open
    shapes.session.set(predictor="shuffled")
    assert np.array_equal(overlay(shapes.canvas).ravel(), found.map.ravel()[shuffled_places(found.map.size)].astype(np.float32))
    shapes.session.set(predictor="twin")
    np.testing.assert_allclose(overlay(shapes.canvas), found.untrained, atol=1e-6)
    shapes.session.set(predictor="model")
    clip = int(found.nearest[3][0])
    shapes.nearest.pressed = [3, 1]
    assert f"clip {clip + 1}:" in shapes.beside.overlay_label
    again = shapes.asked.similar.answer
    assert again is not None
    assert again.beside.reshape(-1)[np.ravel_multi_index(tuple(found.nearest[3][1:]), shapes.canvas.grid)] == pytest.approx(
        found.cosines[3], abs=1e-4
    )
    shapes.command("undo")
    shapes.command("undo")
    assert shapes.toolbar.values["map"] == "pca"


def test_attention_of_encoder_and_predictor_is_drawn_by_layer_and_head(shapes: FeaturesBoard, told: list[WorkbenchError]) -> None:
    choose(shapes, map="attention")
    found = shapes.asked.attention.answer
    assert found is not None
    np.testing.assert_allclose(overlay(shapes.canvas), found.maps[-1].mean(0) * found.maps[0, 0].size, rtol=1e-5)
    choose(shapes, head=1)
    slide(shapes, 0)
    np.testing.assert_allclose(overlay(shapes.canvas), found.maps[0, 1] * found.maps[0, 0].size, rtol=1e-5)
    assert "uniform" in shapes.headline.sentence
    assert shapes.beside.overlay_label.startswith("untrained")
    refused = {source["id"]: source["reason"] for source in shapes.headline.sources}
    assert refused["twin"] == ""
    assert "two baselines" in refused["position"]
    choose(shapes, map="predictor", head=-1)
    mask = shapes.session.state.mask
    assert mask is not None, "one of the model's own sampler"
    target = int(np.flatnonzero(mask.target)[0])
    shapes.canvas.selection = [target]
    found = shapes.asked.attention.answer
    assert found is not None
    assert found.part == "predictor"
    assert "% of it on context tokens" in shapes.headline.sentence
    context = int(np.flatnonzero(mask.context)[0])
    shapes.canvas.selection = [context]
    assert shapes.canvas.selection == [target]
    assert "targets only" in shapes.canvas.hint
    assert told == []


@pytest.mark.parametrize("kind", ["pca", "norm", "similarity", "attention"])
def test_the_copied_lines_give_the_numbers_on_screen(shapes: FeaturesBoard, kind: str) -> None:
    choose(shapes, map=kind)
    slide(shapes, 1)
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(shapes.headline.code, {})
    printed = [line for line in shapes.headline.code.splitlines() if line.startswith("print")]
    for line, shown in zip(printed, said.getvalue().splitlines(), strict=True):
        expected = [float(v) for v in line.partition("#")[2].partition(":")[0].split()]
        np.testing.assert_allclose([float(v) for v in shown.split()], expected, rtol=2e-3)


def test_options_change_the_basis_and_everything_can_be_exported(shapes: FeaturesBoard) -> None:
    seen = {shapes.canvas.colours}
    shapes._large = lambda: True  # type: ignore[method-assign]  # baselines of each basis are seen by keys
    for values in ({"centred": True}, {"foreground": True}, {"centred": False, "foreground": False, "basis": "bank"}):
        choose(shapes, **values)
        seen.add(shapes.canvas.colours)
    assert len(seen) == 4
    shapes.command("export")
    stored = codec.loads(shapes.headline.file)
    assert stored["features_model"].layers == shapes.asked.maps["model"].answer.layers  # type: ignore[union-attr]  # it was answered
    assert stored["layers"].clips == 64


def test_a_saved_layer_or_map_that_is_not_there_is_named_and_the_rest_is_set(shapes: FeaturesBoard) -> None:
    assert shapes.settings is not None
    before = dict(shapes.settings.read())
    left = shapes.settings.write({"layer": 99, "map": "x-ray", "token": 10**6, "basis": 3, "centred": "yes", "gone": 1})
    assert sorted(left) == ["basis", "centred", "gone", "layer", "map", "token"]
    assert dict(shapes.settings.read()) == before
    assert shapes.settings.write({**before, "map": "similarity", "token": 5, "layer": 0}) == []
    assert (shapes.canvas.selection, shapes.slider.values["layer"]) == ([5], 1)


def test_a_single_image_has_no_other_clips_and_an_encoder_whose_attention_cannot_be_read_is_refused(
    told: list[WorkbenchError], tmp_path: Path
) -> None:
    toy.save(toy.build(seed=3), tmp_path / "toy.safetensors")
    save_png(tmp_path / "one.png", np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8))
    board = opened(told, str(tmp_path / "toy.safetensors"), str(tmp_path / "one.png"))
    assert "Three components" in board.headline.sentence
    assert "A bank, chosen beside the clip, would add" in board.headline.detail
    assert "needs other clips" in board.beside.message
    refused = {source["id"]: source["reason"] for source in board.headline.sources}
    assert "needs other clips" in refused["other"]
    assert refused["pixels"] == ""
    choose(board, map="attention")
    assert "attention of this encoder cannot be read" in board.headline.sentence
    assert "attention of this encoder cannot be read" in board.canvas.hint
    assert board.canvas.overlay == board.canvas.colours == b""
    choose(board, map="pca")
    assert board.canvas.colours
    assert "Three components" in board.headline.sentence


def test_results_have_views(told: list[WorkbenchError]) -> None:
    del told
    jepa, bank = jw.load("shapes"), jw.open_bank("shapes")
    clip = bank.clips[3]
    shown, maps = jw.shown_clip(jepa, clip), jw.features(jepa, clip)
    canvas = jw.show(maps, shown=shown, layer=0)
    assert canvas.colours == maps.colours[0].tobytes()
    assert jw.show(maps, norm=True).overlay
    found = jw.similarity(jepa, clip, 7, bank=bank)
    assert jw.show(found, shown=shown).selection == [7]
    with pytest.raises(WorkbenchError, match="no layer 50"):
        jw.show(maps, layer=50)
    assert jw.show(jw.attention(jepa, clip, 7), shown=shown, head=0).overlay_unit == "× uniform"
    profile = jw.show(jw.layer_profile(jepa, bank))
    assert "RankMe by layer" in str(profile.layout.annotations)
