"""Time to a map of vectors, by method: PCA, UMAP in a fresh process and warm, beside plain UMAP and beside fastumap; trust, and whether one seed gives one map.

`python tests/benchmarks/bench_project.py [--points 5000 20000] [--dim 384] [--rounds 2]`: one line of JSON a figure.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np
from _common import ROOT, alternate, ratio, report, spread

from workbench.fits.layouts import Settings
from workbench.fits.projection import fitted
from workbench.measures.projection import project, warm_projection
from workbench.measures.trust import trust

PACKAGES = ("umap-learn", "fastumap", "numba", "pynndescent", "numpy")
_CLUSTERS, _OWN = 20, 6

_COLD = """
import sys, time
start = time.perf_counter()
import numpy as np
from workbench.fits.layouts import Settings
from workbench.fits.projection import fitted
fitted(np.load(sys.argv[2]), sys.argv[1], Settings())
print(time.perf_counter() - start)
"""


def vectors(points: int, dim: int) -> np.ndarray:
    """Clusters that each fill a few dimensions of their own, as classes of images do."""
    rng = np.random.default_rng(0)
    centres, bases = rng.normal(size=(_CLUSTERS, dim)), rng.normal(size=(_CLUSTERS, _OWN, dim)) / np.sqrt(_OWN)
    label = rng.integers(0, _CLUSTERS, points)
    inner = rng.normal(size=(points, _OWN))
    return (centres[label] + np.einsum("po,pod->pd", inner, bases[label]) + 0.3 * rng.normal(size=(points, dim))).astype(np.float32)


def cold(method: str, points: np.ndarray, folder: str) -> float:
    """Seconds from a new process to its first map, imports and compilation included, less the start of Python."""
    path = f"{folder}/vectors.npy"
    np.save(path, points)
    done = subprocess.run([sys.executable, "-c", _COLD, method, path], cwd=ROOT, capture_output=True, text=True, check=True)
    return float(done.stdout.split()[-1])


def measure(points: np.ndarray, rounds: int) -> None:
    """Every method on the same points, in turn."""
    import umap

    def ours(method: str) -> Callable[[], Any]:
        return lambda: fitted(points, method, Settings(), sample=len(points)).result.coordinates

    def plain() -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return umap.UMAP().fit_transform(points)

    runs = {"pca": ours("pca"), "umap": ours("umap"), "plain umap.UMAP()": plain}
    if find_spec("fastumap"):
        runs["fastumap"] = ours("fastumap")
    kept: dict[str, list[np.ndarray]] = {name: [] for name in runs}
    seconds = alternate({name: lambda name=name, run=run: kept[name].append(run()) for name, run in runs.items()}, rounds)
    n, dim = points.shape
    judged = trust(points, [maps[0] for maps in kept.values()])
    for (name, maps), found in zip(kept.items(), judged, strict=True):
        same = all(np.array_equal(maps[0], other) for other in maps[1:])
        beside = {} if name.startswith("plain") else {"over plain": ratio(seconds[name], seconds["plain umap.UMAP()"])}
        report(
            f"map by {name}", *PACKAGES, points=n, dim=dim, seconds=spread(seconds[name]), **beside, one_seed_one_map=same, trust=dict(found.trust)
        )


def main() -> None:
    """Run what is asked for."""
    import tempfile

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, nargs="+", default=[5000])
    parser.add_argument("--dim", type=int, default=384)
    parser.add_argument("--rounds", type=int, default=2)
    chosen = parser.parse_args()
    first = vectors(chosen.points[0], chosen.dim)
    with tempfile.TemporaryDirectory() as folder:
        for method in ("pca", "umap", *(["fastumap"] if find_spec("fastumap") else [])):
            report(
                f"first map of a fresh process by {method}",
                *PACKAGES,
                points=len(first),
                dim=chosen.dim,
                seconds=round(cold(method, first, folder), 2),
            )
    report("making UMAP ready", *PACKAGES, seconds=round(warm_projection(), 2))
    for points in chosen.points:
        measure(vectors(points, chosen.dim), chosen.rounds)
    start = time.perf_counter()
    project(first, method="pca", anew=True)
    report(
        "jw.project by pca with trust and both baselines", *PACKAGES, points=len(first), dim=chosen.dim, seconds=round(time.perf_counter() - start, 2)
    )


if __name__ == "__main__":
    main()
