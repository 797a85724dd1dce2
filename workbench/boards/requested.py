"""What a board measures only when it is chosen, under its other views: a choice, a button, how far it is, and a chart."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from widgets import Toolbar
from widgets.controls import Button, Control, Label, Option, Select
from workbench.boards import code
from workbench.boards.layout import Chart, Column, Either, Layout
from workbench.boards.look import blank
from workbench.boards.workspace import Workspace
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.questions import Question
from workbench.query import Query

if TYPE_CHECKING:
    import plotly.graph_objects as go

NO_BANK = "needs other clips: open a folder, or choose a bank beside the clip"


@dataclass(frozen=True, eq=False)
class Item:
    """One thing that can be measured.

    Args:
        name: of the choice, and of the answer in an exported file. label: on screen. chart: where it is shown. wanted: the question now; None where it cannot be
            asked. refusal: why it cannot; "" where it can. figure: of an answer. unit: what its progress counts.
    """

    name: str
    label: str
    chart: Chart
    wanted: Callable[[], Question[Any] | None]
    refusal: Callable[[], str]
    figure: Callable[[Any], go.Figure]
    unit: str


class Requested:
    """Nothing is asked before it is chosen. When what is open or set changes, the chart is greyed until it is measured again.

    Args:
        view: name of the place within the session. items: what can be chosen. help: of the choice. changed: called when `lines` changed, and after an answer.
        more: other controls of the row, shown while something is chosen, and their values; `moved` is called when one of them changed.

    Attributes:
        shown: name of the item that is chosen; "" = none. queries: of each item.
    """

    def __init__(
        self,
        space: Workspace,
        view: str,
        items: Sequence[Item],
        help: str,
        changed: Callable[[], None],
        more: Callable[[], tuple[list[Control], Mapping[str, Any]]] = lambda: ([], {}),
        moved: Callable[[Mapping[str, Any]], None] = lambda values: None,
    ) -> None:
        self.space, self.items = space, {item.name: item for item in items}
        self.shown, self._said = "", ""
        self._help, self._changed, self._more, self._moved = help, changed, more, moved
        self.row = Toolbar()
        self.place = Either(Column(()), *(item.chart for item in items))
        self.queries = {name: Query[Any](space, f"{view}.{name}", lambda _: self._came(), self._ended, self._counted) for name in self.items}
        self.row.on_change = self._set
        self.row.on_press = lambda name: self.cancel() if name == "cancel" else self.ask()
        space.on("theme", self.draw)
        self._show()

    @property
    def layout(self) -> Layout:
        """The choice, and the chart that was chosen."""
        return Column((self.row, self.place))

    def choose(self, shown: object) -> bool:
        """Show one of them, and ask for it where it is not known. Returns whether there is such a thing."""
        if not isinstance(shown, str) or shown not in ("", *self.items):
            return False
        if shown != self.shown:
            self.shown, self._said = shown, ""
            self.place.show(["", *self.items].index(shown))
            if shown and not self.answered:
                self.ask()
            self.look_again()
            self._changed()
        return True

    def ask(self) -> None:
        """Measure what is chosen."""
        item = self.items.get(self.shown)
        wanted = None if item is None else item.wanted()
        if wanted is not None:
            self._said = ""
            self.queries[self.shown].ask(wanted)
        self._show()

    def look_again(self) -> None:
        """What is open or set may have changed."""
        if self.shown:
            self.draw()
        self._show()

    def forget(self) -> None:
        """Another model: what was chosen stays chosen, and is measured when the button is pressed."""
        self._said = ""
        for name, query in self.queries.items():
            query.forget()
            self.items[name].chart.set(blank())
        self._show()

    def cancel(self) -> None:
        """Stop what is being measured."""
        for query in self.queries.values():
            query.cancel()

    @property
    def answered(self) -> bool:
        """Whether the chart in sight is of what is open and set now."""
        item = self.items.get(self.shown)
        wanted = None if item is None else item.wanted()
        return wanted is not None and self.queries[self.shown].answers(wanted)

    @property
    def answers(self) -> dict[str, object]:
        """What was measured, by name."""
        return {name: query.answer for name, query in self.queries.items() if query.answer is not None}

    @property
    def lines(self) -> str:
        """Python lines that reproduce the number of the chart in sight; "" where there is none."""
        query = self.queries.get(self.shown)
        if query is None or query.answer is None or query.question is None:
            return ""
        return code.reproduced(query.question, query.answer, self.space.sample)

    def draw(self) -> None:
        """The chart of the answer; greyed where it is not of what is open and set now."""
        item = self.items.get(self.shown)
        if item is None or self.queries[self.shown].answer is None:
            return
        item.chart.set(item.figure(self.queries[self.shown].answer))
        item.chart.stale = not self.answered

    def _set(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        self.choose(new["below"])
        if {**old, "below": ""} != {**new, "below": ""}:
            self._moved(new)
            self.look_again()

    def _show(self) -> None:
        """The choice, and beside it what can be done and how far it is."""
        options = (Option("", "nothing"), *(Option(item.name, item.label) for item in self.items.values()))
        row: list[Control] = [Select("below", "below", options, help=self._help, width=262)]
        values: dict[str, Any] = {"below": self.shown}
        item = self.items.get(self.shown)
        if item is not None:
            others, given = self._more()
            row, values = [*row, *others], {**values, **given}
            query, why = self.queries[item.name], item.refusal()
            if query.busy:
                row += [Button("cancel", "Cancel"), Label("said", self._said or "waiting …")]
            elif not self.answered:
                row += [Button("measure", "Measure again" if query.answer is not None else "Measure").off(why), Label("said", self._said or why)]
        self.row.show(row, values)

    def _counted(self, done: int, total: int) -> None:
        if total and self.shown:
            self._said = f"{100 * done // total} % of {self.items[self.shown].unit} …"
            self._show()

    def _came(self) -> None:
        self._said = ""
        self.look_again()
        self._changed()

    def _ended(self, error: WorkbenchError) -> None:
        self._said = "cancelled" if isinstance(error, Cancelled) else f"{error.what}: {error.fix}"
        self._show()
