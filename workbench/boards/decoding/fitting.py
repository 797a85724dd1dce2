"""The decoder fitted on the open clips: one per session, shared by the boards that show latents as pictures."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from weakref import WeakKeyDictionary

from widgets import Headline
from widgets.controls import Button
from workbench.boards.decoding.words import share
from workbench.boards.workspace import Workspace, offer
from workbench.core.card import BankKey, FileKey, ModelKey
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.questions.decoding import DecoderBytes, DecoderFile, DecoderFit, FitDecoder, Fitted, OpenDecoder
from workbench.jobs import Jobs
from workbench.query import Query

_NO_BANK = "needs a bank: open a folder or bank of clips"
_Key = tuple[ModelKey | None, BankKey | None]
_known: WeakKeyDictionary[Jobs, dict[_Key, tuple[Fitted, DecoderFit]]] = WeakKeyDictionary()  # the last that sessions of one worker fitted or opened
_MOST = 8  # a worker keeps as many


class Fitting:
    """Starts, cancels, saves and opens it, and tells boards. Of the open model and bank.

    Attributes:
        said: what is being done or went wrong, "" nothing. progress: share done, −1 none.
    """

    def __init__(self, space: Workspace) -> None:
        self.space = space
        self.said, self.progress = "", -1.0
        self._known = _known.setdefault(space.jobs, {})
        self._of: _Key = (None, None)
        self._heard: list[Callable[[bool], None]] = []
        self._fits = Query[DecoderFit](space, "decoder.fit", self._done, self._failed, self._counted)

    def on(self, heard: Callable[[bool], None]) -> None:
        """Call after anything of it changed; with True where the decoder is another one."""
        self._heard.append(heard)

    @property
    def decoder(self) -> Fitted | None:
        """The question that fitted or opened it, in this session or in another one of the same worker; None where there is none."""
        return self._known[self._key][0] if self._key in self._known else None

    @property
    def fit(self) -> DecoderFit | None:
        """The score of that decoder; None where there is none."""
        return self._known[self._key][1] if self._key in self._known else None

    @property
    def running(self) -> bool:
        """A fit is under way."""
        return self.progress >= 0

    @property
    def button(self) -> Button:
        """The control that starts it."""
        label = "fitting …" if self.running else "fit again" if self.fit else "fit a decoder"
        found = Button("fit", label, help="Fit a decoder on the frozen latents of the open clips. The model is not changed.")
        return found if self._key[1] is not None else dataclasses.replace(found, disabled=True, reason=_NO_BANK)

    def look(self) -> None:
        """Another model or bank may be open: what is done for the one before is no longer wanted."""
        if self._key != self._of:
            self._of, self.said, self.progress = self._key, "", -1.0
            self._fits.forget()
            self._tell(False)

    def start(self, steps: int = 400) -> None:
        """Fit one, and report progress to the boards. Does nothing while clips are being opened."""
        model, bank = self._key
        if model is None or bank is None:
            self.said = f"A decoder {_NO_BANK}."
            self._tell(False)
            return
        self._of, self.said, self.progress = self._key, "Fitting a decoder …", 0.0
        self._tell(False)
        self._fits.ask(FitDecoder(model, bank, steps))

    def cancel(self) -> None:
        """Stop the fit; an older decoder stays."""
        self._fits.cancel()

    def open(self, path: str) -> None:
        """A decoder from a file that was saved."""
        model, bank = self._key
        if model is not None and bank is not None:
            self._fits.ask(OpenDecoder(model, FileKey(self.space.allow(path)), bank))

    def save(self, headline: Headline) -> None:
        """Offer the decoder as a file."""

        def offered(found: DecoderBytes) -> None:
            name = self.space.sample or Path(self.space.facts.report.path if self.space.facts else "model").stem
            offer(headline, f"jepa-workbench-{name}-decoder.safetensors", found.data.tobytes())

        if self.decoder is not None:
            Query[DecoderBytes](self.space, "decoder.file", offered, self._failed).ask(DecoderFile(self.decoder))

    def lost(self) -> None:
        """The worker no longer has the decoder: it was restarted, or has fitted many others since."""
        self._known.pop(self._key, None)
        self._tell(False)

    @property
    def _key(self) -> _Key:
        return self.space.session.state.model, self.space.session.state.bank

    def _counted(self, done: int, total: int) -> None:
        self.progress = done / max(total, 1)
        self.said = f"Fitting a decoder: {share(self.progress)} …"
        self._tell(False)

    def _done(self, fit: DecoderFit) -> None:
        asked = self._fits.question
        if isinstance(asked, Fitted):
            self._known.pop((asked.model, asked.bank), None)
            self._known[asked.model, asked.bank] = asked, fit
            if len(self._known) > _MOST:
                del self._known[next(iter(self._known))]  # the oldest
        self.said, self.progress = "", -1.0
        self._tell(True)

    def _failed(self, error: WorkbenchError) -> None:
        self.progress = -1.0
        self.said = "The fit was cancelled." if isinstance(error, Cancelled) else f"{error.what} → {error.fix}".rstrip(" →")
        if not isinstance(error, Cancelled):
            self.space.tell(error)
        self._tell(False)

    def _tell(self, another: bool) -> None:
        for heard in self._heard:
            heard(another)


def fitting_of(space: Workspace) -> Fitting:
    """The one of this session. The workspace owns it, so that both go together."""
    return space.shared(Fitting)
