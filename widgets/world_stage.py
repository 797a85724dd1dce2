"""WorldStage: one picture of a world, with points that can be moved and paths that lie over it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import traitlets as t
from jaxtyping import Float, UInt8

from widgets._curves import KINDS
from widgets._esm import css, esm
from widgets._schema import FLAG, NUMBER, TEXT, check_dict, dicts, is_list_of, is_number, one_of
from widgets._traits import View, binary, check_bytes, proposed, whole_numbers

POINTS = ("start", "goal", "agent", "ball")
_POINT = {"id": TEXT, "x": NUMBER, "y": NUMBER, "kind": one_of(*POINTS)}
_PLACES = ("a list of [x, y]", is_list_of(lambda xy: is_list_of(is_number)(xy) and len(xy) == 2))
_PATH = {"name": TEXT, "kind": one_of(*KINDS), "xy": _PLACES}


class WorldStage(View):
    """A picture in sides of itself: x to the right, y down, both 0 to 1. Points are dragged, or placed by a click on free ground.

    The browser writes `moved`.

    Attributes:
        on_move: called with (id, x, y) when the user moved a point.
    """

    _esm = esm("world_stage.js")
    _css = css("_grid.css", "world_stage.css")

    pixels = binary("uint8 [height, width, 3]: the world")
    shape = whole_numbers([0, 0], "[height, width] of the picture", length=2)
    points = t.List(t.Dict(), help=f"dicts of id, x, y, kind ({', '.join(POINTS)}), and optionally label and fixed").tag(sync=True)
    paths = t.List(t.Dict(), help=f"dicts of name, kind ({', '.join(KINDS)}), xy [[x, y], …], and optionally width and alpha").tag(sync=True)
    click_places = t.Unicode("", help="id of the point that a click on free ground places; empty = none").tag(sync=True)
    nudge = t.Float(0.02, min=0.001, help="how far an arrow key moves a point").tag(sync=True)
    live = t.Bool(False, help="a point is told of while it is dragged, not only when it is let go").tag(sync=True)
    moved = t.List(
        ["", 0.0, 0.0, 0], minlen=4, maxlen=4, help="[id, x, y, n]: the point that the user moved last; n grows with each drag and key"
    ).tag(sync=True)
    caption = t.Unicode("", help="one line under the picture").tag(sync=True)
    message = t.Unicode("No world is open", help="shown while there is no picture").tag(sync=True)
    picture_height = t.Int(360, min=40, help="CSS pixels the picture is at most high").tag(sync=True)
    version = t.Int(0, help="counts answers; the root's data-version shows the one on screen").tag(sync=True)

    def __init__(self, **values: Any) -> None:
        self.on_move: Callable[[str, float, float], None] | None = None
        super().__init__(**values)

    def set_picture(self, pixels: UInt8[np.ndarray, "height width 3"]) -> None:
        """Shows another picture, in one message."""
        with self.together():
            self.pixels = b""
            self.shape = list(pixels.shape[:2])
            self.pixels = np.ascontiguousarray(pixels).tobytes()

    @staticmethod
    def path(
        name: str, kind: str, places: Float[np.ndarray, "frames 2"] | Sequence[Sequence[float]], *, width: float = 2.0, alpha: float = 1.0
    ) -> dict[str, Any]:
        """A path as `paths` wants it.

        Args:
            name: said while it is pointed at, and in the legend.
            kind: how it looks.
            places: x and y of each frame.
            width: CSS pixels.
            alpha: 0 to 1.
        """
        return {"name": name, "kind": kind, "xy": [[round(float(x), 4), round(float(y), 4)] for x, y in places], "width": width, "alpha": alpha}

    @t.validate("pixels")
    def _valid_pixels(self, proposal: dict[str, Any]) -> bytes:
        (shape,) = proposed(proposal, "shape")
        return check_bytes("WorldStage", "pixels", proposal["value"], (*shape, 3))

    @t.validate("points")
    def _valid_points(self, proposal: dict[str, Any]) -> list[dict[str, Any]]:
        for item in dicts("WorldStage.points", proposal["value"]):
            check_dict("WorldStage.points", item, _POINT, {"label": TEXT, "fixed": FLAG})
        return proposal["value"]

    @t.validate("paths")
    def _valid_paths(self, proposal: dict[str, Any]) -> list[dict[str, Any]]:
        for item in dicts("WorldStage.paths", proposal["value"]):
            check_dict("WorldStage.paths", item, _PATH, {"width": NUMBER, "alpha": NUMBER})
        return proposal["value"]

    @t.observe("moved")
    def _tell(self, change: Any) -> None:
        name, x, y, _ = change["new"]
        if self.on_move is not None and name:
            self.on_move(str(name), float(x), float(y))
