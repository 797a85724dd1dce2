"""The page: boards at the left, what is open above, the chosen board in the middle."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import panel as pn
import panel_material_ui as pmui
from tornado.ioloop import IOLoop

from widgets import Presenting, Toolbar, View
from widgets.controls import Button, Label
from workbench.app import fast, first_words, toasts
from workbench.app.address import Address
from workbench.app.look import LOOK, THEME
from workbench.app.menu import Menu
from workbench.app.to_panel import arrange, to_panel
from workbench.boards.base import Board
from workbench.boards.every import kinds, openings
from workbench.boards.layout import Chart, Column, leaves
from workbench.boards.naming import Names
from workbench.boards.opener import Opener
from workbench.boards.restoring import Restoring
from workbench.boards.run.opened import OpenRun
from workbench.boards.second_row import SecondRow
from workbench.boards.tray import Tray
from workbench.boards.workspace import Allow, Workspace
from workbench.core.errors import WorkbenchError
from workbench.core.view import SavedView
from workbench.jobs import Jobs
from workbench.store.uploads import Room, sent_as

_LOOKS: dict[str, Any] = {"theme_config": THEME, "sx": LOOK, "busy_indicator": None, "template": first_words.REST}
_SILENT = 5.0  # seconds after which a page opens without word of its address


@dataclass(frozen=True)
class Start:
    """What a new page opens with.

    Attributes:
        board: by its title; None: the first that has something to show of the model. clip: which one; None: the one that the data opens on.
        labels: a table that is joined to vectors. vectors: the checkpoint is a file of vectors.
        roots: the folders that a page may list, and that links name files in; empty: any. view: that is shown in place of all this.
        uploads: where files that browsers send are put; None: none are taken.
        runs: training runs, the first of which is opened in place of the checkpoint. probes: the column of the clips that probes read.
    """

    checkpoint: str
    data: str | None
    device: str
    settings: dict[str, Any]
    allow: Allow
    board: str | None = None
    clip: int | None = None
    labels: str | None = None
    vectors: bool = False
    roots: tuple[Path, ...] = ()
    view: SavedView | None = None
    uploads: Room | None = None
    runs: tuple[str, ...] = ()
    probes: str = ""


def page(jobs: Jobs, start: Start) -> pmui.Page:
    """One user's page with a workspace of its own."""
    fast.own_styles(pn.state.curdoc)
    uploads = None if start.uploads is None else start.uploads.session()
    opened = {"allow": start.allow, "roots": start.roots, "uploads": uploads, "device": start.device}
    space = Workspace(jobs, deliver=deliver_to(pn.state.curdoc), notify=lambda error: tell(error), **opened)
    space.loading = True
    space.shared(OpenRun).offered = start.runs
    with View.without_comm():
        boards = {kind.title: kind(space) for kind in kinds()}
        opener, status, second = Opener(space, vertical=True), _status(space), SecondRow(space)
        tray, presenting = space.shared(Tray).view, Presenting()
    views: dict[str, pn.viewable.Viewable] = {}
    room = pn.Column(sizing_mode="stretch_width", margin=(6, 18), styles={"max-width": "2400px", "max-height": "none"})

    def is_said(error: WorkbenchError) -> bool:
        refused = space.refused is not None and space.refused[1] is error
        others = () if refused or space.shown is None else boards.values()
        return opener.picker.says(error) or _is_said(error, boards[menu.seen], others)

    def show(title: str) -> None:
        if title not in views:
            views[title] = arrange(boards[title].layout)
        room[:] = [views[title]]
        boards[title].wake()
        address.follow()

    film = to_panel(opener.film, sizing_mode="stretch_width", margin=0, visible=False)
    opener.film.observe(lambda change: setattr(film, "visible", bool(change["new"])), names=["controls"])
    tell = _teller(space, is_said)
    menu = Menu(show, settled=start.board is not None)
    address = _address(space, boards, menu, start)
    shell = pmui.Page(
        title="JEPA Workbench",
        header=_header(status, second.row, tray, address.bar, presenting),
        sidebar=[
            *menu.items,
            pn.Column(arrange(Column((opener.files, opener.picker.dialog, opener.clips))), margin=(8, 16), sizing_mode="stretch_width"),
        ],
        main=[pn.Column(to_panel(address.offer, sizing_mode="stretch_width", margin=0), film, margin=(0, 18), sizing_mode="stretch_width"), room],
        sidebar_width=228,
        sidebar_variant="persistent",
        **_LOOKS,
    )
    fast.quiet(shell)
    held = [view for each in boards.values() for view in leaves(each.layout)]
    above = [status, second.row, tray, address.bar, presenting, address.offer, opener.files, opener.picker.dialog, opener.clips, opener.film]
    every = [*above, *(v for v in held if not isinstance(v, Chart))]
    space.on("model", lambda: menu.quieten(boards))
    space.on("model", lambda: menu.settle(boards, anew=space.vectors.there and bool(boards[menu.seen].refusal())))
    _collapse(shell, menu, presenting)
    _follow_theme(shell, space, every, [v for v in held if isinstance(v, Chart)])
    menu.choose(start.board or openings()[0])
    pn.state.onload(lambda: address.loaded(_SILENT))
    _close_with_page(space)
    return shell


