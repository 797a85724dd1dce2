"""What a board can show in place of the model while a key or a button is held: its baselines, and the second open model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from widgets import Headline
from widgets.keys import key
from workbench.boards.layout import fill
from workbench.boards.second import NONE_OPEN, SECOND, SOURCE, Second
from workbench.boards.workspace import Workspace
from workbench.core.errors import WorkbenchError
from workbench.core.questions import About
from workbench.core.questions.checkpoint import ModelFacts

NO_MODEL = "it needs a model; what is open are vectors, which come without one."
_ONE = "This board shows one model at a time: release B, or open the other model as A."
UNTRAINED = [{"id": "twin", "key": key("twin"), "label": "untrained", "enabled": True, "reason": ""}]


class Holding:
    """A headline with its sources.

    Attributes:
        compares: the second open model can be shown; `_turned` says how. second: that model. error: shown by the headline.
    """

    about: ClassVar[About]
    section: ClassVar[str] = ""
    compares: ClassVar[bool] = False
    awake = False

    def __init__(self, workspace: Workspace, commands: Sequence[str], sources: Sequence[dict[str, object]] | None) -> None:
        self.space, self.session = workspace, workspace.session
        about = self.about
        info = {"title": about.title, "formula": about.formula, "source": about.source, "cannot": about.cannot}
        self.headline = Headline(info=info, commands=list(commands))
        second = [] if self.section == "OPEN" else [{**SOURCE, "reason": NONE_OPEN}]
        self.headline.sources = [*(self.headline.sources if sources is None else sources), *second]
        self.second = workspace.shared(Second)
        self.error: WorkbenchError | None = None
        self._silent = True  # nothing was said of what is open
        workspace.on("second", self._second_changed)

    def refusal(self) -> str:
        """Why the board is off for the open model; "" when it is on, or when nothing is open."""
        facts = self.space.facts
        if self.space.vectors.there:
            return NO_MODEL
        return "" if facts is None else self.about.refusal(facts.report)

    def _unheld(self) -> dict[str, str]:
        """The sources that cannot be used now, by their id, and why."""
        return {}

    def second_refusal(self) -> str:
        """Why this board cannot show the second model; "" when it can, or when that model is not yet there."""
        subject = self.second.subject
        if subject is None:
            return NONE_OPEN
        if not self.compares:
            return _ONE
        reason = self.about.refusal(subject.facts.report) or self._unlike(subject.facts)
        return f"{self.second.letter} {subject.name} cannot be shown here: {reason}" if reason else ""

    def _unlike(self, facts: ModelFacts) -> str:
        """Why a second model that has all the parts cannot be asked what the first one is asked; "" where it can."""
        return ""

    @property
    def other(self) -> bool:
        """Whether the second model is shown in place of the first: B is held, and this board can show it."""
        return self.session.state.predictor == SECOND and not self.second_refusal() and not self.refusal()

    def _turned(self) -> None:
        """The second model is held or let go, or it was shown another clip meanwhile."""

    def _second_changed(self) -> None:
        self.sources_shown()
        if self.compares:
            fill(self.headline, {"source": self.source})
        if self.awake and self.session.state.predictor == SECOND:
            self._turned()

    def sources_shown(self) -> None:
        """Which buttons of the headline can be held, and why others cannot."""
        reason, sources = self.refusal(), self.headline.sources
        why = {SECOND: self.second_refusal(), **self._unheld()}
        told = {s["id"]: "This board is off." if reason else why.get(s["id"], "") for s in sources}
        shown = {s["id"]: {**s, "enabled": not told[s["id"]], "reason": told[s["id"]]} for s in sources}
        if SECOND in shown:
            shown[SECOND]["label"] = SOURCE["label"] if self.second.subject is None else self.second.subject.name
        fill(self.headline, {"sources": list(shown.values())})

    @property
    def predictor(self) -> str:
        """Which weights the shown prediction comes from: "model", or "twin" (untrained) while R is held."""
        return "twin" if self.session.state.predictor == "twin" else "model"

    @property
    def source(self) -> str:
        """What the headline says is shown in place of the model; see `Headline.source`."""
        held = {s["id"] for s in self.headline.sources}
        now = self.session.state.predictor
        return "model" if now not in held or (now == SECOND and not self.other) else now

    def say(self, sentence: str, tone: str = "plain", detail: str = "", code: str = "", **more: object) -> None:
        """Set the sentence, the line under it, and the Python lines that reproduce it. more: other traits of the headline."""
        self.error, self._silent = None, False
        said = {"sentence": sentence, "tone": tone, "detail": detail, "code": code, "busy": False, "cancellable": False, "offer": ""}
        fill(self.headline, {**said, "stale": False, **more})

    def say_both(self, figure: str, first: str, second: str, sentence: str, tone: str, detail: str, code: str) -> None:
        """The numbers of both models side by side while B is held.

        Args:
            figure: what the numbers are. first, second: of each model. sentence, tone, detail, code: as `say` takes them, of the second.
        """
        a, b = self.second.first, self.second.seen
        if a is None or b is None:
            return
        lines = f"{b.letter}: {sentence} {self.second.differences()} {detail}".strip()
        self.say(f"{figure}: {a.name} {first} · {b.name} {second}.", tone, lines, code, note=b.name)
