"""A slim row of controls: what a board lets you change."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

import traitlets as t

from widgets._esm import css, esm
from widgets._traits import View
from widgets.controls import Control, checked, complete


class Toolbar(View):
    """A row of `widgets.controls`, their values as one dict. A value that its control could not show is refused.

    Attributes:
        on_change: called with the values before and after, when something else than `show` changed them.
        on_press: called with the id of a button when it is pressed.
        on_enter: called with the id of a text where Enter is pressed though it has not changed: the same is asked for once more.
    """

    _esm = esm("toolbar.js")
    _css = css("_controls.css", "toolbar.css")

    controls = t.List(t.Dict(), help="the controls from left to right, as `Control.plain` gives them").tag(sync=True)
    values = t.Dict(help="id to value; a range holds [low, high]").tag(sync=True)
    vertical = t.Bool(False, help="one control under the other, its label above it: for a narrow place").tag(sync=True)
    pressed = t.List(["", 0], minlen=2, maxlen=2, help="[id, n]: the last button pressed; n grows with each press").tag(sync=True)
    entered = t.List(["", 0], minlen=2, maxlen=2, help="[id, n]: the last text that was entered unchanged; n grows each time").tag(sync=True)

    def __init__(self, **values: Any) -> None:
        self.on_change: Callable[[dict[str, Any], dict[str, Any]], None] | None = None
        self.on_press: Callable[[str], None] | None = None
        self.on_enter: Callable[[str], None] | None = None
        self._showing = False
        super().__init__(**values)

    def show(self, controls: Iterable[Control] | None = None, values: Mapping[str, Any] | None = None) -> None:
        """Show other controls and values; `on_change` is not called.

        Args:
            controls: from left to right; None: those that are there. values: by id; a control that none is given for keeps what it has.
        """
        before, self._showing = self._showing, True
        try:
            with self.together():
                if controls is not None:
                    self.controls = [each.plain() for each in controls]
                if values is not None:
                    self.values = {**self._kept(), **values}
        finally:
            self._showing = before

    def received(self, name: str, value: Any) -> Any:
        """See `View.received`: of values for other controls than there are now, those that the present ones can show; the others stay."""
        if name != "values" or not isinstance(value, dict):
            return value
        sent = cast("dict[str, Any]", value)
        rules = {each: rule[1] for each, shown in checked("Toolbar", self.controls).items() if (rule := shown.takes()) is not None}
        fitting = {each: one for each, one in sent.items() if each in rules and rules[each](one)}
        return sent if len(fitting) == len(sent) else {**self.values, **fitting}

    def _kept(self) -> dict[str, Any]:
        """The values that controls of the row as it is now can show."""
        found = checked("Toolbar", self.controls)
        return {name: value for name, value in self.values.items() if name in found and (rule := found[name].takes()) and rule[1](value)}

    @t.observe("values")
    def _changed(self, change: Any) -> None:
        if not self._showing and self.on_change is not None and change["old"] != change["new"]:
            self.on_change(change["old"], change["new"])

    @t.validate("controls")
    def _check_controls(self, proposal: Any) -> Any:
        controls = checked("Toolbar", proposal["value"])
        complete("Toolbar", controls, {name: value for name, value in self.values.items() if name in controls})
        return proposal["value"]

    @t.validate("values")
    def _check_values(self, proposal: Any) -> dict[str, Any]:
        return complete("Toolbar", checked("Toolbar", self.controls), proposal["value"])

    @t.observe("controls")
    def _follow_controls(self, _change: Any) -> None:
        valued = checked("Toolbar", self.controls)
        self.values = {name: value for name, value in self.values.items() if name in valued}

    @t.observe("pressed", "entered")
    def _tell(self, change: Any) -> None:
        heard = self.on_press if change["name"] == "pressed" else self.on_enter
        if heard is not None and change["new"][0]:
            heard(change["new"][0])
