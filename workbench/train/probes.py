"""How much a linear map can read from frozen features: all labels, few labels, and true values."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Float, Int, UInt8
from torch.nn import functional as F

from workbench.core.errors import BadInput

FEW_LABELS = (1, 3, 10)
_PENALTY, _ITERATIONS, _FLAT = 1e-2, 100, 1e-4
_RIDGES = (1e-3, 1e-2, 1e-1, 1.0)
Features = Float[np.ndarray, "samples features"]
Scaling = Callable[[Features], Features]


def logistic(
    known: Float[np.ndarray, "known features"], labels: Int[np.ndarray, "known"], asked: Float[np.ndarray, "asked features"]
) -> Int[np.ndarray, "asked"]:
    """Classes that a logistic regression on `known` gives to `asked`; weights are penalised by 0.01·|w|²/2."""
    if known.shape[1] > len(known):
        # Penalised weights lie in the span of the samples: the same answer in fewer dimensions.
        basis, _ = np.linalg.qr(known.T)
        known, asked = known @ basis, asked @ basis
    x, y, z = torch.from_numpy(known).double(), torch.from_numpy(labels), torch.from_numpy(asked).double()
    weights = torch.zeros(x.shape[1] + 1, int(labels.max()) + 1, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([weights], max_iter=_ITERATIONS, tolerance_grad=_FLAT, tolerance_change=0.0, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        loss = F.cross_entropy(x @ weights[:-1] + weights[-1], y) + _PENALTY * weights[:-1].square().sum() / 2
        loss.backward()
        return loss

    optimizer.step(closure)
    return (z @ weights[:-1] + weights[-1]).argmax(1).detach().numpy()


def best_scaling(pool: Features, labels: Int[np.ndarray, "samples"]) -> Scaling:
    """The scaling that serves a probe of these features best, so that none loses for its units: every feature to deviation 1,
    all by one number, or whitened. Chosen on a fifth of the pool."""
    scalings = (_each(pool), _alike(pool), _whitened(pool))
    cut = len(pool) * 4 // 5

    def score(scale: Scaling) -> float:
        x = scale(pool)
        return float((logistic(x[:cut], labels[:cut], x[cut:]) == labels[cut:]).mean())

    return max(scalings, key=score)


def class_probe(
    pool: Features,
    labels: Int[np.ndarray, "samples"],
    asked: Float[np.ndarray, "asked features"],
    truth: Int[np.ndarray, "asked"],
    *,
    draws: int = 20,
    seed: int = 0,
) -> dict[str, float]:
    """Accuracy of a logistic probe: "all" with every label of the pool, and "1", "3", "10" with so many a class.

    Args:
        pool: features whose scale is known; labels are shown of the chosen ones only. asked: features to classify.
        draws: random choices of the labelled samples, averaged; the same ones for every feature that is given the same seed.

    Raises:
        BadInput: a class has fewer samples than are to be labelled.
    """
    scale = best_scaling(pool, labels)
    x, z = scale(pool), scale(asked)
    found = {"all": float((logistic(x, labels, z) == truth).mean())}
    for each in FEW_LABELS:
        rng = np.random.default_rng(seed)
        right = [(logistic(x[c], labels[c], z) == truth).mean() for c in (_chosen(labels, each, rng) for _ in range(draws))]
        found[str(each)] = float(np.mean(right))
    return found


def r2(
    known: Float[np.ndarray, "known features"],
    values: Float[np.ndarray, "known values"],
    asked: Float[np.ndarray, "asked features"],
    truth: Float[np.ndarray, "asked values"],
) -> float:
    """Share of the variance of true values that a ridge regression explains; the mean over the values.

    The penalty that serves these features best is chosen on the last fifth of what is known.
    """
    scale, cut = _each(known), len(known) * 4 // 5
    x, z = scale(known), scale(asked)

    def score(penalty: float) -> float:
        return _explained(_ridge(x[:cut], values[:cut], x[cut:], penalty), values[cut:])

    return _explained(_ridge(x, values, z, max(_RIDGES, key=score)), truth)


def small_pixels(pixels: UInt8[np.ndarray, "clips frames height width channels"], side: int = 16) -> Features:
    """Raw pixels, averaged to side × side, as features: the baseline without a model."""
    n, f, h, w, c = pixels.shape
    side = min(side, h, w)
    rows, cols = np.arange(side + 1) * h // side, np.arange(side + 1) * w // side
    down = np.add.reduceat(pixels.astype(np.float64), rows[:-1], axis=2) / np.diff(rows)[:, None, None]
    small = np.add.reduceat(down, cols[:-1], axis=3) / np.diff(cols)[:, None]
    return small.reshape(n, f * side * side * c) / 255


def _ridge(known: Float[np.ndarray, "known features"], values: np.ndarray, asked: Float[np.ndarray, "asked features"], penalty: float) -> np.ndarray:
    middle, strength = values.mean(0), penalty * len(known)
    if known.shape[1] <= len(known):
        weights = np.linalg.solve(known.T @ known + strength * np.eye(known.shape[1]), known.T @ (values - middle))
    else:
        weights = known.T @ np.linalg.solve(known @ known.T + strength * np.eye(len(known)), values - middle)
    return asked @ weights + middle


def _explained(said: np.ndarray, truth: np.ndarray) -> float:
    return float((1 - ((said - truth) ** 2).mean(0) / truth.var(0)).mean())


def _chosen(labels: Int[np.ndarray, "samples"], each: int, rng: np.random.Generator) -> Int[np.ndarray, "chosen"]:
    members = [np.flatnonzero(labels == c) for c in np.unique(labels)]
    fewest = min(map(len, members))
    if fewest < each:
        raise BadInput(f"{each} labels a class are asked for, one class has {fewest} samples", where="class_probe", fix="give more samples")
    return np.concatenate([rng.choice(m, each, replace=False) for m in members])


def _each(by: Features) -> Scaling:
    mean, deviation = by.mean(0), by.std(0) + 1e-6
    return lambda x: (x - mean) / deviation


def _alike(by: Features) -> Scaling:
    mean = by.mean(0)
    deviation = np.sqrt(((by - mean) ** 2).mean()) + 1e-12
    return lambda x: (x - mean) / deviation


def _whitened(by: Features) -> Scaling:
    mean = by.mean(0)
    _, values, rows = np.linalg.svd(by - mean, full_matrices=False)
    variance = values**2 / len(by)
    turn = rows.T / np.sqrt(variance + 1e-3 * variance.mean() + 1e-12)
    return lambda x: (x - mean) @ turn
