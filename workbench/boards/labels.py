"""Labels: what the head of a model says of the clip in sight, beside the same head untrained."""

from __future__ import annotations

from typing import Any

from workbench.boards import code
from workbench.boards.future_board import FutureBoard
from workbench.boards.layout import Chart, Column, Layout
from workbench.boards.workspace import Workspace, renew
from workbench.core.results import Classified
from workbench.present.charts import blank, label_bars
from workbench.present.label_words import labels_detail, labels_sentence
from workbench.session import State


class LabelsBoard(FutureBoard):
    """The most likely labels of a clip with their probabilities. Off for models that have no head."""

    title = "Labels"

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace, "classify", ["export"])
        self.headline.sources = []  # the untrained head stands beside the trained one
        self.bars = Chart(320, "probabilities of the labels", blank())
        self.found: Classified | None = None
        self._of: Any = None
        self.space.on("model", self._forget)
        self.space.on("clip", self.opened)
        self.space.on("theme", self._draw)

    def pictures(self) -> tuple[Any, ...]:
        """See `FutureBoard.pictures`."""
        return (self.bars,)

    @property
    def layout(self) -> Layout:
        """The sentence, then the labels."""
        return Column((self.headline, self.bars))

    def opened(self) -> None:
        """See `FutureBoard.opened`."""
        s = self.session.state
        if self.off() or s.clip is None:
            return
        self.waiting()
        self.space.submit("classify", "labels.view", lambda found: self._show(found, s), self.failed, model=s.model, clip=s.clip)

    def command(self, name: str) -> None:
        """See `FutureBoard.command`."""
        if name == "cancel":
            self.space.jobs.cancel((self.session.id, "labels.view"))
        else:
            super().command(name)

    def results(self) -> dict[str, Any]:
        """See `FutureBoard.results`."""
        return {} if self.found is None else {"labels": self.found}

    @property
    def of_before(self) -> bool:
        """See `FutureBoard.of_before`."""
        s = self.session.state
        return self.found is not None and self._of != (s.model, s.clip)

    def _show(self, found: Classified, asked: State) -> None:
        self.found, self._of = found, (asked.model, asked.clip)
        renew(self.bars)
        self._draw()
        sentence, tone = labels_sentence(found)
        self.say(sentence, tone, labels_detail(found), labels_lines(asked, self.space.sample, found))

    def _forget(self) -> None:
        self.found = self._of = None
        self.space.jobs.drop((self.session.id, "labels.view"))
        self._draw()
        if self.awake and self.refusal():
            self.off()

    def _draw(self) -> None:
        self.bars.set(blank() if self.found is None else label_bars(self.found, dark=self.space.dark))


def labels_lines(state: State, sample: str | None, found: Classified) -> str:
    """The lines of Python that give the probability of the sentence."""
    if state.clip is None:
        return ""
    lines = code.open_lines(state, sample, found.provenance.weights.get("head", ""))
    lines.append(f"found = jw.classify(jepa, {code.opened(state.clip)})")
    lines.append(f"print(round(found.best(1)[0][1], 4))  # {found.best(1)[0][1]:.4f}")
    return "\n".join(lines)
