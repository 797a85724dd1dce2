"""What `embed`, `health` and `probe` share: the arguments that say how a model and its clips are read, the progress line, and how they end."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from workbench.core.errors import WorkbenchError

Result = TypeVar("Result")


def add_reading_arguments(parser: argparse.ArgumentParser) -> None:
    """How clips are sampled and the model is built, and `--json`."""
    parser.add_argument("--frames", type=int, help="frames sampled from each video (default: all)")
    parser.add_argument("--fps", type=float, help="frames per second sampled from each video (default: native rate)")
    parser.add_argument(
        "--settings", default="", metavar="'heads=4 …'", help="settings that the file does not state, such as 'heads=4 image_size=(64, 64)'"
    )
    parser.add_argument("--device", default="cpu", help="cpu, cuda or mps (default cpu)")
    parser.add_argument("--json", action="store_true", help="print the result as JSON; for a refusal its error, with the same exit code")


def data_of(chosen: argparse.Namespace) -> str | None:
    """What `--data` names, else the clips of the sample that the checkpoint is, else None."""
    from workbench import samples

    return chosen.data if chosen.data is not None else chosen.checkpoint if chosen.checkpoint in samples.names() else None


def reported(
    chosen: argparse.Namespace,
    measure: Callable[[], Result],
    as_dict: Callable[[Result], dict[str, Any]],
    as_text: Callable[[Result], str],
    shown: Callable[[int, int], None],
) -> int:
    """Measures with progress, prints the result, and gives the exit code.

    Raises:
        WorkbenchError: what was refused, unless it is printed as JSON.
    """
    from workbench.cli.reports import error_json, strict_json
    from workbench.core.progress import listening

    try:
        with _own_line(), listening(shown):
            found = measure()
    except WorkbenchError as error:
        if not chosen.json:
            raise
        print(error_json(error))
        return 2
    print(strict_json(as_dict(found)) if chosen.json else as_text(found))
    return 0


def share_of(doing: str) -> Callable[[int, int], None]:
    """Progress in per cent, over itself; only in a terminal."""

    def show(done: int, total: int) -> None:
        if total and sys.stderr.isatty():
            print(f"\r{doing} {done / total:4.0%}", end="", file=sys.stderr, flush=True)

    return show


@contextmanager
def _own_line() -> Iterator[None]:
    try:
        yield
    finally:
        if sys.stderr.isatty():
            print("\r\x1b[K", end="", file=sys.stderr)
