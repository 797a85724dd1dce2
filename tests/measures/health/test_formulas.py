"""Every formula equals the reference values that the published code gave, and a slow second implementation written from the paper."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from math import cos, exp, log, sin, sqrt
from pathlib import Path

import numpy as np
import pytest

from workbench.measures.dimension import rank_me
from workbench.measures.health import formulas

GOLDEN = Path(__file__).parents[2] / "golden" / "metrics"
INPUTS, EXPECTED = np.load(GOLDEN / "inputs.npz"), np.load(GOLDEN / "expected.npz")
MATRICES = ("gaussian", "lowrank", "collapsed", "views")
STABLE = 1e-5  # added to the shares of RankMe by stable-pretraining


def matrix(name: str) -> np.ndarray:
    return INPUTS[name].astype(np.float64)


def directions() -> np.ndarray:
    return INPUTS["sigreg_A"].astype(np.float64)


@pytest.mark.parametrize("name", MATRICES)
def test_every_measure_equals_the_published_code(name: str) -> None:
    points, expected = matrix(name), lambda key: float(EXPECTED[f"{name}_{key}"])
    dim = points.shape[1]
    assert rank_me(points, STABLE) == pytest.approx(expected("rankme_float64"), rel=1e-9)
    assert rank_me(points - points.mean(0), STABLE) == pytest.approx(expected("rankme_centered"), rel=1e-9)
    ratio = formulas.spectrum(points)
    np.testing.assert_allclose(ratio / ratio.sum(), EXPECTED[f"{name}_eigenspectrum_ratio"], rtol=1e-4, atol=1e-12)
    fits = ((1, 64, "0_64"), (6, 64, "5_64"), (6, 40, "5_40"))
    for first, last, key in fits:
        assert formulas.alpha_req(points, first, last) == pytest.approx(expected(f"alpha_{key}"), rel=1e-3 if name == "lowrank" else 1e-4)
    assert formulas.vicreg_variance(points) == pytest.approx(expected("eb_hinge_std"), rel=1e-4)
    assert formulas.vicreg_covariance(points) == pytest.approx(expected("spt_cov"), rel=1e-4, abs=1e-9)
    assert formulas.vicreg_covariance(points) / (dim - 1) == pytest.approx(expected("eb_cov"), rel=1e-4, abs=1e-9)
    assert formulas.sigreg(points, directions()) == pytest.approx(expected("sigreg_lejepa"), rel=1e-5)
    assert formulas.sigreg(points, directions()) == pytest.approx(expected("sigreg_swm"), rel=1e-5)
    assert formulas.lidar(points.reshape(100, 10, dim)) == pytest.approx(expected("lidar_float64"), rel=1e-6)


def test_an_offset_moves_rankme_and_not_what_is_centred() -> None:
    points = matrix("gaussian")
    moved = points + 20
    assert rank_me(moved) < rank_me(points) / 2
    assert rank_me(moved - moved.mean(0)) == pytest.approx(rank_me(points - points.mean(0)), rel=1e-9)
    assert formulas.participation_ratio(moved) == pytest.approx(formulas.participation_ratio(points), rel=1e-9)


def test_a_collapsed_matrix_reads_as_its_meaning_says() -> None:
    alive, dead = matrix("gaussian"), np.full((200, 8), 3.0) + 1e-4 * np.random.default_rng(0).standard_normal((200, 8))
    assert formulas.dead_dimensions(alive) == 0
    assert formulas.dead_dimensions(dead) == 1
    assert formulas.mean_cosine(dead) == pytest.approx(1, abs=1e-6)
    assert formulas.uniformity(dead) == pytest.approx(0, abs=1e-6)
    assert formulas.vicreg_variance(dead) == pytest.approx(0.99, abs=1e-3)
    assert formulas.feature_std(dead) < 1e-3
    assert np.isnan(formulas.alpha_req(np.ones((10, 8))))
    assert formulas.participation_ratio(np.ones((10, 8))) == 0


def eigenvalues(points: np.ndarray) -> np.ndarray:
    return np.sort(np.linalg.eigvalsh(np.cov(points.T)))[::-1]


def slow_rank(points: np.ndarray) -> float:
    values = np.sqrt(np.linalg.eigvalsh(points.T @ points))
    shares = [v / values.sum() + 1e-7 for v in values]
    return exp(-sum(p * log(p) for p in shares))


def slow_variance(points: np.ndarray) -> float:
    return sum(max(0.0, 1 - sqrt(np.var(column, ddof=1) + 1e-4)) for column in points.T) / points.shape[1]


def slow_covariance(points: np.ndarray) -> float:
    cov = np.cov(points.T)
    return sum(cov[i, j] ** 2 for i in range(len(cov)) for j in range(len(cov)) if i != j) / len(cov)


def slow_sigreg(points: np.ndarray) -> float:
    total = 0.0
    for aim in small_directions().T:
        shadow = [float(p @ aim) for p in points]
        for k in range(17):
            t = k * 3 / 16
            real = sum(cos(t * s) for s in shadow) / len(shadow) - exp(-t * t / 2)
            other = sum(sin(t * s) for s in shadow) / len(shadow)
            total += (real * real + other * other) * exp(-t * t / 2) * (3 / 16) * (1 if k in (0, 16) else 2) * len(shadow)
    return total / small_directions().shape[1]


def small_directions() -> np.ndarray:
    return formulas.unit_directions(5, 7, 3)


def slow_cosine(points: np.ndarray) -> float:
    return float(np.mean([a @ b / (np.linalg.norm(a) * np.linalg.norm(b)) for a, b in combinations(points, 2)]))


def slow_uniformity(points: np.ndarray) -> float:
    unit = [p / np.linalg.norm(p) for p in points]
    return log(float(np.mean([exp(-2 * float(((a - b) ** 2).sum())) for a, b in combinations(unit, 2)])))


def slow_alpha(points: np.ndarray) -> float:
    values = eigenvalues(points)
    rank = np.arange(1, len(values) + 1)
    used = rank >= 2
    slope, _ = np.polyfit(np.log(rank[used]), np.log(values[used]), 1, w=np.sqrt(1 / rank[used]))
    return -float(slope)


@pytest.mark.parametrize(
    ("fast", "slow"),
    [
        (rank_me, slow_rank),
        (formulas.participation_ratio, lambda x: float(np.trace(np.cov(x.T)) ** 2 / np.trace(np.cov(x.T) @ np.cov(x.T)))),
        (lambda x: formulas.alpha_req(x, 2, 5), slow_alpha),
        (formulas.vicreg_variance, slow_variance),
        (formulas.vicreg_covariance, slow_covariance),
        (lambda x: formulas.sigreg(x, small_directions()), slow_sigreg),
        (formulas.feature_std, lambda x: float(np.mean([np.std(c, ddof=1) for c in x.T]))),
        (formulas.dead_dimensions, lambda x: sum(np.std(c, ddof=1) < 0.01 * sqrt(np.mean(x * x)) for c in x.T) / x.shape[1]),
        (formulas.mean_cosine, slow_cosine),
        (formulas.uniformity, slow_uniformity),
    ],
)
def test_a_slow_second_implementation_agrees(fast: Callable[[np.ndarray], float], slow: Callable[[np.ndarray], float]) -> None:
    points = np.random.default_rng(1).standard_normal((30, 5)) * (1, 0.5, 2, 0.9, 1e-3) + 0.7
    assert fast(points) == pytest.approx(slow(points), rel=1e-6)


def slow_lidar(views: np.ndarray) -> float:
    clips, each, dim = views.shape
    grand, between, within = views.mean((0, 1)), np.zeros((dim, dim)), np.zeros((dim, dim))
    for clip in views:
        between += np.outer(clip.mean(0) - grand, clip.mean(0) - grand) / (clips - 1)
        for view in clip:
            within += np.outer(view - clip.mean(0), view - clip.mean(0)) / (clips * (each - 1))
    values = np.linalg.eigvals(np.linalg.solve(within + 1e-4 * np.eye(dim), between)).real
    shares = np.maximum(values, 0) + 1e-8
    shares /= shares.sum()
    return exp(-sum(p * log(p) for p in shares))


def slow_alignment(views: np.ndarray) -> float:
    unit = views / np.linalg.norm(views, axis=-1, keepdims=True)
    return float(np.mean([((a - b) ** 2).sum() for clip in unit for a, b in combinations(clip, 2)]))


def slow_share(tokens: np.ndarray) -> float:
    flat = tokens.reshape(-1, tokens.shape[-1])
    rest = tokens - tokens.mean(0)
    return 1 - float((rest**2).sum() / ((flat - flat.mean(0)) ** 2).sum())


def test_slow_implementations_of_views_and_tokens_agree() -> None:
    rng = np.random.default_rng(2)
    views = rng.standard_normal((9, 1, 4)) + 0.4 * rng.standard_normal((9, 3, 4))
    assert formulas.lidar(views) == pytest.approx(slow_lidar(views), rel=1e-6)
    assert formulas.alignment(views) == pytest.approx(slow_alignment(views), rel=1e-9)
    tokens = rng.standard_normal((1, 6, 4)) + rng.standard_normal((9, 6, 4))
    assert formulas.position_share(tokens) == pytest.approx(slow_share(tokens), rel=1e-9)
    assert formulas.encoder_distance(tokens, tokens) == 0
    other, flat = tokens + rng.standard_normal(tokens.shape), tokens.reshape(-1, 4)
    slow = sum(((a - b) ** 2).sum() for a, b in zip(other.reshape(-1, 4), flat, strict=True)) / sum(((b - flat.mean(0)) ** 2).sum() for b in flat)
    assert formulas.encoder_distance(other, tokens) == pytest.approx(slow, rel=1e-9)
    mean = np.broadcast_to(tokens.mean((0, 1)), tokens.shape)
    assert formulas.encoder_distance(mean, tokens) == pytest.approx(1)
