"""True neighbours, what a map makes of them, and how well they tell a label: against scikit-learn and by hand."""

from __future__ import annotations

import gc

import numpy as np
import pytest
from sklearn.neighbors import KNeighborsRegressor, NearestNeighbors

import workbench as jw
from workbench.core.errors import BadInput
from workbench.core.vectors import Vectors
from workbench.measures import neighbours
from workbench.measures.neighbours import majority

POINTS = np.random.default_rng(0).normal(size=(120, 6))


def test_neighbours_and_distances_are_those_of_scikit_learn_and_the_map_says_which_it_tore() -> None:
    rows, flat = np.array([3, 77, 119]), POINTS[:, :2]
    found = jw.neighbours(POINTS, rows, k=7, coordinates=flat)
    distances, ids = NearestNeighbors(n_neighbors=8).fit(POINTS).kneighbors(POINTS[rows])
    _, shown = NearestNeighbors(n_neighbors=8).fit(flat).kneighbors(flat[rows])
    np.testing.assert_array_equal(found.ids, ids[:, 1:])
    np.testing.assert_allclose(found.distances, distances[:, 1:], atol=1e-6)
    np.testing.assert_array_equal(found.shown, shown[:, 1:])
    for i in range(3):
        assert set(found.ids[i][found.torn[i]]) == set(ids[i, 1:]) - set(shown[i, 1:])
        assert set(found.shown[i][found.false[i]]) == set(shown[i, 1:]) - set(ids[i, 1:])
    assert jw.neighbours(POINTS, 5, k=2).shown.shape == (1, 0)


def test_vectors_that_are_held_are_made_ready_once_and_let_go() -> None:
    before, vectors = len(neighbours._spaces), Vectors.of(POINTS)  # other tests of this process may hold some
    first = jw.neighbours(vectors, 4, k=3)
    assert len(neighbours._spaces) == before + 1
    space = neighbours._spaces[vectors]
    again = jw.neighbours(vectors, 4, k=3)
    assert neighbours._spaces[vectors] is space
    np.testing.assert_array_equal(first.ids, again.ids)
    del vectors, space
    gc.collect()
    assert len(neighbours._spaces) == before


@pytest.mark.parametrize("rows", [[120], [-1], [], [0.5], [[1]]])
def test_rows_that_are_not_there_are_refused(rows: list) -> None:
    with pytest.raises(BadInput, match="not there"):
        jw.neighbours(POINTS, rows)


def test_labels_that_lie_together_are_told_and_permuted_ones_are_not() -> None:
    labels = np.arange(120) % 3
    points = POINTS + 8 * np.eye(6)[labels]
    found = jw.neighbour_labels(points, labels, k=5)
    assert found.value > 0.95
    assert found.score.low <= found.value <= found.score.high
    assert found.shuffled == pytest.approx(1 / 3, abs=0.08)
    again = jw.neighbour_labels(points, np.array(["a", "b", "c"])[labels], k=5)
    assert (again.value, again.kind) == (found.value, "labels")


def test_a_vote_is_counted_by_hand_and_the_nearest_breaks_a_tie() -> None:
    ids = NearestNeighbors(n_neighbors=7).fit(POINTS).kneighbors(POINTS)[1][:, 1:]
    labels = np.random.default_rng(1).integers(0, 3, 120)
    right = 0
    for own, near in zip(labels, ids, strict=True):
        counts = {label: list(labels[near]).count(label) for label in labels[near]}  # in the order in which they are met
        right += max(counts, key=lambda label: counts[label]) == own
    assert jw.neighbour_labels(POINTS, labels, k=6).value == pytest.approx(right / 120, abs=1e-6)
    assert majority(np.array([[2, 1, 1, 2], [0, 5, 5, 9]])).tolist() == [2, 5]


def test_a_number_is_told_as_well_as_by_the_regressor_of_scikit_learn() -> None:
    factor = POINTS[:, 0] * 2 + 1
    guess = np.array([KNeighborsRegressor(4).fit(np.delete(POINTS, i, 0), np.delete(factor, i)).predict(POINTS[i : i + 1])[0] for i in range(120)])
    wanted = 1 - ((guess - factor) ** 2).sum() / ((factor - factor.mean()) ** 2).sum()
    found = jw.neighbour_labels(POINTS, factor, k=4)
    assert (found.kind, found.n) == ("numbers", 120)
    assert found.value == pytest.approx(wanted, abs=1e-6)
    assert found.shuffled < 0.1


@pytest.mark.parametrize(
    ("labels", "words"), [(np.zeros(120, int), "the same label"), (np.zeros(5), "no labels of 120"), (np.full(120, np.nan), "no labels")]
)
def test_labels_that_say_nothing_are_refused(labels: np.ndarray, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        jw.neighbour_labels(POINTS, labels)


def test_neighbours_among_some_points_are_those_of_these_points_alone() -> None:
    among = np.arange(1, 120, 3)
    flat = POINTS[among, :2]
    found = jw.neighbours(POINTS, among[[4, 9]], k=5, coordinates=flat, among=among)
    alone = jw.neighbours(POINTS[among], np.array([4, 9]), k=5, coordinates=flat)
    np.testing.assert_array_equal(found.ids, among[alone.ids])
    np.testing.assert_array_equal(found.shown, among[alone.shown])
    np.testing.assert_array_equal(found.distances, alone.distances)
    np.testing.assert_array_equal(found.torn, alone.torn)
    with pytest.raises(BadInput, match="not all among"):
        jw.neighbours(POINTS, np.array([0]), k=5, among=among)
