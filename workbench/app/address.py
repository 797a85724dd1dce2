"""What is on screen, kept in the fragment of the page's address: a reload, Back, a copied link and a second tab show it again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any
from weakref import WeakKeyDictionary

from traitlets import HasTraits

from widgets import AddressBar, Toolbar, View
from widgets.controls import Button, Label
from workbench.boards.base import Board
from workbench.boards.layout import fill, leaves
from workbench.boards.naming import Names
from workbench.boards.restoring import Described, Restoring, describe
from workbench.boards.run.opened import OpenRun
from workbench.boards.workspace import Workspace
from workbench.core.errors import BadInput, WorkbenchError
from workbench.core.view import LARGEST_FILE, SavedView, file_of, fragment_of, read_fragment
from workbench.jobs import Jobs
from workbench.session import State

REST = 0.3  # seconds after a change until the address follows
_MOST = 4000  # links that a server remembers as its own
_own: WeakKeyDictionary[Jobs, OrderedDict[str, None]] = WeakKeyDictionary()  # links to what was on screen in a session of these jobs
_SHARED = tuple(f.name for f in fields(State) if f.name not in ("hover", "layer"))


class Address:
    """Keeps the address of one page.

    A link that this server has not shown itself, and that would take long or write files, waits for a press.

    Args:
        boards: by title. seen: the title of the board in sight. choose: brings one into sight. later: calls after so many seconds, in the page's thread.
        begin: opens what a page opens with where the address says nothing.

    Attributes:
        bar: the buttons, and the fragment itself. offer: a line that says what a link would open, with its buttons; empty where there is none.
    """

    def __init__(
        self,
        space: Workspace,
        boards: Mapping[str, Board],
        names: Names,
        *,
        seen: Callable[[], str],
        choose: Callable[[str], None],
        later: Callable[[float, Callable[[], None]], object],
        begin: Callable[[], None],
    ) -> None:
        self.space, self.boards, self.names, self._seen, self._later, self._begin = space, boards, names, seen, later, begin
        self.bar, self.offer = AddressBar(), Toolbar()
        self.restoring = Restoring(space, boards, names, choose)
        self._begun = self._due = self._loaded = False
        self._told: str | None = None  # the fragment that the browser has told last
        self._place: tuple[object, ...] | None = None  # model, clip and board of the entry of the history that stands
        self._shown = ""  # the fragment that stands
        self._fresh = False  # what comes next is an entry of its own
        self._offered: SavedView | None = None
        self._known = _own.setdefault(space.jobs, OrderedDict())
        self.bar.on_seen = self._went
        self.bar.on_command = lambda name: self._save()
        self.offer.on_press = self._answer
        self.restoring.on_end(self._restored)
        space.session.watch(_SHARED, lambda old, new: self.follow())
        for event in ("model", "clips", "clip", "bank", "subjects"):
            space.on(event, self.follow)
        space.shared(OpenRun).watch(lambda opened: self.follow())
        for view in {view for board in boards.values() for view in leaves(board.layout) if isinstance(view, HasTraits)}:
            view.observe(lambda _: self.follow(), names=_settable(view))

    def loaded(self, patience: float) -> None:
        """The page is drawn, from when on it takes changes: open what its address says, which it has told by then, or tells within so many seconds."""
        self._loaded = True
        self.space.loading = False
        self.space.say("opening")
        if self._told is not None:
            self._went(self._told)
        else:
            self._later(patience, self.begin)

    def begin(self) -> None:
        """Open what the page opens with, unless an address has said something else."""
        if not self._begun:
            self._begun = True
            self._begin()

    def follow(self) -> None:
        """Something on screen may be another: the address follows soon."""
        if not self._due and self._begun:
            self._due = self.bar.due = True
            self._later(REST, self._publish)

    def _went(self, fragment: str) -> None:
        """The page has opened with this fragment, or the user went to it."""
        self._told = fragment
        if not self._loaded:
            return
        if fragment in ("", self._shown):
            self._withdraw()
            self.begin()
            if self._shown:
                self.bar.show(self._shown, push=False)  # again: what was said before the browser told its fragment does not count
            return
        try:
            view = read_fragment(fragment)
            why = "" if fragment in self._known else self.restoring.heavy(view)
            if why:
                self._ask_first(view, why)
            else:
                self._withdraw()
                self._begun = True
                self.restoring.show(view)
                self._shown = fragment
        except WorkbenchError as error:
            self._fresh = True  # the link stays in the history
            self.space.notify(error)
            self._begun, begun = True, self._begun
            if not begun:
                self._begin()

    def _ask_first(self, view: SavedView, why: str) -> None:
        self._offered = view
        words = f"This link opens {(view.run or view.model or view.data).partition(':')[2]} on the board {view.board}. {why}"
        self.offer.show([Label("what", words), Button("open", "Open it", primary=True), Button("leave", "Not now")])
        self.begin()

    def _answer(self, name: str) -> None:
        view = self._offered
        self._withdraw()
        if name == "open" and view is not None:
            try:
                self.restoring.show(view)
            except WorkbenchError as error:
                self.space.notify(error)
        else:
            self._fresh = True  # the link stays in the history
        self.follow()

    def _withdraw(self) -> None:
        if self._offered is not None:
            self._offered = None
            self.offer.show([])

    def _restored(self) -> None:
        """What a link says is on screen, or could not be opened: the entry of the history is the one that stands."""
        if self._something:
            self._place = self._now()
        self.follow()

    @property
    def _something(self) -> bool:
        return self.space.shown is not None or self.space.vectors.facts is not None or self.space.shared(OpenRun).news is not None

    def _now(self) -> tuple[object, ...]:
        state, look = self.space.session.state, self.space.choice.look
        key = state.model
        return state.vectors, None if key is None else (key.path, key.said), None if look is None else (look.key.path, look.index), self._seen()

    def _publish(self) -> None:
        with self.bar.together():
            self._due = self.bar.due = False
            if not (self.restoring.busy or self.space.opening or self.space.opening_beside or self.space.closed or self._offered is not None):
                self._say()

    def _say(self) -> None:
        try:
            found = self._described()
            fragment, without, refusal = fragment_of(found.view), "; ".join(found.without), ""
            self._remember(fragment)
        except BadInput as error:
            fragment, without, refusal = "", "", f"{error.what[0].upper()}{error.what[1:]}. What helps: {error.fix}."
            if not self._something:
                return
        place = self._now()
        push = self._fresh or (self._place is not None and place != self._place)
        if fragment != self._shown or push or fragment != self.bar.address[0]:
            self._shown = fragment
            self.bar.show(fragment, push=push)
        self._place, self._fresh = place, False
        fill(self.bar, {"without": without, "refusal": refusal})

    def _remember(self, fragment: str) -> None:
        self._known[fragment] = None
        while len(self._known) > _MOST:
            self._known.popitem(last=False)

    def _described(self, **limits: Any) -> Described:
        return describe(self.space, self.boards[self._seen()], self.names, **limits)

    def _save(self) -> None:
        """Offer what is on screen as a file; it holds larger arrays than a link."""
        try:
            view = self._described(largest=LARGEST_FILE // 4).view
        except WorkbenchError as error:
            self.space.notify(error)
            return
        model = (view.run or view.model or view.data).rpartition("/")[2].rpartition(":")[2]
        self.bar.offer(f"{view.board.lower()}-{model.partition('.')[0]}.json", file_of(view))


def _settable(view: HasTraits) -> list[str]:
    """Traits of a view that a user can change and a setting can be made of; not what is pointed at, nor pictures."""
    names = view.view_traits() if isinstance(view, View) else list(view.trait_names())
    return [name for name in names if name not in ("hover", "busy", "stale", "theme", "version", "playing", "beat")]
