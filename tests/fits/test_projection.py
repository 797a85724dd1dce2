"""Layouts behind one protocol: PCA against scikit-learn, UMAP against plain UMAP, samples, and input that cannot be used."""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from sklearn.decomposition import PCA

from workbench.core import codec, progress
from workbench.core.errors import BadInput, Cancelled, MissingExtra
from workbench.fits import layouts
from workbench.fits.layouts import LAYOUTS, Settings, needed
from workbench.fits.projection import drawn, fitted, shuffled, usable

RNG = np.random.default_rng(0)
POINTS = (RNG.normal(size=(200, 10)) * np.arange(1, 11) + 30).astype(np.float32)


@pytest.mark.parametrize(("n", "dim", "exact"), [(200, 10, 2048), (30, 60, 40), (120, 50, 20)], ids=["features", "points", "iteration"])
def test_pca_and_its_shares_of_variance_are_those_of_scikit_learn(n: int, dim: int, exact: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layouts, "_EXACT", exact)
    points = RNG.normal(size=(n, dim)) * np.linspace(4, 1, dim)
    made = fitted(points, "pca", Settings(dims=3))
    theirs = PCA(3, svd_solver="full").fit(points)
    ours, wanted = made.result.coordinates, theirs.transform(points)
    np.testing.assert_allclose(ours * np.sign((ours * wanted).sum(0)), wanted, atol=2e-4)
    np.testing.assert_allclose(made.result.explained_variance, theirs.explained_variance_ratio_, atol=1e-6)
    np.testing.assert_allclose(made.transform(points[:5]), ours[:5], atol=1e-4)


def test_a_direction_of_pca_has_its_largest_component_positive() -> None:
    a, b = fitted(POINTS, "pca", Settings()).result, fitted(-POINTS, "pca", Settings()).result
    np.testing.assert_allclose(a.coordinates, -b.coordinates, atol=1e-3)


def test_one_feature_makes_a_line() -> None:
    found = fitted(POINTS[:, :1], "pca", Settings()).result
    assert found.coordinates.shape == (200, 2)
    assert not found.coordinates[:, 1].any()
    assert found.explained_variance == pytest.approx((1, 0))


@pytest.mark.long
def test_umap_is_plain_umap_with_progress_and_a_place_for_new_points_and_stops_between_epochs() -> None:
    import umap

    heard: list[tuple[int, int]] = []

    def stop(done: int, total: int) -> None:
        if done > 20:
            raise Cancelled()

    settings = Settings(seed=3, k=8, min_dist=0.2)
    with progress.listening(lambda done, total: heard.append((done, total))):
        made = fitted(POINTS, "umap", settings, sample=150)
    rows = made.result.fitted
    plain = umap.UMAP(n_neighbors=8, min_dist=0.2, random_state=3, n_jobs=1).fit_transform(POINTS[rows])
    np.testing.assert_array_equal(made.result.coordinates[rows], plain)
    np.testing.assert_array_equal(made.result.coordinates, fitted(POINTS, "umap", settings, sample=150).result.coordinates)
    assert made.result.versions["umap-learn"] == umap.__version__
    assert len({done for done, total in heard if total}) > 5
    placed = made.transform(POINTS[rows][:4] + 1e-6)
    assert np.linalg.norm(placed - plain[:4], axis=1).max() < np.ptp(plain, axis=0).max() / 4
    with progress.listening(stop), pytest.raises(Cancelled):
        fitted(POINTS, "umap", settings)


def test_the_map_of_a_sample_takes_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    class Half(layouts.Pca):
        most = 60

        def transform(self, points: Any) -> Any:
            return super().transform(points) * 0

    monkeypatch.setitem(LAYOUTS, "tsne", Half)
    found = fitted(POINTS, "tsne", Settings(seed=5)).result
    assert len(found.fitted) == 60
    others = np.setdiff1d(np.arange(200), found.fitted)
    assert not found.coordinates[others].any()
    assert found.coordinates[found.fitted].any(1).all()
    assert found.n == 200


def test_a_sample_holds_every_label_in_proportion() -> None:
    labels = np.repeat([0, 1, 2], [900, 90, 10])
    rows = drawn(1000, 100, 7, labels)
    assert Counter(labels[rows]) == {0: 90, 1: 9, 2: 1}
    np.testing.assert_array_equal(rows, drawn(1000, 100, 7, labels))
    assert len(np.unique(rows)) == len(rows)
    assert len(drawn(1000, 100, 7)) == 100
    with pytest.raises(BadInput, match="3 labels for 1000"):
        drawn(1000, 100, 7, labels[:3])


