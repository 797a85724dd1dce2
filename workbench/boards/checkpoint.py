"""Checkpoint: what the file holds, what of it loaded, and where every value came from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from widgets import ModelView
from workbench.boards import code
from workbench.boards.base import Board, board
from workbench.boards.layout import Column, Layout
from workbench.boards.workspace import Workspace
from workbench.core.contents import Contents
from workbench.core.errors import UnsafeFile
from workbench.core.facts import ModelFacts, TensorHistogram
from workbench.core.questions import About
from workbench.present.parts import PART_LABELS, wrong_words
from workbench.present.show import contents_dict, fill, histogram_dict, model_dict


@board(section="LOOK", order=10, opens=6)
class CheckpointBoard(Board):
    """Did the weights load? The sentence says so; the rows show it part by part."""

    title = "Checkpoint"
    about = About(
        "inspect",
        title="Parts of a checkpoint",
        formula="whole: every expected tensor was found with its shape, and none was left over; partial: anything between; missing: none was found",
        source="tensor names of the official code of each family",
        cannot="That all tensors matched does not say that heads or sizes were set right: see which settings were assumed.",
    )
    depends = ()
    always = True

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace, ["reset", "export"], sources=())
        self.model = ModelView()
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

    def results(self) -> dict[str, Any]:
        """See `Board.results`."""
        return {"facts": self.space.facts}

    def _opening(self) -> None:
        fill(self.headline, {"busy": bool(self.space.opening)})

    def _opened(self) -> None:
        facts = self.space.facts
        if facts is None:
            return
        sentence, tone = status_sentence(facts)
        hashes = facts.card.hashes
        lines = code.open_lines(self.space.session.state, self.space.sample, next(iter(hashes.values()), ""))
        self.say(sentence, tone, detail(facts), "\n".join([*lines, "print(jepa.report.whole)"]))
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
        model = {"name": Path(path).name, "path": path, "notes": f"What would do: {error.fix}."}
        fill(self.model, {"model": model, "chosen": "", "histogram": {}, "search": ""})
        if isinstance(error, UnsafeFile):
            self.space.submit("contents", "contents", self._described, lambda _: None, path=path)

    def _forgiven(self) -> None:
        """Something else was opened since a file was refused."""
        if self.space.refused is not None:
            self._forgive()

    def _forgive(self) -> None:
        """Show the open model in place of a file that was refused, whose contents may still be on their way."""
        self.space.refused = None
        self.space.jobs.drop((self.space.session.id, "contents"))
        self._opened()

    def _described(self, found: Contents) -> None:
        if self.space.refused is not None:
            fill(self.model, {"model": contents_dict(found)})
            attack = "it holds Python objects that would run code, among them what no checkpoint needs: it looks like an attack"
            self.headline.sentence = f"{Path(found.path).name} was not opened: {attack if found.alarming else f'it {found.what}'}."

    def _chosen(self, change: Any) -> None:
        facts = self.space.facts
        if facts is None or not change["new"] or self.model.model.get("path") != facts.report.path:
            return  # values of a file that was refused are not read
        self.model.busy = True
        path = facts.report.path
        self.space.submit("tensor_histogram", "histogram", self._counted, self._failed, path=path, name=change["new"])

    def _counted(self, found: TensorHistogram) -> None:
        fill(self.model, {"histogram": histogram_dict(found), "busy": False})

    def _failed(self, error: Any) -> None:
        self.model.busy = False
        self.space.tell(error)


def status_sentence(facts: ModelFacts) -> tuple[str, str]:
    """Whether the weights loaded, in words, and the tone."""
    parts = facts.report.parts
    bad = [p for p in parts if p.status == "partial"]
    if bad:
        return f"Not whole: {'; '.join(wrong_words(p) for p in bad)}.", "error"
    found = [PART_LABELS[p.name] for p in parts if p.status == "whole"]
    matched = sum(len(p.matched) for p in parts)
    return f"{facts.card.name}: all {matched} expected tensors matched; whole: {', '.join(found)}.", "plain"


def detail(facts: ModelFacts) -> str:
    """How much was not simply read."""
    by = {o: sum(f.origin == o for f in facts.report.facts) for o in ("read", "inferred", "given", "assumed")}
    return "Settings: " + ", ".join(f"{n} {o}" for o, n in by.items() if n) + "."
