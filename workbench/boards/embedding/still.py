"""One picture of all points, where a browser draws no more of them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from widgets import Scatter
from workbench.boards.embedding.columns import Colouring
from workbench.boards.embedding.inks import inks
from workbench.core.errors import WorkbenchError
from workbench.core.questions.shading import ShadedMap, ShadeMap
from workbench.query import Asks, Query

_LARGEST = 4096  # pixels of a side


class StillPicture:
    """Has what is in sight of a map shaded, as often as the browser wants it: while there are more points than it draws.

    Args:
        asks: where questions go. view: the map. failed: told of errors.
    """

    def __init__(self, asks: Asks, view: Scatter, failed: Callable[[WorkbenchError], None]) -> None:
        self.view, self.query = view, Query[ShadedMap](asks, "embedding.still", self._shaded, failed)
        self._colouring: Colouring | None = None
        self._dark = False
        view.observe(lambda _: self._ask(), names=["sight", "hidden", "window", "filters", "query", "found"])

    def draw(self, colouring: Colouring | None, *, dark: bool) -> None:
        """In these colours from now on."""
        self._colouring, self._dark = colouring, dark
        self._ask()

    def _ask(self) -> None:
        view, sight, colouring = self.view, self.view.sight, self._colouring
        if len(sight) != 6 or not view.count or sight[0] >= sight[1] or sight[2] >= sight[3]:
            self.query.drop()
            return
        fits = colouring is not None and len(colouring.values) == view.count
        points = np.where(view.visible()[:, None], view.coordinates(), np.float32(np.nan))
        width, height = (int(min(max(side, 1), _LARGEST)) for side in sight[4:])
        colours = inks(colouring if fits else None, dark=self._dark)
        self.query.follow(ShadeMap(points, **colours, extent=tuple(sight[:4]), width=width, height=height))

    def _shaded(self, found: ShadedMap) -> None:
        of = self.query.question
        if isinstance(of, ShadeMap) and len(of.coordinates) == self.view.count:  # type: ignore[arg-type]  # asked with coordinates
            self.view.show_still(found.image, found.extent)
