"""Trust of a map equals scikit-learn's and a slow count by hand; ties and copies are the same everywhere."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import pdist
from scipy.stats import spearmanr
from sklearn.manifold import trustworthiness

from workbench.core.errors import BadInput
from workbench.measures import neighbourhoods
from workbench.measures.trust import trust


def vectors(n: int = 150, dim: int = 12, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, dim)) * np.linspace(3, 0.3, dim) + 100 * rng.integers(0, 2, (n, 1))


def in_order(points: np.ndarray) -> list[list[int]]:
    """Every row's other rows from near to far, of equal distances the lower first; differences in float64."""
    return [sorted((j for j in range(len(points)) if j != i), key=lambda j: (((points[i] - points[j]) ** 2).sum(), j)) for i in range(len(points))]


def by_hand(full: list[list[int]], flat: list[list[int]], k: int) -> tuple[float, float, float]:
    """Venna and Kaski's definitions, with loops."""
    n = len(full)
    scale = 2 / (n * k * (2 * n - 3 * k - 1)) if k < n / 2 else 2 / (n * (n - k) * (n - k - 1))
    false = sum(full[i].index(j) + 1 - k for i in range(n) for j in flat[i][:k] if j not in full[i][:k])
    torn = sum(flat[i].index(j) + 1 - k for i in range(n) for j in full[i][:k] if j not in flat[i][:k])
    kept = sum(len({*full[i][:k]} & {*flat[i][:k]}) for i in range(n))
    return 1 - scale * false, 1 - scale * torn, kept / (n * k)


@pytest.mark.parametrize("k", [1, 5, 15, 74])
def test_trustworthiness_and_continuity_are_those_of_scikit_learn(k: int) -> None:
    points = vectors()
    flat = points[:, :2] + np.random.default_rng(1).normal(size=(len(points), 2))
    (found,) = trust(points, [flat], k=k)
    assert found.trust.trustworthiness == pytest.approx(trustworthiness(points, flat, n_neighbors=k), abs=1e-6)
    assert found.trust.continuity == pytest.approx(trustworthiness(flat, points, n_neighbors=k), abs=1e-6)
    assert found.trust.shepard == pytest.approx(spearmanr(pdist(points), pdist(flat)).statistic, abs=1e-6)
    assert found.pairs == len(points) * (len(points) - 1) // 2


@pytest.mark.parametrize("k", [3, 8, 30, 58])
def test_ties_and_copies_are_counted_as_by_hand(k: int) -> None:
    rng = np.random.default_rng(3)
    points = rng.integers(0, 3, (60, 5)).astype(float)  # many equal distances, and equal rows
    points[-6:] = points[:6]
    flat = rng.integers(0, 6, (60, 2)).astype(float)
    (found,) = trust(points, [flat], k=k)
    wanted = by_hand(in_order(points), in_order(flat), k)
    assert (found.trust.trustworthiness, found.trust.continuity, found.trust.knn_preservation) == pytest.approx(wanted, abs=1e-6)
    assert found.duplicates == 60 - len(np.unique(points, axis=0))
    assert found.trust.shepard == pytest.approx(spearmanr(pdist(points), pdist(flat)).statistic, abs=1e-6)


def test_copies_of_vectors_with_fractions_are_at_distance_zero_and_equally_far_from_all() -> None:
    points = vectors(40, 7).astype(np.float32)
    points[20:] = points[:20]
    squared = neighbourhoods.Space(points).squared(np.arange(40))
    assert (squared[np.arange(20), np.arange(20, 40)] == 0).all()
    np.testing.assert_array_equal(squared[:20, :20][~np.eye(20, dtype=bool)], squared[:20, 20:][~np.eye(20, dtype=bool)])
    assert np.isinf(np.diag(squared)).all()


def test_blocks_change_no_number(monkeypatch: pytest.MonkeyPatch) -> None:
    points = vectors(300, 9)
    (whole,) = trust(points, [points[:, :2]])
    for name, value in (("_BLOCK", 1), ("_ROWS", 7), ("_COLUMNS", 11)):
        monkeypatch.setattr(neighbourhoods, name, value)
    (parts,) = trust(points, [points[:, :2]])
    np.testing.assert_allclose(list(dict(parts.trust).values()), list(dict(whole.trust).values()), atol=1e-12)
    np.testing.assert_array_equal(parts.distortion.continuity, whole.distortion.continuity)


def test_the_terms_of_the_points_are_those_of_the_map_and_of_a_sample() -> None:
    points = vectors(400)
    flat = points[:, 2:4]
    (whole,), (some,) = trust(points, [flat]), trust(points, [flat], judge=50, seed=4)
    for name in ("trustworthiness", "continuity", "knn_preservation"):
        terms = getattr(whole.distortion, name)
        assert terms.mean() == pytest.approx(getattr(whole.trust, name), abs=1e-12)
        np.testing.assert_array_equal(getattr(some.distortion, name), terms[some.distortion.rows])
    assert len(some.distortion.rows) == 50


def test_a_map_that_keeps_all_is_trusted_and_fewer_points_than_neighbours_are_refused() -> None:
    points = vectors(30, 2)
    (found,) = trust(points, [points[:, ::-1] * 3], k=28)
    assert dict(found.trust) == pytest.approx({"trustworthiness": 1, "continuity": 1, "knn_preservation": 1, "shepard": 1})
    with pytest.raises(BadInput, match="30 points are too few for 29 neighbours") as caught:
        trust(points, [points], k=29)
    assert "at most 28" in caught.value.fix
