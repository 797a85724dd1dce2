"""ActionPad: the actions of a clip, to be dragged and drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import traitlets as t
from jaxtyping import Float

from widgets._esm import css, esm
from widgets._schema import is_list_of, is_number
from widgets._traits import Commanded, numbers, whole_numbers


class ActionPad(Commanded):
    """A pad for two components of an action, a strip of arrows for all steps, and a slider for every other component.

    The browser writes `actions`, `step`, `gesture` and `command`. Undo and redo are the browser's own while it drags, and Python's between drags.

    Attributes:
        on_command: called with "undo", "redo" or "reset" when the user asks for it.
        on_change: called when something else than `set_actions` changed the actions.
    """

    _esm = esm("action_pad.js")
    _css = css("action_pad.css")

    names = t.List(t.Unicode(), [], help="components of an action").tag(sync=True)
    units = t.List(t.Unicode(), [], help="unit of each").tag(sync=True)
    low = numbers([], "lowest value of each component")
    high = numbers([], "highest value of each component")
    axes = whole_numbers([0, 1], "the components across and along the pad", length=2)
    down = t.Bool(True, help="the second axis grows downwards").tag(sync=True)
    actions: t.List[Any] = t.List(t.List(t.Float()), [], help="one row a step")
    actions.tag(sync=True)
    original: t.List[Any] = t.List(t.List(t.Float()), [], help="the actions of the clip; steps that differ are marked")
    original.tag(sync=True)
    step = t.Int(0, min=0, help="the step on the pad").tag(sync=True)
    known = t.Int(0, min=0, help="steps before this one lie in the past and cannot be changed").tag(sync=True)
    gesture = t.Int(0, help="grows with each drag and key").tag(sync=True)
    can_undo = t.Bool(False, help="there is a state to go back to").tag(sync=True)
    can_redo = t.Bool(False, help="there is a state to go forward to").tag(sync=True)
    history = t.Bool(True, help="it has buttons for undo and redo; off where others do the same").tag(sync=True)
    message = t.Unicode("No actions", help="shown while there are none").tag(sync=True)

    def __init__(self, **values: Any) -> None:
        self.on_change: Callable[[], None] | None = None
        self._showing = False
        super().__init__(**values)

    def set_actions(self, actions: Float[np.ndarray, "steps action"], original: Float[np.ndarray, "steps action"] | None = None) -> None:
        """Shows other actions, in one message; `on_change` is not called.

        Args:
            actions: one row a step.
            original: what was really done; None: these.
        """
        rows = [[float(v) for v in row] for row in np.asarray(actions)]
        true = rows if original is None else [[float(v) for v in row] for row in np.asarray(original)]
        self._showing = True
        try:
            with self.together():
                self.original, self.actions = true, rows
        finally:
            self._showing = False

    def table(self) -> Float[np.ndarray, "steps action"]:
        """The actions as an array."""
        return np.asarray(self.actions, np.float32).reshape(len(self.actions), len(self.names))

    @t.validate("actions", "original")
    def _valid_rows(self, proposal: dict[str, Any]) -> list[Any]:
        rows: Sequence[Any] = proposal["value"]
        width = len(self.names)
        for k, row in enumerate(rows):
            if not is_list_of(is_number)(row) or len(row) != width:
                raise t.TraitError(
                    f"ActionPad.{proposal['trait'].name}[{k}] is {row!r}, {width} finite numbers were expected ({', '.join(self.names)})"
                )
        if proposal["trait"].name == "original" or not self.low or not self.high:
            return list(rows)
        return [[float(min(max(v, a), b)) for v, a, b in zip(row, self.low, self.high, strict=True)] for row in rows]

    @t.validate("low", "high")
    def _valid_bounds(self, proposal: dict[str, Any]) -> list[float]:
        if len(proposal["value"]) not in (0, len(self.names)):
            raise t.TraitError(f"ActionPad.{proposal['trait'].name} holds {len(proposal['value'])} numbers for {len(self.names)} components")
        return proposal["value"]

    @t.observe("actions")
    def _tell_change(self, _change: Any) -> None:
        if not self._showing and self.on_change is not None:
            self.on_change()
