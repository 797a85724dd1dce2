"""The notebook host: the same boards with ipywidgets, work in a thread of the kernel."""

from __future__ import annotations

import asyncio
import contextvars
import html
import itertools
import logging
import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import ipywidgets as w
import numpy as np

from widgets import Frame
from widgets.frame import BOARD_CLASS
from workbench.boards.base import Board
from workbench.boards.code import WRAPPED
from workbench.boards.every import sections
from workbench.boards.layout import Chart, Column, Either, Layout, Row
from workbench.boards.naming import Names
from workbench.boards.opener import Opener
from workbench.boards.restoring import Restoring, describe
from workbench.boards.run.opened import OpenRun
from workbench.boards.second_row import SecondRow
from workbench.boards.stills import still, words
from workbench.boards.tray import Tray
from workbench.boards.workspace import Workspace
from workbench.core.errors import BadInput, WorkbenchError
from workbench.core.questions import Question
from workbench.core.vectors import Vectors
from workbench.core.view import LARGEST_FILE, file_of
from workbench.jobs import Jobs
from workbench.runs.run import Run
from workbench.store.places import partial, settle
from workbench.store.uploads import Room
from workbench.thread_jobs import ThreadJobs

if TYPE_CHECKING:
    from workbench.model.jepa import Jepa
    from workbench.worker.shelf import Shelf

log = logging.getLogger("workbench")
_ROOM = 780  # pixels that a row of pictures wants
_jobs: list[Jobs] = []
_numbers = itertools.count(1)  # of vectors that came from no file


def board(
    checkpoint: str | Path | Jepa | Vectors | np.ndarray | Run | None = None,
    which: str | None = None,
    *,
    data: str | Path | None = None,
    clip: int | None = None,
    labels: Any = None,
    other: str | Path | Jepa | None = None,
    **overrides: Any,
) -> BoardBox:
    """A board of the app, here. Comes at once and fills when its answers do.

    Args:
        checkpoint: a sample's name, a path, a model that `wrap` or `load` gave, or a run of `open_run`; or vectors: an array, what `open_vectors` gave, or
            their file. None: the first sample. which: "masks", "checkpoint", "rollout", …; None: "masks", of a run "run", and of vectors "embedding".
        data: image, video or folder to look at. clip: which of them; None: the one that it opens on. overrides: what the file does not say, as `heads=4`.
        labels: of vectors: one a row, or a table as `join` takes it; of a run: the column of the clips that probes read.
        other: a second model, seen in place of the first while B is held; what its file does not say is given to `load`, whose model is taken too.

    Raises:
        BadInput: there is no such board, or labels that do not fit.
    """
    from workbench import samples

    vectors = None if isinstance(checkpoint, Run) else _vectors(checkpoint, labels)
    which = which or ("run" if isinstance(checkpoint, Run) else "masks" if vectors is None else "embedding")
    if which not in _boards():
        raise BadInput(f"there is no board {which!r}", where="board()", fix=f"one of {', '.join(_boards())}")
    box = BoardBox(which)
    if isinstance(checkpoint, Run):
        _shelf.keep_run(checkpoint)
        box.space.shared(OpenRun).open(str(checkpoint.path), None if data is None else str(data), labels or "", **{**checkpoint.options, **overrides})
        return box
    if isinstance(vectors, Vectors):
        name = f"{WRAPPED}vectors {next(_numbers)}"
        _shelf.keep_vectors(name, vectors)
        box.space.vectors.open(name)
        return box
    if vectors is not None:
        box.space.vectors.open(*vectors)
        return box
    model = samples.names()[0] if checkpoint is None or isinstance(checkpoint, Vectors | np.ndarray) else checkpoint
    box.space.open(_named(model), None if data is None else str(data), clip, **overrides)
    if other is not None:
        box.second.second.open(_named(other))
    return box


def _named(model: str | Path | Jepa) -> str:
    """How a workspace names a model: a sample or a path as they are; one from memory is kept under a name of its own."""
    if isinstance(model, str | Path):
        return str(model)
    name = f"{WRAPPED}{model.card.name}@{next(iter(model.card.hashes.values()), '')[:12]}"
    _shelf.keep(name, model)
    return name


