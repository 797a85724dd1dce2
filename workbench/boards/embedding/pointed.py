"""What is said of single points: the frame and true neighbours of the point under the pointer, and the pictures of those that were clicked or selected."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from widgets import Gallery, Scatter
from workbench.boards.embedding.columns import PLACES, Colouring
from workbench.boards.embedding.places import Chosen
from workbench.core.card import FolderKey, ModelKey, VectorsKey
from workbench.core.errors import WorkbenchError
from workbench.core.questions.neighbours import Neighbours, NeighboursResult
from workbench.core.questions.rows import PicturesOfRows, RowPictures, RowTable
from workbench.query import Asks, Query

NEAREST, _SHOWN, _LINES = 11, 24, 8


class Pointed:
    """Pictures and neighbours of the rows of one map.

    Args:
        asks: where questions go. view: the map. near, chosen: pictures of neighbours, and of what is selected. failed: told of errors.
    """

    def __init__(self, asks: Asks, view: Scatter, near: Gallery, chosen: Gallery, failed: Callable[[WorkbenchError], None]) -> None:
        self.view, self.near, self.chosen = view, near, chosen
        self.hovered = Query[RowPictures](asks, "embedding.hover.picture", self._pictured, failed)
        self.lines = Query[NeighboursResult](asks, "embedding.hover.neighbours", self._lined, failed)
        self.nearest = Query[NeighboursResult](asks, "embedding.nearest", self._found, failed)
        self.near_pictures = Query[RowPictures](asks, "embedding.nearest.pictures", self._show_nearest, failed)
        self.chosen_pictures = Query[RowPictures](asks, "embedding.selected.pictures", self._show_chosen, failed)
        self.pressed = -1
        self._model: ModelKey | None = None
        self._clips: FolderKey | None = None
        self._vectors: VectorsKey | None = None
        self._table: RowTable | None = None
        self._colours: Mapping[str, Colouring] = {}
        self._among: Chosen | None = None
        self._selected: Chosen = np.empty(0, np.int64)

    def follow(
        self,
        model: ModelKey | None,
        clips: FolderKey | None,
        vectors: VectorsKey,
        table: RowTable,
        colours: Mapping[str, Colouring],
        among: Chosen | None = None,
    ) -> None:
        """Speak of these rows from now on. model, clips: where their pictures come from; None: there are none. among: those that are on the map; None: all."""
        if table is not self._table:
            self.forget()
        self._model, self._clips, self._vectors, self._table, self._colours, self._among = model, clips, vectors, table, colours, among

    def forget(self) -> None:
        """Nothing is known of any row."""
        for query in (self.hovered, self.lines, self.nearest, self.near_pictures, self.chosen_pictures):
            query.forget()
        self.pressed, self._table, self._selected = -1, None, np.empty(0, np.int64)
        self.view.show_neighbours(-1, [], [])
        self.near.clear("Click a point to see its nearest neighbours in latent space.")
        self.chosen.clear("Select with the lasso (L) or the rectangle (M).")

    def hover(self, row: int) -> None:
        """The pointer is on this row; −1: on none, and the lines are those of the row that was clicked last."""
        table = self._table
        if table is None or row >= table.count:
            return
        if row < 0:
            self._ask_lines(self.pressed)
            return
        self.view.show_hover(row, self.words(row))
        if (asked := self._pictures(np.array([row]), 96)) is not None:
            self.hovered.follow(asked)
        self._ask_lines(row)

    def press(self, row: int) -> None:
        """This row was clicked: show its nearest neighbours."""
        table, vectors = self._table, self._vectors
        if table is None or vectors is None or not 0 <= row < table.count:
            return
        self.pressed = row
        self.nearest.ask(Neighbours(vectors, np.array([row]), min(NEAREST, table.count - 2)))

    def select(self, rows: Chosen) -> None:
        """These rows are selected."""
        self._selected = rows
        if not len(rows):
            self.chosen_pictures.forget()
            self.chosen.clear("Select with the lasso (L) or the rectangle (M).")
            return
        some = rows[np.linspace(0, len(rows) - 1, min(_SHOWN, len(rows))).astype(np.int64)]
        if (asked := self._pictures(some, 64)) is not None:
            self.chosen_pictures.follow(asked)
        else:
            self._show_chosen(_without(some))

    def words(self, row: int) -> str:
        """A row in lines: its name, what colours it, and what else is known."""
        if self._table is None or row >= self._table.count:
            return ""
        told = [each for each in self._colours.values() if each.name not in PLACES]
        return "\n".join([self._table.name(row), *(each.said(row) for each in told[:4])])

    def _pictures(self, rows: Chosen, side: int) -> PicturesOfRows | None:
        table = self._table
        if table is None or self._model is None or self._clips is None:
            return None
        none = np.full(len(rows), -1)
        frame = none if table.frame is None else table.frame[rows].astype(np.int64)
        token = np.full((len(rows), 2), -1) if table.token is None else table.token[rows].astype(np.int64)
        return PicturesOfRows(self._model, self._clips, rows, table.clip[rows].astype(np.int64), frame, token, side)

    def _ask_lines(self, row: int) -> None:
        table, vectors = self._table, self._vectors
        if row < 0 or table is None or vectors is None or (self._among is not None and row not in self._among):
            self.lines.drop()
            self.view.show_neighbours(-1, [], [])
        else:
            count = table.count if self._among is None else len(self._among)
            self.lines.follow(Neighbours(vectors, np.array([row]), min(_LINES, count - 2), among=self._among))

    def _pictured(self, found: RowPictures) -> None:
        row = int(found.rows[0])
        if row == self.view.hover:
            box = found.boxes[0]
            self.view.show_hover(row, self.words(row), found.pictures[0], box.tolist() if box[2] else None)

    def _lined(self, found: NeighboursResult) -> None:
        """Lines to the true neighbours, and to those of the map that are none."""
        row = int(found.rows[0])
        if row != (self.view.hover if self.view.hover >= 0 else self.pressed):
            return
        true, near = found.ids[0].tolist(), _nearest(self.view.coordinates(), row, found.ids.shape[1])
        false = [each for each in near if each not in true]
        kinds = ["true" if each in near else "torn" for each in true]
        self.view.show_neighbours(row, [*true, *false], [*kinds, *("false" for _ in false)])

    def _found(self, found: NeighboursResult) -> None:
        rows = np.concatenate([found.rows, found.ids[0]])
        if (asked := self._pictures(rows, 64)) is not None:
            self.near_pictures.ask(asked)
        else:
            self._show_nearest(_without(rows))

    def _show_nearest(self, found: RowPictures) -> None:
        near, table = self.nearest.answer, self._table
        if near is None or table is None or len(found.rows) != near.ids.shape[1] + 1:
            return
        captions = ["this", *(f"{float(d):.3g}" for d in near.distances[0])]
        if not found.pictures.size:
            captions = [" · ".join([*self.words(int(row)).split("\n")[:2], told]) for row, told in zip(found.rows, captions, strict=True)]
        hints = [self.words(int(row)).replace("\n", ", ") for row in found.rows]
        note = f"of {table.name(int(found.rows[0]))}; Euclidean distance"
        self.near.show(found.rows, found.pictures, captions, hints=hints, boxes=found.boxes, note=note)

    def _show_chosen(self, found: RowPictures) -> None:
        table, count = self._table, len(self._selected)
        if table is None or not count:
            return
        first = next(iter(self._colours.values()), None)
        captions = [table.name(int(r)) if first is None else _short(first, int(r)) for r in found.rows]
        if not found.pictures.size:
            captions = [" · ".join(self.words(int(row)).split("\n")[:2]) for row in found.rows]
        hints = [self.words(int(row)).replace("\n", ", ") for row in found.rows]
        note = f"{count:,} point{'s'[: count > 1]}" if count == len(found.rows) else f"{len(found.rows)} of {count:,} points"
        self.chosen.show(found.rows, found.pictures, captions, hints=hints, boxes=found.boxes, note=note)


def _without(rows: Chosen) -> RowPictures:
    """Rows of vectors that were not computed from pictures, or of which it is not known from which."""
    return RowPictures(rows, np.empty((len(rows), 0, 0, 3), np.uint8), np.zeros((len(rows), 4), np.int64))


def _short(colouring: Colouring, row: int) -> str:
    return colouring.said(row).removeprefix(f"{colouring.name} ")


def _nearest(points: np.ndarray, row: int, k: int) -> list[int]:
    """The rows that are nearest on the map, itself and what is not on it left out."""
    distance = ((points - points[row]) ** 2).sum(1)
    distance[row] = np.nan
    few = np.argpartition(distance, k)[:k] if k < len(distance) else np.arange(len(distance))
    return [int(each) for each in few[np.argsort(distance[few], kind="stable")] if np.isfinite(distance[each])]
