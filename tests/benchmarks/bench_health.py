"""Health measures of 20,000 × 1,024 vectors ÷ the formula as it stands in the papers, written down plainly in torch.

    python tests/benchmarks/bench_health.py [--rows 20000] [--dim 1024] [--rounds 1]

Both in double precision on the same vectors, of which the leading directions vary most, as those of an encoder do; pairs of points alone are in single
precision in the plain form, whose table of all pairs would not fit into memory otherwise. `differs` is |ours − plain| ÷ |plain|.
LiDAR and alignment take the same vectors as a tenth as many clips with ten views each.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import _common as common
import numpy as np
import torch
from torch import Tensor

from workbench.measures.dimension import rank_me
from workbench.measures.health import formulas

_VIEWS, _SLICES = 10, 64


def eigenvalues(x: Tensor) -> Tensor:
    """Of the covariance, largest first."""
    return torch.linalg.eigvalsh(torch.cov(x.T)).flip(0)


def plain_rankme(x: Tensor) -> float:
    """Garrido et al. (2022), equation 1."""
    values = torch.linalg.svdvals(x)
    shares = values / values.sum() + 1e-7
    return float(torch.exp(-(shares * shares.log()).sum()))


def plain_participation(x: Tensor) -> float:
    """Gao et al. (2017)."""
    values = eigenvalues(x)
    return float(values.sum() ** 2 / (values**2).sum())


def plain_alpha(x: Tensor) -> float:
    """Agrawal et al. (2022): a weighted line through ln λ over ln k."""
    values, k = eigenvalues(x)[3:100].numpy(), np.arange(4, 101)
    return -float(np.polyfit(np.log(k[: len(values)]), np.log(values), 1, w=np.sqrt(1 / k[: len(values)]))[0])


def plain_lidar(views: Tensor) -> float:
    """Thilak et al. (2023), algorithm 1."""
    clips, each, dim = views.shape
    means = views.mean(1)
    between = torch.cov(means.T)
    inner = (views - means[:, None]).reshape(-1, dim)
    within = inner.T @ inner / (clips * (each - 1)) + 1e-4 * torch.eye(dim, dtype=views.dtype)
    values, vectors = torch.linalg.eigh(within)
    root = vectors @ torch.diag(values.rsqrt()) @ vectors.T
    found = torch.linalg.eigvalsh(root @ between @ root).clamp(min=0) + 1e-8
    shares = found / found.sum()
    return float(torch.exp(-(shares * shares.log()).sum()))


def plain_variance(x: Tensor) -> float:
    """Bardes et al. (2022), the loss of VICReg."""
    return float(torch.relu(1 - torch.sqrt(x.var(0) + 1e-4)).mean())


def plain_covariance(x: Tensor) -> float:
    """Bardes et al. (2022)."""
    cov = torch.cov(x.T)
    return float((cov - torch.diag(cov.diag())).pow(2).sum() / x.shape[1])


def plain_uniformity(x: Tensor) -> float:
    """Wang and Isola (2020): every pair."""
    unit = torch.nn.functional.normalize(x.float(), dim=1)
    return float(torch.pdist(unit).pow_(2).mul_(-2).exp_().double().mean().log())


def plain_cosine(x: Tensor) -> float:
    """Every pair."""
    unit, total = torch.nn.functional.normalize(x.float(), dim=1), 0.0
    for row in range(0, len(unit), 2000):
        total += float((unit[row : row + 2000] @ unit.T).double().sum())
    return (total - len(unit)) / (len(unit) * (len(unit) - 1))


def plain_alignment(views: Tensor) -> float:
    """Wang and Isola (2020): every pair of views of a clip."""
    unit = torch.nn.functional.normalize(views, dim=2)
    a, b = torch.triu_indices(views.shape[1], views.shape[1], 1)
    return float(torch.stack([(unit[:, i] - unit[:, j]).pow(2).sum(1) for i, j in zip(a, b, strict=True)]).mean())


def main() -> None:
    """Time each measure and its plain form, and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--dim", type=int, default=1024)
    parser.add_argument("--rounds", type=int, default=1)
    chosen = parser.parse_args()
    drawn = np.random.default_rng(0).standard_normal((chosen.rows, chosen.dim))
    points = drawn / np.arange(1, chosen.dim + 1) ** 0.5 + 0.3
    views = points.reshape(-1, _VIEWS, chosen.dim)
    x, v = torch.from_numpy(points), torch.from_numpy(views)
    measures: dict[str, tuple[Callable[[], float], Callable[[], float]]] = {
        "rankme": (lambda: rank_me(points), lambda: plain_rankme(x)),
        "participation_ratio": (lambda: formulas.participation_ratio(points), lambda: plain_participation(x)),
        "alpha_req": (lambda: formulas.alpha_req(points), lambda: plain_alpha(x)),
        "lidar": (lambda: formulas.lidar(views), lambda: plain_lidar(v)),
        "vicreg_variance": (lambda: formulas.vicreg_variance(points), lambda: plain_variance(x)),
        "vicreg_covariance": (lambda: formulas.vicreg_covariance(points), lambda: plain_covariance(x)),
        "cosine": (lambda: formulas.mean_cosine(points), lambda: plain_cosine(x)),
        "uniformity": (lambda: formulas.uniformity(points), lambda: plain_uniformity(x)),
        "alignment": (lambda: formulas.alignment(views), lambda: plain_alignment(v)),
    }
    for name, (ours, plain) in measures.items():
        seconds, values = {"ours": list[float](), "plain": list[float]()}, dict[str, float]()
        for _ in range(chosen.rounds):
            for which, run in (("ours", ours), ("plain", plain)):
                began = time.perf_counter()
                values[which] = run()
                seconds[which].append(time.perf_counter() - began)
        differs = abs(values["ours"] - values["plain"]) / max(abs(values["plain"]), 1e-12)
        ratio = common.ratio(seconds["ours"], seconds["plain"])
        common.report(
            f"health: {name} ÷ the plain formula", "torch", "numpy", ratio=ratio, seconds=common.medians(seconds), differs=float(f"{differs:.2g}")
        )


if __name__ == "__main__":
    main()
