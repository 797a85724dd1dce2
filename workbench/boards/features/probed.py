"""What can be read of the layers, measured under the pictures once it is chosen there: probes, and label efficiency of both open models."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from widgets.controls import Control, Option, Select
from workbench.boards.embedding.places import data_of
from workbench.boards.features.probe_charts import probe_figure
from workbench.boards.layout import Chart
from workbench.boards.look import blank
from workbench.boards.requested import Item, Requested
from workbench.boards.second import Second
from workbench.boards.workspace import Workspace
from workbench.core.card import FolderKey
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.questions.probes import LabelColumns, ListColumns, ProbeLayers, ProbeResult
from workbench.query import Query

if TYPE_CHECKING:
    import plotly.graph_objects as go

PROBES = "probes"
_HELP = "What linear and k-NN probes read of every layer, with permuted labels, the untrained encoder and raw pixels beside them, and by number of labels."
_NO_LABELS = "these clips have no labels: open a bank with labels, or a folder with one sub-folder a class"
_PREFERRED = ("label", "shape", "event")


class Probed(Requested):
    """Probes of the open clips. The second model is measured after the first, where one is open.

    Args:
        encoder: which one is on the board, as of `Features.weights`. large: whether the model is so large that a press is awaited. changed: see `Requested`.
    """

    def __init__(self, space: Workspace, encoder: Callable[[], str], large: Callable[[], bool], changed: Callable[[], None]) -> None:
        self._encoder, self._large, self._column, self._layer = encoder, large, "", -1
        self._told = changed
        self.second = space.shared(Second)
        self.columns = Query[LabelColumns](space, "features.columns", lambda _: self._listed(), self._unlisted)
        self.other = Query[ProbeResult](space, "features.second_probes", lambda _: self._both(), lambda _: None)
        self._why = ""
        chart = Chart(330, "probes by layer and by number of labels", blank())
        probes = Item(
            PROBES, "probes by layer, label efficiency", chart, self._probe, self._refused, self._figure, "the clips of both models and probes"
        )
        super().__init__(space, "features", [probes], _HELP, self._measured, self._chosen, self._moved)
        space.on("second", self.look_again)

    def choose(self, shown: object) -> bool:
        """See `Requested.choose`: the labels that the clips have are looked up first."""
        found = super().choose(shown)
        if self.shown:
            self._look_up()
        return found

    def opened(self) -> None:
        """Another clip, or other data."""
        if self.shown:
            self._look_up()
        self.look_again()

    def forget(self) -> None:
        """See `Requested.forget`."""
        self.columns.forget()
        self.other.forget()
        self._column, self._layer, self._why = "", -1, ""
        super().forget()

    def cancel(self) -> None:
        """See `Requested.cancel`."""
        self.other.cancel()
        super().cancel()

    @property
    def kept(self) -> dict[str, Any]:
        """What a link holds of it."""
        return {"below": self.shown}

    @staticmethod
    def heavy(values: Mapping[str, Any]) -> str:
        """Why it takes long to open a link with these settings; "" where it does not."""
        return "It fits probes on the tokens of all clips, which can take long and writes to the store of results." if values.get("below") else ""

    def _data(self) -> FolderKey | None:
        space, look = self.space, self.space.choice.look
        if space.facts is None or space.clips is None or look is None:
            return None
        return data_of(space.facts, space.clips, look)

    def _look_up(self) -> None:
        data = self._data()
        wanted = None if data is None else ListColumns(data)
        if wanted is not None and not self.columns.answers(wanted) and not self.columns.awaits(wanted):
            self.columns.ask(wanted)

    def _listed(self) -> None:
        found = self.columns.answer
        names = () if found is None else found.names
        self._why = "" if names else _NO_LABELS
        if self._column not in names:
            self._column = next((n for n in _PREFERRED if n in names), names[0] if names else "")
        if names and not self._large() and not self.answered:
            self.ask()
        self.look_again()

    def _unlisted(self, error: WorkbenchError) -> None:
        self._why = "" if isinstance(error, Cancelled) else error.what
        self.look_again()

    def _probe(self) -> ProbeLayers | None:
        s, data = self.space.session.state, self._data()
        if s.model is None or data is None or not self._column or self._refused():
            return None
        return ProbeLayers(s.model, data, self._column, self._encoder(), None if self._layer < 0 else self._layer)  # type: ignore[arg-type]  # one of Weights

    def _refused(self) -> str:
        facts = self.space.facts
        if facts is None:
            return "no model is open"
        return ProbeLayers.about.refusal(facts.report) or self._why

    def _chosen(self) -> tuple[list[Control], Mapping[str, Any]]:
        """Which labels, and whose label efficiency."""
        found, facts = self.columns.answer, self.space.facts
        if found is None or facts is None or not self._column:
            return [], {}
        texts = [f"{name} ({n} classes)" if kind == "labels" else name for name, kind, n in zip(found.names, found.kinds, found.values, strict=True)]
        labels = tuple(Option(name, text) for name, text in zip(found.names, texts, strict=True))
        layers = (Option(-1, "the output"), *(Option(k, f"block {k + 1}") for k in range(facts.layers)))
        row: list[Control] = [
            Select("column", "labels", labels, help="What the probes read: classes, or true factors of the pictures."),
            Select("of", "label efficiency of", layers, help="The layer whose score by number of labels is measured."),
        ]
        return row, {"column": self._column, "of": min(self._layer, facts.layers - 1)}

    def _moved(self, values: Mapping[str, Any]) -> None:
        self._column, self._layer = values.get("column", self._column), values.get("of", self._layer)
        if not self._large() and not self.answered:
            self.ask()

    def _second(self) -> ProbeLayers | None:
        """The same of the second model, of its own output."""
        own, seen = self._probe(), self.second.seen
        if own is None or seen is None or self.second.first is None or ProbeLayers.about.refusal(seen.facts.report):
            return None
        look, clips = self.space.choice.look, self.space.clips
        if look is None or clips is None:
            return None
        return ProbeLayers(seen.model, data_of(seen.facts, clips, look), own.labels, "", None)

    def _measured(self) -> None:
        if self.shown and self.answered:
            self._ask_second()
        self._told()

    def _ask_second(self) -> None:
        wanted = self._second()
        if wanted is not None and not self.other.answers(wanted) and not self.other.awaits(wanted):
            self.other.ask(wanted)

    def look_again(self) -> None:
        """See `Requested.look_again`."""
        super().look_again()
        if self.shown and self.answered:
            self._ask_second()

    def _both(self) -> None:
        self.draw()
        self._told()

    def _figure(self, found: ProbeResult) -> go.Figure:
        wanted, seen = self._second(), self.second.seen
        second = self.other.answer if wanted is not None and self.other.answers(wanted) else None
        return probe_figure(found, second, seen.name if seen is not None else "B", dark=self.space.dark)
