"""ClipPlayer: films side by side, frame by frame, with their curves under them and one cursor for all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import traitlets as t
from jaxtyping import Float, UInt8

from widgets._curves import KINDS, Curves
from widgets._esm import css, esm
from widgets._schema import COUNT, TEXT, Rule, check_dict, dicts, is_count, is_list_of, one_of
from widgets._traits import Commanded, binary, check_bytes, numbers, proposed, whole_numbers


def _is_shape(value: Any) -> bool:
    return is_list_of(is_count)(value) and len(value) == 3


_FILM: dict[str, Rule] = {"name": TEXT, "kind": one_of(*KINDS), "shape": ("[frames, height, width]", _is_shape)}
_MORE: dict[str, Rule] = {"note": TEXT, "comes": COUNT}


class ClipPlayer(Commanded, Curves):
    """Plays films frame-exactly: all frames are in the browser before the first is shown. Each film carries its label in the picture.

    The browser writes `tick`, `playing` and `heat_on`.

    Attributes:
        on_command: called with "export" or "export_mp4" when the user asks for the films as a file, webm or MP4.
    """

    _esm = esm("clip_player.js")
    _css = css("_grid.css", "_curves.css", "clip_player.css")

    films = t.List(t.Dict(), help="dicts of name, kind, shape [frames, height, width], and optionally note and comes (frames there are)").tag(
        sync=True
    )
    pixels = binary("uint8 RGB of all films, one after another")
    heat = binary("float32 [frames, rows, cols] over one film; NaN = nothing there")
    heat_shape = whole_numbers([0, 0, 0], "[frames, rows, cols] of the heat", length=3)
    heat_film = t.Int(-1, min=-1, help="which film the heat lies over; −1 = none").tag(sync=True)
    heat_range = numbers([], "[low, high] of its colours; empty = from 0 to the largest")
    heat_label = t.Unicode("", help="what the heat measures, with its unit").tag(sync=True)
    heat_on = t.Bool(True, help="is the heat shown").tag(sync=True)
    picture_height = t.Int(300, min=40, help="CSS pixels a film is at most high").tag(sync=True)
    caption = t.Unicode("", help="a quiet line above the films; empty = none").tag(sync=True)
    message = t.Unicode("Nothing imagined yet", help="shown while there are no films").tag(sync=True)
    commands = t.List(t.Enum(["export", "export_mp4"]), [], help="which of export and export_mp4 have a button").tag(sync=True)
    version = t.Int(0, help="counts answers; the root's data-version shows the one on screen").tag(sync=True)

    def frame_count(self) -> int:
        """See `Curves.frame_count`: of the longest film."""
        return max((film["shape"][0] for film in self.films), default=1)

    def set_films(self, films: Sequence[tuple[Mapping[str, Any], UInt8[np.ndarray, "_ _ _ 3"]]]) -> None:
        """Shows other films, in one message; curves and heat go where another number of frames would not fit them.

        Args:
            films: (name, kind, note, comes; pixels) of each.

        Raises:
            TraitError: a film lacks its name or kind.
        """
        new = [{**about, "shape": list(pixels.shape[:3])} for about, pixels in films]
        with self.together():
            if max((film["shape"][0] for film in new), default=1) != self.frame_count():
                self.curve_low = self.curve_high = self.curve_values = b""
                self.curves, self.heat, self.heat_film, self.heat_shape = [], b"", -1, [0, 0, 0]
            self.pixels = b""
            self.films = new
            self.pixels = b"".join(np.ascontiguousarray(pixels).tobytes() for _, pixels in films)

    def set_heat(self, film: int, values: Float[np.ndarray, "frames rows cols"] | None, *, label: str = "", ends: Sequence[float] = ()) -> None:
        """Lays values over one film; None takes them away.

        Args:
            film: which, from 0.
            values: one a token and frame; NaN = nothing there.
            label: what they measure, with the unit.
            ends: of the colours; empty = from 0 to the largest.
        """
        with self.together():
            self.heat = b""
            self.heat_shape = [0, 0, 0] if values is None else list(values.shape)
            self.heat = b"" if values is None else np.ascontiguousarray(values, np.float32).tobytes()
            self.heat_film, self.heat_label, self.heat_range = (-1 if values is None else film), label, [float(e) for e in ends]

    @t.validate("films")
    def _valid_films(self, proposal: dict[str, Any]) -> list[dict[str, Any]]:
        for film in dicts("ClipPlayer.films", proposal["value"]):
            check_dict("ClipPlayer.films", film, _FILM, _MORE)
        return proposal["value"]

    @t.validate("pixels")
    def _valid_pixels(self, proposal: dict[str, Any]) -> bytes:
        (films,) = proposed(proposal, "films")
        sizes: list[list[int]] = [film["shape"] for film in films]
        total = sum(frames * height * width for frames, height, width in sizes)
        return check_bytes("ClipPlayer", "pixels", proposal["value"], (total, 3))

    @t.validate("heat")
    def _valid_heat(self, proposal: dict[str, Any]) -> bytes:
        (shape,) = proposed(proposal, "heat_shape")
        return check_bytes("ClipPlayer", "heat", proposal["value"], tuple(shape), item=4)
