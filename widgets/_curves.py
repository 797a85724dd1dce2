"""The traits of curves over frames, which Timeline and ClipPlayer share, and their checks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import traitlets as t
from jaxtyping import Float

from widgets._schema import COUNT, TEXT, check_dict, dicts, one_of
from widgets._traits import View, binary, check_bytes, proposed

KINDS = ("real", "teacher-forced", "open loop", "control", "impossible", "predicted", "sample", "elite")
_MARKS = ("edit", "violation", "event")
_BYTES = ("curve_values", "curve_low", "curve_high")
_CURVE = {"name": TEXT, "kind": one_of(*KINDS)}


class Curves(View):
    """Curves over the frames of a clip with one cursor. The browser writes `tick` and `playing`."""

    tick = t.Int(0, min=0, help="the frame that is shown").tag(sync=True)
    playing = t.Bool(False, help="is the clip playing; the browser tells `tick` on a pause").tag(sync=True)
    fps = t.Float(0.0, min=0, help="frames per second; 0 = unknown").tag(sync=True)
    known = t.Int(0, min=0, help="frames of context, which are not predicted").tag(sync=True)
    curves = t.List(t.Dict(), help=f"dicts of name, kind ({', '.join(KINDS)}) and optionally unit").tag(sync=True)
    curve_values = binary("float32 [curves, frames]; NaN = a gap")
    curve_low = binary("float32 [curves, frames]: lower edge of each curve's band; empty = none")
    curve_high = binary("float32 [curves, frames]: upper edge")
    curve_label = t.Unicode("", help="what the curves measure, with its unit").tag(sync=True)
    curve_height = t.Int(150, min=60, help="CSS pixels").tag(sync=True)
    log = t.Bool(False, help="logarithmic values").tag(sync=True)
    word = t.Unicode("frame", help="what one step of the cursor is called").tag(sync=True)
    origin = t.Int(0, help="the number that the first step is called by").tag(sync=True)
    marks = t.List(t.Dict(), help="dicts of frame, label and kind (edit, violation, event)").tag(sync=True)
    spans = t.List(t.Dict(), help="shaded stretches: dicts of from, to (frames), label and kind").tag(sync=True)

    def frame_count(self) -> int:
        """How many frames the curves run over."""
        raise NotImplementedError

    def set_curves(self, curves: Mapping[str, tuple[str, Sequence[float] | Float[np.ndarray, "frames"]]], *, unit: str = "", label: str = "") -> None:
        """Shows other curves, in one message; bands go.

        Args:
            curves: name → (kind, a value a frame; NaN = a gap).
            unit: of the values.
            label: what they measure.

        Raises:
            TraitError: a curve has another length than the clip.
        """
        lines = [np.asarray(values, np.float32) for _, values in curves.values()]
        with self.together():
            self.curve_low = self.curve_high = b""
            self.curves, self.curve_values = [], b""
            self.curves = [{"name": name, "kind": kind, "unit": unit} for name, (kind, _) in curves.items()]
            self.curve_values = np.stack(lines).tobytes() if lines else b""
            self.curve_label = label

    @t.validate("curves")
    def _valid_curves(self, proposal: dict[str, Any]) -> list[dict[str, Any]]:
        for item in dicts(f"{type(self).__name__}.curves", proposal["value"]):
            check_dict(f"{type(self).__name__}.curves", item, _CURVE, {"unit": TEXT})
        return proposal["value"]

    @t.validate("marks")
    def _valid_marks(self, proposal: dict[str, Any]) -> list[dict[str, Any]]:
        for item in dicts(f"{type(self).__name__}.marks", proposal["value"]):
            check_dict(f"{type(self).__name__}.marks", item, {"frame": COUNT, "label": TEXT, "kind": one_of(*_MARKS)}, {})
        return proposal["value"]

    @t.validate("spans")
    def _valid_spans(self, proposal: dict[str, Any]) -> list[dict[str, Any]]:
        for item in dicts(f"{type(self).__name__}.spans", proposal["value"]):
            check_dict(f"{type(self).__name__}.spans", item, {"from": COUNT, "to": COUNT, "label": TEXT, "kind": one_of(*_MARKS)}, {})
        return proposal["value"]

    @t.validate(*_BYTES)
    def _valid_values(self, proposal: dict[str, Any]) -> bytes:
        name = proposal["trait"].name
        (curves,) = proposed(proposal, "curves")
        return check_bytes(type(self).__name__, name, proposal["value"], (len(curves), self.frame_count()), item=4)