def _vectors(given: Any, labels: Any) -> Vectors | tuple[str, str] | None:
    """Vectors with their labels; of a file that holds them, its path and that of a table; None of everything else.

    Raises:
        BadInput: labels of something else, or that do not fit.
    """
    from workbench.store import join, open_vectors
    from workbench.store.recognising import found_in, may_hold

    if isinstance(given, str | Path) and may_hold(Path(given).expanduser()) and found_in(Path(given).expanduser()):
        if labels is None or isinstance(labels, str | Path):
            return str(given), str(labels or "")
        given = open_vectors(Path(given).expanduser())
    elif not isinstance(given, Vectors | np.ndarray):
        if labels is not None:
            raise BadInput("labels belong to vectors, and none are given", where="labels", fix="give an array of vectors, or their file")
        return None
    found = Vectors.of(given) if isinstance(given, np.ndarray) else given
    if labels is None:
        return found
    return join(found, labels).vectors if isinstance(labels, str | Path | Mapping) else found.with_columns({"label": labels})


def open_view(path: str | Path, *, folder: str | Path | None = None) -> BoardBox:
    """The board that a saved view shows, with its model, clip and settings. Comes at once and fills when its answers do.

    Args:
        path: a file of *Save view* in the app, or of `BoardBox.save_view`. folder: in which the names in it are looked up; None: that of the file,
            then the current one.

    Raises:
        BadInput: not a saved view, one of another version, a board, model or clip that is not there, or a path outside the folder.
    """
    from workbench.core.view import saved_view

    place = Path(path).expanduser()
    view = saved_view(place)
    if view is None:
        raise BadInput(f"{place.name} is not a saved view", where=str(place), fix="give a .json file of Save view, or of save_view")
    which = view.board.lower()
    if which not in _boards():
        raise BadInput(f"there is no board {view.board!r:.80} in a notebook", where=place.name, fix=f"one of {', '.join(_boards())}")
    box = BoardBox(which)
    folders = [Path(folder)] if folder is not None else [place.resolve().parent, Path.cwd()]
    try:
        box.restoring(folders).show(view)
    except WorkbenchError:
        box.close()
        raise
    return box


def _boards() -> dict[str, type[Board]]:
    """The boards that a notebook can show, by their lower-case titles; the Catalogue is a page of the app."""
    return {kind.title.lower(): kind for name, row in sections().items() if name != "OPEN" for kind in row}


class Beside(w.Box):
    """Views next to each other, of equal width; one under the other where the page is narrow. Saved with one still picture of all.

    Args:
        views: from left to right.
    """

    def __init__(self, *views: w.DOMWidget) -> None:
        self._row = Row(views, (1 / max(len(views), 1),) * len(views))
        box = cast("w.Box", arrange(self._row))
        super().__init__(box.children, layout=box.layout)
        box.close()

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any] | None:
        return _with_still(super()._repr_mimebundle_(**kwargs), self._row)


def beside(*views: w.DOMWidget) -> w.DOMWidget:
    """Views next to each other, of equal width; one under the other where the page is narrow."""
    return Beside(*views)


def _with_still(shown: dict[str, Any] | None, layout: Layout) -> dict[str, Any] | None:
    """What a box is displayed as, with the still picture and the text of what is in it."""
    return None if shown is None else {**shown, **still(layout)}


