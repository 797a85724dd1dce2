"""Which clip of what is open is shown: its part of a film, the bank that it is compared with, and the files that could not be read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from workbench import samples
from workbench.core.card import BankKey, ClipKey
from workbench.core.errors import BadInput, ClipError, MissingExtra, WorkbenchError
from workbench.core.facts import BankFacts, ClipList, ShownClip
from workbench.core.footage import FilmFacts, Part, Window, windows

if TYPE_CHECKING:
    from workbench.boards.workspace import Workspace

Refused = Callable[[WorkbenchError], None]
_STORED = (".npz", ".npy")
_TRIES = 20  # unreadable files of a folder that are passed over in a row


def bank_path(path: str) -> str:
    """The bank of a sample by its name, else the path itself."""
    return str(samples.find(path).bank) if path in samples.names() else path


def is_sample_bank(path: str) -> bool:
    """Whether these are the clips of a sample."""
    return any(str(samples.find(n).bank) == path for n in samples.names())


@dataclass(frozen=True)
class Look:
    """A clip of a list, and how it is cut out of its film.

    Args:
        film: None for a still, or where a stored clip is taken whole. part: of the film. window: which of the windows that the part is cut into.
        unread: name -> reason of files that were passed over on the way to it.
    """

    clips: ClipList
    index: int = 0
    film: FilmFacts | None = None
    part: Part = field(default_factory=Part)
    window: int = 0
    unread: Mapping[str, str] = field(default_factory=dict[str, str])


class ClipChoice:
    """The clip on screen. It changes when the next one is there; what cannot be read is passed over and listed.

    Attributes:
        look: what is on screen; None before the first clip. windows: that its film is cut into; empty where it is no film.
        bank: sample or path that was chosen as a bank; "" = the open data. bank_facts: what the bank is made of, once it was read.
        reading: a bank is being read. bank_error: why it could not be.
        skipped: name -> reason of files of the open folder and of the bank that could not be read.
    """

    def __init__(self, space: Workspace) -> None:
        self.space = space
        self.look: Look | None = None
        self.windows: tuple[Window, ...] = ()
        self.bank = self._place = ""
        self.bank_facts: BankFacts | None = None
        self.bank_error: WorkbenchError | None = None
        self.reading = False
        self._unread: dict[str, str] = {}
        self._read: BankKey | None = None  # the bank that `bank_facts` or `bank_error` are of

    @property
    def skipped(self) -> Mapping[str, str]:
        """See the class."""
        return {**self._unread, **({} if self.bank_facts is None else self.bank_facts.skipped)}

    @property
    def window(self) -> Window | None:
        """The window on screen; None where the clip is no film."""
        return self.windows[self.look.window] if self.look is not None and self.windows else None

    def forget(self) -> None:
        """Another model: no clip is on screen."""
        self.look, self.windows = None, ()

    def show(self, index: int, clips: ClipList | None = None) -> None:
        """Show another clip of the open list, or of a new one.

        Raises:
            BadInput: there are fewer clips.
        """
        listed = clips or self.space.clips
        if listed is None or self.space.session.state.model is None:
            return
        if not 0 <= index < len(listed.names):
            raise BadInput(f"there is no clip {index}, there are {len(listed.names)}", where=listed.path)
        now = self.look
        same = now is not None and now.clips is listed
        step = -1 if same and now is not None and index < now.index else 1
        fps = now.part.fps if same and now is not None else None
        self._begin(Look(listed, index, part=Part(fps)), step)

    def cut(self, part: Part, window: int = 0) -> None:
        """Show another part of the film on screen, or another of its windows."""
        if self.look is not None and self.look.film is not None:
            self._ask(replace(self.look, part=part, window=window), self.space.tell)

    def compare_with(self, bank: str) -> None:
        """Take baselines over another bank.

        Args:
            bank: a sample's name, or a path; "" = the open data.

        Raises:
            BadInput: a path that may not be opened.
        """
        place = self.space.allow(bank_path(bank)) if bank and bank not in samples.names() else bank_path(bank)
        if bank != self.bank:
            self.bank, self._place = bank, place
            self._compare()

    def _begin(self, look: Look, step: int) -> None:
        """Ask how long the film is, where it may be one, and then for its pictures. In a folder, what cannot be read is passed over."""

        def refused(error: WorkbenchError) -> None:
            self._refused(look, step, error)

        def known(film: FilmFacts | None) -> None:
            self._ask(replace(look, film=film), refused)

        if look.clips.kind != "image" and (self._sees_stills or not look.clips.path.endswith(_STORED)):
            self.space.submit("film_facts", "clip", known, refused, path=look.clips.path, index=look.index)
        else:
            self._ask(look, refused)

    def _refused(self, look: Look, step: int, error: WorkbenchError) -> None:
        names, following = look.clips.names, look.index + step
        if not isinstance(error, ClipError | MissingExtra) or look.clips.kind != "folder":
            self.space.tell(error)
            return
        unread = {**look.unread, names[look.index]: error.what}
        if 0 <= following < len(names) and len(unread) < _TRIES:
            self._begin(replace(look, index=following, film=None, unread=unread), step)
            return
        if self.look is not None and look.clips is self.space.clips:
            self._unread |= unread
        self.space.tell(error)

    def _ask(self, look: Look, refused: Refused) -> None:
        """Ask for the pictures of a clip; what is on screen changes when they are there."""
        model = self.space.session.state.model
        if model is None:
            return
        cut = self._windows(look)
        look = replace(look, window=max(0, min(look.window, len(cut) - 1)))
        key = self._key(look, cut)

        def ready(shown: ShownClip) -> None:
            self.windows = cut
            self._shown(look, key, shown)

        self.space.submit("shown_clip", "clip", ready, refused, model=model, clip=key)

    @property
    def still(self) -> bool:
        """Whether a still is on screen, as far as is known: an image, or what is no film in a folder."""
        return self.look is not None and self.look.film is None and self.look.clips.kind in ("image", "folder")

    @property
    def _sees_stills(self) -> bool:
        """The open model looks at one picture."""
        return self.space.facts is not None and self.space.facts.card.frames == 1

    def _windows(self, look: Look) -> tuple[Window, ...]:
        facts = self.space.facts
        if look.film is None or facts is None:
            return ()
        if self._sees_stills:
            return windows(look.film, 1, Part(None, look.part.low, look.part.high), None)[:1]
        return windows(look.film, facts.card.frames, look.part, facts.card.fps)

    def _key(self, look: Look, cut: tuple[Window, ...]) -> ClipKey:
        if not cut:
            return ClipKey(look.clips.path, look.index, self.frames(look.clips.path))
        window = cut[look.window]
        return ClipKey(look.clips.path, look.index, window.frames, None if self._sees_stills else window.fps, window.start, window.length)

    def frames(self, path: str) -> int | None:
        """How many frames of a clip the model is to see; None = all: a future is imagined to the end of a stored clip, whose actions go with it."""
        facts = self.space.facts
        if facts is None or facts.card.frames == 1:
            return None
        whole = facts.report.part("dynamics").status == "whole" and path.endswith(_STORED)
        return None if whole else facts.card.frames

    def _shown(self, look: Look, key: ClipKey, shown: ShownClip) -> None:
        space, fresh = self.space, self.look is None or look.clips is not self.space.clips
        self._unread = {**({} if fresh else self._unread), **look.unread}
        self.look, space.clips, space.shown = look, look.clips, shown
        mask = space.session.state.mask
        keep = mask if mask is not None and mask.shape == shown.grid.shape else None
        wanted = self._bank_key()
        known = wanted if wanted is not None and self._known(wanted) else None
        space.session.set(clip=key, bank=known, mask=keep, tick=0, hover=-1)
        self.reading = wanted is not None and known is None and wanted != self._read
        if fresh:
            space.say("clips")
        space.say("clip")
        self._read_bank(wanted)

    def _bank_key(self) -> BankKey | None:
        """The bank that is wanted for what is on screen."""
        look = self.look
        if look is None or (not self.bank and len(look.clips.names) < 2):
            return None
        path = self._place or look.clips.path
        if self._sees_stills:
            frames = 1 if self.bank or look.film is not None or look.clips.kind == "folder" else None
            return BankKey(path, frames)
        window = self.windows[look.window] if self.windows else None
        return BankKey(path, self.frames(path), None if window is None or path.endswith(_STORED) else window.fps)

    def _known(self, bank: BankKey) -> bool:
        """Whether it need not be read first: a stored one is whole or refused, a folder was read before."""
        return bank.path.endswith(_STORED) or (bank == self._read and self.bank_error is None)

    def _compare(self) -> None:
        """Another bank is wanted for what is on screen."""
        wanted = self._bank_key()
        known = wanted if wanted is not None and self._known(wanted) else None
        self.reading = wanted is not None and known is None and wanted != self._read
        self.space.session.set(bank=known)
        self.space.say("bank")
        self._read_bank(wanted)

    def _read_bank(self, wanted: BankKey | None) -> None:
        """Read a folder as a bank, to know what is left out of it, before anything is measured with it."""
        if wanted is None or wanted.path.endswith(_STORED):
            self.space.jobs.drop((self.space.session.id, "bank of clips"))
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

        self.space.submit("bank_facts", "bank of clips", read, failed, bank=wanted)

    def _end_reading(self, bank: BankKey, facts: BankFacts | None, error: WorkbenchError | None) -> None:
        self.reading, self._read, self.bank_facts, self.bank_error = False, bank, facts, error
