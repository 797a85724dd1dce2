"""What of the Run board a link holds: the checkpoint under the line, the one that is held, the labels, and what is drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from widgets.controls import Select
from workbench.boards.run.controls import BELOW, SHOWN
from workbench.boards.run.opened import OpenRun
from workbench.boards.settings import Settings, Values

_HEAVY = "The checkpoints of its run are measured, which can take long and writes to the store of results."
_TAKES = {"shown": Select("shown", options=SHOWN).takes(), "below": Select("below", options=BELOW).takes()}


def run_settings(run: OpenRun, drawn: dict[str, Any], held: Callable[[], str], hold: Callable[[str], None]) -> Settings:
    """The settings of the board. Checkpoints are called by their names in the run, which a growing run does not shift.

    Args:
        drawn: values of the controls that only the board knows. held, hold: the name of the checkpoint that is held; "" = none.
    """

    def read() -> Values:
        return {"at": run.name_at, "labels": run.labels, "held": held(), **drawn}

    def write(values: Values) -> list[str]:
        refused = [name for name, value in values.items() if not _takes(name, value)]
        good = {name: value for name, value in values.items() if name not in refused}
        drawn.update({name: good[name] for name in drawn if name in good})
        run.labels = good.get("labels", run.labels)
        hold(good.get("held", ""))
        run.stand(good.get("at", ""))
        return refused

    return Settings(read, write, heavy=lambda values: _HEAVY)


def _takes(name: str, value: object) -> bool:
    if name in _TAKES:
        return _TAKES[name][1](value)
    return name in ("at", "labels", "held") and isinstance(value, str) and len(value) <= 400


def number_of(names: Iterable[str], name: str) -> int:
    """The number of a checkpoint by its name; -1 where there is none."""
    return next((k for k, each in enumerate(names) if each == name), -1)