def _header(status: View, *others: View) -> list[Any]:
    """The line above everything: the status takes the room that the others leave."""
    wide = to_panel(status, sizing_mode="stretch_width", margin=(0, 8), styles={"min-width": "0"})
    return [wide, *(to_panel(each, margin=(0, 8)) for each in others)]


def _close_with_page(space: Workspace) -> None:
    """Closes the workspace when the page that is being made is closed."""
    document = pn.state.curdoc

    def closed(_context: Any) -> None:
        space.close()
        fast.forget(document)

    pn.state.on_session_destroyed(closed)


def _teller(space: Workspace, is_said: Callable[[WorkbenchError], bool]) -> Callable[[WorkbenchError], None]:
    """Shows an error as a toast, unless it is said elsewhere. Those of what was not opened go when something is."""
    told: list[WorkbenchError] = []

    def tell(error: WorkbenchError) -> None:
        if not is_said(error):
            toasts.toast(error)
            if error is space.not_opened:
                told.append(error)

    def forgive() -> None:
        while told:
            toasts.take_back(told.pop())

    space.on("clips", forgive)
    return tell


def _address(space: Workspace, boards: Mapping[str, Board], menu: Menu, start: Start) -> Address:
    """What keeps the address of this page."""
    loop = IOLoop.current()

    def choose(title: str) -> None:
        menu.settled = True
        if menu.seen != title:
            menu.choose(title)

    def later(seconds: float, call: Callable[[], None]) -> None:
        loop.call_later(seconds, lambda: space.deliver(call))

    def begin() -> None:
        open_first(space, start, address.restoring)

    with View.without_comm():
        address = Address(space, boards, Names(start.roots), seen=lambda: menu.seen, choose=choose, later=later, begin=begin)
    return address


def open_first(space: Workspace, start: Start, restoring: Restoring) -> None:
    """Open what a new page opens with; what is wrong with it is told as the workspace tells errors."""
    try:
        if start.view is not None:
            restoring.show(start.view)
        elif start.runs:
            space.shared(OpenRun).open(start.runs[0], start.data, start.probes, **start.settings)
        elif start.vectors:
            space.vectors.open(start.checkpoint, start.labels or "")
        else:
            space.open(start.checkpoint, start.data, start.clip, **start.settings)
    except WorkbenchError as error:
        space.tell(error)


def _is_said(error: WorkbenchError, seen: Board, others: Iterable[Board]) -> bool:
    """Whether the headline of the visible board says it, or that of another, to be read when it is looked at.

    Args:
        others: none while no clip is on screen: what boards say then is the failure to open one, which belongs in sight. So does a file
            that was refused, which Checkpoint says.
    """
    return seen.says(error) or any(board.says(error) for board in others)


