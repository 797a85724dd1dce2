"""The formulas of health measures, in numpy and double precision. RankMe is `measures.dimension.rank_me`; what each tells stands in `core.questions.health`."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float

from workbench.train.sigreg import epps_pulley

Points = Float[np.ndarray, "points dim"]
Views = Float[np.ndarray, "clips views dim"]
Tokens = Float[np.ndarray, "clips places dim"]

_WITHIN, _SHARE = 1e-4, 1e-8  # of LiDAR: added to the covariance within clips, and to each eigenvalue
_FLOOR = 1e-4  # of VICReg: added to each variance
_DEAD = 0.01  # of the root mean square of the vectors
_TINY = 1e-12
_FIRST, _LAST = 4, 100  # ranks that α-ReQ is fitted over
_BLOCK = 1024  # points whose distances are held at once


def spectrum(points: Points) -> Float[np.ndarray, "ranks"]:
    """Eigenvalues of the covariance, largest first; as many as the smaller side of the matrix."""
    values = np.linalg.svd(points - points.mean(0), compute_uv=False)
    return values**2 / max(len(points) - 1, 1)


def participation_ratio(points: Points) -> float:
    """(Σλ)² ÷ Σλ² of the eigenvalues of the covariance; 0 where nothing varies."""
    values = spectrum(points)
    squares = float((values**2).sum())
    return float(values.sum()) ** 2 / squares if squares > 0 else 0.0


def alpha_req(points: Points, first: int = _FIRST, last: int = _LAST) -> float:
    """Decay α of the eigenvalues of the covariance, λ_k ∝ k^−α: least squares of ln λ against ln k with weights 1/k.

    Args:
        first, last: ranks that the line is fitted over, counted from 1; as far as there are eigenvalues above 0.

    Returns:
        α; NaN where fewer than two ranks can be used.
    """
    values = spectrum(points)[: min(len(points) - 1, last)]
    rank = np.arange(1, len(values) + 1)
    used = (rank >= first) & (values > 0)
    if used.sum() < 2:
        return float("nan")
    x, y, weight = np.log(rank[used]), np.log(values[used]), 1.0 / rank[used]
    x, y = x - (weight @ x) / weight.sum(), y - (weight @ y) / weight.sum()
    return float(-(weight * x) @ y / ((weight * x) @ x))


def lidar(views: Views) -> float:
    """exp of the entropy of the eigenvalues of S_w^−½ S_b S_w^−½, the classes being clips, their members views of them."""
    clips, each, dim = views.shape
    means = views.mean(1)
    between = means - means.mean(0)
    within = (views - means[:, None]).reshape(-1, dim)
    values, vectors = np.linalg.eigh(within.T @ within / (clips * (each - 1)) + _WITHIN * np.eye(dim))
    turn = vectors / np.sqrt(np.maximum(values, _SHARE))
    turned = between @ turn
    found = np.maximum(np.linalg.eigvalsh(turned.T @ turned / (clips - 1)), 0) + _SHARE
    shares = found / found.sum()
    return float(np.exp(-(shares * np.log(shares)).sum()))


def vicreg_variance(points: Points) -> float:
    """Mean over features of max(0, 1 − √(variance + 1e-4)): 0 where every feature deviates by 1 or more, 0.99 where none varies."""
    return float(np.maximum(0, 1 - np.sqrt(points.var(0, ddof=1) + _FLOOR)).mean())


def vicreg_covariance(points: Points) -> float:
    """Sum of the squares of the covariances of two features ÷ number of features."""
    centred = points - points.mean(0)
    cov = centred.T @ centred / (len(points) - 1)
    return float((cov**2).sum() - (np.diag(cov) ** 2).sum()) / points.shape[1]


def sigreg(points: Points, directions: Float[np.ndarray, "dim slices"]) -> float:
    """Mean over directions of unit length of the Epps–Pulley distance to a standard normal; about 1 where the points are drawn from one."""
    return float(epps_pulley(torch.from_numpy(points @ directions)).mean())


def unit_directions(dim: int, slices: int, seed: int) -> Float[np.ndarray, "dim slices"]:
    """Random directions of unit length."""
    drawn = np.random.default_rng(seed).standard_normal((dim, slices))
    return drawn / np.linalg.norm(drawn, axis=0)


def feature_std(points: Points) -> float:
    """Mean over features of the standard deviation."""
    return float(points.std(0, ddof=1).mean())


def dead_dimensions(points: Points) -> float:
    """Share of the features whose standard deviation is below 1 % of the root mean square of all numbers."""
    size = np.sqrt((points**2).mean())
    return float((points.std(0, ddof=1) < _DEAD * size).mean()) if size > 0 else 1.0


def mean_cosine(points: Points) -> float:
    """Mean cosine of two different points."""
    unit, n = _unit(points), len(points)
    total = unit.sum(0)
    return float((total @ total - np.einsum("nd,nd->", unit, unit)) / (n * (n - 1)))


def uniformity(points: Points) -> float:
    """ln of the mean of exp(−2‖x − y‖²) over pairs of different points of unit length: 0 where all are one point."""
    unit, n = _unit(points), len(points)
    total = 0.0
    for start in range(0, n, _BLOCK):
        gram = np.clip(unit[start : start + _BLOCK] @ unit.T, -1, 1)
        total += float(np.exp(4 * gram - 4).sum())
    return float(np.log(max((total - n) / (n * (n - 1)), _TINY)))


def alignment(views: Views) -> float:
    """Mean squared distance of two different views of one clip, at unit length: 0 where views do not differ."""
    each = views.shape[1]
    unit = _unit(views)
    total = unit.sum(1)
    cosine = (np.einsum("cd,cd->c", total, total) - np.einsum("cvd,cvd->c", unit, unit)) / (each * (each - 1))
    return float((2 - 2 * cosine).mean())


def position_share(tokens: Tokens) -> float:
    """Share of the variance of tokens that the mean at each position explains. With n clips, 1/n of the rest is counted too."""
    mean = tokens.mean((0, 1))
    total = ((tokens - mean) ** 2).sum()
    return float(((tokens.mean(0) - mean) ** 2).sum() * len(tokens) / total) if total > 0 else float("nan")


def encoder_distance(context: Tokens, target: Tokens) -> float:
    """Squared distance of the two encoders' tokens ÷ squared deviation of the target encoder's from their mean."""
    spread = ((target - target.mean((0, 1))) ** 2).sum()
    return float(((context - target) ** 2).sum() / spread) if spread > 0 else float("nan")


def _unit(points: np.ndarray) -> np.ndarray:
    sizes = np.sqrt(np.einsum("...d,...d->...", points, points))  # in one pass, without a table of squares
    return points / np.maximum(sizes, _TINY)[..., None]
