"""RunChart: curves of a training run on a common step axis, with one line through all of them that moves from checkpoint to checkpoint."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
import traitlets as t
from jaxtyping import Float

from widgets._esm import css, esm
from widgets._schema import COUNT, FLAG, TEXT, Rule, check_dict, dicts, is_list_of, is_number, one_of
from widgets._traits import View, binary, numbers, proposed, whole_numbers

KINDS = ("log", "measure", "untrained", "control")
READY = ("waiting", "computing", "measured", "mapping", "ready", "failed")
_POINT: Rule = ("a point [step, value] or none", lambda value: is_list_of(is_number)(value) and len(cast("list[Any]", value)) in (0, 2))
_CURVE = {"name": TEXT, "kind": one_of(*KINDS), "panel": COUNT, "count": COUNT, "band": FLAG}
_PANEL = {"title": TEXT}


@dataclass(frozen=True, eq=False)
class Line:
    """One curve of a `RunChart`.

    Args:
        panel: its number. kind: "log" (a column of a log), "measure" (of checkpoints), "untrained" or "control". steps, values: NaN = a gap.
        low, high: a band; None = none. lowest: (step, value) that is marked as the least.
    """

    panel: int
    name: str
    kind: str
    steps: Float[np.ndarray, "points"]
    values: Float[np.ndarray, "points"]
    low: Float[np.ndarray, "points"] | None = None
    high: Float[np.ndarray, "points"] | None = None
    lowest: tuple[float, float] | None = field(default=None)


class RunChart(View):
    """Small panels under one another with a common axis. Pressing or dragging moves `cursor` to the nearest checkpoint, keys and a player too.

    The browser writes `cursor`, `rested`, `playing`, `log_steps` and `beat`.
    """

    _esm = esm("run_chart.js")
    _css = css("_grid.css", "run_chart.css")

    panels = t.List(t.Dict(), help="dicts of title and optionally unit, log (a logarithmic value axis), note").tag(sync=True)
    curves = t.List(t.Dict(), help=f"dicts of name, kind ({', '.join(KINDS)}), panel, count (of points), band, and optionally lowest").tag(sync=True)
    data = binary("float64, little-endian: of each curve its steps, its values, and with a band its low and its high values; NaN = a gap")
    steps = numbers([], "where each checkpoint lies on the axis, rising")
    titles: t.List[Any] = t.List(t.Unicode(), [], help="what each checkpoint is called")
    titles.tag(sync=True)
    ready: t.List[Any] = t.List(t.Enum(READY), [], help=f"of each checkpoint, whether what is measured of it is there: {', '.join(READY)}")
    ready.tag(sync=True)
    resumed = numbers([], "steps at which the training began again")
    axis = t.Unicode("step", help="what the axis counts").tag(sync=True)
    log_steps = t.Bool(False, help="a logarithmic axis of steps, which shows how a training begins").tag(sync=True)
    cursor = t.Int(-1, min=-1, help="the checkpoint under the line; −1 = none").tag(sync=True)
    other = t.Int(-1, min=-1, help="the checkpoint that it is compared with; −1 = none").tag(sync=True)
    rested = whole_numbers([-1, 0], "[checkpoint, n]: where the line was let go; n grows each time", length=2)
    playing = t.Bool(False, help="does the line run from checkpoint to checkpoint").tag(sync=True)
    fps = t.Float(2.0, min=0.1, help="checkpoints a second while it runs").tag(sync=True)
    live = t.Bool(False, help="ask for news while somebody looks").tag(sync=True)
    beat = t.Int(0, min=0, help="grows every other second while `live` and in sight").tag(sync=True)
    panel_height = t.Int(92, min=40, help="CSS pixels").tag(sync=True)
    message = t.Unicode("No curves yet", help="shown while there are none").tag(sync=True)
    version = t.Int(0, help="counts answers; the root's data-version shows the one on screen").tag(sync=True)

    def show(self, panels: Sequence[dict[str, Any]], lines: Sequence[Line]) -> None:
        """Shows other curves, in one message.

        Args:
            panels: as the trait. lines: in any order.

        Raises:
            TraitError: a curve of a panel that is not there, or of unequal lengths.
        """
        described, parts = list[dict[str, Any]](), list[np.ndarray]()
        for line in lines:
            band = line.low is not None and line.high is not None
            rows = [line.steps, line.values, *([line.low, line.high] if band else [])]
            parts += [np.asarray(row, "<f8") for row in rows]
            lowest = {} if line.lowest is None else {"lowest": [float(v) for v in line.lowest]}
            described.append({"name": line.name, "kind": line.kind, "panel": line.panel, "count": len(line.steps), "band": band, **lowest})
        with self.together():
            self.panels, self.curves = list(panels), described
            self.data = np.concatenate(parts).tobytes() if parts else b""
            self.version += 1

    @t.validate("curves", "data", "panels")
    def _valid_curves(self, proposal: dict[str, Any]) -> Any:
        panels, curves, data = proposed(proposal, "panels", "curves", "data")
        for panel in dicts("RunChart.panels", panels):
            check_dict("RunChart.panels", panel, _PANEL, {"unit": TEXT, "note": TEXT, "log": FLAG})
        for curve in dicts("RunChart.curves", curves):
            check_dict("RunChart.curves", curve, _CURVE, {"lowest": _POINT})
            if curve["panel"] >= len(panels):
                raise t.TraitError(f"RunChart.curves: {curve['name']!r} is in panel {curve['panel']}, but there are {len(panels)}")
        wanted = sum(8 * curve["count"] * (4 if curve["band"] else 2) for curve in curves)
        if data and len(data) != wanted:
            raise t.TraitError(f"RunChart.data holds {len(data)} bytes, its curves ask for {wanted}\n  → set them in one `with view.together():`")
        return proposal["value"]

    @t.validate("steps", "titles", "ready")
    def _valid_steps(self, proposal: dict[str, Any]) -> Any:
        steps, titles, ready = proposed(proposal, "steps", "titles", "ready")
        if titles and len(titles) != len(steps):
            raise t.TraitError(f"RunChart.titles holds {len(titles)} texts for {len(steps)} checkpoints\n  → set both in one `with view.together():`")
        if ready and len(ready) != len(steps):
            raise t.TraitError(f"RunChart.ready holds {len(ready)} words for {len(steps)} checkpoints\n  → set both in one `with view.together():`")
        if any(b < a for a, b in itertools.pairwise(steps)):
            raise t.TraitError("RunChart.steps goes back; checkpoints are in the order of training")
        return proposal["value"]
