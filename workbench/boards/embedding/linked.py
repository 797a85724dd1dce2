"""One selection and one pointer for map, pictures and the other boards."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from widgets import PatchCanvas, Scatter
from workbench.boards.embedding import places
from workbench.boards.embedding.places import Rows
from workbench.boards.embedding.pointed import Pointed
from workbench.boards.layout import fill
from workbench.boards.undo import Edits
from workbench.boards.workspace import Workspace
from workbench.core.card import FolderKey
from workbench.core.questions.rows import RowTable
from workbench.core.selection import Selection
from workbench.session import State

_SHARED = 20_000  # rows of a selection that other boards are told of


class Linked:
    """Links the map to the picture of the open clip and to the session.

    Args:
        space: what is open. view: the map. canvas: the picture. pointed: what is said of points. changed: called after another selection.

    Attributes:
        edits: the past of the selection, as `Scatter.selected`. table: of the rows on the map; None: there is no map.
    """

    def __init__(self, space: Workspace, view: Scatter, canvas: PatchCanvas, pointed: Pointed, changed: Callable[[], None]) -> None:
        self.space, self.session, self.view, self.canvas, self.pointed, self._changed = space, space.session, view, canvas, pointed, changed
        self.edits: Edits[str] = Edits("")
        self.table: RowTable | None = None
        self._data: FolderKey | None = None
        self._number: Rows = np.empty(0, np.int64)
        self._linking = False
        view.observe(lambda change: self._hovered(change["new"]), names=["hover"])
        view.observe(lambda _: self._selected(), names=["selected"])
        canvas.observe(lambda change: self._token_hovered(change["new"]), names=["hover"])
        canvas.observe(lambda change: self._tokens_selected(change["new"]), names=["selection"])
        canvas.observe(lambda change: self._stepped(change["new"]), names=["tick"])
        self.session.watch(["selection"], lambda old, new: self.follow(new))
        self.session.watch(["tick"], lambda old, new: self._show_time())

    def show_rows(self, table: RowTable, data: FolderKey | None) -> None:
        """The map shows other rows. data: the clips that they come from; None: a file of vectors."""
        shown = self.space.shown
        self.table, self._data = table, data
        self._number = places.within(table, 1 if shown is None else shown.grid.tubelet)
        self.view.set_paths(places.paths(table, self._number))
        self._show_time()
        self.edits.restart(self.view.selected)
        self.follow(self.session.state)

    def forget(self) -> None:
        """There is no map."""
        self.table, self._data = None, None
        self.edits.restart("")

    def show_clip(self) -> None:
        """The picture of the open clip, with what is selected of it."""
        shown = self.space.shown
        if shown is not None:
            self._linking = True
            self.canvas.set_pixels(shown.pixels, shown.grid.shape, tubelet=shown.grid.tubelet)
            self.canvas.version += 1
            self._linking = False
            self._show_time()
            self.follow(self.session.state)

    def go_to(self, row: int) -> None:
        """Move the time cursor of all boards to the frame of this row."""
        table, shown = self.table, self.space.shown
        if table is not None and table.frame is not None and shown is not None and self._in_sight:
            cells = 1 if table.token is None else shown.grid.rows * shown.grid.cols
            self.session.set(tick=int(self._number[row]) // cells)

    def _stepped(self, tick: int) -> None:
        """Another time step of the picture is shown."""
        if not self._linking:
            self.session.set(tick=tick)

    def _show_time(self) -> None:
        """The time cursor on the picture and on the trajectories, of which that of the open clip is always drawn."""
        clip, tick = self.session.state.clip, self.session.state.tick
        here = clip is not None and self._in_sight and clip.index < len(self.view.path_lengths)
        fill(self.view, {"tick": tick, "path": clip.index if clip is not None and here else -1})
        before, self._linking = self._linking, True
        fill(self.canvas, {"tick": max(0, min(tick, self.canvas.grid[0] - 1))})
        self._linking = before

    def step(self, way: str) -> None:
        """One step of the selection "undo" or "redo"."""
        rows = getattr(self.edits, way)()
        self._linking = True
        self.view.selected = rows
        self._linking = False
        self._share()

    def mark(self, row: int) -> None:
        """Mark the token of this row in the picture, where its clip is in sight."""
        table, clip, shown = self.table, self.session.state.clip, self.space.shown
        if table is None or table.token is None or clip is None or shown is None:
            return
        here = 0 <= row < table.count and self._in_sight and int(table.clip[row]) == clip.index
        token = int(self._number[row]) if here else -1
        before, self._linking = self._linking, True
        if 0 <= token < shown.grid.tokens:
            fill(self.canvas, {"hover": token, "tick": token // (shown.grid.rows * shown.grid.cols)})
        else:
            fill(self.canvas, {"hover": -1})
        self._linking = before

    def follow(self, state: State) -> None:
        """Something else is selected on another board, or in the picture."""
        self._show_tokens()
        table, shown = self.table, self.space.shown
        if self._linking or table is None or shown is None or self.view.count != table.count or not self._in_sight:
            return
        if len(self.view.selection) > _SHARED:
            return
        rows = places.rows_of(table, state.selection, self._number, shown.grid.rows * shown.grid.cols)
        if not np.array_equal(rows, self.view.selection):
            self._linking = True
            self.view.select(rows)
            self._linking = False
            self.edits.set(self.view.selected)
            self.pointed.select(rows)
            self._changed()

    @property
    def _in_sight(self) -> bool:
        """Whether the open clip is one of those on the map, in the same window."""
        clip, data = self.session.state.clip, self._data
        return clip is not None and data is not None and clip.path == data.path and clip.start == data.start

    def _hovered(self, row: int) -> None:
        self.pointed.hover(row)
        self.mark(row)

    def _token_hovered(self, token: int) -> None:
        table, clip = self.table, self.session.state.clip
        if self._linking or table is None or table.token is None or clip is None or not self._in_sight:
            return
        found = np.flatnonzero((table.clip == clip.index) & (self._number == token))
        self._linking = True
        self.view.hover = int(found[0]) if len(found) and token >= 0 else -1
        self._linking = False

    def _tokens_selected(self, tokens: list[int]) -> None:
        """Tokens were selected in the picture: they are selected everywhere."""
        clip, now = self.session.state.clip, self.session.state.selection
        if self._linking or clip is None:
            return
        others = {i for i in now.items if i[0] != clip.index} if now.level == "tokens" else set[tuple[int, ...]]()
        self.session.set(selection=Selection("tokens", frozenset(others | {(clip.index, t) for t in tokens})))

    def _selected(self) -> None:
        """Other rows are selected on the map."""
        if not self._linking and self.view.selected != self.edits.value:
            self.edits.set(self.view.selected)
            self._share()

    def _share(self) -> None:
        """Tell the other boards and the pictures what is selected on the map."""
        table, rows = self.table, self.view.selection
        self.pointed.select(rows)
        self._changed()
        if table is None or not self._in_sight:
            return
        chosen = Selection(places.level(table)) if len(rows) > _SHARED else places.selection_of(table, rows, self._number)
        self._linking = True
        self.session.set(selection=chosen)
        self._linking = False
        self._show_tokens()

    def _show_tokens(self) -> None:
        """The selected tokens of the open clip, on its picture."""
        state, count = self.session.state, int(np.prod(self.canvas.grid))
        tokens = [t for t in state.selection.of(state.clip.index) if t < count] if state.clip and state.selection.level == "tokens" else []
        before, self._linking = self._linking, True
        fill(self.canvas, {"selection": tokens})
        self._linking = before
