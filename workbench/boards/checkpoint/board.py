"""The Checkpoint board: the contents of the file, the parts that loaded, and the origin of every setting."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from widgets import ModelView
from workbench.boards import code
from workbench.boards.base import Board, board
from workbench.boards.checkpoint import words
from workbench.boards.checkpoint.views import contents_dict, histogram_dict, model_dict
from workbench.boards.layout import Column, Layout, fill
from workbench.boards.settings import of_traits
from workbench.boards.workspace import Workspace
from workbench.core.card import FileKey
from workbench.core.contents import Contents
from workbench.core.errors import UnsafeFile, WorkbenchError
from workbench.core.questions.checkpoint import DescribeFile, DescribeModel, Histogram, TensorHistogram
from workbench.query import Query


@board(section="LOOK", order=10, opens=6)
class CheckpointBoard(Board):
    """Whether the weights loaded: the sentence states it, the rows show it part by part."""

    title = "Checkpoint"
    about = DescribeModel.about
    depends = ()
    always = True

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace, ["reset", "export"], sources=())
        self.model = ModelView()
        self.settings = of_traits((self.model, "chosen"), (self.model, "search"))
        self.contents = Query[Contents](workspace, "contents", self._described, lambda error: None)
        self.histogram = Query[TensorHistogram](workspace, "histogram", self._counted, self._failed)
        self.model.observe(self._chosen, names=["chosen"])
        workspace.on("model", self._opened)
        workspace.on("opening", self._opening)
        workspace.on("refused", self._refused)
        workspace.on("clips", self._forgiven)

    @property
    def layout(self) -> Layout:
        """The sentence, then the model."""
        return Column((self.headline, self.model))

    def banked(self) -> None:
        """See `Board.banked`: a file has none."""

    def command(self, name: str) -> None:
        """See `Board.command`."""
        if name == "reset":
            self._forgive()
        elif self.space.facts is not None:
            super().command(name)

    def results(self) -> dict[str, object]:
        """See `Board.results`."""
        return {"facts": self.space.facts}

    def _opening(self) -> None:
        fill(self.headline, {"busy": bool(self.space.opening)})

    def _opened(self) -> None:
        facts, key = self.space.facts, self.session.state.model
        if self.refusal():
            self.off()
            fill(self.model, {"model": {}, "chosen": "", "histogram": {}, "search": ""})
        if facts is None or key is None:
            return
        sentence, tone = words.status_sentence(facts)
        self.say(sentence, tone, words.detail(facts), code.reproduced(DescribeModel(key), facts, self.space.sample))
        fill(self.model, {"model": model_dict(facts), "chosen": "", "histogram": {}, "search": ""})

    def _refused(self) -> None:
        """The file that was asked for, not the one that is still open: what is wrong with it, and what can be seen of it."""
        if self.space.refused is None:
            return
        path, error = self.space.refused
        still = "" if self.space.facts is None else f"Still open: {self.space.facts.card.name}. Reset shows it again."
        sentence = f"{Path(path).name} was not opened: {error.what}."
        self.say(sentence, "error", still)
        self.error = error
        model = {"name": Path(path).name, "path": path, "notes": f"To open it: {error.fix}."}
        fill(self.model, {"model": model, "chosen": "", "histogram": {}, "search": ""})
        if isinstance(error, UnsafeFile):
            self.contents.ask(DescribeFile(FileKey(path)))

    def _forgiven(self) -> None:
        """Something else was opened since a file was refused."""
        if self.space.refused is not None:
            self._forgive()

    def _forgive(self) -> None:
        """Show the open model in place of a file that was refused, whose contents may still be on their way."""
        self.space.refused = None
        self.contents.drop()
        self._opened()

    def _described(self, found: Contents) -> None:
        if self.space.refused is not None:
            fill(self.model, {"model": contents_dict(found)})
            self.headline.sentence = words.refusal_sentence(found)

    def _chosen(self, change: Any) -> None:
        facts = self.space.facts
        if facts is None or not change["new"] or self.model.model.get("path") != facts.report.path:
            return  # values of a file that was refused are not read
        self.model.busy = True
        self.histogram.ask(Histogram(FileKey(facts.report.path), change["new"]))

    def _counted(self, found: TensorHistogram) -> None:
        fill(self.model, {"histogram": histogram_dict(found), "busy": False})

    def _failed(self, error: WorkbenchError) -> None:
        self.model.busy = False
        self.space.tell(error)
