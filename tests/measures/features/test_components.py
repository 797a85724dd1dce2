"""Components of tokens are those of scikit-learn, their signs are fixed, and what a few tokens do does not turn them where that is asked for."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.decomposition import PCA

from workbench.core.errors import BadInput
from workbench.measures.features import components

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("shape", [(300, 12), (40, 96)])
def test_components_shares_and_scores_are_those_of_scikit_learn(shape: tuple[int, int]) -> None:
    points = RNG.normal(size=shape) * np.geomspace(4, 0.2, shape[1]) + 3
    found, theirs = components.fit(points), PCA(3, svd_solver="full").fit(points)
    signs = np.sign((found.axes * theirs.components_).sum(1))
    np.testing.assert_allclose(found.axes, theirs.components_ * signs[:, None], atol=1e-5)
    np.testing.assert_allclose(found.explained, theirs.explained_variance_ratio_, atol=1e-5)
    np.testing.assert_allclose(found.scores(points), theirs.transform(points) * signs, atol=1e-5)


def test_signs_do_not_depend_on_the_order_or_on_the_sign_of_noise() -> None:
    points = RNG.normal(size=(50, 8)) * np.arange(8, 0, -1)
    one, other = components.fit(points), components.fit(points[::-1])
    np.testing.assert_allclose(one.axes, other.axes, atol=1e-9)
    assert all(row[np.abs(row).argmax()] > 0 for row in one.axes)


def test_a_basis_without_outlier_tokens_is_that_of_the_others() -> None:
    points = RNG.normal(size=(200, 8)) * [5, 4, 3, 1, 1, 1, 1, 1] + 10
    spoilt = np.concatenate([points, np.full((3, 8), 0.0) + 400 * np.eye(8)[7]])
    far = components.outlying(np.linalg.norm(spoilt, axis=1))
    assert np.flatnonzero(far).tolist() == [200, 201, 202]
    assert abs(components.fit(spoilt).axes[0, 7]) > 0.99
    np.testing.assert_allclose(components.fit(spoilt[~far]).axes, components.fit(points).axes)


def test_points_that_do_not_vary_are_grey_and_one_point_is_refused() -> None:
    same = components.fit(np.ones((9, 5)))
    assert same.explained.tolist() == [0, 0, 0]
    assert (same.colours(same.scores(np.ones((9, 5)))) == 128).all()
    with pytest.raises(BadInput, match="1 token"):
        components.fit(np.ones((1, 5)))


def test_the_foreground_is_the_side_that_does_not_lie_on_the_border_whatever_its_sign() -> None:
    first = RNG.normal(size=(1, 8, 8)) * 0.1
    first[:, 2:5, 3:6] += 4
    for sign in (1, -1):
        inside = components.foreground(sign * first)
        assert inside.sum() == 9
        assert inside[0, 2:5, 3:6].all()
    assert components.foreground(np.zeros((1, 4, 4))).all()
