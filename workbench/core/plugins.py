"""What other packages bring: an entry point names a module that registers something when it is imported."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Mapping, MutableMapping
from importlib.metadata import EntryPoint, entry_points
from typing import Any

Found = Callable[[EntryPoint, list[str]], None]


def load(group: str, what: str, so: str, registered: MutableMapping[str, Any] | None = None, found: Found | None = None) -> None:
    """Import what installed packages bring. One that is broken is told of in a warning and left out; everything else works.

    Args:
        group: of the entry points. what: they register, for the warnings: "family". so: what follows for the user where one is left out.
        registered: by name, where that is to be watched: what a package puts in the place of something that is there is taken back.
        found: told of each entry point that worked, with the names that are new.
    """
    for point in entry_points(group=group):
        before, known = dict(registered or {}), point.module in sys.modules
        try:
            point.load()
        except Exception as err:  # somebody else's code may fail in any way, and must not take the workbench with it
            _restore(registered, before)
            warn(what, point, f"could not be loaded: {type(err).__name__}: {err}", so)
            continue
        if registered is None:
            continue
        new = [name for name in registered if name not in before]
        taken = [name for name, value in before.items() if registered.get(name) is not value]
        if taken:
            _restore(registered, before)
            warn(what, point, f"registers {taken[0]!r}, which is a {what} already", "it is left out; it has to take another name")
        elif not new and not known:  # one that was imported by another plugin of its package has registered already
            warn(what, point, f"registers no {what}", "its module has to register it when it is imported: the README says how")
        elif found is not None:
            found(point, new)


def package(point: EntryPoint) -> str:
    """The name and version of the package that an entry point is of."""
    return f"{point.dist.name} {point.dist.version}" if point.dist is not None else point.value


def warn(what: str, point: EntryPoint, fault: str, so: str) -> None:
    """Tell of a fault of a plugin."""
    warnings.warn(f"the {what} plugin {point.name!r} ({point.value}, of {package(point)}) {fault}\n  → {so}", stacklevel=5)


def _restore(registered: MutableMapping[str, Any] | None, before: Mapping[str, Any]) -> None:
    if registered is not None:
        registered.clear()
        registered.update(before)
