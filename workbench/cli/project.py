"""`jepa-workbench project`: coordinates of vectors, with how far they can be trusted."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

import numpy as np

from workbench.core.errors import BadInput, WorkbenchError
from workbench.core.questions.projection import ProjectionResult, Trust

_WORDS = "Project vectors to two or three dimensions, and evaluate the map beside the same vectors with shuffled columns and beside PCA."


def add_arguments(command: argparse.ArgumentParser) -> None:
    """What the command takes."""
    command.description = _WORDS
    command.add_argument("vectors", help="file with an array of numbers, points × features")
    command.add_argument("--method", default="umap", choices=["pca", "umap", "fastumap", "tsne"], help="default umap")
    command.add_argument("--seed", type=int, default=0, help="random seed (default 0)")
    command.add_argument("--k", type=int, default=15, help="neighbours that UMAP looks at and that are compared (default 15)")
    command.add_argument("--min-dist", type=float, default=0.1, help="of UMAP (default 0.1)")
    command.add_argument("--metric", default="euclidean", help="of UMAP and t-SNE: euclidean, cosine, correlation, manhattan, chebyshev")
    command.add_argument("--dims", type=int, default=2, help="2 or 3 (default 2)")
    command.add_argument(
        "--sample", type=int, help="fit at most this many points, and place the others in the map (default: 50000 of UMAP, 20000 of t-SNE)"
    )
    command.add_argument("--judge", type=int, help="points that are evaluated against all (default: all up to 6000, else 2000)")
    command.add_argument("--anew", action="store_true", help="compute the map and its trust again, and replace those of the store")
    command.add_argument("--store", metavar="FOLDER", help="where maps are kept (default: JEPA_WORKBENCH_STORE, else the user's cache folder)")
    command.add_argument("--out", metavar="COORDINATES.npy", help="write the coordinates here, as float32 in the order of the vectors")
    command.add_argument("--json", action="store_true", help="print the numbers as one JSON object; for a refusal its error, with exit code 2")


def run(chosen: argparse.Namespace) -> int:
    """Project, write, print."""
    from workbench.cli.reports import error_json
    from workbench.data.export import replacing
    from workbench.measures.projection import project

    try:
        out = _place(chosen)
        names = ("method", "seed", "k", "min_dist", "metric", "dims", "sample", "judge", "anew", "store")
        found = project(chosen.vectors, **{name: getattr(chosen, name) for name in names})
        if out is not None:
            with replacing(out) as file:
                np.save(file, found.coordinates, allow_pickle=False)
    except WorkbenchError as error:
        if chosen.json:
            print(error_json(error))
        raise
    print(json.dumps(found.figures(), allow_nan=False) if chosen.json else _said(found))
    return 0


def _place(chosen: argparse.Namespace) -> Path | None:
    """Where the coordinates go, looked at before anything is computed.

    Raises:
        BadInput: no .npy in a folder that can be written, or the file of the vectors.
    """
    if chosen.out is None:
        return None
    out, where = Path(chosen.out), "--out"
    if out.suffix != ".npy" or out.is_dir():
        raise BadInput(f"{chosen.out!r} is no .npy file", where=where, fix="give a name that ends in .npy")
    if not out.parent.is_dir() or not os.access(out.parent, os.W_OK):
        raise BadInput(f"{str(out.parent)!r} is no folder that can be written", where=where, fix="choose an existing folder of yours")
    if out.exists() and Path(chosen.vectors).exists() and out.samefile(chosen.vectors):
        raise BadInput("the coordinates would replace the vectors", where=where, fix="give another name")
    return out


def _said(found: ProjectionResult) -> str:
    """The figures in words."""
    told = found.told
    lines = [f"{found.method} of {found.n} points, seed {found.seed}, k {told.k}"]
    for name, trust in (("map", told.trust), ("shuffled columns", told.shuffled), ("PCA", told.pca)):
        lines.append(f"{name + ':':18}{_row(trust)}")
    lines.append(f"PCA explains {', '.join(f'{share:.1%}'.replace('%', ' %') for share in told.pca.explained_variance)} of the variance")
    if len(found.fitted) < found.n:
        lines.append(f"fitted on {len(found.fitted)} points; the others were placed in the map")
    if len(told.distortion.rows) < found.n:
        lines.append(f"evaluated on {len(told.distortion.rows)} random points, each against all")
    lines.append(f"{found.origin}; read from the store, --anew computes it again" if found.stored else found.origin)
    return "\n".join([*lines, *found.notes])


def _row(trust: Trust) -> str:
    return (
        f"trustworthiness {trust.trustworthiness:.4f}  continuity {trust.continuity:.4f}  "
        f"k-NN preserved {trust.knn_preservation:.4f}  Shepard {trust.shepard:.4f}"
    )
