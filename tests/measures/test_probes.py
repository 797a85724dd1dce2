"""Probes are those of scikit-learn, baselines know what they must not, and labels that cannot be probed are refused in words."""

from __future__ import annotations

import contextlib
import io
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.neighbors import KNeighborsClassifier

from tests.straight import shared_shelf
from workbench import samples
from workbench.boards.code import reproduced
from workbench.core import codec
from workbench.core.card import FolderKey, ModelKey
from workbench.core.clip import Clip
from workbench.core.errors import BadInput
from workbench.core.questions import read, written
from workbench.core.questions.probes import ProbeLayers, ProbeResult
from workbench.measures.health import probes
from workbench.measures.probes import probe, ridge
from workbench.measures.probing import fit
from workbench.model.jepa import Jepa

RNG = np.random.default_rng(0)
SAMPLE = samples.find("shapes")
ASKED = ProbeLayers(ModelKey(str(SAMPLE.checkpoint)), FolderKey(str(SAMPLE.bank)), "size", draws=4, limit=80, halves=4)


@pytest.fixture(scope="module")
def found() -> ProbeResult:
    return shared_shelf().answer(ASKED)


def test_ridge_regression_is_that_of_scikit_learn() -> None:
    import torch

    for n, dim in ((30, 8), (20, 50)):
        x, y, asked = RNG.normal(size=(n, dim)), RNG.normal(size=(n, 3)), RNG.normal(size=(7, dim))
        np.testing.assert_allclose(ridge(x, y, asked, 0.1), Ridge(alpha=0.1 * n).fit(x, y).predict(asked), atol=1e-5)
        ours = fit(torch.tensor(np.concatenate([x, asked])), torch.tensor(np.concatenate([y, y[:7]])), torch.arange(n + 7) >= n, 0.1)
        scaled = (x - x.mean(0)) / x.std(0, ddof=1), (asked - x.mean(0)) / x.std(0, ddof=1)
        theirs = Ridge(alpha=0.1 * n).fit(scaled[0], y).predict(scaled[1])
        np.testing.assert_allclose(ours.read(torch.tensor(asked)).numpy(), theirs, atol=1e-5)


def test_nearest_neighbours_are_those_of_scikit_learn() -> None:
    points = RNG.normal(size=(60, 5))
    labels = (points[:, 0] + 0.5 * RNG.normal(size=60) > 0).astype(int)
    right = [
        KNeighborsClassifier(15).fit(np.delete(points, i, 0), np.delete(labels, i)).predict(points[i : i + 1])[0] == labels[i] for i in range(60)
    ]
    assert probes.nearest(points, labels, None, 0).score.value == pytest.approx(np.mean(right), abs=1e-5)


def test_a_factor_is_read_of_the_model_and_neither_of_permuted_numbers_nor_of_pixels(found: ProbeResult) -> None:
    assert found.layers == ("block 0", "block 1", "block 2", "block 3", "output")
    score, control, untrained, pixels = found.output
    assert found.kind == "numbers"
    assert found.linear[0].score.value > max(0.2, untrained, pixels)
    assert control < 0.2
    assert score < found.linear[0].score.value
    assert found.counts[0] == 1
    assert found.counts[-1] == 60
    assert found.efficiency.shape == (3, len(found.counts), 3)
    assert (found.efficiency[..., 1] <= found.efficiency[..., 2]).all()


def test_it_travels_and_its_lines_give_its_number_again(found: ProbeResult) -> None:
    assert read(written(ASKED), str).digest == ASKED.digest
    assert codec.loads(codec.dumps(found)).output == found.output
    lines, said = reproduced(ASKED, found, "shapes"), io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(lines, {})
    assert said.getvalue().split() == lines.rpartition("# ")[2].split()


def test_what_two_halves_of_the_image_show_is_read_with_few_labels(jepa: Jepa) -> None:
    height, width = jepa.card.image_size
    which = RNG.integers(0, 2, 48)
    pixels = RNG.integers(0, 40, (48, 1, height, width, 3), dtype=np.uint8)
    pixels[which == 1, :, : height // 2] += 150
    result = probe(jepa, [Clip(p) for p in pixels], labels=which, draws=4, halves=2)
    assert result.classes == 2
    assert result.linear[-1].score.value == 1
    assert result.pixels_knn.score.value == 1
    assert result.knn[-1].control < 0.8
    assert result.efficiency[0, -1, 0] == 1
    assert result.chance == pytest.approx(max(which.mean(), 1 - which.mean()))


def test_labels_that_cannot_be_probed_are_refused_in_words(jepa: Jepa) -> None:
    height, width = jepa.card.image_size
    clips = [Clip(RNG.integers(0, 256, (1, height, width, 3), dtype=np.uint8)) for _ in range(20)]
    refused: list[tuple[Any, str]] = [
        (np.zeros(20, int), "the same label"),
        (np.arange(20), "20 clips of 20 classes: fewer than two a class"),
        (np.full(20, np.nan), "not finite"),
        (np.zeros(3, int), "no labels of 20 clips"),
        ("label", "no labels"),
        ("colour", "nothing called 'colour'"),
    ]
    for labels, words in refused:
        with pytest.raises(BadInput, match=words):
            probe(jepa, clips, labels=labels)
    with pytest.raises(BadInput, match="no layer 7"):
        probe(jepa, clips, labels=np.arange(20) % 2, layer=7)
    with pytest.raises(BadInput, match="16 or more"):
        probe(jepa, clips[:10], labels=np.arange(10) % 2)
