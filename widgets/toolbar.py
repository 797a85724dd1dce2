"""A slim row of controls, described by data: what a board lets you change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

import traitlets as t

from widgets._esm import css, esm
from widgets._schema import ANY, FLAG, NUMBER, TEXT, Rule, check_dict, dicts, is_number
from widgets._traits import View

_COMMON = {"kind": TEXT, "id": TEXT, "label": TEXT, "help": TEXT, "disabled": FLAG, "reason": TEXT, "width": NUMBER}
_BOUNDS = {"min": NUMBER, "max": NUMBER}
_SPAN = {"step": NUMBER, "unit": TEXT}
_OPTIONS: Rule = ("a list of options, at least one", lambda value: isinstance(value, list | tuple) and len(cast("list[Any]", value)) > 0)
# kind -> keys it needs, keys it may have, beside the common ones
_KINDS: dict[str, tuple[dict[str, Rule], dict[str, Rule]]] = {
    "select": ({"options": _OPTIONS}, {}),
    "slider": (_BOUNDS, _SPAN),
    "range": (_BOUNDS, _SPAN),
    "int": ({}, {**_BOUNDS, **_SPAN}),
    "toggle": ({}, {}),
    "text": ({}, {}),
    "button": ({}, {"key": TEXT, "primary": FLAG}),
    "label": ({}, {}),
}
_SILENT = {"button", "label"}


class Toolbar(View):
    """Controls by description, their values as one dict. A value that its control could not show is refused.

    Args of a control: kind ("select", "slider", "range", "int", "toggle", "button", "text", "label"), id, label, help, disabled, reason (why),
    width (pixels); select: options of {value, label, disabled, reason}; slider, range and int: min, max, step, unit;
    button: key (of the page, that presses it), primary (the one to press).
    A control without a value starts with its first enabled option, its least number, its whole range, off, or empty.

    Attributes:
        on_press: called with the id of a button when it is pressed.
        on_enter: called with the id of a text where Enter is pressed though it has not changed: the same is asked for once more.
    """

    _esm = esm("toolbar.js")
    _css = css("toolbar.css")

    controls = t.List(t.Dict(), help="the controls from left to right, as dicts").tag(sync=True)
    values = t.Dict(help="id to value; a range holds [low, high]").tag(sync=True)
    vertical = t.Bool(False, help="one control under the other, its label above it: for a narrow place").tag(sync=True)
    pressed = t.List(["", 0], minlen=2, maxlen=2, help="[id, n]: the last button pressed; n grows with each press").tag(sync=True)

    entered = t.List(["", 0], minlen=2, maxlen=2, help="[id, n]: the last text that was entered unchanged; n grows each time").tag(sync=True)

    def __init__(self, **values: Any) -> None:
        self.on_press: Callable[[str], None] | None = None
        self.on_enter: Callable[[str], None] | None = None
        super().__init__(**values)

    @t.validate("controls")
    def _check_controls(self, proposal: Any) -> Any:
        controls = _checked(proposal["value"])
        _complete(controls, {name: value for name, value in self.values.items() if name in _valued(controls)})
        return proposal["value"]

    @t.validate("values")
    def _check_values(self, proposal: Any) -> dict[str, Any]:
        return _complete(_checked(self.controls), proposal["value"])

    @t.observe("controls")
    def _follow_controls(self, _change: Any) -> None:
        valued = _valued({item["id"]: item for item in self.controls})
        self.values = {name: value for name, value in self.values.items() if name in valued}

    @t.observe("pressed", "entered")
    def _tell(self, change: Any) -> None:
        heard = self.on_press if change["name"] == "pressed" else self.on_enter
        if heard is not None and change["new"][0]:
            heard(change["new"][0])


def _checked(controls: Any) -> dict[str, Mapping[str, Any]]:
    """The controls by id, each checked against what its kind needs."""
    found: dict[str, Mapping[str, Any]] = {}
    for place, item in enumerate(dicts("Toolbar.controls", controls)):
        where = f"Toolbar.controls[{place}]"
        if item.get("kind") not in _KINDS:
            raise t.TraitError(f"{where} is of kind {item.get('kind')!r}\n  → the kinds are {', '.join(_KINDS)}")
        required, optional = _KINDS[item["kind"]]
        check_dict(where, item, {"kind": TEXT, "id": TEXT, **required}, {**_COMMON, **optional})
        if item["id"] in found:
            raise t.TraitError(f"{where} has the id {item['id']!r}, which another control has")
        _check_span(where, item)
        for option in item.get("options", ()):
            check_dict(f"{where}['options']", option, {"value": ANY}, {"label": TEXT, "disabled": FLAG, "reason": TEXT})
        found[item["id"]] = item
    return found


def _check_span(where: str, item: Mapping[str, Any]) -> None:
    low, high, step = item.get("min"), item.get("max"), item.get("step", 1)
    if low is not None and high is not None and low > high:
        raise t.TraitError(f"{where} ({item['id']!r}) has min {low} above max {high}")
    if step <= 0:
        raise t.TraitError(f"{where} ({item['id']!r}) has step {step}, a step above 0 was expected")
    if item["kind"] == "int" and not all(isinstance(n, int) for n in (low, high, step) if n is not None):
        raise t.TraitError(f"{where} ({item['id']!r}) is of whole numbers, but its min, max or step is not whole")


def _valued(controls: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    return {name: item for name, item in controls.items() if item["kind"] not in _SILENT}


def _complete(controls: Mapping[str, Mapping[str, Any]], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values with one for every control that holds one, in the order of the controls."""
    valued = _valued(controls)
    for name in values:
        if name not in valued:
            raise t.TraitError(
                f"Toolbar.values has {name!r}, but no control of that id holds a value\n  → the ids are {', '.join(valued) or 'none yet'}"
            )
    done = {name: values.get(name, _start(item)) for name, item in valued.items()}
    for name, value in done.items():
        _check_value(valued[name], value)
    return done