def test_shuffled_columns_keep_what_is_in_each_and_break_what_is_between() -> None:
    a = np.repeat(np.arange(50.0)[:, None], 4, axis=1)
    mixed = shuffled(a, 1)
    np.testing.assert_array_equal(np.sort(mixed, axis=0), a)
    assert abs(np.corrcoef(mixed.T)[0, 1]) < 0.5


@pytest.mark.parametrize(
    ("vectors", "words"),
    [
        (np.array([["a", "b"]]), "holds no vectors"),
        (np.array([[object()]]), "holds no vectors"),
        (np.ones(5), r"shape \[5\]"),
        (np.ones((0, 3)), r"shape \[0, 3\]"),
        (np.ones((3, 3), complex), "complex128"),
        (np.where(np.eye(8) > 0, np.nan, 1), r"8 of 8 rows hold NaN or infinity: 0, 1, 2, 3, 4, …"),
        (np.array([[1.0, np.inf], [0, 1]]), "1 of 2 rows"),
        (np.ones((9, 2)), "all 9 vectors are identical"),
        (np.array([[1e200, 0], [0, 1]]), "overflow"),
    ],
)
def test_vectors_that_cannot_be_used_are_refused_in_words(vectors: np.ndarray, words: str) -> None:
    with pytest.raises(BadInput, match=words) as caught:
        usable(vectors)
    assert caught.value.fix


def test_vectors_may_be_whole_numbers_halves_or_the_values_of_something() -> None:
    assert usable(np.arange(6).reshape(3, 2)).dtype == np.float64
    assert usable(POINTS.astype(np.float16)).dtype == np.float32
    assert usable(SimpleNamespace(values=POINTS)) is POINTS
    assert usable([[1, 2], [3, 4]]).shape == (2, 2)


@pytest.mark.parametrize(
    ("method", "settings", "words"),
    [
        ("mds", Settings(), "no method 'mds'"),
        ("pca", Settings(metric="cosine"), "pca does not take the metric"),
        ("umap", Settings(dims=4), "4 dimensions"),
        ("umap", Settings(seed=-1), "no seed"),
        ("umap", Settings(k=1), "1 neighbours"),
        ("umap", Settings(min_dist=2), "min_dist is 2"),
        ("pca", Settings(k=199), "200 points are too few for 199 neighbours"),
    ],
)
def test_settings_that_a_method_does_not_take_are_refused(method: str, settings: Settings, words: str) -> None:
    with pytest.raises(BadInput, match=words) as caught:
        fitted(POINTS, method, settings)
    assert caught.value.fix


def test_vectors_of_another_space_have_no_place_in_a_map() -> None:
    with pytest.raises(BadInput, match="9 features; the map was fitted on 10"):
        fitted(POINTS, "pca", Settings()).transform(POINTS[:, :9])


def test_a_library_that_is_not_installed_is_named() -> None:
    with pytest.raises(MissingExtra, match="needs umap-learn") as caught:
        needed("umap_of_nobody", "umap-learn")
    assert "[maps]" in caught.value.fix


def test_a_map_comes_back_from_the_wire_bit_for_bit() -> None:
    found = fitted(POINTS, "pca", Settings(seed=9)).result
    again = codec.loads(codec.dumps(found))
    np.testing.assert_array_equal(again.coordinates, found.coordinates)
    assert (again.seed, again.versions, again.vectors, again.n) == (9, found.versions, found.vectors, 200)


@pytest.mark.slow
@pytest.mark.parametrize("method", [pytest.param("tsne", marks=pytest.mark.long), "fastumap"])
def test_other_layouts_make_one_map_of_one_seed_and_put_new_points_beside_their_likes(method: str) -> None:
    pytest.importorskip("openTSNE" if method == "tsne" else "fastumap")  # fastumap has no build for every system
    groups = np.repeat(np.arange(3), 50)
    points = RNG.normal(size=(150, 8)) + 12 * np.eye(8)[groups]
    heard: list[tuple[int, int]] = []
    with progress.listening(lambda done, total: heard.append((done, total))):
        made = fitted(points, method, Settings(seed=2, k=10), sample=120)
    found = made.result.coordinates
    np.testing.assert_array_equal(found, fitted(points, method, Settings(seed=2, k=10), sample=120).result.coordinates)
    centres = np.stack([found[made.result.fitted][groups[made.result.fitted] == g].mean(0) for g in range(3)])
    nearest = np.linalg.norm(found[:, None] - centres, axis=2).argmin(1)
    assert (nearest == groups).mean() > 0.98
    assert all(0 <= done <= total for done, total in heard)
    assert made.result.versions["openTSNE" if method == "tsne" else "fastumap"]
    if method == "tsne":
        assert len(set(heard)) > 20
