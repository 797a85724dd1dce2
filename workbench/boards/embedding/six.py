"""Six maps of the same vectors, on request."""

from __future__ import annotations

from collections.abc import Callable

from widgets import Gallery
from workbench.boards.embedding import charts
from workbench.boards.embedding.columns import Colouring
from workbench.boards.embedding.controls import Drawing
from workbench.boards.layout import Chart, Either
from workbench.boards.look import blank
from workbench.boards.workspace import renew
from workbench.core.card import VectorsKey
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.questions.stability import Sweep, SweepResult
from workbench.query import Asks, Query

_POINTS, _NEIGHBOURS = 800, (5, 15, 50)


class SixMaps:
    """Maps over neighbours × seeds side by side.

    Args:
        asks: where the question goes. changed: called after an answer and while it is computed. failed: told of errors.

    Attributes:
        said: what is being done; "" when nothing is. layout: nothing, or the maps.
    """

    def __init__(self, asks: Asks, changed: Callable[[], None], failed: Callable[[WorkbenchError], None]) -> None:
        self.chart = Chart(charts.HEIGHT, "six maps", blank())
        self.layout = Either(Gallery(), self.chart)
        self.query = Query[SweepResult](asks, "embedding.sweep", self._found, self._ended, self._counted)
        self._changed, self._failed, self.said = changed, failed, ""

    def ask(self, key: VectorsKey, drawing: Drawing, count: int) -> None:
        """Have them drawn, by UMAP where the large map is of PCA. count: points."""
        method = "umap" if drawing.method == "pca" else drawing.method
        ks = tuple(sorted({min(k, min(count, _POINTS) - 2) for k in _NEIGHBOURS}))
        self.query.ask(Sweep(key, method, ks, (drawing.seed, drawing.seed + 1), drawing.min_dist, sample=_POINTS))
        self._counted(0, 0)

    def draw(self, colouring: Colouring | None, *, dark: bool) -> None:
        """In these colours."""
        if self.query.answer is not None:
            self.chart.set(charts.sweep_chart(self.query.answer, colouring, dark=dark))
            self.layout.show(1)

    def forget(self) -> None:
        """Other vectors."""
        self.query.forget()
        self.said = ""
        self.layout.show(0)

    def _counted(self, done: int, total: int) -> None:
        self.said = f"Six maps: {done} of {total} steps …" if total else "Six maps: waiting …"
        self._changed()

    def _found(self, _found: SweepResult) -> None:
        self.said = ""
        renew(self.chart)
        self._changed()

    def _ended(self, error: WorkbenchError) -> None:
        self.said = ""
        self._changed()
        if not isinstance(error, Cancelled):
            self._failed(error)