def deliver_to(document: Any) -> Callable[[Callable[[], None]], None]:
    """Bring answers of the worker to the thread that owns this page, as one message. A page that is gone hears nothing.

    The document is touched in that thread only: while it holds events back, one that another thread adds can get lost, and an answer with it.
    """
    if document is None:
        return lambda call: call()
    loop = IOLoop.current()

    def deliver(call: Callable[[], None]) -> None:
        def run() -> None:
            with pn.io.hold(document):
                call()

        def add() -> None:
            if document.session_context is not None and not document.session_context.destroyed:
                document.add_next_tick_callback(run)

        loop.add_callback(add)

    return deliver


def _status(space: Workspace) -> Toolbar:
    """One line in the header: the model, the clip, what is being opened; and what is wrong with the worker, with a button where that helps."""
    line = Toolbar()

    def tell() -> None:
        words = []
        if space.facts is not None:
            whole = "complete" if space.facts.report.whole else "NOT complete"
            size = sum(p.parameters for p in space.facts.report.parts) / 1e6
            words.append(f"{'●' if space.facts.report.whole else '◐'} {space.facts.card.name} ({size:.2f} M, {whole})")
        if (facts := space.vectors.facts) is not None and (key := space.session.state.vectors) is not None:
            given = sent_as(key.path)
            words.append(f"▣ {Path(key.path).name if given is None else given.name}: {facts.rows:,} × {facts.dim:,} vectors")
        if space.clips is not None and space.session.state.clip is not None:
            count, look = len(space.choice.windows), space.choice.look
            window = f", window {look.window + 1} of {count}" if look is not None and count > 1 else ""
            index, names = space.session.state.clip.index, space.clips.names
            words.append(f"▣ clip {index + 1} of {len(names)}: {_short(names[index])}{window}")
            skipped = len(space.choice.skipped)
            if skipped:
                words.append(f"⚠ {skipped} file{'s' if skipped > 1 else ''} skipped")
        health = space.jobs.health
        words.append(_HEALTH.get(health) or f"▶ {space.opening or 'ready'}")
        button = [_RESTART] if health == "silent" else []
        line.show([*(Label(f"w{i}", w) for i, w in enumerate(words)), *button])

    for event in ("model", "clips", "clip", "bank", "opening"):
        space.on(event, tell)
    line.on_press = lambda _id: space.jobs.restart()
    space.on("closed", space.jobs.watch(lambda: space.deliver(tell)))
    tell()
    return line


def _short(name: str) -> str:
    """The last part of a clip's name, such that the line holds it."""
    last = "".join(c if c.isprintable() else " " for c in name.rpartition("/")[2])
    return last if len(last) <= _LONGEST else f"{last[: _LONGEST // 2]}…{last[-_LONGEST // 2 + 1 :]}"


_LONGEST = 20  # letters of the name of a clip in the header
_HEALTH = {
    "silent": "⚠ The worker does not answer.",
    "ended": "⚠ The worker has ended. It is started again with the next request.",
    "starting": "▶ The worker is being restarted …",
}
_RESTART = Button(
    "restart",
    "Restart worker",
    primary=True,
    help="Ends the worker process and starts a new one, for all pages. Computations that are not finished begin again.",
)


def _collapse(shell: pmui.Page, menu: Menu, presenting: Presenting) -> None:
    """In a narrow window the list of boards is closed; it is opened over the board by the button in the header, and closes when a board is chosen."""

    def follow(*_change: Any) -> None:
        shell.sidebar_open = not presenting.narrow

    def chosen(_title: str) -> None:
        if presenting.narrow:
            shell.sidebar_open = False

    presenting.observe(follow, names=["narrow"])
    menu.on_press = chosen


def _follow_theme(shell: pmui.Page, space: Workspace, views: list[Any], charts: list[Chart]) -> None:
    def follow(*_events: Any) -> None:
        theme = "dark" if shell.dark_theme else "light"
        for view in views:
            view.theme = theme
        for chart in charts:
            chart.follow(theme)
        space.set_dark(shell.dark_theme)

    shell.param.watch(follow, "dark_theme")
    follow()
