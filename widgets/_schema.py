"""Dicts that cross to the browser, checked key by key before they leave."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import traitlets as t

Check = Callable[[Any], bool]
# A rule is what the reader is told and the test behind it.
Rule = tuple[str, Check]


def is_number(value: Any) -> bool:
    """A finite number; True and False are none."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def is_count(value: Any) -> bool:
    """A whole number from 0."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def is_list_of(check: Check) -> Check:
    """A list or tuple whose every item passes."""
    return lambda value: isinstance(value, list | tuple) and all(map(check, cast("Sequence[Any]", value)))


def is_text(value: Any) -> bool:
    """A string."""
    return isinstance(value, str)


TEXT: Rule = ("text", is_text)
FLAG: Rule = ("True or False", lambda value: isinstance(value, bool))
NUMBER: Rule = ("a finite number", is_number)
NUMBER_OR_NONE: Rule = ("a finite number or None", lambda value: value is None or is_number(value))
COUNT: Rule = ("a whole number from 0", is_count)
TEXTS: Rule = ("a list of texts", is_list_of(is_text))
ANY: Rule = ("anything", lambda value: True)


def one_of(*words: str) -> Rule:
    """One of these words."""
    return (f"one of {', '.join(words)}", lambda value: value in words)


def dicts(where: str, value: Any) -> list[dict[str, Any]]:
    """The value as a list of dicts.

    Args:
        where: the trait, for the message.
        value: what was set.

    Raises:
        TraitError: it is something else.
    """
    if not is_list_of(lambda item: isinstance(item, dict))(value):
        raise t.TraitError(f"{where} holds {type(value).__name__}, a list of dicts was expected")
    return list(value)


def check_dict(where: str, value: Any, required: Mapping[str, Rule], optional: Mapping[str, Rule]) -> None:
    """Refuse a dict with a missing key, a key nobody reads, or a value of another kind.

    Args:
        where: the trait and the place in it, for the message.
        value: what was set.
        required: key to rule, each of which must be there.
        optional: key to rule, each of which may be there.

    Raises:
        TraitError: with the key, what it holds and what was expected.
    """
    if not isinstance(value, dict):
        raise t.TraitError(f"{where} holds {type(value).__name__}, a dict was expected")
    found = cast("dict[Any, Any]", value)
    rules = {**required, **optional}
    missing = [key for key in required if key not in found]
    strange = [key for key in found if key not in rules]
    if missing or strange:
        parts = [f"lacks {', '.join(missing)}"] * bool(missing) + [f"has {', '.join(map(repr, strange))}, which nothing reads"] * bool(strange)
        raise t.TraitError(f"{where} {' and '.join(parts)}\n  → its keys are {', '.join(rules)}")
    for key, item in found.items():
        words, passes = rules[key]
        if not passes(item):
            raise t.TraitError(f"{where}[{key!r}] is {item!r}, {words} was expected")
