"""The notebook host: the same boards with ipywidgets, work in a thread of the kernel."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ipywidgets as w

from workbench.boards.checkpoint import CheckpointBoard
from workbench.boards.layout import Chart, Column, Layout, Row
from workbench.boards.masks import MasksBoard
from workbench.boards.opener import Opener
from workbench.boards.workspace import Workspace
from workbench.core.errors import BadInput, WorkbenchError
from workbench.jobs import Jobs, ThreadJobs

_BOARDS = {"masks": MasksBoard, "checkpoint": CheckpointBoard}
_jobs: list[Jobs] = []


def board(checkpoint: str | Path | None = None, which: str = "masks", *, data: str | Path | None = None, clip: int = 0, **overrides: Any) -> w.VBox:
    """A board of the app, here.

    Args:
        checkpoint: a sample's name or a path; None: the first sample. which: "masks" or "checkpoint".
        data: image, video or folder to look at. clip: which of them. overrides: what the file does not say, as `heads=4`.

    Raises:
        BadInput: there is no such board.
    """
    from workbench import samples

    if which not in _BOARDS:
        raise BadInput(f"there is no board {which!r}", where="board()", fix=f"one of {', '.join(_BOARDS)}")
    said = w.Output()
    space = Workspace(_shared_jobs(), deliver=_to_this_thread(), notify=lambda error: _tell(said, error))
    opener, shown = Opener(space), _BOARDS[which](space)
    box = w.VBox([arrange(opener.layout), arrange(shown.layout), said])
    box.workbench = shown  # type: ignore[attr-defined]  # the board lives as long as what shows it
    space.open(str(checkpoint or samples.names()[0]), None if data is None else str(data), clip, **overrides)
    return box


def arrange(item: Layout) -> w.Widget:
    """A board's layout as ipywidgets boxes."""
    if isinstance(item, Column):
        return w.VBox([arrange(i) for i in item.items], layout=w.Layout(grid_gap="8px", width="100%"))
    if isinstance(item, Row):
        template = " ".join(f"minmax(0, {s}fr)" for s in item.shares)
        layout = w.Layout(grid_template_columns=template, grid_gap="14px", width="100%", align_items="start")
        return w.GridBox([arrange(i) for i in item.items], layout=layout)
    return _chart(item) if isinstance(item, Chart) else item


def _chart(chart: Chart) -> w.Widget:
    import plotly.graph_objects as go

    figure = go.FigureWidget(layout={"height": chart.height, "paper_bgcolor": "rgba(0,0,0,0)", "plot_bgcolor": "rgba(0,0,0,0)"})
    figure._config = {"displayModeBar": False, "responsive": True}

    def redraw(new: go.Figure) -> None:
        with figure.batch_update():
            figure.data = []
            figure.add_traces(new.data)
            figure.layout = new.layout
            figure.layout.height = chart.height

    chart.watch(redraw)
    return figure


def _shared_jobs() -> Jobs:
    """One thread and one shelf a kernel, so that boards share what is loaded."""
    if not _jobs:
        from workbench.worker.shelf import Shelf

        _jobs.append(ThreadJobs(Shelf().run))
    return _jobs[0]


def _to_this_thread() -> Callable[[Callable[[], None]], None]:
    """Bring answers to the kernel's own loop; without one (a plain script) they come in the thread that computed them."""
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return lambda call: call()

    def deliver(call: Callable[[], None]) -> None:
        loop.call_soon_threadsafe(call)

    return deliver


def _tell(said: w.Output, error: WorkbenchError) -> None:
    said.append_stdout(f"{error}\n")
