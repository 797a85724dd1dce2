"""What a model ignores, in words and charts: the very numbers, with what raw pixels do."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.boards.sensitivity.charts import moves_bars, survey_chart
from workbench.boards.sensitivity.words import moves_sentence, survey_line
from workbench.core.films import Reel
from workbench.core.futures import FactorTable
from workbench.core.questions.sensitivity import LatentMoves, SensitivityView
from workbench.core.results import Provenance

ORIGIN = Provenance("latent_moves", "tiny", {}, "a clip")


def view(rows: list[list[float]], changes: tuple[str, ...] = ("texture", "position"), amounts: tuple[float, ...] = (0.5, 0.5)) -> SensitivityView:
    film = np.zeros((1, 4, 4, 3), np.uint8)
    moves = LatentMoves(changes, np.array(rows, float), np.ones(3), 24, 0, ORIGIN)
    return SensitivityView(tuple(Reel(n, "real", "", film, 1) for n in ("real", *changes)), moves, amounts)


def test_the_sentence_names_each_change_with_its_yardsticks() -> None:
    words, tone = moves_sentence(view([[0.08, 0.61], [0.3, 0.3], [0.44, 0.31]]), "position")
    assert words == "Latent distance (1 = two random clips): texture 0.08, position 0.61; raw pixels 0.44, 0.31; untrained 0.30, 0.30."
    assert tone == "plain"


@pytest.mark.parametrize(
    ("found", "structure", "begins"),
    [
        (
            view([[0.5, 0.6], [0.3, 0.3], [0.2, 0.6]]),
            "position",
            "Relative to texture, position changes the latent no more than it changes raw pixels",
        ),
        (view([[0.5], [0.3], [0.4]], ("noise",), (0.5,)), "", "Ignores noise no better than raw pixels"),
    ],
)
def test_no_better_than_raw_pixels_is_what_it_says_then(found: SensitivityView, structure: str, begins: str) -> None:
    words, tone = moves_sentence(found, structure)
    assert words.startswith(begins)
    assert tone == "warn"


def test_nothing_is_claimed_where_nothing_is_changed() -> None:
    assert moves_sentence(view([[0, 0]] * 3, amounts=(0.0, 0.0)), "position")[0].startswith("No change yet")


@pytest.fixture(scope="module")
def table() -> FactorTable:
    moved = np.random.default_rng(0).uniform(0.4, 0.6, (3, 3, 2, 12)) * np.array([0.1, 1, 1.5])[None, :, None, None]
    kinds = ("nuisance", "nuisance", "structure")
    return FactorTable(("blur", "noise", "size"), kinds, ("model", "twin", "pixels"), moved, np.array([0.5, 1]), np.ones(3), "l2", 0, ORIGIN)


def test_the_survey_says_what_moves_most_and_least_with_intervals_and_pixels(table: FactorTable) -> None:
    words = survey_line(table)
    assert "12 clips" in words
    assert f"largest for the factor size, {table.mean('model', 'size')[-1]:.2f}" in words
    assert f"smallest for the factor blur, {table.mean('model', 'blur')[-1]:.2f}" in words
    assert words.count("raw pixels") == 2


@pytest.mark.parametrize("dark", [False, True])
def test_charts_hold_the_numbers_and_keep_nuisances_and_structure_apart(table: FactorTable, dark: bool) -> None:
    figure = survey_chart(table, dark=dark)
    assert len(figure.data) == 6
    rows = {(d.name, d.yaxis): dict(zip(d.y, d.x, strict=True)) for d in figure.data}
    assert set(rows[("model", "y")]) == {"noise", "blur"}
    assert rows[("raw pixels", "y2")]["size"] == pytest.approx(table.mean("pixels", "size")[-1])
    bars = moves_bars(view([[0.08, 0.61], [0.3, 0.3], [0.44, 0.31]]), {"texture": "nuisance", "position": "structure"}, dark=dark)
    assert [list(b.x) for b in bars.data] == [[0.08, 0.3, 0.44], [0.61, 0.3, 0.31]]


def test_a_survey_without_structure_takes_the_whole_width(table: FactorTable) -> None:
    only = FactorTable(table.factors[:2], table.kind[:2], table.sources, table.moved[:, :2], table.steps, table.unit, "l2", 0, table.provenance)
    assert list(survey_chart(only).layout.xaxis.domain) == [0, 1]
