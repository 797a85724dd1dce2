"""The ground of every view: documented, validated traits that cross to the browser and back."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, ClassVar, cast

import anywidget
import traitlets as t

_HOST_KEYWORDS = frozenset({"layout", "tooltip", "tabbable", "comm"})
_mirrored: ContextVar[bool] = ContextVar("mirrored", default=False)
_extended: dict[tuple[Any, ...], type[View]] = {}  # classes with the traits of AnyWidget, by the kind of a view and the values of these traits


def _no_still(view: Any) -> Mapping[str, str]:
    return {}


class View(anywidget.AnyWidget):
    """A view that runs unchanged in JupyterLab and in Panel. Keywords of the constructor are its traits; any other is an error.

    Attributes:
        pictured: what a page shows of a view where no kernel runs, by MIME type: a picture and a text. Set by who can draw them.
    """

    pictured: ClassVar[Callable[[Any], Mapping[str, str]]] = staticmethod(_no_still)

    theme = t.Enum(["auto", "light", "dark"], "auto", help="light, dark, or as the page around it").tag(sync=True)
    busy = t.Bool(False, help="a newer answer is being computed; what is shown stays, slightly dimmed").tag(sync=True)

    stale = t.Bool(False, help="what is shown is of something that is no longer open: it stays, greyed, until there is something new").tag(sync=True)

    def __init__(self, **values: Any) -> None:
        known = set(self.view_traits())
        for name in values.keys() - known - _HOST_KEYWORDS:
            close = difflib.get_close_matches(name, known, n=1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            raise TypeError(f"{type(self).__name__} has no trait {name!r}{hint}\n  → its traits are {', '.join(sorted(known))}")
        self._depth, self._made = 0, False
        self._afterwards: list[Callable[[], None]] = []
        super().__init__(**values)
        self._made = True

    def add_traits(self, **traits: Any) -> None:
        """Add traits to this view. Those that AnyWidget adds to every view are added once for each kind: a class of its own for each view takes longer than all
        the rest of a view.
        """
        kind = None if self._made else (type(self), *((name, trait.default_value) for name, trait in traits.items()))
        if kind is None or kind not in _extended:
            super().add_traits(**traits)  # pyright: ignore[reportUnknownMemberType]
            view = cast(Any, self)
            view.keys = list(dict.fromkeys(view.keys))  # ipywidgets lists them twice
            if kind is not None:
                _extended[kind] = type(self)
        else:
            self.__class__ = cast(Any, _extended[kind])
            for name in traits:
                self.traits()[name].instance_init(self)

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:
        """The live view, and its still picture and text for a saved notebook. They are drawn only when the view is displayed."""
        live = super()._repr_mimebundle_(**kwargs)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        shown = cast("tuple[dict[str, Any], dict[str, Any]] | None", live)
        return None if shown is None else (shown[0] | dict(type(self).pictured(self)), shown[1])

    @classmethod
    def view_traits(cls) -> list[str]:
        """Names of the synced traits that are this view's own, in a stable order; what a host has to mirror."""
        host = anywidget.AnyWidget.class_traits(sync=True)
        return sorted(name for name in cls.class_traits(sync=True) if name not in host and not name.startswith("_"))

    @staticmethod
    @contextmanager
    def without_comm() -> Generator[None]:
        """Views made inside open no comm. For hosts that mirror the traits themselves: ipywidgets keeps every widget that has a comm until it is closed."""
        token = _mirrored.set(True)
        try:
            yield
        finally:
            _mirrored.reset(token)

    def open(self) -> None:
        """Open the comm to the browser, unless the host mirrors the traits."""
        if _mirrored.get():
            if "layout" in self._trait_values:  # a widget of its own, which opened its comm when it was made; most views never need one
                cast(Any, self).layout.close()
        else:
            super().open()

    @contextmanager
    def together(self) -> Generator[None]:
        """Changes several traits as one: checked against each other at the end, and sent in one message."""
        self._depth += 1
        try:
            with self.hold_sync(), self.hold_trait_notifications():
                yield
        finally:
            self._depth -= 1
            if not self._depth:
                calls, self._afterwards = self._afterwards, []
                for call in calls:
                    call()

    def received(self, name: str, value: Any) -> Any:
        """What to take for a value that a browser sent, which may have been sent before the last change of other traits arrived there."""
        return value

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Take what a browser sent; where something else is taken, it is told."""
        taken = {name: self.received(name, value) for name, value in sync_data.items()}
        super().set_state(taken)  # pyright: ignore[reportUnknownMemberType]  # ipywidgets has no types
        if other := [name for name in taken if taken[name] is not sync_data[name]]:
            self.send_state(other)  # pyright: ignore[reportUnknownMemberType]

    def afterwards(self, call: Callable[[], None]) -> None:
        """Have it called when traits are no longer changed together: at once where they are not."""
        if self._depth:
            self._afterwards.append(call)
        else:
            call()


class Commanded(View):
    """A view with buttons of its own.

    Attributes:
        on_command: called with the name of a button when it is pressed.
    """

    command = t.List(["", 0], minlen=2, maxlen=2, help="[name, n]: the last button pressed; n grows with each press").tag(sync=True)

    def __init__(self, **values: Any) -> None:
        self.on_command: Callable[[str], None] | None = None
        super().__init__(**values)

    @t.observe("command")
    def _obey_command(self, change: Any) -> None:
        name = change["new"][0]
        if self.on_command is not None and name:
            for _ in range(presses(change) if name in ("undo", "redo") else 1):
                self.on_command(name)


def binary(help: str) -> t.Bytes:
    """A trait of raw bytes. Its shape stands in another trait.

    Args:
        help: what the bytes are: type, axes, unit.
    """
    trait = t.Bytes(b"", help=help)
    return trait.tag(sync=True, from_json=_from_json)


def whole_numbers(default: list[int], help: str, *, length: int | None = None) -> t.List[int]:
    """A trait of whole numbers.

    Args:
        default: its value at the start.
        help: what the numbers are.
        length: how many there must be; any number when left out.
    """
    bounds = {} if length is None else {"minlen": length, "maxlen": length}
    return t.List(t.Int(), default, help=help, **bounds).tag(sync=True)


def numbers(default: list[float], help: str, *, length: int | None = None) -> t.List[float]:
    """A trait of floating-point numbers; as `whole_numbers`."""
    bounds = {} if length is None else {"minlen": length, "maxlen": length}
    return t.List(t.Float(), default, help=help, **bounds).tag(sync=True)


def check_bytes(owner: str, name: str, value: bytes, shape: tuple[int, ...], *, item: int = 1) -> bytes:
    """The value, if it is empty or holds exactly this shape.

    Args:
        owner: class name of the view, for the message.
        name: the trait, for the message.
        value: the bytes.
        shape: how many items along each axis.
        item: bytes an item.

    Raises:
        TraitError: the length does not fit.
    """
    wanted = item
    for n in shape:
        wanted *= n
    if value and len(value) != wanted:
        raise t.TraitError(
            f"{owner}.{name} holds {len(value)} bytes, but its shape {list(shape)} × {item} byte(s) asks for {wanted}\n"
            f"  → set {name} and its shape in one `with view.together():`"
        )
    return value


def proposed(proposal: dict[str, Any], *names: str) -> list[Any]:
    """Values of these traits as they will be if a proposal is accepted; for checks of one trait against another.

    Args:
        proposal: what traitlets gives to a validator.
        names: traits of the same view.
    """
    return [proposal["value"] if name == proposal["trait"].name else getattr(proposal["owner"], name) for name in names]


def _from_json(value: Any, _widget: Any) -> bytes:
    return bytes(value) if value is not None else b""


def presses(change: Mapping[str, Any]) -> int:
    """How often a button was pressed between two values `[name, n]` of a trait.

    A host that is busy passes on only the latest of several presses in quick succession; n has counted all of them. Where the one before was of another button,
    nobody can tell which the presses between were, and only the latest counts.
    """
    old, new = change["old"] or ["", 0], change["new"]
    same = old[0] in ("", new[0])
    return max(1, int(new[1]) - int(old[1])) if same else 1
