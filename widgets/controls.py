"""The controls of a toolbar, as values. Each kind of control is a class; what it may hold is declared here and nowhere else."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar, cast, get_type_hints

import traitlets as t

from widgets._schema import ANY, FLAG, NUMBER, TEXT, Rule, check_dict, dicts, is_number

Kind = type["Control"]
_kinds: dict[str, Kind] = {}


@dataclass(frozen=True)
class Option:
    """One of the values of a `Select`. reason: why it is disabled."""

    value: Any
    label: str = ""
    _: KW_ONLY
    disabled: bool = False
    reason: str = ""


@dataclass(frozen=True)
class Control:
    """What every control has.

    Args:
        id: of the control within its toolbar. label: beside or on it. help: shown under the pointer. reason: why it is disabled. width: in pixels.
    """

    kind: ClassVar[str] = ""
    id: str
    label: str = ""
    _: KW_ONLY
    help: str = ""
    disabled: bool = False
    reason: str = ""
    width: float | None = None

    def __init_subclass__(cls) -> None:
        cls.kind = cls.__name__.lower()
        _kinds[cls.kind] = cls

    def off(self, reason: str) -> Control:
        """The same control, disabled for this reason; as it is where the reason is empty."""
        return dataclasses.replace(self, disabled=True, reason=reason) if reason else self

    def plain(self) -> dict[str, Any]:
        """As it crosses to the browser: its kind, and every field that is not at its default."""
        return {"kind": self.kind, **_plain(self)}

    def start(self) -> Any:
        """The value that it has at first; None where it holds none."""
        return None

    def takes(self) -> Rule | None:
        """What its value may be; None where it holds none."""
        return None

    def check(self, where: str) -> None:
        """Refuse bounds that make no sense.

        Raises:
            TraitError: with what is wrong.
        """


@dataclass(frozen=True)
class Select(Control):
    """One of several options."""

    options: tuple[Option, ...] = ()

    def start(self) -> Any:
        """See `Control.start`: the first option that is not disabled."""
        return next((o.value for o in self.options if not o.disabled), self.options[0].value)

    def takes(self) -> Rule:
        """See `Control.takes`; True is not 1, but 2 is 2.0: a browser has one kind of number."""
        values = [o.value for o in self.options]
        return f"one of {', '.join(map(repr, values))}", lambda value: any(value == v and _alike(value, v) for v in values)

    def check(self, where: str) -> None:
        """See `Control.check`."""
        if not self.options:
            raise t.TraitError(f"{where} ({self.id!r}) has no options, at least one was expected")


@dataclass(frozen=True)
class Int(Control):
    """A whole number, with buttons for the next and the one before."""

    min: float | None = None
    max: float | None = None
    step: float = 1
    unit: str = ""

    @property
    def low(self) -> float:
        """The least value."""
        return float("-inf") if self.min is None else self.min

    @property
    def high(self) -> float:
        """The largest value."""
        return float("inf") if self.max is None else self.max

    def start(self) -> Any:
        """See `Control.start`."""
        return 0 if self.min is None else self.min

    def takes(self) -> Rule:
        """See `Control.takes`."""
        return (
            f"a whole number from {self.low} to {self.high}",
            lambda value: isinstance(value, int) and is_number(value) and self.low <= value <= self.high,
        )

    def check(self, where: str) -> None:
        """See `Control.check`."""
        if self.low > self.high:
            raise t.TraitError(f"{where} ({self.id!r}) has min {self.min} above max {self.max}")
        if self.step <= 0:
            raise t.TraitError(f"{where} ({self.id!r}) has step {self.step}, a step above 0 was expected")
        if type(self) is Int and not all(isinstance(n, int) for n in (self.min, self.max, self.step) if n is not None):
            raise t.TraitError(f"{where} ({self.id!r}) is of whole numbers, but its min, max or step is not an integer")


@dataclass(frozen=True)
class Slider(Int):
    """A number between two bounds."""

    def takes(self) -> Rule:
        """See `Control.takes`."""
        return f"a number from {self.low} to {self.high}", lambda value: is_number(value) and self.low <= value <= self.high

    def check(self, where: str) -> None:
        """See `Control.check`."""
        lacking = [name for name in ("min", "max") if getattr(self, name) is None]
        if lacking:
            raise t.TraitError(f"{where} ({self.id!r}) lacks {' and '.join(lacking)}")
        super().check(where)


@dataclass(frozen=True)
class Range(Slider):
    """A low and a high number between two bounds."""

    def start(self) -> Any:
        """See `Control.start`: all of it."""
        return [self.min, self.max]

    def takes(self) -> Rule:
        """See `Control.takes`."""
        return f"[low, high] with {self.low} ≤ low ≤ high ≤ {self.high}", lambda value: _is_range(value, self.low, self.high)


@dataclass(frozen=True)
class Toggle(Control):
    """On or off."""

    def start(self) -> Any:
        """See `Control.start`."""
        return False

    def takes(self) -> Rule:
        """See `Control.takes`."""
        return FLAG


@dataclass(frozen=True)
class Text(Control):
    """A line of text."""

    def start(self) -> Any:
        """See `Control.start`."""
        return ""

    def takes(self) -> Rule:
        """See `Control.takes`."""
        return TEXT


@dataclass(frozen=True)
class Button(Control):
    """A button. key: of the page, that presses it. primary: the one to press."""

    key: str = ""
    primary: bool = False


@dataclass(frozen=True)
class Label(Control):
    """Words."""


def control(where: str, said: Mapping[str, Any]) -> Control:
    """A control from what crosses to the browser.

    Args:
        where: it stands, for the message.

    Raises:
        TraitError: no such kind, a key that is missing or that nothing reads, or a value of another kind.
    """
    kind = _kinds.get(str(said.get("kind")))
    if kind is None:
        raise t.TraitError(f"{where} is of kind {said.get('kind')!r}\n  → the kinds are {', '.join(_kinds)}")
    required, optional = _rules(kind)
    check_dict(where, dict(said), {"kind": TEXT, **required}, optional)
    fields = {name: value for name, value in said.items() if name != "kind"}
    if "options" in fields:
        for option in fields["options"]:
            check_dict(f"{where}['options']", option, *_rules(Option))
        fields["options"] = tuple(Option(**option) for option in fields["options"])
    found = kind(**fields)
    found.check(where)
    return found


def checked(owner: str, controls: Any) -> dict[str, Control]:
    """The controls that hold a value, by id.

    Args:
        owner: class name of the view, for the message.

    Raises:
        TraitError: one that makes no sense, or two of one id.
    """
    found: dict[str, Control] = {}
    for place, item in enumerate(dicts(f"{owner}.controls", controls)):
        where = f"{owner}.controls[{place}]"
        each = control(where, item)
        if each.id in found:
            raise t.TraitError(f"{where} has the id {each.id!r}, which another control has")
        found[each.id] = each
    return {name: each for name, each in found.items() if each.takes() is not None}


def complete(owner: str, valued: Mapping[str, Control], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values with one for every control that holds one, in the order of the controls.

    Args:
        owner: as of `checked`. valued: what `checked` gave.

    Raises:
        TraitError: a value that no control holds, or that its control does not take.
    """
    for name in values:
        if name not in valued:
            raise t.TraitError(
                f"{owner}.values has {name!r}, but no control of that id holds a value\n  → the ids are {', '.join(valued) or 'none yet'}"
            )
    done = {name: values[name] if name in values else each.start() for name, each in valued.items()}
    for name, value in done.items():
        rule = valued[name].takes()
        if rule is not None and not rule[1](value):
            raise t.TraitError(
                f"{owner}.values[{name!r}] is {value!r}, but the {valued[name].kind} {valued[name].label or name!r} takes {rule[0]}\n"
                "  → set controls and values in one `with view.together():` when both change"
            )
    return done