class BoardBox(w.VBox):
    """A board in a notebook.

    Attributes:
        board: the board, with its views. second: the row that opens a second model. space: what is open, with the session. said: the place for errors. errors: all of them so far.
    """

    def __init__(self, which: str) -> None:
        self.errors: list[WorkbenchError] = []
        self._handles: list[Any] = []  # of the cells that show it
        self._mail = Mailbox(self._failed)
        self.space = Workspace(_shared_jobs(), deliver=self._mail.post, notify=self._tell, uploads=_shared_uploads().session())
        self.opener, self.second, self.board = Opener(self.space), SecondRow(self.space), _boards()[which](self.space)
        self._frame, self.said = Frame(name=f"JEPA Workbench: {self.board.title}"), w.HTML()
        self._frame.observe(lambda change: self.space.set_dark(change["new"]), names=["dark"])
        super().__init__(
            [self._frame, arrange(self.opener.layout), self.second.row, self.space.shared(Tray).view, self.said, arrange(self.board.layout)],
            layout=w.Layout(width="100%"),
        )
        self.add_class(BOARD_CLASS)
        for widget in family(self):
            self._mail.fetch_from(widget)
        self.space.session.watch(["model", "clip", "mask", "distance", "predictor"], lambda old, new: self._say(""))
        self.board.wake()

    def wait(self, timeout: float = 300.0) -> BoardBox:
        """Wait until every answer is on the board, and keep the picture of that: for scripts, and for notebooks that are executed without a reader.
        Before a reader it fills by itself.

        Args:
            timeout: seconds.

        Returns:
            The board itself, so that `jw.board("shapes").wait()` ends a cell with the picture of what was answered.

        Raises:
            WorkbenchError: what the board had to tell meanwhile, or that it is still computing.
        """
        known = len(self.errors)
        session = self.space.session.id
        if not self._mail.run_until(lambda: not self.space.jobs.waiting(session), timeout):
            raise WorkbenchError(f"the board is still computing after {timeout:g} s", where="wait()", fix="give it more time, or a smaller model")
        if len(self.errors) > known:
            raise self.errors[-1]
        self.keep_picture()
        return self

    def keep_picture(self) -> None:
        """Draw the still picture of every cell that shows this board anew, as the board is now: it is what a saved notebook shows where no kernel runs."""
        shown = self._repr_mimebundle_() if self._handles else None
        for handle in self._handles if shown is not None else ():
            handle.update(shown, raw=True)

    def restoring(self, folders: Sequence[Path]) -> Restoring:
        """What shows saved views here. folders: in which their names are looked up, beside the samples."""
        from workbench import samples

        return Restoring(self.space, {self.board.title: self.board}, Names([*folders, samples.root()]))

    def save_view(self, path: str | Path, *, folder: str | Path | None = None) -> tuple[str, ...]:
        """Write what is on screen as a file that `jw.open_view` and `jepa-workbench app` open.

        Args:
            path: of the file, which ends in .json. folder: relative to which models and data are named; None: that of the file, then the current one.

        Returns:
            What is on screen and not in the file, in words.

        Raises:
            BadInput: nothing is open, a model that is in memory, or files outside the folder.
        """
        from workbench import samples

        place = Path(path).expanduser()
        if place.suffix.lower() != ".json":
            raise BadInput(f"{place.name} does not end in .json", where="save_view()", fix="name it view.json")
        folders = [Path(folder)] if folder is not None else [place.resolve().parent, Path.cwd()]
        found = describe(self.space, self.board, Names([*folders, samples.root()]), largest=LARGEST_FILE // 4)
        part = partial(place)
        try:
            part.write_bytes(file_of(found.view))
            settle(part, place)
        except OSError as error:
            raise BadInput(f"the view cannot be written: {error.strerror or error}", where=str(place), fix="choose another folder") from error
        finally:
            part.unlink(missing_ok=True)
        return found.without

    def close(self) -> None:
        """Drop what the board waits for, and its views. Frees what the browser and the kernel hold of it."""
        self.space.close()
        for widget in [*family(self)][::-1]:
            for part in (getattr(widget, "style", None), widget.layout):
                if isinstance(part, w.Widget):  # of their own to ipywidgets, which keeps them until they are closed
                    part.close()
            w.Widget.close(widget)

    def _ipython_display_(self) -> None:
        """Show the board in a cell, in such a way that its still picture can be drawn anew there."""
        from IPython.display import display

        handle = display(self._repr_mimebundle_(), raw=True, display_id=True)
        if handle is not None:
            self._handles.append(handle)

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any] | None:
        """The live board; the picture of what is on it now, and its sentence, for a saved notebook."""
        shown = _with_still(super()._repr_mimebundle_(**kwargs), self.board.layout)
        said = [f"JEPA Workbench: {self.board.title}", words(self.board.headline), *([str(self.errors[-1])] if self.said.value else [])]
        return None if shown is None else {**shown, "text/plain": "\n".join(said)}

    def _tell(self, error: WorkbenchError) -> None:
        self.errors.append(error)
        if self.board.says(error) or self.opener.picker.says(error):
            return  # a board that has nothing else to say says it itself, and so does the dialog
        place = f" ({error.where})" if error.where else ""
        self._say(f"{error.what}{place}" + (f"\n→ {error.fix}" if error.fix else ""))

    def _failed(self, error: Exception) -> None:
        log.error("an exception while an answer was shown", exc_info=error)
        fault = WorkbenchError(f"{type(error).__name__}: {error}", fix="this is a fault of ours; the log of the kernel has the trace")
        self._tell(error if isinstance(error, WorkbenchError) else fault)

    def _say(self, words: str) -> None:
        """Show words until something else is looked at. Text from files is shown as text."""
        style = "white-space: pre-wrap; line-height: 1.45; color: var(--jp-error-color0, #b3261e)"
        self.said.value = f'<div role="alert" style="{style}">{html.escape(words)}</div>' if words else ""


def family(widget: w.DOMWidget) -> Iterator[w.DOMWidget]:
    """A widget with everything in it."""
    yield widget
    for child in getattr(widget, "children", ()):
        yield from family(child)