def _start(item: Mapping[str, Any]) -> Any:
    match item["kind"]:
        case "select":
            options = item["options"]
            return next((o["value"] for o in options if not o.get("disabled")), options[0]["value"])
        case "slider":
            return item["min"]
        case "range":
            return [item["min"], item["max"]]
        case "int":
            return item.get("min", 0)
        case "toggle":
            return False
        case _:
            return ""


def _check_value(item: Mapping[str, Any], value: Any) -> None:
    """Refuse what the control could not show."""
    name, kind = item["id"], item["kind"]
    rule = _rule(item)
    if not rule[1](value):
        raise t.TraitError(
            f"Toolbar.values[{name!r}] is {value!r}, but the {kind} {item.get('label', name)!r} takes {rule[0]}\n"
            "  → set controls and values in one `with toolbar.together():` when both change"
        )


def _rule(item: Mapping[str, Any]) -> Rule:
    kind = item["kind"]
    low, high = item.get("min", float("-inf")), item.get("max", float("inf"))
    if kind == "select":
        options = [option["value"] for option in item["options"]]
        return _among(options)
    if kind == "toggle":
        return FLAG
    if kind == "text":
        return TEXT
    if kind == "range":
        return (f"[low, high] with {low} ≤ low ≤ high ≤ {high}", lambda value: _is_range(value, low, high))
    if kind == "int":
        return (f"a whole number from {low} to {high}", lambda value: isinstance(value, int) and is_number(value) and low <= value <= high)
    return (f"a number from {low} to {high}", lambda value: is_number(value) and low <= value <= high)


def _among(options: list[Any]) -> Rule:
    """One of these values; True is not 1."""
    return (f"one of {', '.join(map(repr, options))}", lambda value: any(value == option and type(value) is type(option) for option in options))


def _is_range(value: Any, low: float, high: float) -> bool:
    if not isinstance(value, list | tuple) or len(cast("list[Any]", value)) != 2:
        return False
    first, last = cast("list[Any]", value)
    return is_number(first) and is_number(last) and low <= first <= last <= high
