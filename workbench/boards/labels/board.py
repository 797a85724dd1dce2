"""Labels: what the head of a model says of the open clip, beside the same head untrained."""

from __future__ import annotations

from workbench.boards import code
from workbench.boards.base import Board, board
from workbench.boards.labels.charts import label_bars
from workbench.boards.labels.words import labels_detail, labels_sentence
from workbench.boards.layout import Chart, Column, Layout
from workbench.boards.look import blank
from workbench.boards.workspace import Ages, Workspace, renew
from workbench.core.questions.labels import Classify
from workbench.core.results import Classified
from workbench.query import Query


@board(section="LOOK", order=50)
class LabelsBoard(Board):
    """The most likely labels of a clip with their probabilities. Off for models that have no head."""

    title = "Labels"
    about = Classify.about
    no_sample = "No sample has such a head; V-JEPA 2 fine-tuned on Something-Something v2 or on Diving-48 has one, see Catalogue."

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace, ["export"], sources=())  # the untrained head stands beside the trained one
        self.bars = Chart(320, "probabilities of the labels", blank())
        self.labels = Query[Classified](workspace, "labels", self._show, self.failed)
        self.space.on("model", self._forget)
        self.space.on("clip", self.opened)
        self.space.on("theme", self._draw)

    def pictures(self) -> tuple[Ages, ...]:
        """See `Board.pictures`."""
        return (self.bars,)

    @property
    def layout(self) -> Layout:
        """The sentence, then the labels."""
        return Column((self.headline, self.bars))

    def opened(self) -> None:
        """See `Board.opened`."""
        s = self.session.state
        if self.off() or s.clip is None:
            return
        if s.model is not None:
            self.waiting()
            self.labels.ask(Classify(s.model, s.clip))

    def command(self, name: str) -> None:
        """See `Board.command`."""
        if name == "cancel":
            self.labels.cancel()
        else:
            super().command(name)

    def results(self) -> dict[str, object]:
        """See `Board.results`."""
        return {} if self.labels.answer is None else {"labels": self.labels.answer}

    @property
    def of_before(self) -> bool:
        """See `Board.of_before`."""
        s, of = self.session.state, self.labels.question
        return of is not None and (s.model is None or s.clip is None or not self.labels.answers(Classify(s.model, s.clip)))

    def _show(self, found: Classified) -> None:
        renew(self.bars)
        self._draw()
        sentence, tone = labels_sentence(found)
        lines = "" if self.labels.question is None else code.reproduced(self.labels.question, found, self.space.sample)
        self.say(sentence, tone, labels_detail(found), lines)

    def _forget(self) -> None:
        self.labels.forget()
        self._draw()
        if self.awake and self.refusal():
            self.off()

    def _draw(self) -> None:
        found = self.labels.answer
        self.bars.set(blank() if found is None else label_bars(found, dark=self.space.dark))
