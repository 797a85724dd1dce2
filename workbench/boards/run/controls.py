"""The row of controls over a run: which run, what is drawn, and what is done with the checkpoint under the line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from widgets.controls import Button, Control, Option, Select, Text
from workbench import samples
from workbench.boards.run.opened import OpenRun
from workbench.boards.run.series import Series

OTHER = "a run of yours"
SHOWN = (Option("core", "five"), Option("all", "all"), Option("logs", "logs"))
BELOW = (Option("", "nothing"), Option("compare", "two"), Option("evidence", "agreement"), Option("measures", "measures"))


def row(run: OpenRun, series: Series, held: bool) -> tuple[list[Control], dict[str, Any]]:
    """The controls and their values, but those that only the board knows.

    Args:
        held: a checkpoint is held to compare others with.
    """
    own = [path for path in run.offered if path not in samples.run_names()]
    shipped = run.name if run.name in (*samples.run_names(), *own) else ""
    named = (*(Option(path, Path(path).name) for path in own), *(Option(n, samples.find_run(n).title) for n in samples.run_names()))
    options = (*named, Option("", OTHER))
    few = "" if len(run.checkpoints) > 1 else "there are fewer than two checkpoints"
    idle = "" if series.now is not None or series.paused else "nothing is being measured"
    controls: list[Control] = [
        Select("run", "run", options, help="A shipped training run, or a folder of yours.", width=172),
        Text("path", "folder", help="Path of the folder that a training writes its checkpoints and logs to, then Enter.", width=76),
        Text("labels", "labels", help="The column of the clips that the probes read: label, or a number that is known of each clip.", width=56),
        Select(
            "shown",
            "curves",
            SHOWN,
            width=66,
            help="Five measures of the checkpoints, all of them, or every column of the logs. The loss and its terms are always drawn.",
        ),
        Select(
            "below",
            "below",
            BELOW,
            width=118,
            help="Two checkpoints side by side; which checkpoint: how far the measures agree with a probe; or every measure of the checkpoint under the line.",
        ),
        Button("hold", "Keep to compare" if not held else "Let go", help="Hold the checkpoint under the line, and see others beside it.").off(few),
        Button("pause", "Measure on" if series.paused else "Pause", help="Checkpoints are measured ahead, one after another.").off(idle),
    ]
    return controls, {"run": shipped, "path": "" if shipped else run.name, "labels": run.labels}
