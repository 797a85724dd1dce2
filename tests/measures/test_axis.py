"""An axis through two groups: coordinates and separation against scikit-learn and by hand, and held-out halves that share no clip."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

import workbench as jw
from workbench.boards.code import reproduced
from workbench.core import codec
from workbench.core.card import VectorsKey
from workbench.core.errors import BadInput
from workbench.core.questions import read, written
from workbench.core.questions.axis import Axis
from workbench.core.vectors import Vectors
from workbench.measures.axis import auc
from workbench.worker.shelf import Shelf

RNG = np.random.default_rng(0)
POINTS = RNG.normal(size=(90, 8)).astype(np.float32)
A, B = np.arange(0, 40), np.arange(40, 75)
POINTS[B] += np.array([2, 0, 0, 0, 0, 0, 0, 0.5], np.float32)


def test_coordinates_are_projections_on_the_line_through_the_centroids() -> None:
    found = jw.axis(POINTS, A, B)
    a, b = POINTS[A].astype(float).mean(0), POINTS[B].astype(float).mean(0)
    for row in (3, 50, 89):
        foot = a + found.coordinates[row] * (b - a)
        assert (POINTS[row] - foot) @ (b - a) == pytest.approx(0, abs=1e-5), "what is left is orthogonal to the axis"
    assert found.coordinates[A].mean() == pytest.approx(0, abs=1e-6)
    assert found.coordinates[B].mean() == pytest.approx(1, abs=1e-6)
    assert found.length == pytest.approx(np.linalg.norm(b - a))
    assert (found.sizes, found.held) == ((40, 35), "points")


def test_separation_is_that_of_halves_the_axis_has_not_seen_beside_random_groups() -> None:
    low, high = np.array([0.0, 1, 1, 3]), np.array([1.0, 2, 5])
    assert auc(low, high) == pytest.approx(roc_auc_score([0] * 4 + [1] * 3, np.concatenate([low, high])))
    found = jw.axis(POINTS, A, B)
    slow = list[float]()
    for seed in range(60):
        rng = np.random.default_rng(seed)
        a, b = rng.permutation(A), rng.permutation(B)
        way = POINTS[b[:17]].mean(0) - POINTS[a[:20]].mean(0)
        truth = np.r_[np.zeros(20), np.ones(18)]
        slow.append(float(roc_auc_score(truth, POINTS[np.r_[a[20:], b[17:]]] @ way)))
    assert found.auc == pytest.approx(np.mean(slow), abs=0.02)
    assert found.separation.low < found.auc < found.separation.high
    assert found.shuffled.value == pytest.approx(0.5, abs=0.06)
    assert found.auc == jw.axis(POINTS, A, B).auc, "the same seed gives the same halves"


def test_groups_that_differ_by_chance_alone_do_not_separate() -> None:
    noise = np.random.default_rng(1).normal(size=(40, 300))
    found = jw.axis(noise, np.arange(20), np.arange(20, 40))
    way = noise[20:].mean(0) - noise[:20].mean(0)
    assert roc_auc_score(np.repeat([0, 1], 20), noise @ way) == 1, "on what the axis was computed from, every pair is in order"
    assert abs(found.auc - 0.5) < 0.15


def test_points_of_one_clip_are_not_on_both_sides_of_a_split() -> None:
    rng = np.random.default_rng(2)
    clips = rng.normal(size=(12, 50)).repeat(8, 0)  # eight almost equal tokens a clip, and nothing else that tells A from B
    values = (clips + 0.01 * rng.normal(size=clips.shape)).astype(np.float32)
    vectors = Vectors(values, np.arange(12).astype(str), np.arange(12).repeat(8))
    a, b = np.arange(48), np.arange(48, 96)
    found, leaking = jw.axis(vectors, a, b), jw.axis(values, a, b)
    assert (found.held, leaking.held) == ("clips", "points")
    assert leaking.auc > 0.95
    assert found.auc < 0.75
    assert jw.axis(vectors, a[:8], b).held == "points", "a group of one clip has no other clip to hold out"


def test_groups_that_give_no_axis_are_refused() -> None:
    for a, b, words in (
        (A, np.array([41]), "group B has one point"),
        (A, np.array([], int), "group B has no points"),
        (A, np.array([5, 6, 80]), "2 points are in both"),
        (A, np.array([90, 91]), "not there"),
    ):
        with pytest.raises(BadInput, match=words):
            jw.axis(POINTS, a, b)
    with pytest.raises(BadInput, match="same place"):
        jw.axis(np.array([[0.0], [2], [0], [2], [7]]), np.array([0, 1]), np.array([2, 3]))


def test_the_lines_that_are_copied_reproduce_the_separation(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    np.save(tmp_path / "v.npy", POINTS)
    question = Axis(VectorsKey(str(tmp_path / "v.npy"), True), A, B, seed=3)
    answer = Shelf().answer(read(written(question), str))
    assert codec.loads(codec.dumps(answer)).separation == answer.separation
    lines = reproduced(question, answer, None)
    exec(lines, {})
    assert capsys.readouterr().out.strip() == lines.rpartition("# ")[2]
    assert replace(question, seed=4).digest != question.digest
