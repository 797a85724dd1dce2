"""Serves the app: on this machine only, unless told otherwise."""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import panel as pn
from tornado.ioloop import IOLoop
from tornado.platform.asyncio import BaseAsyncIOLoop
from tornado.websocket import WebSocketClosedError

from workbench import samples
from workbench.app import fast, first_words, toasts
from workbench.app.listening import Place, listen
from workbench.app.shell import Start, page
from workbench.boards.clip_choice import bank_path
from workbench.boards.every import titled
from workbench.boards.naming import Names
from workbench.boards.workspace import Allow, opening, settled
from workbench.core.card import FileKey, FolderKey, VectorsKey, stamp
from workbench.core.errors import BadInput, WorkbenchError
from workbench.core.questions import Question
from workbench.core.questions.base import Answer
from workbench.core.questions.checkpoint import DescribeModel, Inspect, ModelFacts
from workbench.core.questions.clips import Look, LookAt, Warm, bank_of
from workbench.core.questions.rows import DescribeVectors, FindVectors
from workbench.core.view import SavedView, saved_view
from workbench.data.paths import confine
from workbench.jobs import Jobs
from workbench.published import find_cached
from workbench.store.places import store_folder
from workbench.store.recognising import may_hold
from workbench.store.uploads import Room

_READY = ("start", "ready")  # the slot of what is asked before there is a page


def allow_within(folders: list[Path]) -> list[Path]:
    """The folders that a browser may name paths in: those given, and the samples."""
    return [f.expanduser().resolve() for f in (*folders, samples.root())]


def allowing(roots: list[Path]) -> Allow:
    """What a page may name: paths within these folders, and the published checkpoints that are in this machine's caches, as they are found.

    What lies in the store is not among them, unless the command line named a folder in it: a page reads it through questions alone.
    """

    def allow(path: str) -> str:
        cached = {str(c.path) for c in find_cached().values()}
        if path in cached:
            return path
        place, store = confine(path, roots), store_folder().resolve()
        named = [root for root in roots if root.is_relative_to(store)]
        if place.is_relative_to(store) and not any(place.is_relative_to(root) for root in named):
            raise BadInput(f"{path!r} lies in the store of results, which a page does not open", where="path", fix="give a path outside it")
        return str(place)

    return allow


def folders_of(*named: str | None) -> list[Path]:
    """The folders of what the command line names, in which a browser may then look around; without any, the current one.

    Raises:
        BadInput: a path that does not exist.
    """
    paths = [Path(n).expanduser() for n in named if n and n not in (*samples.names(), *samples.run_names())]
    for path in paths:
        if not path.exists():
            raise BadInput(f"there is no {path}", where="command line", fix=f"give a path, or a sample: {', '.join(samples.names())}")
    return [p if p.is_dir() else p.parent for p in paths] or [Path.cwd()]


def begun_by(view: SavedView, roots: list[Path]) -> tuple[str, str, dict[str, Any]]:
    """The checkpoint or the vectors of a saved view, its board, and what it says of the checkpoint.

    Raises:
        BadInput: they are not in these folders.
    """
    names = Names(roots)
    return (
        names.model(view.model) if view.model else names.data(view.data) if view.data else samples.names()[0],
        view.board,
        {**dict(view.options), **({} if view.family is None else {"family": view.family})},
    )


def has_display() -> bool:
    """Whether a browser could be seen on this machine."""
    return sys.platform in ("darwin", "win32") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def get_ready(jobs: Jobs, start: Start) -> None:
    """Open the model and compute the bank's targets in the worker before the first page asks for them. Errors are reported by the page."""
    with suppress(WorkbenchError):
        first = opening(start.checkpoint, start.data, start.clip, start.settings, allow=start.allow, device=start.device, dtype="float32")
        place = FolderKey(start.allow(bank_path(first.data))) if first.data else None

        def described(facts: ModelFacts) -> None:
            def looked(look: Look) -> None:
                bank = None if look.clips is None else bank_of(facts.card, facts.report, look.clips, look)
                if bank is not None:
                    jobs.ask(Warm(first.model, bank), slot=_READY, done=lambda clips: None, failed=lambda error: None)

            if place is not None:
                look = LookAt(first.model, place, first.index, step=1, listed=True)
                jobs.ask(look, slot=_READY, done=looked, failed=lambda error: None)

        jobs.ask(DescribeModel(first.model), slot=_READY, done=described, failed=lambda error: None)


def answered(jobs: Jobs, question: Question[Answer]) -> Answer:
    """The answer to a question that is asked before there is a page. Waits for it.

    Raises:
        WorkbenchError: what it failed with.
    """
    slot, told, found, failures = ("start", "first"), threading.Event(), list[Answer](), list[WorkbenchError]()

    def failed(error: WorkbenchError) -> None:
        failures.append(error)
        told.set()

    def done(answer: Answer) -> None:
        found.append(answer)
        told.set()

    jobs.ask(question, slot=slot, done=done, failed=failed)
    told.wait()
    jobs.drop(slot)
    if failures:
        raise failures[0]
    return found[0]


