"""Gallery: small pictures of rows, each with a line under it, to point at and to press."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import traitlets as t
from jaxtyping import Integer, UInt8

from widgets._esm import css, esm
from widgets._traits import View, binary, check_bytes, proposed, whole_numbers


class Gallery(View):
    """Shows pictures side by side. The browser writes `hover` and `pressed`, the ids of rows."""

    _esm = esm("gallery.js")
    _css = css("gallery.css")

    title = t.Unicode("", help="what the pictures are").tag(sync=True)
    note = t.Unicode("", help="a thin line beside the title").tag(sync=True)
    message = t.Unicode("", help="shown while there are no pictures").tag(sync=True)
    pictures = binary("uint8 [count, height, width, 3], RGB; without height and width, the lines stand alone")
    shape = whole_numbers([0, 0, 0], "[count, height, width] of `pictures`", length=3)
    rows = whole_numbers([], "the id of each picture's row")
    captions: t.List[Any] = t.List(t.Unicode(), [], help="a line under each").tag(sync=True)
    hints: t.List[Any] = t.List(t.Unicode(), [], help="what is said of each under the pointer").tag(sync=True)
    boxes = whole_numbers([], "top, left, height and width of a box in each picture, one after another; height 0 = none")
    side = t.Int(64, min=16, max=256, help="CSS pixels of a picture").tag(sync=True)
    hover = t.Int(-1, min=-1, help="the row pointed at; −1 = none").tag(sync=True)
    pressed = whole_numbers([-1, 0], "[row, n]: the last row that was pressed; n grows each time", length=2)
    version = t.Int(0, help="counts answers; the root's data-version shows the one on screen").tag(sync=True)

    def show(
        self,
        rows: Sequence[int] | Integer[np.ndarray, " count"],
        pictures: UInt8[np.ndarray, "count height width 3"],
        captions: Sequence[str],
        *,
        hints: Sequence[str] = (),
        boxes: Integer[np.ndarray, "count 4"] | None = None,
        note: str = "",
    ) -> None:
        """Shows other pictures.

        Args:
            rows: id of each. pictures: of each; of height 0 where there are none, so that the lines stand alone. captions: a line under each. hints: what is said of each under the pointer. boxes: top, left, height and width in each
                picture; height 0 = none. note: beside the title.
        """
        with self.together():
            self.pictures, self.shape = np.ascontiguousarray(pictures).tobytes(), list(pictures.shape[:3])
            self.rows, self.captions, self.hints, self.note = [int(row) for row in rows], list(captions), list(hints), note
            self.boxes = [] if boxes is None else [int(side) for side in boxes.reshape(-1)]
            self.version += 1

    def clear(self, message: str = "") -> None:
        """Shows none. message: in their place."""
        with self.together():
            self.pictures, self.shape, self.rows, self.captions, self.hints, self.boxes = b"", [0, 0, 0], [], [], [], []
            self.note, self.message, self.hover, self.version = "", message, -1, self.version + 1

    @t.validate("pictures", "shape")
    def _valid_pictures(self, proposal: dict[str, Any]) -> bytes | list[int]:
        pictures, shape = proposed(proposal, "pictures", "shape")
        check_bytes("Gallery", "pictures", pictures, (*shape, 3))
        return proposal["value"]
