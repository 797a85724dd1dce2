"""Two groups of points, the ends of an axis, and where every point lies on it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from widgets import Gallery
from workbench.boards.embedding import charts
from workbench.boards.embedding.columns import Colouring
from workbench.boards.embedding.controls import ENDS
from workbench.boards.embedding.places import Chosen
from workbench.boards.layout import Chart, Either
from workbench.boards.look import blank
from workbench.core.card import VectorsKey
from workbench.core.errors import WorkbenchError
from workbench.core.numbers import number
from workbench.core.questions.axis import Auc, Axis, AxisResult
from workbench.query import Asks, Query

AXIS, GROUPS = "axis A to B", "groups A and B"
ENOUGH = 2  # points of an end


class Ends:
    """The axis of a map.

    Args:
        asks: where questions go. sources: whose vectors there are. changed: called after an answer. failed: told of errors.

    Attributes:
        rows: of each end that is set, by its name. queries: the axis in the vectors of each source. layout: nothing, or the chart.
    """

    def __init__(self, asks: Asks, sources: Iterable[str], changed: Callable[[], None], failed: Callable[[WorkbenchError], None]) -> None:
        self.queries = {source: Query[AxisResult](asks, f"embedding.{source}.axis", lambda found: changed(), failed) for source in sources}
        self.rows: dict[str, Chosen] = {}
        self._tried = set[str]()
        self.chart = Chart(charts.STRIP, "axis from A to B", blank())
        self.layout = Either(Gallery(), self.chart)

    @property
    def complete(self) -> bool:
        """Whether both ends are set."""
        return len(self.rows) == len(ENDS)

    def forget(self) -> None:
        """No end is set."""
        for query in self.queries.values():
            query.forget()
        self.rows, self._tried = {}, set()
        self.layout.show(0)

    @property
    def busy(self) -> bool:
        """Whether an axis is awaited."""
        return any(query.busy for query in self.queries.values())

    def want(self, source: str, vectors: VectorsKey) -> None:
        """Have the axis in these vectors, where both ends are set."""
        if self.complete:
            question, query = Axis(vectors, self.rows["A"], self.rows["B"]), self.queries[source]
            if not query.answers(question) and question.digest not in self._tried:
                self._tried = {*self._tried, question.digest}
                query.ask(question)

    def found(self, source: str, vectors: VectorsKey | None) -> AxisResult | None:
        """The axis, where it is one in these vectors and of the ends that are set."""
        query = self.queries[source]
        of = query.question
        if not isinstance(of, Axis) or not self.complete or of.vectors != vectors:
            return None
        return query.answer if of.a is self.rows["A"] and of.b is self.rows["B"] else None

    def draw(self, source: str, vectors: VectorsKey | None, *, dark: bool) -> None:
        """Where the groups lie on the axis in these vectors, as soon as that is known."""
        if (found := self.found(source, vectors)) is not None:
            self.chart.set(charts.axis_chart(found, self.rows, dark=dark))
        self.layout.show(0 if found is None else 1)

    def colours(self, found: AxisResult | None, count: int) -> dict[str, Colouring]:
        """The axis and its groups as colours of so many rows; nothing before it is known."""
        if found is None or len(found.coordinates) != count:
            return {}
        codes = np.full(count, -1)
        for code, end in enumerate(ENDS.values()):
            codes[self.rows[end]] = code
        return {AXIS: Colouring(AXIS, "value", found.coordinates), GROUPS: Colouring(GROUPS, "category", codes, tuple(ENDS.values()))}


def refusal(name: str, rows: Chosen, other: np.ndarray | None) -> str:
    """Why the selected points are no end of an axis; "" where they are.

    Args:
        name: of the end. other: the points of the other end; None: it is not set.
    """
    if both := 0 if other is None else len(np.intersect1d(rows, other)):
        return (
            f"{both:,} of the selected points {'is' if both == 1 else 'are'} in {'AB'.replace(name, '')} already: the ends of an axis share no point."
        )
    count = len(rows)
    return (
        ""
        if count >= ENOUGH
        else f"End {name} of the axis needs at least {ENOUGH} selected points, so that half can be held out; {'one is' if count else 'none is'} selected."
    )


def axis_sentence(found: AxisResult) -> tuple[str, str]:
    """How well the axis separates its ends, beside random groups; "warn" where it does no better than these."""
    own, mixed = found.separation, found.shuffled
    said = f"AUC {_interval(own)} on held-out {'clips' if found.held == 'clips' else 'points'} (random groups {_interval(mixed)})."
    where = f"Axis from A ({found.sizes[0]:,} points) to B ({found.sizes[1]:,})"
    if own.value <= mixed.high:
        return f"{where} separates them no better than random groups: {said}", "warn"
    return f"{where}: {said}", "plain"


AXIS_DETAIL = "Colour: 0 at the centroid of A, 1 at that of B, in the full space. Groups that were selected on a map are apart by selection."


def _interval(found: Auc) -> str:
    return f"{number(found.value)} [{number(found.low)} to {number(found.high)}]"