def inspect_first(jobs: Jobs, checkpoint: str, settings: dict[str, Any]) -> None:
    """Have the worker read what `jepa-workbench inspect` reads of a checkpoint, and wait for it.

    Raises:
        WorkbenchError: the one that `inspect` ends with.
    """
    family, overrides = settled(settings)
    path = str(Path(checkpoint).expanduser())
    seen = stamp(path)
    answered(jobs, Inspect(FileKey(path), family, overrides))
    if jobs.readers is not None:
        jobs.readers.remember(path, seen)


def vectors_first(jobs: Jobs, path: str, labels: str | None) -> bool:
    """Whether a file holds vectors; those are opened with their labels, to know that they fit.

    Raises:
        BadInput: labels of something that holds no vectors, or that match none of them; or vectors that cannot be read.
    """
    if path in samples.names() or not may_hold(path) or not answered(jobs, FindVectors(FileKey(path))):
        if labels is not None:
            raise BadInput(
                f"{Path(path).name} holds no vectors that labels could belong to", where="--labels", fix="give an .npy, .npz or .parquet file"
            )
        return False
    answered(jobs, DescribeVectors(VectorsKey(path, labels=labels or "")))
    return True


def serve(
    checkpoint: str | None = None,
    *,
    jobs: Jobs,
    data: str | None = None,
    port: int = 5006,
    address: str = "127.0.0.1",
    allow_hosts: Iterable[str] = (),
    prefix: str = "",
    device: str = "cpu",
    settings: dict[str, Any] | None = None,
    board: str | None = None,
    clip: int | None = None,
    labels: str | None = None,
    show: bool = False,
    runs: Sequence[str] = (),
    probes: str = "",
) -> None:
    """Serve until interrupted.

    Args:
        checkpoint: sample name or path, a file of vectors, or a saved view; None: the first sample. data: image, video or folder to look at.
        port: 0 takes a free one.
        jobs: where work goes; the caller closes them. address: any but a loopback address lets other machines in, with a token.
        allow_hosts: names that the app answers to, beside localhost and its address. prefix: of every path, as a proxy asks for it: /user/x/.
        settings: what the checkpoint does not say, as {"heads": 4}. board, clip: on which the page opens; None: on the first
            board that has something to show, and the clip that the data opens on. labels: a table that is joined to the vectors. show: opens a tab of the browser.
        runs: folders or names of training runs, the first of which is opened in place of a checkpoint. probes: the column of the clips that probes read.

    Raises:
        BadInput: a path or a board that does not exist, an address or port that cannot be had, or a name or prefix that is none.
        WorkbenchError: a checkpoint that `jepa-workbench inspect` refuses.
    """
    place = Place.of(address, port, prefix, allow_hosts)
    view = None if checkpoint is None else saved_view(Path(checkpoint).expanduser())
    folders = folders_of(checkpoint, data, labels, *runs) if view is None else [Path.cwd(), Path(checkpoint or "").expanduser().resolve().parent]
    roots = allow_within(folders)
    if view is not None:
        checkpoint, board, settings = begun_by(view, roots)
    first, clips, table = (p if p is None or p in samples.names() else str(Path(p).expanduser().resolve()) for p in (checkpoint, data, labels))
    watched = tuple(r if r in samples.run_names() else str(Path(r).expanduser().resolve()) for r in runs)
    shown = {"board": board and titled(board), "clip": clip, "labels": table, "roots": tuple(roots), "view": view, "uploads": Room()}
    start = Start(first or samples.names()[0], clips, device, settings or {}, allowing(roots), **shown, runs=watched, probes=probes)
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    logging.getLogger("bokeh.server.views.ws").addFilter(is_of_an_open_tab)
    fast.apply()
    first_words.apply()
    pn.extension(notifications=True, exception_handler=toasts.unexpected, raw_css=[toasts.CSS])
    if not runs and vectors_first(jobs, start.checkpoint, table):
        start = replace(start, vectors=True)
    elif not runs:
        if checkpoint is not None and checkpoint not in samples.names():
            inspect_first(jobs, checkpoint, start.settings)
        get_ready(jobs, start)
    cast(BaseAsyncIOLoop, IOLoop.current()).asyncio_loop.set_exception_handler(forgive_closed)
    listen(lambda: page(jobs, start), place, roots[: len(folders)], show=show and has_display())


def is_of_an_open_tab(record: logging.LogRecord) -> bool:
    """A filter for Bokeh's log, as `forgive_closed` is for asyncio: a message that a closed tab no longer took is no fault."""
    return "connection was closed" not in record.getMessage()


def forgive_closed(loop: Any, context: dict[str, Any]) -> None:
    """What was on its way to a tab that was closed is no fault to be told of; everything else is told as asyncio tells it."""
    if not isinstance(context.get("exception"), WebSocketClosedError):
        loop.default_exception_handler(context)
