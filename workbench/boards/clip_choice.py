"""Which clip of what is open is shown: its part of a film, the bank that it is compared with, and the files that could not be read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from workbench import samples
from workbench.core.card import BankKey, FolderKey, ModelKey
from workbench.core.errors import BadInput, WorkbenchError
from workbench.core.footage import Part, Window
from workbench.core.mask import Mask
from workbench.core.questions import Question
from workbench.core.questions.checkpoint import ModelFacts
from workbench.core.questions.clips import STORED, BankFacts, ClipList, DescribeBank, Look, LookAt, ShownClip, bank_of
from workbench.session import Session
from workbench.store.uploads import Uploads

ALL = Part()
_BANK = "bank of clips"  # the view whose questions are about the bank


def bank_path(path: str) -> str:
    """The bank of a sample by its name, else the path itself."""
    return str(samples.find(path).bank) if path in samples.names() else path


def is_sample_bank(path: str) -> bool:
    """Whether these are the clips of a sample."""
    return any(str(samples.find(n).bank) == path for n in samples.names())


@runtime_checkable
class Room(Protocol):
    """What a choice of clips needs of a `Workspace`, whose attributes these are."""

    session: Session
    clips: ClipList | None
    shown: ShownClip | None
    allow: Callable[[str], str]
    uploads: Uploads | None

    @property
    def facts(self) -> ModelFacts | None:
        """See `Workspace.facts`."""
        ...

    def ask(self, question: Question[Any], view: str, done: Callable[[Any], None], failed: Callable[[WorkbenchError], None] | None = None) -> Any:
        """See `Workspace.ask`."""
        ...

    def stop(self, view: str, *, tell: bool) -> None:
        """See `Workspace.stop`."""
        ...

    def tell(self, error: WorkbenchError) -> None:
        """See `Workspace.tell`."""
        ...

    def open_ended(self, error: WorkbenchError | None = None) -> None:
        """See `Workspace.open_ended`."""
        ...

    def say(self, event: str) -> None:
        """See `Workspace.say`."""
        ...


class ClipChoice:
    """The clip on screen. It changes when the next one is there; what cannot be read is passed over and listed.

    Attributes:
        look: what is on screen; None before the first clip.
        bank: sample or path that was chosen as a bank; "" = the open data. place: the path of it. bank_facts: what the bank is made of, once it was read.
        reading: a bank is being read. bank_error: why it could not be.
    """

    def __init__(self, space: Room) -> None:
        self.space = space
        self.look: Look | None = None
        self.bank = self.place = ""
        self.bank_facts: BankFacts | None = None
        self.bank_error: WorkbenchError | None = None
        self.reading = False
        self._unread: dict[str, str] = {}
        self._read: BankKey | None = None  # the bank that `bank_facts` or `bank_error` are of

    @property
    def skipped(self) -> Mapping[str, str]:
        """Name -> reason of files of the open folder and of the bank that could not be read."""
        listed, given = self.space.clips, {} if self.space.uploads is None else self.space.uploads.given
        skipped = {**self._unread, **({} if self.bank_facts is None else self.bank_facts.skipped)}
        if listed is None or listed.path not in given:
            return skipped
        known = {name: given.get(str(Path(listed.path, name))) for name in skipped}
        return {name if (own := known[name]) is None else own.name: reason for name, reason in skipped.items()}

    @property
    def windows(self) -> tuple[Window, ...]:
        """What the film on screen is cut into; empty where it is no film."""
        return () if self.look is None else self.look.windows

    @property
    def window(self) -> Window | None:
        """The window on screen; None where the clip is no film."""
        return self.windows[self.look.window] if self.look is not None and self.windows else None

    @property
    def still(self) -> bool:
        """Whether a still is on screen, as far as is known: an image, or what is no film in a folder."""
        return self.look is not None and self.look.film is None and self.space.clips is not None and self.space.clips.kind in ("image", "folder")

    def forget(self) -> None:
        """Another model: no clip is on screen."""
        self.look = None

    def open(self, path: str, index: int, part: Part = ALL) -> None:
        """List the clips of a path, and show one of them. What cannot be read in a folder is passed over. part: of a video."""
        model = self.space.session.state.model
        if model is None and self.space.session.state.vectors is not None:
            self.space.open_ended(
                BadInput("clips are looked at by a model, and none is open", where=path, fix="choose a sample or a checkpoint first")
            )
        elif model is not None:
            self.space.stop("clip", tell=False)
            look = LookAt(model, FolderKey(path), index, part.fps, part.low, part.high, step=1, listed=True)
            self.space.ask(look, "open", self._shown, self.space.open_ended)

    def show(self, index: int) -> None:
        """Show another clip of the open list.

        Raises:
            BadInput: there are fewer clips.
        """
        listed, look = self.space.clips, self.look
        if listed is None or look is None:
            return
        if not 0 <= index < len(listed.names):
            raise BadInput(f"there is no clip {index + 1}; clips are numbered 1 to {len(listed.names)}", where=listed.path)
        self._ask(index, Part(look.part.fps), step=-1 if index < look.index else 1)

    def cut(self, part: Part, window: int = 0) -> None:
        """Show another part of the film on screen, or another of its windows."""
        if self.look is not None and self.look.film is not None:
            self._ask(self.look.index, part, window)

    def show_to(self, model: ModelKey, turn: Callable[[], None]) -> None:
        """Show the open clip to another model.

        Args:
            turn: called when it is ready, before it is shown.
        """
        look, listed, mask = self.look, self.space.clips, self.space.session.state.mask
        if look is None or listed is None:
            turn()
            return

        def ready(found: Look) -> None:
            turn()
            self._shown(found, mask)

        part = look.part
        self.space.ask(LookAt(model, FolderKey(listed.path), look.index, part.fps, part.low, part.high, look.window), "clip", ready)

    def _ask(self, index: int, part: Part, window: int = 0, step: int = 0) -> None:
        model, listed = self.space.session.state.model, self.space.clips
        if model is not None and listed is not None:
            self.space.ask(LookAt(model, FolderKey(listed.path), index, part.fps, part.low, part.high, window, step), "clip", self._shown)

    def compare_with(self, bank: str) -> None:
        """Take baselines over another bank.

        Args:
            bank: a sample's name, or a path; "" = the open data.

        Raises:
            BadInput: a path that may not be opened.
        """
        place = self.space.allow(bank_path(bank)) if bank and bank not in samples.names() else bank_path(bank)
        if bank != self.bank:
            self.bank, self.place = bank, place
            wanted, known = self._wanted()
            self.space.session.set(bank=known)
            self.space.say("bank")
            self._read_bank(wanted)

    def _shown(self, look: Look, mask: Mask | None = None) -> None:
        space, fresh = self.space, look.clips is not None
        given = None if space.uploads is None or look.clips is None else space.uploads.given.get(look.clips.path)
        if given is not None and look.clips is not None:
            look = replace(look, clips=replace(look.clips, title=given.name))
        self._unread = {**({} if fresh else self._unread), **look.unread}
        self.look, space.clips, space.shown = look, look.clips or space.clips, look.shown
        mask = space.session.state.mask if mask is None else mask
        keep = mask if mask is not None and mask.shape == look.shown.grid.shape else None
        wanted, known = self._wanted()
        space.session.set(clip=look.key, bank=known, mask=keep, tick=0, hover=-1)
        if fresh:
            space.open_ended()
            space.say("clips")
        space.say("clip")
        self._read_bank(wanted)

    def _wanted(self) -> tuple[BankKey | None, BankKey | None]:
        """The bank that is wanted for what is on screen; and once more where it need not be read first: a stored one is whole or refused."""
        facts, clips, look = self.space.facts, self.space.clips, self.look
        wanted = None if facts is None or clips is None or look is None else bank_of(facts.card, facts.report, clips, look, self.place)
        read = wanted is not None and wanted == self._read
        known = wanted if wanted is not None and (wanted.path.endswith(STORED) or (read and self.bank_error is None)) else None
        self.reading = wanted is not None and known is None and not read
        return wanted, known

    def _read_bank(self, wanted: BankKey | None) -> None:
        """Read a folder as a bank, to know what is left out of it, before anything is measured with it."""
        if wanted is None or wanted.path.endswith(STORED):
            self.space.stop(_BANK, tell=False)
            self.bank_facts = self.bank_error = self._read = None
            return
        if not self.reading:
            return
        self.bank_facts = self.bank_error = None

        def read(facts: BankFacts) -> None:
            self._end_reading(wanted, facts, None)
            self.space.session.set(bank=wanted)
            self.space.say("bank")

        def failed(error: WorkbenchError) -> None:
            self._end_reading(wanted, None, error)
            self.space.say("bank")
            if self.bank:
                self.space.tell(error)

        self.space.ask(DescribeBank(wanted), _BANK, read, failed)

    def _end_reading(self, bank: BankKey, facts: BankFacts | None, error: WorkbenchError | None) -> None:
        self.reading, self._read, self.bank_facts, self.bank_error = False, bank, facts, error
