"""The shipped samples: find them, train them again, recompute their figures. Imports no torch until it must."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from workbench.core.bundled import root
from workbench.core.errors import BadInput
from workbench.core.progress import listening

_MASKED, _FUTURES = ("shapes", "digits", "balls-masked"), ("two-rooms", "balls")
_RUNS = ("shapes-run", "shapes-collapse")
_ORDER = (*_MASKED, *_FUTURES)
_WIDTH = 11  # of a column of figures, at least
_CHECKPOINTS = ("jepa-latest.pth.tar", "latest.pt", "model.safetensors")


@dataclass(frozen=True)
class Sample:
    """A small trained model with clips to try it on.

    Args:
        name: as in `find`. checkpoint: of the official layout, to be opened with `workbench.load`. bank: held-out clips.
        reference: mean and median target over the bank; of masked models only. card: what it can and cannot do, with figures. licence: of all of it.
    """

    name: str
    folder: Path
    checkpoint: Path
    bank: Path
    reference: Path
    licence: Path
    card: dict[str, Any]

    @property
    def title(self) -> str:
        """One line for a list."""
        return str(self.card.get("title", self.name))

    @property
    def opening(self) -> tuple[int, int]:
        """Which clip of the bank, and which mask seed, a board opens on: of middling difficulty, as the card says."""
        clip, seed = self.card.get("opening", (0, 0))
        return int(clip), int(seed)

    @property
    def masked(self) -> bool:
        """Whether it is a masked model; the others are world models."""
        return self.reference.is_file()

    @property
    def family(self) -> str:
        """Registry name of the family that reads it."""
        return str(self.card.get("family", ""))


@dataclass(frozen=True)
class RunSample:
    """A small training run: a folder of checkpoints and logs for `workbench.open_run`.

    Args:
        name: as in `find_run`. card: what it is. data: name of the sample whose clips it is measured on.
    """

    name: str
    folder: Path
    card: dict[str, Any]

    @property
    def title(self) -> str:
        """One line for a list."""
        return str(self.card.get("title", self.name))

    @property
    def data(self) -> str:
        """Name of the sample whose clips it is measured on."""
        return str(self.card.get("data", ""))

    @property
    def labels(self) -> str:
        """The column of the clips that probes read."""
        return str(self.card.get("labels", "label"))


def run_names() -> tuple[str, ...]:
    """The training runs that are there, the one to open first at the front."""
    found = {p.parent.name for p in root().glob("*/run.json")}
    return (*(n for n in _RUNS if n in found), *sorted(found.difference(_RUNS)))


def find_run(name: str) -> RunSample:
    """A training run by its name.

    Raises:
        BadInput: there is no such run.
    """
    if name not in run_names():
        raise BadInput(f"there is no training run {name!r}", where=str(root()), fix=f"one of {', '.join(run_names()) or 'none: train one first'}")
    folder = root() / name
    return RunSample(name, folder, json.loads((folder / "run.json").read_text(encoding="utf-8")))


def names() -> tuple[str, ...]:
    """The samples that are there, the one to open first at the front."""
    found = {p.parent.name for p in root().glob("*/card.json")}
    return (*(n for n in _ORDER if n in found), *sorted(found.difference(_ORDER)))


def find(name: str) -> Sample:
    """A sample by its name.

    Raises:
        BadInput: there is no such sample, or files of it are missing.
    """
    known = names()
    if name not in known:
        raise BadInput(f"there is no sample {name!r}", where=str(root()), fix=f"one of {', '.join(known) or 'none: train one first'}")
    folder = root() / name
    checkpoint = next((folder / c for c in _CHECKPOINTS if (folder / c).is_file()), None)
    if checkpoint is None or not (folder / "bank.npz").is_file():
        raise BadInput(f"the sample {name} is incomplete", where=str(folder), fix=f"jepa-workbench samples train {name}")
    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    return Sample(name, folder, checkpoint, folder / "bank.npz", folder / "reference.npz", folder / "LICENSE", card)


def train(name: str, quick: bool = False, out: str | Path | None = None, seed: int = 0) -> Path:
    """Train a sample again and write its folder; imports torch.

    Args:
        quick: seconds instead of minutes; shows the machinery, the weights are worth nothing.
        out: folder to write to; None = `samples/NAME` in the current folder. seed: of weights, masks and batches.

    Returns:
        The folder.

    Raises:
        BadInput: there is no such sample. MissingExtra: its data needs a package. Cancelled: a listener wanted no more.
    """
    folder = Path(out) if out is not None else Path("samples") / name
    produce = _maker(name)
    produce.train(name, folder, quick=quick, seed=seed)
    if not quick:
        produce.finish(name, folder)
    return folder


def evaluate(name: str, seed: int) -> dict[str, Any]:
    """Recompute a sample's figures from its file on fresh data; imports torch.

    Args:
        seed: of the new clips, masks, probes and the untrained model.

    Raises:
        BadInput: there is no such sample; a training run has no figures of its own.
    """
    if name in _RUNS:
        raise BadInput(f"{name} is a training run, not one model", where="name", fix="jepa-workbench health with one of its checkpoints")
    return _maker(name).judge(name, find(name).folder, seed)


def finish(name: str) -> None:
    """Write reference, card, licence and sums of a shipped sample anew, from its checkpoint."""
    _maker(name).finish(name, root() / name)


def choose(name: str, folders: Sequence[str | Path]) -> Path:
    """Judge trainings of several seeds and ship the median one, with the figures of all on its card; imports torch.

    Args:
        folders: of `train`, one a seed.

    Returns:
        The folder that was chosen.

    Raises:
        BadInput: the sample is not a world model: the others have one seed.
    """
    if name not in _FUTURES:
        raise BadInput(f"{name} was trained with one seed", where="name", fix=f"one of {', '.join(_FUTURES)}")
    chosen = _maker(name).choose(name, [Path(f) for f in folders], root() / name)
    finish(name)
    return chosen


def _maker(name: str) -> ModuleType:
    """The module that makes and judges a sample."""
    module = "runs" if name in _RUNS else "produce_futures" if name in _FUTURES else "produce"
    return import_module(f"workbench.train.{module}")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of `jepa-workbench samples`."""
    actions = parser.add_subparsers(dest="action", required=True)
    actions.add_parser("list", help="list the shipped samples")
    training = actions.add_parser("train", help="train a sample again")
    training.add_argument("name")
    training.add_argument("--quick", action="store_true", help="train for seconds instead of minutes; the weights are useless")
    training.add_argument("--out", type=Path, help="folder to write to (samples/NAME)")
    training.add_argument("--seed", type=int, default=0)
    judging = actions.add_parser("evaluate", help="recompute a sample's numbers on new data")
    judging.add_argument("name")
    judging.add_argument("--seed", type=int, default=1)
    judging.add_argument("--json", action="store_true", help="print the numbers as JSON")
    finishing = actions.add_parser("finish", help="write reference, card and sums from a sample's checkpoint")
    finishing.add_argument("name")
    choosing = actions.add_parser("choose", help="evaluate trainings of several seeds and install the median one")
    choosing.add_argument("name")
    choosing.add_argument("folders", nargs="+", type=Path, help="folders of `samples train`, one per seed")


