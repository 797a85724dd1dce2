"""Maps of several seeds and k, one onto the other: the disparity is scipy's, and what does not move has no spread."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import procrustes

import workbench as jw
from workbench.core.errors import BadInput
from workbench.measures.stability import disparity

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("noise", [0.0, 0.3, 5.0])
def test_the_disparity_of_two_maps_is_that_of_scipy(noise: float) -> None:
    a = RNG.normal(size=(60, 3))
    turn = np.linalg.qr(RNG.normal(size=(3, 3)))[0]
    b = 4 * (a + noise * RNG.normal(size=a.shape)) @ turn + 7
    assert disparity(a, b) == pytest.approx(procrustes(a, b)[2], abs=1e-6)


def test_maps_of_a_method_without_chance_agree_and_unrelated_ones_do_not() -> None:
    found = jw.sweep_projection(RNG.normal(size=(300, 8)) * np.arange(1, 9), method="pca", ks=(5, 15), seeds=(3, 4, 5), sample=200)
    assert found.maps.shape == (6, 200, 2)
    assert found.k.tolist() == [5, 5, 5, 15, 15, 15]
    assert found.seed.tolist() == [3, 4, 5, 3, 4, 5]
    assert found.between_seeds == pytest.approx(0, abs=1e-9)
    assert found.between_ks == pytest.approx(0, abs=1e-9)
    assert found.unrelated > 0.9
    assert found.spread.shape == (2, 200)
    assert found.spread.max() < 1e-3
    np.testing.assert_allclose(found.maps[1], found.maps[0], atol=1e-4)


def test_no_seed_and_no_k_are_refused() -> None:
    with pytest.raises(BadInput, match="no k or no seed"):
        jw.sweep_projection(RNG.normal(size=(30, 3)), method="pca", seeds=())
