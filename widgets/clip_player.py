"""ClipPlayer: films side by side, frame by frame, with their curves under them and one cursor for all."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

import numpy as np
import traitlets as t
from jaxtyping import Float, UInt8

from widgets._curves import KINDS, Curves
from widgets._esm import css, esm
from widgets._schema import COUNT, TEXT, Rule, check_dict, dicts, is_count, is_list_of, one_of
from widgets._traits import Commanded, binary, check_bytes, numbers, proposed, whole_numbers


def _is_shape(value: Any) -> bool:
    return is_list_of(is_count)(value) and len(value) == 3


_FILM: dict[str, Rule] = {
    "name": TEXT,
    "kind": one_of(*KINDS),
    "shape": ("[frames, height, width]", _is_shape),
    "frames": ("the name of each frame", is_list_of(lambda name: isinstance(name, str))),
}
_MORE: dict[str, Rule] = {"note": TEXT, "comes": COUNT}


def _names(films: Iterable[Mapping[str, Any]]) -> list[str]:
    """Names of all frames, each once."""
    return list(dict.fromkeys(name for film in films for name in film["frames"]))


class ClipPlayer(Commanded, Curves):
    """Plays films frame-exactly: all frames are in the browser before the first is shown. Each film carries its label in the picture.

    Frames are named by a digest. The browser keeps those that a film shows, so that only what changed crosses; a view that lacks some (it came later, or a
    message was lost between two others) asks for them in `wanted`. It also writes `tick`, `playing` and `heat_on`.

    Attributes:
        on_command: called with "export" or "export_mp4" when the user asks for the films as a file, webm or MP4.
    """

    _esm = esm("clip_player.js")
    _css = css("_grid.css", "_curves.css", "clip_player.css")

    films = t.List(
        t.Dict(), help="dicts of name, kind, shape [frames, height, width], frames (their names), and optionally note, comes (frames there are)"
    ).tag(sync=True)
    frames_new = binary("what was not sent before: a counter (4 bytes), then of each frame its name (12), its size (uint32) and its RGB (uint8)")
    wanted: t.List[Any] = t.List(t.Any(), [], help="[n, names…]: frames of the videos that the browser lacks; n grows with each time it asks").tag(
        sync=True
    )
    heat = binary("float32 [frames, rows, cols] over one video; NaN = nothing there")
    heat_shape = whole_numbers([0, 0, 0], "[frames, rows, cols] of the heat", length=3)
    heat_film = t.Int(-1, min=-1, help="which video the heat lies over; −1 = none").tag(sync=True)
    heat_range = numbers([], "[low, high] of its colours; empty = from 0 to the largest")
    heat_label = t.Unicode("", help="what the heat measures, with its unit").tag(sync=True)
    heat_on = t.Bool(True, help="is the heat shown").tag(sync=True)
    picture_height = t.Int(300, min=40, help="largest height of a video in CSS pixels").tag(sync=True)
    caption = t.Unicode("", help="a line above the videos; empty = none").tag(sync=True)
    message = t.Unicode("Nothing to show yet", help="shown while there are no videos").tag(sync=True)
    commands = t.List(t.Enum(["export", "export_mp4"]), [], help="which of export and export_mp4 have a button").tag(sync=True)
    version = t.Int(0, help="counts answers; the root's data-version shows the one on screen").tag(sync=True)

    def __init__(self, **values: Any) -> None:
        self._pixels: dict[str, bytes] = {}  # of the frames that the films show
        self._sent: set[str] = set()  # which of them the browser has, if no message was lost
        self._messages = 0
        super().__init__(**values)

    def frame_count(self) -> int:
        """See `Curves.frame_count`: of the longest film."""
        return max((film["shape"][0] for film in self.films), default=1)

    def frame(self, film: int, number: int) -> UInt8[np.ndarray, "height width 3"]:
        """The pixels of one frame. film, number: from 0."""
        about = self.films[film]
        return np.frombuffer(self._pixels[about["frames"][number]], np.uint8).reshape(*about["shape"][1:], 3)

    def set_films(self, films: Sequence[tuple[Mapping[str, Any], UInt8[np.ndarray, "_ _ _ 3"]]]) -> None:
        """Shows other films, in one message, with those frames only that the films before did not show; curves and heat go where another number of frames would not fit them.

        Args:
            films: (name, kind, note, comes; pixels) of each.

        Raises:
            TraitError: a film lacks its name or kind.
        """
        new: list[dict[str, Any]] = [{**about, "shape": list(pixels.shape[:3]), "frames": self._named(pixels)} for about, pixels in films]
        with self.together():
            if max((film["shape"][0] for film in new), default=1) != self.frame_count():
                self.curve_low = self.curve_high = self.curve_values = b""
                self.curves, self.heat, self.heat_film, self.heat_shape = [], b"", -1, [0, 0, 0]
            self.films = new
            self._give(name for name in _names(new) if name not in self._sent)
            self.afterwards(lambda: self._sent.update(_names(self.films)))  # what was sent in the middle of several changes never left

    def get_state(self, key: Any = None, drop_defaults: bool = False) -> dict[str, Any]:
        """The state for the browser; where all is asked for, a page that was loaded anew, with the frames of all films."""
        state = cast("dict[str, Any]", super().get_state(key, drop_defaults))  # pyright: ignore[reportUnknownMemberType]
        return state if key is not None else {**state, "frames_new": self._packed(self._pixels)}

    def _named(self, pixels: UInt8[np.ndarray, "_ _ _ 3"]) -> list[str]:
        """Names of the frames, which are known by them from here on."""
        names = list[str]()
        for frame in np.ascontiguousarray(pixels):
            names.append(base64.urlsafe_b64encode(hashlib.blake2b(frame.data, digest_size=9).digest()).decode())
            if names[-1] not in self._pixels:
                self._pixels[names[-1]] = frame.tobytes()
        return names

    def _give(self, names: Iterable[str]) -> None:
        found = [name for name in names if name in self._pixels]
        if found:
            self._messages += 1
            self.frames_new = self._packed(found)

    def _packed(self, names: Iterable[str]) -> bytes:
        parts = [(self._messages % 2**32).to_bytes(4, "little")]
        for name in names:
            parts += [name.encode("ascii"), len(self._pixels[name]).to_bytes(4, "little"), self._pixels[name]]
        return b"".join(parts)

    @t.observe("films")
    def _drop(self, _change: Any) -> None:
        """What no film shows is dropped, as it is in the browser."""
        shown = _names(self.films)
        self._pixels = {name: self._pixels[name] for name in shown}
        self._sent.intersection_update(shown)

    @t.observe("wanted")
    def _obey_wanted(self, change: Any) -> None:
        self._give(name for name in change["new"][1:] if isinstance(name, str))

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
            count, height, width = film["shape"]
            if len(film["frames"]) != count or any(len(self._pixels.get(name, b"")) != height * width * 3 for name in film["frames"]):
                raise t.TraitError(f"the frames of the video {film['name']!r} are not what its shape {film['shape']} asks for\n  → use set_films")
        return proposal["value"]

    @t.validate("heat")
    def _valid_heat(self, proposal: dict[str, Any]) -> bytes:
        (shape,) = proposed(proposal, "heat_shape")
        return check_bytes("ClipPlayer", "heat", proposal["value"], tuple(shape), item=4)
