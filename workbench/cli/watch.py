"""`jepa-workbench watch PATH…`: the app on one or several training runs."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

WORDS = (
    "Serve the app on training runs: folders of checkpoints and logs, while they are being written or afterwards. New rows and checkpoints appear within "
    "seconds. Given clips, every checkpoint is measured on them, one after another."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command, but those that `app` has too."""
    parser.add_argument("paths", nargs="+", metavar="PATH", help="folder of a run, a checkpoint or log in it, or a shipped run: shapes-run")
    parser.add_argument("--data", help="images, videos or bank that the checkpoints are measured on (default: none; of a shipped run its own)")
    parser.add_argument("--labels", default="", metavar="COLUMN", help="what the probes read of each clip (default label)")
    parser.add_argument("--family", help="take the checkpoints for this family instead of recognising it")
    parser.add_argument("--settings", default="", metavar="'heads=4 …'", help="what the checkpoints do not say, as 'heads=4 image_size=(64, 64)'")


def folder_of(path: str) -> str:
    """The folder of a run that is named by it, or by a file in it."""
    place = Path(path).expanduser()
    return str(place.parent) if place.is_file() else path


def run(chosen: argparse.Namespace, serve: Callable[..., int]) -> int:
    """Serve until interrupted."""
    from workbench.core.card import parse_overrides

    settings = {**parse_overrides(chosen.settings), **({"family": chosen.family} if chosen.family else {})}
    place = {"port": chosen.port, "address": chosen.address, "allow_hosts": chosen.allow_host, "prefix": chosen.prefix, "device": chosen.device}
    return serve(None, runs=tuple(map(folder_of, chosen.paths)), probes=chosen.labels, data=chosen.data, settings=settings, board="run", **place)
