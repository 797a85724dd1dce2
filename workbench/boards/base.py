"""The base class of boards: headline, reason where a board is off, undo, export, and place in the menu."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, TypeVar

import numpy as np

from widgets import Toolbar
from workbench.boards.holding import UNTRAINED, Holding
from workbench.boards.layout import Layout, fill
from workbench.boards.settings import Settings, of_controls
from workbench.boards.tray import Tray
from workbench.boards.what_next import data_words, next_step
from workbench.boards.workspace import Ages, Workspace, age, exported, offer, renew
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.films import Reel
from workbench.core.questions.videos import VideoFile
from workbench.query import Query
from workbench.session import State

_BEFORE = "The pictures still show the previous clip."
_COMPUTING = "Computing …"
SEE_MAP = "See the Embedding board for a map of the vectors."
_Kind = TypeVar("_Kind", bound="type[Board]")
REGISTERED: dict[str, type[Board]] = {}


def board(*, section: str, order: int, opens: int | None = None) -> Callable[[_Kind], _Kind]:
    """Class decorator: a board of the menu.

    Args:
        section: of the menu. order: within it. opens: a page opens on the board with the lowest number that can show something; None: never on this one.
    """

    def register(kind: _Kind) -> _Kind:
        kind.section, kind.order, kind.opens = section, order, opens
        REGISTERED[kind.title] = kind
        return kind

    return register


class Board(Holding):
    """A headline over views. Most boards are filled when they are first visible.

    Args:
        commands: of the headline. sources: the baselines that can be shown in place of the model, by holding a key; None: all that a
            headline has.

    Attributes:
        title: in the menu. about: about the question that it asks first: the parts it needs, and the text of ⓘ. error: shown by the headline.
        settings: what of the board a link holds; None: the values of its attribute `toolbar`, where it has one. depends: fields of the session
            whose change makes the pictures outdated. always: the board follows what is open also while it is not visible.
        shown_by: the name of a sample that has something to show here; "": none does. no_sample: what is said then.
    """

    title: ClassVar[str] = ""
    order: ClassVar[int] = 0
    opens: ClassVar[int | None] = None
    depends: ClassVar[tuple[str, ...]] = ("model", "clip", "bank")
    always: ClassVar[bool] = False
    shown_by: ClassVar[str] = ""
    no_sample: ClassVar[str] = "No sample has what it needs."

    def __init__(self, workspace: Workspace, commands: Sequence[str] = (), *, sources: Sequence[dict[str, object]] | None = UNTRAINED) -> None:
        kept = ["pin"] if "export" in commands else []
        super().__init__(workspace, [*commands, *kept], sources)
        self.headline.on_command = self._obey
        self.awake = self.always
        self.settings: Settings | None = None
        self.session.watch(self.depends, self._aged)
        workspace.on("bank", self.banked)
        workspace.on("failed", self._not_opened)
        for event in ("model", "opening", "clip"):
            workspace.on(event, self._say_what_is_next)
        self._say_what_is_next()

    def _aged(self, old: State, _new: State) -> None:
        """What is on screen is of what was open before, if something was."""
        if old.clip is not None or old.vectors is not None:
            age((self.headline, *self.pictures()))

    @property
    def layout(self) -> Layout:
        """How it is arranged."""
        return self.headline

    def wake(self) -> None:
        """Somebody looks: from now on the board follows what is open."""
        if not self.awake:
            self.awake = True
            self.opened()

    def opened(self) -> None:
        """The model or the clip on screen is another one."""

    def banked(self) -> None:
        """Baselines are taken over another bank."""
        self.opened()

    def pictures(self) -> tuple[Ages, ...]:
        """The views and charts that show something of the open model and clip."""
        return ()

    def command(self, name: str) -> None:
        """A button of the headline was pressed."""
        if name == "export":
            offer(self.headline, *exported(self.space, self.results()))

    def results(self) -> dict[str, object]:
        """Everything on the board, for export."""
        return {}

    def pinned(self) -> dict[str, object]:
        """What of it a pin keeps the numbers of."""
        return self.results()

    def off(self) -> bool:
        """Whether there is nothing to show; the headline states why if the model is the reason."""
        reason, facts = self.refusal(), self.space.facts
        self.sources_shown()
        if reason:
            partial = facts is not None and any(facts.report.serving(n).status == "partial" for n in self.about.needed(facts.report))
            renew(*self.pictures())
            self.say(f"This board is off: {reason}", "error" if partial else "warn", **self._way_out())
        return bool(reason) or not self.awake or (self.space.shown is None and not self.space.vectors.there)

    def waiting(self) -> None:
        """The old answer stays until the new one is there."""
        first = {"sentence": _COMPUTING, "detail": ""} if self._silent else {}
        fill(self.headline, {"busy": True, "progress": -1.0, "cancellable": True, **first})

    def failed(self, error: WorkbenchError) -> None:
        """Show an error; the pictures stay."""
        fill(self.headline, {"busy": False, "cancellable": False})
        if isinstance(error, Cancelled):
            fill(self.headline, {"sentence": "Cancelled."} if self._silent else {})
        else:
            self._tell(error, f"{error.fix}. {_BEFORE}" if self.of_before else error.fix)
            self.space.tell(error)

    def says(self, error: WorkbenchError) -> bool:
        """Whether the headline shows this error. A board that is not awake may still show an error of an earlier model."""
        return self.awake and self.error is not None and self.error.what == error.what

    def _tell(self, error: WorkbenchError, detail: str) -> None:
        self.say(error.what, "error", detail)
        self.error = error

    def _not_opened(self) -> None:
        """Show the error of opening where no clip is on screen; a board that shows something of the open model keeps that."""
        error = self.space.error
        if error is not None and not self.refusal() and ((self.space.shown is None and not self.space.vectors.there) or self._silent):
            self._tell(error, f"{error.where} → {error.fix}".strip(" →"))
            self._silent = True  # until something is open, and the error with it is gone

    def _say_what_is_next(self) -> None:
        """While there is nothing to show: what is happening, and what the user does next."""
        if not self._silent:
            return
        sentence, detail = next_step(self.space)
        if not sentence:
            name = data_words(self.space) if self.space.facts is None else self.space.facts.card.name
            sentence, detail = f"{name} is open.", _COMPUTING
        self.error = None
        fill(self.headline, {"sentence": sentence, "detail": detail, "tone": "plain", "offer": ""})

    def _way_out(self) -> dict[str, str]:
        """Where a board is off: what says more, and a button that opens a sample which it can show."""
        detail = SEE_MAP if self.space.facts is None else "See the Checkpoint board for what the file holds."
        if not self.shown_by:
            return {"detail": f"{detail} {self.no_sample}"}
        return {"detail": f"{detail} The sample {self.shown_by} shows this board.", "offer": f"Open {self.shown_by}"}

    def _obey(self, name: str) -> None:
        """A button of the headline was pressed, perhaps the one that opens a sample."""
        if name == "pin":
            self._pin()
        elif name != "offer":
            self.command(name)
        else:
            try:
                self.space.open(self.shown_by)
            except WorkbenchError as error:
                self.space.open_ended(error)

    def _pin(self) -> None:
        try:
            self.space.shared(Tray).pin(self.title, self.headline, self.layout, self.pinned())
        except WorkbenchError as error:
            self.space.notify(error)

    @property
    def of_before(self) -> bool:
        """Whether the pictures are of an earlier model or clip."""
        return False


def save_videos(board: Board, name: str, command: str, videos: Sequence[Reel], *, fps: float, context_frames: int = 0, edited: int = -1) -> None:
    """Offer videos of a board as one file, with their labels.

    Args:
        name: of the file. command: of the player: "export" or "export_mp4". fps, context_frames, edited: see `VideoFile`.
    """
    kind = "mp4" if command == "export_mp4" else "webm"

    def offered(data: np.ndarray) -> None:
        offer(board.headline, f"jepa-workbench-{name}.{kind}", data.tobytes())

    Query[np.ndarray](board.space, f"{name}.file", offered, board.failed).ask(VideoFile(tuple(videos), fps, context_frames, edited, kind))


def no_bank(space: Workspace, adds: str) -> str:
    """The sentence that says what a single clip cannot tell.

    Args:
        adds: what a bank would add.
    """
    if space.choice.reading:
        return f"Reading the bank, which adds {adds} …"
    return f"Single clip: no interval. A bank, chosen beside the clip, would add {adds}."


def settings_of(board: Board) -> Settings:
    """What of a board a link holds: its own settings, else the values of its toolbar."""
    if board.settings is None:
        toolbar = getattr(board, "toolbar", None)
        board.settings = of_controls(toolbar, board.space.deliver) if isinstance(toolbar, Toolbar) else Settings()
    return board.settings