_RULES: dict[Any, Rule] = {
    str: TEXT,
    bool: FLAG,
    float: NUMBER,
    float | None: NUMBER,
    Any: ANY,
    tuple[Option, ...]: ("a list of options", lambda value: isinstance(value, list | tuple)),
}


def _rules(kind: type[Any]) -> tuple[dict[str, Rule], dict[str, Rule]]:
    """The keys that must be there, and those that may be."""
    required, optional = dict[str, Rule](), dict[str, Rule]()
    hints = get_type_hints(kind)
    for field in dataclasses.fields(kind):
        (required if field.default is dataclasses.MISSING else optional)[field.name] = _RULES[hints[field.name]]
    return required, optional


def _plain(value: Any) -> dict[str, Any]:
    found = dict[str, Any]()
    for field in dataclasses.fields(value):
        inner = getattr(value, field.name)
        if field.name == "options":
            found["options"] = [_plain(option) for option in inner]
        elif field.default is dataclasses.MISSING or inner != field.default:
            found[field.name] = inner
    return found


def _alike(one: Any, other: Any) -> bool:
    return (is_number(one) and is_number(other)) or type(one) is type(other)


def _is_range(value: Any, low: float, high: float) -> bool:
    if not isinstance(value, list | tuple) or len(cast("list[Any]", value)) != 2:
        return False
    first, last = cast("list[Any]", value)
    return is_number(first) and is_number(last) and low <= first <= last <= high
