"""`jepa-workbench embed CHECKPOINT DATA`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from workbench.cli.measuring import add_reading_arguments, reported
from workbench.core.card import ModelKey, parse_overrides

if TYPE_CHECKING:
    from workbench.core.questions.embedding import Embedding

WORDS = (
    "Embed every image or video of DATA and keep the vectors. An interrupted run resumes. "
    "Exit 0: all vectors are there, also where files had to be skipped; 2: refused."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument("checkpoint", help="checkpoint file or folder, or a sample's name")
    parser.add_argument("data", help="image, video, folder of them (one sub-folder per class gives labels) or bank, or a sample's name")
    parser.add_argument("--what", choices=("clip", "frames", "tokens"), default="clip", help="what a vector stands for (default clip)")
    parser.add_argument("--layer", type=int, help="output of this block, from 0 (default: after the final norm)")
    parser.add_argument("--pool", choices=("mean", "max", "class"), default="mean", help="of the tokens of a clip or frame (default mean)")
    parser.add_argument("--source", choices=("model", "untrained", "pixels"), default="model", help="the model, or one of its baselines")
    parser.add_argument("--seed", type=int, default=0, help="of the untrained weights (default 0)")
    parser.add_argument(
        "--out", metavar="FILE", help="write the vectors to this .npy, .npz or .parquet too; any other name: the folder to keep them in"
    )
    parser.add_argument("--store", metavar="FOLDER", help="where embeddings are kept (default: JEPA_WORKBENCH_STORE, else the user's cache folder)")
    parser.add_argument("--cluster", type=_cluster, metavar="N|ADDRESS", help="compute in N processes, or on the Dask scheduler at tcp://host:port")
    add_reading_arguments(parser)


def _cluster(text: str) -> int | str:
    return int(text) if text.isdecimal() else text


def run(chosen: argparse.Namespace) -> int:
    """Embed, with progress on the standard error."""
    return reported(chosen, lambda: _embedded(chosen), _plain, _words, _shown())


def _embedded(chosen: argparse.Namespace) -> Embedding:
    from workbench.front import embed, open_clips, resolve

    said = parse_overrides(chosen.settings)
    family = said.pop("family", None)
    key = ModelKey(resolve(chosen.checkpoint), family, tuple(sorted(said.items())), chosen.device)
    clips = open_clips(chosen.data, frames=chosen.frames, fps=chosen.fps)
    asked = {name: getattr(chosen, name) for name in ("what", "layer", "pool", "source", "seed", "out", "store", "cluster")}
    return embed(key, clips, **asked)


def _shown() -> Callable[[int, int], None]:
    """Prints progress: over itself in a terminal, else a line for every tenth part."""
    from workbench.core.progress import Pace

    pace, last = Pace(), [-1]

    def show(done: int, total: int) -> None:
        words = pace.sentence(done, total, "clips")
        if sys.stderr.isatty():
            print(f"\r\x1b[K{words}", end="", file=sys.stderr, flush=True)
        elif done * 10 // max(total, 1) != last[0]:
            last[0] = done * 10 // max(total, 1)
            print(words, file=sys.stderr, flush=True)

    return show


def _plain(found: Embedding) -> dict[str, Any]:
    names = ("path", "digest", "rows", "dim", "clips", "columns", "computed", "seconds", "rate")
    return {**{name: getattr(found, name) for name in names}, "skipped": [{"name": name, "why": why} for name, why in found.skipped]}


def _words(found: Embedding) -> str:
    lines = [f"{found.rows} vectors of {found.dim} numbers in {found.path}"]
    lines.append(f"{found.computed} of {found.clips} clips embedded now, {found.rate:.1f} a second" if found.computed else "all were in the store")
    if found.columns:
        lines.append(f"columns: {', '.join(found.columns)}")
    if found.skipped:
        lines.append(f"{len(found.skipped)} skipped:")
        lines += [f"  {name}: {why}" for name, why in found.skipped[:20]]
        lines += [f"  … and {len(found.skipped) - 20} more"] if len(found.skipped) > 20 else []
    return "\n".join(lines)
