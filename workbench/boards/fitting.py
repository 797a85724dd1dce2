"""The decoder that is fitted on what is open: one a session, shared by the boards that draw latents."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from widgets import Headline
from workbench.boards.workspace import Workspace, offer
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.questions.decoding import DecoderFit
from workbench.present.decode_words import share

_NO_BANK = "needs a bank: open a folder or bank of clips"


class Fitting:
    """Starts, cancels, saves and opens it, and tells boards. Of the open model and bank.

    Attributes:
        fit: how the decoder fares; None where there is none. said: what is being done or went wrong, "" nothing. progress: share done, −1 none.
    """

    def __init__(self, space: Workspace) -> None:
        self.space = space
        self.fit: DecoderFit | None = None
        self.said, self.progress = "", -1.0
        self._of: Any = None
        self._heard: list[Callable[[bool], None]] = []

    def on(self, heard: Callable[[bool], None]) -> None:
        """Call after anything of it changed; with True where the decoder is another one."""
        self._heard.append(heard)

    @property
    def running(self) -> bool:
        """A fit is under way."""
        return self.progress >= 0

    def button(self) -> dict[str, Any]:
        """The control that starts it."""
        off = {} if self.space.session.state.bank is not None else {"disabled": True, "reason": _NO_BANK}
        label = "fitting …" if self.running else "fit again" if self.fit else "fit a decoder"
        return {"kind": "button", "id": "fit", "label": label, "help": "On the frozen latents of the open clips; the model stays as it is", **off}

    def look(self) -> None:
        """Whether there already is one for what is open now."""
        wanted = self._key()
        if wanted == self._of:
            return
        self._of, self.fit, self.said, self.progress = wanted, None, "", -1.0
        self.space.jobs.drop((self.space.session.id, "decoder.fit"))
        self._tell(False)
        if wanted[1] is not None:
            self._submit("decoder_fit", "decoder.look", self._known, lambda error: None)

    def start(self, steps: int = 400) -> None:
        """Fit one; boards hear how far it is. While clips are being opened there is nothing to fit on yet."""
        if self._key()[1] is None:
            self.said = f"A decoder {_NO_BANK}."
            self._tell(False)
            return
        self._of, self.said, self.progress = self._key(), "Fitting a decoder …", 0.0
        self._tell(False)
        self._submit("fit_decoder", "decoder.fit", self._done, self._failed, steps=steps, progress=self._counted)

    def cancel(self) -> None:
        """Stop the fit; an older decoder stays."""
        self.space.jobs.cancel((self.space.session.id, "decoder.fit"))

    def open(self, path: str) -> None:
        """A decoder from a file that was saved."""
        allowed = self.space.allow(path)
        self._submit("read_decoder", "decoder.fit", self._done, self._failed, path=allowed)

    def save(self, headline: Headline) -> None:
        """Offer the decoder as a file."""

        def offered(data: np.ndarray) -> None:
            name = self.space.sample or Path(self.space.facts.report.path if self.space.facts else "model").stem
            offer(headline, f"jepa-workbench-{name}-decoder.safetensors", data.tobytes())

        self._submit("decoder_file", "decoder.file", offered, self._failed)

    def _key(self) -> tuple[Any, Any]:
        return self.space.session.state.model, self.space.session.state.bank

    def _submit(self, name: str, view: str, done: Callable[[Any], None], failed: Callable[[WorkbenchError], None], **more: Any) -> None:
        model, bank = self._key()
        self.space.submit(name, view, done, failed, model=model, bank=bank, **more)

    def _known(self, fit: DecoderFit | None) -> None:
        if fit is not None and not self.running:
            self.fit = fit
            self._tell(False)

    def _counted(self, done: int, total: int) -> None:
        self.progress = done / max(total, 1)
        self.said = f"Fitting a decoder: {share(self.progress)} …"
        self._tell(False)

    def _done(self, fit: DecoderFit) -> None:
        self.fit, self.said, self.progress = fit, "", -1.0
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