def run(arguments: argparse.Namespace) -> int:
    """Do what the arguments of `add_arguments` say; 0 when it went well."""
    if arguments.action == "list":
        for name in names():
            print(f"{name:15} {find(name).title}")
        for name in run_names():
            print(f"{name:15} {find_run(name).title}")
    elif arguments.action == "train":
        with _progress("training"):
            print(train(arguments.name, arguments.quick, arguments.out, arguments.seed))
    elif arguments.action == "evaluate":
        with _progress("evaluating"):
            figures = evaluate(arguments.name, arguments.seed)
        print(json.dumps(figures, indent=1, ensure_ascii=False) if arguments.json else _table(figures))
    elif arguments.action == "choose":
        with _progress("judging"):
            print(choose(arguments.name, arguments.folders))
    else:
        finish(arguments.name)
    return 0


@contextmanager
def _progress(what: str) -> Iterator[None]:
    """Progress on one line of the terminal; nothing where stderr is a file."""

    def show(done: int, total: int) -> None:
        if total and sys.stderr.isatty():
            print(f"\r{what} {done / total:4.0%} ", end="", file=sys.stderr, flush=True)

    try:
        with listening(show):
            yield
    finally:
        if sys.stderr.isatty():
            print("\r" + " " * (len(what) + 6), end="\r", file=sys.stderr, flush=True)


def _table(figures: dict[str, Any], indent: str = "") -> str:
    """Figures to be read: a line each; what is known of several by the same names is one table with a column for each name."""
    lines = []
    for name, value in figures.items():
        if not isinstance(value, dict):
            lines.append(f"{indent + name:28} {_figure(value)}")
        elif columns := _columns(value):
            lines.append(f"{indent + name:28} " + "  ".join(f"{c:>{_WIDTH}}" for c in columns))
            for row, of in value.items():
                lines.append(f"{indent + '  ' + row:28} " + "  ".join(f"{_figure(of[c]):>{max(_WIDTH, len(c))}}" for c in columns))
        else:
            lines += [indent + name, _table(value, indent + "  ")]
    return "\n".join(lines)


def _columns(value: dict[str, Any]) -> list[str]:
    """The names that all rows share; none where it is not a table."""
    rows = list(value.values())
    if not all(isinstance(row, dict) and list(row) == list(rows[0]) for row in rows):
        return []
    return [] if any(isinstance(v, dict | list) for row in rows for v in row.values()) else list(rows[0])


def _figure(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(map(_figure, value))
    return f"{value:.3f}" if isinstance(value, float) else str(value)