def arrange(item: Layout, room: float = _ROOM) -> w.DOMWidget:
    """A board's layout as ipywidgets boxes.

    Args:
        room: pixels below which the last of a row goes below the others; a row within a row has its share of it.
    """
    if isinstance(item, Column):
        return w.VBox([arrange(i, room) for i in item.items], layout=w.Layout(grid_gap="2px", width="100%"))
    if isinstance(item, Row):
        shares = [share / sum(item.shares) for share in item.shares]
        children = [arrange(i, room * share) for i, share in zip(item.items, shares, strict=True)]
        for child, share in zip(children, shares, strict=True):
            child.layout.flex, child.layout.width, child.layout.min_width = f"{share} 1 {share * room:.0f}px", "auto", "0"
        return w.Box(children, layout=w.Layout(flex_flow="row wrap", grid_gap="16px", width="100%", align_items="flex-start"))
    if isinstance(item, Either):
        return _either(item)
    return item.view() if isinstance(item, Chart) else item


def _either(item: Either) -> w.DOMWidget:
    """All of its views, of which one is to be seen."""
    views = [arrange(i) for i in item.items]

    def show(number: int) -> None:
        for k, view in enumerate(views):
            view.layout.display = None if k == number else "none"

    item.watch(show)
    return w.VBox(views, layout=w.Layout(width="100%"))


class Mailbox:
    """Brings answers of other threads, and what the browser says, to the thread that made it: a board is touched from one thread only.

    JupyterLab may have messages of widgets handled in a thread of their own ("comms over subshells").

    Args:
        failed: told of an exception in a call.
    """

    def __init__(self, failed: Callable[[Exception], None]) -> None:
        self._failed, self._home, self._calls = failed, threading.get_ident(), queue.SimpleQueue[Callable[[], None]]()
        self._context = contextvars.copy_context()  # so that what a call prints stands under the cell of the board
        try:
            self._loop: asyncio.AbstractEventLoop | None = asyncio.get_running_loop()
        except RuntimeError:  # a plain script: `run_until` is what runs the calls
            self._loop = None

    def post(self, call: Callable[[], None]) -> None:
        """Have it called in the home thread, after those before it."""
        self._calls.put(call)
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._run_all, context=self._context.copy())

    def fetch_from(self, widget: w.Widget) -> None:
        """Handle the browser's messages to this widget in the home thread, whichever thread they come to."""
        handle = widget._handle_msg  # what `comm.on_msg` calls otherwise

        def receive(message: dict[str, Any]) -> None:
            if threading.get_ident() == self._home:
                handle(message)
            else:
                self.post(lambda: handle(message))

        if widget.comm is not None:
            widget.comm.on_msg(receive)

    def run_until(self, settled: Callable[[], bool], timeout: float) -> bool:
        """Run calls as they come, until there is nothing more to wait for. False when the time was not enough.

        Args:
            settled: no further call is to come. timeout: seconds.
        """
        end = time.monotonic() + timeout
        while not (settled() and self._calls.empty()):
            try:
                self._run(self._calls.get(timeout=max(end - time.monotonic(), 0.0)))
            except queue.Empty:
                return False
        return True

    def _run_all(self) -> None:
        while not self._calls.empty():
            self._run(self._calls.get())

    def _run(self, call: Callable[[], None]) -> None:
        try:
            call()
        except Exception as error:  # whatever it is, the user must hear of it and the calls after it must run
            self._failed(error)


class _LateShelf:
    """Models and clips of this kernel, for all boards. Made in the thread that needs it first, so that a board comes before torch does."""

    @cached_property
    def shelf(self) -> Shelf:
        from workbench.worker.shelf import Shelf

        return Shelf()

    def answer(self, question: Question[Any]) -> Any:
        return self.shelf.answer(question)

    def keep(self, name: str, jepa: Jepa) -> None:
        self.shelf.keep(name, jepa)

    def keep_vectors(self, name: str, vectors: Vectors) -> None:
        self.shelf.keep_vectors(name, vectors)

    def keep_run(self, run: Run) -> None:
        if run.model is not None:
            self.shelf.keep_run(run)


_shelf = _LateShelf()


@cache
def _shared_uploads() -> Room:
    """Where the files that browsers send to this kernel are put."""
    return Room()


def _shared_jobs() -> Jobs:
    """One thread and one shelf a kernel, so that boards share what is loaded."""
    if not _jobs:
        _jobs.append(ThreadJobs(_shelf.answer))
    return _jobs[0]
