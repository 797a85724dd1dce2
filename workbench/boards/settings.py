"""What of a board a link or a saved view holds: its controls, read from the screen and set as if the user had set them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from traitlets import HasTraits, TraitError

from widgets import Toolbar
from workbench.core.errors import BadInput

Values = Mapping[str, Any]  # numbers, texts, flags, rows of them, and arrays
_ROUNDS = 4  # a control can bring others into the row, which are set in the next round


class Settings:
    """The settings of one board.

    Args:
        read: gives them as they are on screen; arrays are numpy arrays. write: sets those that it knows, where arrays are texts (see
            `workbench.core.view.array_text`), and gives the names of those that it could not set. rests: what is on screen and is no
            setting, in words; "" where there is nothing of the kind. heavy: why opening the board with these settings takes long or writes
            files, in words; "" where it does not.
    """

    def __init__(
        self,
        read: Callable[[], Values] = dict,
        write: Callable[[Values], list[str]] = list,
        *,
        rests: Callable[[], str] = str,
        heavy: Callable[[Values], str] = lambda values: "",
    ) -> None:
        self.read, self.write, self.rests, self.heavy = read, write, rests, heavy


def not_set(names: list[str]) -> BadInput:
    """What is told of settings of a view that could not be set."""
    what = f"these settings of the view are not there, or do not take its value: {', '.join(names)}"
    return BadInput(f"{what:.300}", where="view", fix="set them on the board; the rest is as in the view")


def of_controls(toolbar: Toolbar, later: Callable[[Callable[[], Any]], None]) -> Settings:
    """Settings of a board that has none of its own: the values of its toolbar. Controls that are not there yet are set once they are.

    Args:
        later: calls after what is being done now.
    """
    awaited = dict[str, Any]()

    def come(_change: Any) -> None:
        there = {name: awaited.pop(name) for name in list(awaited) if name in toolbar.values}
        if there:
            later(lambda: set_toolbar(toolbar, there))

    def write(values: Values) -> list[str]:
        refused = set_toolbar(toolbar, values)
        awaited.clear()
        awaited.update({name: values[name] for name in refused if name not in toolbar.values})
        return [name for name in refused if name not in awaited]

    toolbar.observe(come, names=["controls"])
    return Settings(lambda: {**awaited, **toolbar_values(toolbar)}, write)


def of_traits(*traits: tuple[HasTraits, str]) -> Settings:
    """Settings that are traits of views. traits: a view, and the name of the trait."""
    return Settings(lambda: trait_values(traits), lambda values: set_all(values, None, traits))


def of_toolbar(toolbar: Toolbar, *more: tuple[HasTraits, str], leave: tuple[str, ...] = (), rests: Callable[[], str] = str) -> Settings:
    """Settings that are the values of a toolbar, and traits of other views.

    Args:
        more: a view, and the trait of it that is a setting. leave: ids of controls that are none. rests: see `Settings`.
    """

    def read() -> dict[str, Any]:
        return {**toolbar_values(toolbar, leave), **trait_values(more)}

    return Settings(read, lambda values: set_all(values, toolbar, more, leave), rests=rests)


def toolbar_values(toolbar: Toolbar, leave: tuple[str, ...] = ()) -> dict[str, Any]:
    """The values of the controls."""
    return {name: value for name, value in toolbar.values.items() if name not in leave}


def trait_values(more: tuple[tuple[HasTraits, str], ...]) -> dict[str, Any]:
    """The values of traits, by their names."""
    return {name: getattr(view, name) for view, name in more}


def set_all(values: Values, toolbar: Toolbar | None, more: tuple[tuple[HasTraits, str], ...] = (), leave: tuple[str, ...] = ()) -> list[str]:
    """Set controls and traits; the names of those that are not there, or do not take the value."""
    traits = {name: view for view, name in more}
    refused = [name for name, value in values.items() if name in traits and not _set_trait(traits[name], name, value)]
    rest = {name: value for name, value in values.items() if name not in traits}
    return refused + (list(rest) if toolbar is None else set_toolbar(toolbar, rest, leave))


def set_toolbar(toolbar: Toolbar, values: Values, leave: tuple[str, ...] = ()) -> list[str]:
    """Set controls one after another, as a user would; the names of those that are not there, or do not take the value."""
    wanted = {name: _plain(value) for name, value in values.items() if name not in leave}
    with suppress(TraitError):  # all as one change, where they are there and fit together
        at_once = {name: value for name, value in wanted.items() if name in toolbar.values and not _is_off(toolbar, name, value)}
        toolbar.values = {**toolbar.values, **at_once}
    for _ in range(_ROUNDS):
        there = [name for name, value in wanted.items() if name in toolbar.values and toolbar.values[name] != value]
        if not there:
            break
        for name in there:
            _set_control(toolbar, name, wanted[name])
    return [name for name in values if name in leave or name not in toolbar.values or toolbar.values[name] != wanted[name]]


def _set_control(toolbar: Toolbar, name: str, value: Any) -> None:
    if name not in toolbar.values or _is_off(toolbar, name, value):  # also where the control before it took it away
        return
    with suppress(TraitError):  # one that it does not take is told by its name
        toolbar.values = {**toolbar.values, name: value}


def _is_off(toolbar: Toolbar, name: str, value: Any) -> bool:
    """Whether a user could not choose this value now."""
    control: dict[str, Any] = next(each for each in toolbar.controls if each["id"] == name)
    return bool(control.get("disabled")) or any(o["value"] == value and o.get("disabled") for o in control.get("options", ()))


def _set_trait(view: HasTraits, name: str, value: Any) -> bool:
    try:
        setattr(view, name, _plain(value))
    except TraitError:
        return False
    return True


def _plain(value: Any) -> Any:
    """Rows as lists, as widgets have them."""
    return [_plain(each) for each in value] if isinstance(value, tuple) else value
