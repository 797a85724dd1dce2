"""Intrinsic dimension and effective rank: known ones are found, copies change nothing, and a slow count agrees."""

from __future__ import annotations

import numpy as np
import pytest

import workbench as jw
from workbench.core.errors import BadInput
from workbench.measures.dimension import rank_me, two_nn

RNG = np.random.default_rng(0)


def bent(count: int, own: int, dim: int) -> np.ndarray:
    """Points of a curved sheet of `own` dimensions in `dim`."""
    flat = RNG.uniform(size=(count, own))
    return np.concatenate([flat, np.sin(flat @ RNG.normal(size=(own, dim - own)))], 1)


def test_two_nn_is_what_a_slow_count_and_a_least_squares_fit_give() -> None:
    points = RNG.normal(size=(90, 5))
    ratios = []
    for i in range(90):
        distances = sorted(float(np.linalg.norm(points[i] - points[j])) for j in range(90) if j != i)
        ratios.append(distances[1] / distances[0])
    kept = sorted(ratios)[:81]
    x, y = np.log(kept), [-np.log(1 - (i + 1) / 90) for i in range(81)]
    assert two_nn(points) == pytest.approx(np.linalg.lstsq(x[:, None], y, rcond=None)[0][0], abs=1e-6)


@pytest.mark.parametrize("own", [1, 2, 5])
def test_the_dimension_of_a_bent_sheet_is_found(own: int) -> None:
    found = jw.dimension(bent(1500, own, 12), halves=6)
    assert found.two_nn.value == pytest.approx(own, rel=0.12)
    assert found.two_nn.low <= found.two_nn.half <= found.two_nn.high
    assert found.shuffled_two_nn > 1.5 * own


def test_copies_change_no_intrinsic_dimension_and_are_counted() -> None:
    points = RNG.normal(size=(200, 4))
    again = jw.dimension(np.concatenate([points, points[:50]]), halves=2)
    assert again.two_nn.value == pytest.approx(two_nn(points), abs=1e-9)
    assert again.duplicates == 50


def test_rank_me_counts_directions_of_equal_size() -> None:
    basis = np.linalg.qr(RNG.normal(size=(300, 8)))[0]
    assert rank_me(basis) == pytest.approx(8, abs=1e-4)
    assert rank_me(np.pad(basis[:, :3], ((0, 0), (0, 9)))) == pytest.approx(3, abs=1e-3)
    values = np.linalg.svd(POINTS := RNG.normal(size=(50, 6)) * np.arange(1, 7), compute_uv=False)
    shares = values / values.sum() + 1e-7
    assert rank_me(POINTS) == pytest.approx(np.exp(-sum(p * np.log(p) for p in shares)), abs=1e-6)


def test_a_common_offset_lowers_the_published_rank_only() -> None:
    found = jw.dimension(RNG.normal(size=(400, 10)) + 50, halves=3)
    assert found.rank_me.value < 4 < 9 < found.rank_me_centred.value


def test_a_handful_of_vectors_has_no_dimension() -> None:
    with pytest.raises(BadInput, match="19 different"):
        jw.dimension(np.repeat(RNG.normal(size=(19, 3)), 4, axis=0))
