"""A run: a folder that a training writes to, seen from outside, once or again and again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench import samples
from workbench.core.errors import BadInput, Incomparable, MissingExtra, WorkbenchError
from workbench.runs import listing
from workbench.runs.listing import RunCheckpoint, Seen
from workbench.runs.logs import Curve, Log, opened, wandb_words

if TYPE_CHECKING:
    from workbench.model.jepa import Jepa

_LOGS = (".csv", ".tsv", ".jsonl", ".ndjson", ".tfevents.")
_MOST_LOGS, _MOST_OPENED = 64, 16  # logs; checkpoints without a number in their name, which are opened for their step
_SETTINGS = ("params-ijepa.yaml", "params-pretrain.yaml", "config.yaml", "config.yml", "hydra.yaml", "hparams.yaml", "config.json")
_STEP_NAMES, _EPOCH_NAMES = ("global_step", "step", "iteration"), ("epoch",)


def open_run(path: str | Path, model: Callable[..., Any] | None = None, **options: Any) -> Run:
    """The run in a folder, the one that a checkpoint or a log lies in, or a shipped one by its name.

    Args:
        path: of the folder; "shapes-run" and "shapes-collapse" are shipped.
        model: makes a Jepa of the path of a checkpoint, where `jw.load` cannot: as `lambda path: jw.wrap(MyModel.load(path), …)`.
        options: of `jw.load`, as family= and heads=, for every checkpoint.

    Raises:
        BadInput: there is no such folder, or it cannot be listed.
    """
    place = samples.find_run(str(path)).folder if str(path) in samples.run_names() else Path(path).expanduser()
    if place.is_file():
        place = place.parent
    if not place.is_dir():
        raise BadInput("there is no such folder", where=str(path), fix="give the folder that a training writes its checkpoints and logs to")
    run = Run(place, model, options)
    run.refresh()
    if run.gone:
        raise BadInput("this folder cannot be listed", where=str(path), fix="see whether it may be read")
    return run


class Run:
    """Checkpoints and logs of a folder. `refresh` reads what is new and nothing else; what was read stays when files are deleted.

    Attributes:
        path: of the folder. model: of the user's own that makes a Jepa of a path; None: `jw.load` does. options: of `jw.load`. logs: name, relative to the folder -> log. gone: the folder cannot be listed any more.
    """

    def __init__(self, path: Path, model: Callable[..., Any] | None = None, options: Mapping[str, Any] | None = None) -> None:
        self.path, self.model, self.options = path.resolve(), model, dict(options or {})
        self.logs: dict[str, Log] = {}
        self.gone = False
        self._checkpoints: dict[Path, RunCheckpoint] = {}
        self._ordered: list[RunCheckpoint] = []
        self._waiting: dict[Path, Seen] = {}
        self._log_seen: dict[Path, Seen] = {}
        self._notes: dict[str, None] = {}
        self._looked = False  # where a format does not say whether a file is whole: at the first look it is taken for whole, later once it rested
        self._first: tuple[str, int, tuple[int, int]] | None = None

    @property
    def name(self) -> str:
        """Of the folder."""
        return self.path.name

    @property
    def checkpoints(self) -> tuple[RunCheckpoint, ...]:
        """Those that are written whole, in the order of training."""
        return tuple(self._ordered)

    @property
    def waiting(self) -> tuple[str, ...]:
        """Checkpoints that are still being written."""
        return tuple(sorted(p.relative_to(self.path).as_posix() for p in self._waiting))

    @property
    def notes(self) -> tuple[str, ...]:
        """What was left out or looks odd, in words."""
        said = [f"{name}: {note}" for name, log in self.logs.items() for note in log.notes]
        gone = [f"{name}: deleted; what was read stays" for name, log in self.logs.items() if log.gone]
        empty = [] if self._checkpoints or self.logs or self._waiting else ["there are neither checkpoints nor logs in this folder yet"]
        return (*self._notes, *empty, *gone, *said)

    def refresh(self) -> bool:
        """Look at the folder again and read what is new.

        Returns:
            Whether anything changed.
        """
        try:
            found = listing.look(self.path, _LOGS)
        except OSError:
            changed, self.gone = not self.gone, True
            self._notes.setdefault("the folder cannot be listed any more; what was read stays")
            return changed
        self._notes.pop("the folder cannot be listed any more; what was read stays", None)
        changed, self.gone = self.gone, False
        if found.cut:
            self._notes.setdefault(f"more than {listing.MOST_ENTRIES} files; the others are not looked at")
        for path in found.others:
            self._notes.setdefault(wandb_words(path))
        changed |= self._weights(found.weights)
        return self._read(found.logs) or changed

    def curves(self) -> dict[str, Curve]:
        """Every column of every log that is worth a curve, as "log: column"; the column alone where there is one log."""
        single = len(self.logs) == 1
        return {(name if single else f"{log}: {name}"): t.curve(name) for log, t in ((k, v.table) for k, v in self.logs.items()) for name in t.terms}

    def load(self, checkpoint: RunCheckpoint | int | str) -> Jepa:
        """The model of a checkpoint.

        Args:
            checkpoint: one of `checkpoints`, its place among them (−1: the last), or its name.

        Raises:
            BadInput: there is no such checkpoint, or it cannot be loaded. Incomparable: its family or its sizes are not those of the first
                that was loaded.
        """
        from workbench.families.load import load

        chosen = self._chosen(checkpoint)
        jepa = load(str(chosen.path), **self.options) if self.model is None else self.model(str(chosen.path))
        mine = jepa.card.family, jepa.card.dim, jepa.card.patch
        self._first = first = self._first or mine
        if mine != first:
            what = f"{chosen.name} is {mine[0]} with {mine[1]} features; the checkpoint before was {first[0]} with {first[1]}"
            raise Incomparable(what, where=str(chosen.path), fix="open checkpoints of one training; those of another as a run of its own")
        return jepa

    @property
    def settings(self) -> Mapping[str, Any]:
        """What the yaml or json of the training says; {} without one. Aliases, levels and sizes are bounded.

        Raises:
            CheckpointError: it is broken or too large.
        """
        from workbench.checkpoints.configs import read_config

        places = [folder / name for folder in (self.path, self.path / ".hydra", self.path.parent) for name in _SETTINGS]
        place = next((p for p in places if p.is_file()), None)
        return {} if place is None else read_config(place)

    def _chosen(self, checkpoint: RunCheckpoint | int | str) -> RunCheckpoint:
        if isinstance(checkpoint, RunCheckpoint):
            return checkpoint
        names = [c.name for c in self._ordered]
        try:
            return self._ordered[checkpoint if isinstance(checkpoint, int) else names.index(checkpoint)]
        except (IndexError, ValueError) as error:
            listed = ", ".join(names[:5]) + (" …" if len(names) > 5 else "")
            raise BadInput(f"there is no checkpoint {checkpoint!r}", where=str(self.path), fix=f"one of {listed or 'none yet'}") from error

    def _weights(self, found: Mapping[Path, Seen]) -> bool:
        before = {p: c.seen for p, c in self._checkpoints.items()}
        self._waiting = {p: s for p, s in self._waiting.items() if p in found}
        opened_now = 0
        for path, seen in found.items():
            if before.get(path) == seen:
                continue
            whole = listing.is_whole(path, seen[0])
            if whole is False or (whole is None and self._waiting.get(path) != seen and self._looked):
                self._waiting[path] = seen
                continue
            self._waiting.pop(path, None)
            checkpoint = listing.named(path, self.path, seen)
            if checkpoint.step is None and checkpoint.epoch is None and opened_now < _MOST_OPENED:
                opened_now += 1
                checkpoint = self._said_by_itself(checkpoint)
            self._checkpoints[path] = checkpoint
        self._checkpoints = {p: c for p, c in self._checkpoints.items() if p in found and p not in self._waiting}
        self._looked = True
        changed = before != {p: c.seen for p, c in self._checkpoints.items()}
        if changed:
            self._ordered = sorted(self._checkpoints.values(), key=lambda c: c.order)
        return changed

    def _said_by_itself(self, checkpoint: RunCheckpoint) -> RunCheckpoint:
        from workbench.checkpoints import open_checkpoint

        try:
            said = open_checkpoint(checkpoint.path).scalars
        except WorkbenchError as error:
            self._notes.setdefault(f"{checkpoint.name}: {error.what}")
            return checkpoint
        numbers = {
            name: int(value) for name, value in said.items() if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 50
        }
        step, epoch = (next((numbers[n] for n in names if n in numbers), None) for names in (_STEP_NAMES, _EPOCH_NAMES))
        return listing.merged(checkpoint, step, epoch)

    def _read(self, found: Mapping[Path, Seen]) -> bool:
        changed = False
        for path in sorted(found, key=lambda p: listing.natural(p.relative_to(self.path).as_posix())):
            name = path.relative_to(self.path).as_posix()
            if name not in self.logs:
                if len(self.logs) >= _MOST_LOGS:
                    self._notes.setdefault(f"more than {_MOST_LOGS} logs; the others are not read")
                    break
                try:
                    log = opened(path)
                except MissingExtra as error:
                    self._notes.setdefault(f"{error.what}: {error.fix}")
                    continue
                if log is None:
                    continue
                self.logs[name] = log
            elif self._log_seen.get(path) == found[path]:
                continue
            changed |= self.logs[name].refresh() > 0
            self._log_seen[path] = found[path]
        for log in self.logs.values():
            if log.path not in found and not log.gone:
                log.gone, changed = True, True
        return changed
