"""Which files of a folder are logs, and what each is read by."""

from __future__ import annotations

from pathlib import Path

from workbench.runs.logs.events import EventLog
from workbench.runs.logs.lines import CsvLog, JsonLog
from workbench.runs.logs.table import Log

_EVENTS = ".tfevents."


def opened(path: Path) -> Log | None:
    """The log that a file is by its name, not yet read; None for no log.

    Raises:
        MissingExtra: an event file, and the package tensorboard is not installed.
    """
    name = path.name.lower()
    if name.endswith((".csv", ".tsv")):
        return CsvLog(path)
    if name.endswith((".jsonl", ".ndjson")):
        return JsonLog(path)
    return EventLog(path) if _EVENTS in name else None


def wandb_words(path: Path) -> str:
    """How a run of Weights & Biases is exported; "" for another file."""
    if path.suffix != ".wandb":
        return ""
    return (
        f"{path.name} is in the format of Weights & Biases itself. Export its history to a csv in this folder: "
        "wandb.Api().run('ENTITY/PROJECT/RUN').history(samples=1000000).to_csv('history.csv'); a run that was offline needs `wandb sync` first."
    )
