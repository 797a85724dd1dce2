"""What other packages bring: an entry point names a module that registers something when it is imported."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, MutableMapping
from importlib.metadata import EntryPoint, entry_points
from typing import Any


def load(
    group: str, what: str, so: str, registered: MutableMapping[str, Any], call: str, found: Callable[[EntryPoint, list[str]], None] | None = None
) -> None:
    """Import what installed packages bring. One that is broken is told of in a warning and left out; everything else works.

    Args:
        group: of the entry points. what: they register, for the warnings: "family". so: what follows for the user where one is left out.
        registered: by name; what a package adds in place of something that is there is taken back. call: that its module has to make.
        found: told of each entry point that worked, with the names that are new.
    """
    for point in entry_points(group=group):
        before: Mapping[str, Any] = dict(registered)
        try:
            point.load()
        except Exception as err:  # somebody else's code may fail in any way, and must not take the workbench with it
            _restore(registered, before)
            warn(what, point, f"could not be loaded: {type(err).__name__}: {err}", so)
            continue
        taken = [name for name, value in before.items() if registered.get(name) is not value]
        if taken:
            _restore(registered, before)
            warn(what, point, f"registers {taken[0]!r}, which is a {what} already", "it is left out; it has to take another name")
        elif len(registered) == len(before):
            warn(what, point, f"registers no {what}", f"its module has to call {call} when it is imported")
        if found is not None:
            found(point, [name for name in registered if name not in before])


def package(point: EntryPoint) -> str:
    """The name and version of the package that an entry point is of."""
    return f"{point.dist.name} {point.dist.version}" if point.dist is not None else point.value


def warn(what: str, point: EntryPoint, fault: str, so: str) -> None:
    """Tell of a fault of a plugin."""
    warnings.warn(f"the {what} plugin {point.name!r} ({point.value}, of {package(point)}) {fault}\n  → {so}", stacklevel=5)


def _restore(registered: MutableMapping[str, Any], before: Mapping[str, Any]) -> None:
    registered.clear()
    registered.update(before)
