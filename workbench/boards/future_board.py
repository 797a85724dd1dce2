"""What the boards of futures have in common: they wait until they are looked at, and say why they are off."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from widgets import Headline
from workbench.boards.workspace import FIRST_WORDS, Workspace, age, offer, renew, show_failure
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.films import Reel
from workbench.measures.catalogue import entry
from workbench.present.show import fill

_BEFORE = "What is on screen is still of the clip before."
TWIN = [{"id": "twin", "key": "R", "label": "twin", "enabled": True, "reason": ""}]


class FutureBoard:
    """A headline over views that are filled once somebody looks.

    Args:
        measure: of the catalogue, whose parts the board needs and whose formula stands behind ⓘ. commands: of the headline.
    """

    title = ""
    depends = ("model", "clip", "bank")  # when one of these changes, what is on screen is of the one before

    def __init__(self, workspace: Workspace, measure: str, commands: list[str]) -> None:
        self.space, self.session, self.measure = workspace, workspace.session, measure
        about = entry(measure)
        info = {"title": about.title, "formula": about.formula, "source": about.source, "cannot": about.cannot}
        self.headline = Headline(sentence=FIRST_WORDS, sources=TWIN, info=info, commands=commands)
        self.headline.on_command = self.command
        self.awake = False
        self.session.watch(self.depends, lambda old, new: age((self.headline, *self.pictures())) if old.clip is not None else None)
        workspace.on("bank", self.banked)
        workspace.on("failed", lambda: show_failure(workspace, self.headline, off=bool(self.refusal())))

    @property
    def needs(self) -> tuple[str, ...]:
        """Parts that must be whole."""
        return entry(self.measure).needs

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

    def pictures(self) -> tuple[Any, ...]:
        """The views and charts that show something of the model and clip that are open."""
        return ()

    def command(self, name: str) -> None:
        """A button of the headline was pressed."""
        if name == "export":
            offer(self.headline, *self.space.export(self.results()))

    def save_films(self, name: str, command: str, reels: Sequence[Reel], **about: Any) -> None:
        """Offer films as one video file, with their labels.

        Args:
            name: of the file. command: of the player: "export" or "export_mp4". about: options of `film_file`.
        """
        kind = "mp4" if command == "export_mp4" else "webm"

        def offered(data: np.ndarray) -> None:
            offer(self.headline, f"jepa-workbench-{name}.{kind}", data.tobytes())

        self.space.submit("film_file", f"{name}.file", offered, self.failed, reels=list(reels), kind=kind, **about)

    def results(self) -> dict[str, Any]:
        """Everything on the board, for export."""
        return {}

    def refusal(self) -> str:
        """Why the board is off for the open model; "" when it is on, or when nothing is open."""
        facts = self.space.facts
        return "" if facts is None else entry(self.measure).refusal(facts.report)

    def off(self) -> bool:
        """Whether there is nothing to show; says so when it is because of the model."""
        reason, facts = self.refusal(), self.space.facts
        held = {"enabled": not reason, "reason": "This board is off." if reason else ""}
        fill(self.headline, {"sources": [{**source, **held} for source in self.headline.sources]})
        if reason and facts is not None:
            partial = any(facts.report.serving(n).status == "partial" for n in self.needs)
            renew(*self.pictures())
            self.say(f"This board is off: {reason}", "error" if partial else "warn", "See the Checkpoint board for what the file holds.")
        return bool(reason) or not self.awake or self.space.shown is None

    def say(self, sentence: str, tone: str = "plain", detail: str = "", code: str = "") -> None:
        """The sentence, the thin line under it, and the lines that reproduce it."""
        renew(self.headline)
        fill(self.headline, {"sentence": sentence, "tone": tone, "detail": detail, "code": code, "busy": False, "cancellable": False})

    def waiting(self) -> None:
        """The old answer stays until the new one is there."""
        fill(self.headline, {"busy": True, "progress": -1.0, "cancellable": True})

    def failed(self, error: WorkbenchError) -> None:
        """Say what is wrong; what was on screen stays."""
        fill(self.headline, {"busy": False, "cancellable": False})
        if not isinstance(error, Cancelled):
            detail = f"{error.fix}. {_BEFORE}" if self.of_before else error.fix
            fill(self.headline, {"sentence": error.what, "detail": detail, "tone": "error", "code": "", "stale": False})
            self.space.tell(error)

    @property
    def of_before(self) -> bool:
        """What is on screen is not of what is open."""
        return False

    @property
    def predictor(self) -> str:
        """Whose future is shown: the model's, or its untrained twin's while R is held."""
        return "twin" if self.session.state.predictor == "twin" else "model"
