"""A map as one picture: the points of each pixel are those of numpy, and its colours are those of the map in a browser."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import workbench as jw
from tests.straight import shared_shelf
from widgets import palette
from workbench.boards.code import reproduced
from workbench.core.card import VectorsKey
from workbench.core.errors import BadInput
from workbench.core.questions import read, written
from workbench.core.questions.projection import FitProjection
from workbench.core.questions.shading import ShadeMap

DICE = np.random.default_rng(0)
POINTS = DICE.normal(size=(500, 2)).astype(np.float32)
CODES = DICE.integers(-1, 3, 500)
INKS = (*palette.categories()[:3], palette.categories()[-1])


def counted(points: np.ndarray, extent: tuple[float, ...], width: int, height: int) -> np.ndarray:
    found, _, _ = np.histogram2d(points[:, 1], points[:, 0], bins=(height, width), range=(extent[2:], extent[:2]))
    return found[::-1].astype(np.int64)


def rgb(hex_: str) -> list[int]:
    return list(bytes.fromhex(hex_[1:]))


@pytest.mark.slow
def test_each_pixel_counts_its_points_and_has_the_colours_of_the_palette() -> None:
    points = np.vstack([POINTS, [[np.nan, 0.0], [0.0, np.inf]]])
    codes = np.append(CODES, [0, 0])
    found = jw.shade_map(points, category=codes, colours=INKS, width=40, height=24)
    assert np.array_equal(found.counts, counted(POINTS, found.extent, 40, 24))
    assert (found.n, found.shown) == (500, 500)
    assert found.extent == (*np.sort(POINTS[:, 0].astype(float))[[0, -1]], *np.sort(POINTS[:, 1].astype(float))[[0, -1]])
    assert not found.image[found.counts == 0].any()
    ones = [counted(POINTS[k == CODES % 4], found.extent, 40, 24) for k in range(4)]
    for k, own in enumerate(ones):
        alone = (own > 0) & (own == found.counts)
        assert alone.any()
        assert (found.image[alone][:, :3] == rgb(INKS[k])).all()
    mean = np.tensordot(np.stack(ones, -1), np.array([rgb(ink) for ink in INKS], float), 1) / np.maximum(found.counts, 1)[..., None]
    assert np.abs(found.image[..., :3] - mean).max() <= 0.5
    assert found.image[found.counts == found.counts.max()][:, 3].tolist()[0] == 255
    assert np.all(np.diff([found.image[found.counts == n][0, 3] for n in (1, 2, 3)]) > 0)
    near = jw.shade_map(POINTS, extent=(-1.0, 0.5, -0.5, 1.5), width=8, height=6)
    assert np.array_equal(near.counts, counted(POINTS, near.extent, 8, 6))
    assert near.shown < near.n == 500


@pytest.mark.slow
def test_values_have_the_colour_of_their_mean_and_points_without_one_are_grey() -> None:
    points = np.array([[0.1, 0.1], [0.1, 0.2], [0.9, 0.1], [0.1, 0.9]])
    inks = (*palette.scale(), palette.categories()[-1])
    found = jw.shade_map(points, value=np.array([0.0, 2.0, 2.0, np.nan]), colours=inks, extent=(0, 1, 0, 1), width=2, height=2)
    assert found.counts.tolist() == [[1, 0], [2, 1]]
    assert found.image[1, 1, :3].tolist() == rgb(palette.scale()[-1])
    assert found.image[0, 0, :3].tolist() == rgb(palette.categories()[-1])
    assert np.abs(found.image[1, 0, :3].astype(int) - rgb(palette.scale()[16])).max() <= 2


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"category": np.arange(4)}, "points"),
        ({"category": np.full(500, 4), "colours": INKS}, "has no colour"),
        ({"colours": ("blue",)}, "colours"),
        ({"extent": (1.0, 0.0, 0.0, 1.0)}, "extent"),
        ({"width": 0}, "0 × 600"),
        ({"value": POINTS[:, 0], "ends": (1.0, 1.0), "colours": INKS}, "ends"),
        ({"value": POINTS[:, 0]}, "one colour"),
    ],
)
def test_what_cannot_be_drawn_is_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(BadInput, match=words) as caught:
        jw.shade_map(POINTS, **options)
    assert caught.value.fix


def test_nothing_and_one_place_are_drawn() -> None:
    assert jw.shade_map(np.full((3, 2), np.nan), width=2, height=2).shown == 0
    one = jw.shade_map(np.ones((3, 2)), width=3, height=3)
    assert one.counts[1, 1] == one.shown == 3
    assert one.image[1, 1].tolist() == [*rgb("#1c2230"), 255]


def test_the_question_names_a_map_that_was_fitted_and_its_lines_reproduce_the_number(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    np.save(tmp_path / "v.npy", POINTS)
    question = ShadeMap(FitProjection(VectorsKey(str(tmp_path / "v.npy"))), extent=(0.0, 1.0, 0.0, 1.0), width=20, height=20)
    shelf = shared_shelf()
    shelf.answer(question.coordinates)
    answer = shelf.answer(question)
    lines = reproduced(read(written(question), str), answer, None)
    exec(lines, {})
    assert capsys.readouterr().out.strip() == lines.rpartition("# ")[2] == str(answer.shown)


def test_datashader_is_not_loaded_before_it_is_needed() -> None:
    code = "import sys, workbench as jw, workbench.boards.embedding, workbench.measures.shading; print({'numba', 'datashader', 'holoviews'} & {*sys.modules})"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "set()"


@pytest.mark.slow
def test_a_map_is_shown_as_its_points_or_as_a_holoviews_picture_of_the_same_colours(tmp_path: Path) -> None:
    found = jw.project(POINTS, judge=10)
    view = jw.show(found, colour=[("a", "b", "c")[k] for k in np.abs(CODES)], name="letter")
    assert (view.count, view.labels, view.category_name, view.x_label[:11]) == (500, ["a", "b", "c"], "letter", "component 1")
    shown = jw.show(found, how="datashader", colour=np.abs(CODES), name="number")
    whole = shown[()]
    assert (type(shown).__name__, type(whole).__name__) == ("DynamicMap", "RGB")
    colours = (*palette.categories()[:-1], palette.categories()[-1])
    wanted = jw.shade_map(found, category=np.abs(CODES), colours=colours)
    assert np.array_equal(np.stack([whole.dimension_values(d, flat=False) for d in "RGBA"], -1)[::-1], wanted.image)
    left, bottom, right, top = whole.bounds.lbrt()
    assert (left, right, bottom, top) == wanted.extent
    shown.event(x_range=(0.0, 1.0), y_range=(0.0, 2.0), width=30, height=20, scale=2.0)
    assert shown[()].dimension_values("R", flat=False).shape == (40, 60)
    with pytest.raises(BadInput, match="how='ascii'"):
        jw.show(found, how="ascii")
    with pytest.raises(BadInput, match="for 500 points"):
        jw.show(found, colour=[1, 2])


def test_vectors_are_shown_by_their_principal_components() -> None:
    found = jw.embed("digits", "digits")
    view = jw.show(found)
    assert (view.count, view.category_name, view.title) == (found.rows, "label", f"PCA of {found.rows} clips")
    shown = jw.show(found, how="datashader", colour="label")[()]
    assert shown.label == view.title
    with pytest.raises(BadInput, match="no column 'shape'"):
        jw.show(found, colour="shape")
