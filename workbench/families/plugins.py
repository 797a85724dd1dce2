"""Families of other packages: an entry point of the group `jepa_workbench.families` names a module that calls `register`."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import EntryPoint, entry_points
from typing import TypeVar

from workbench.checkpoints import Checkpoint
from workbench.core.errors import CheckpointError, WorkbenchError
from workbench.families.registry import FAMILIES, Family, Request

GROUP = "jepa_workbench.families"
T = TypeVar("T")


def load_plugins() -> None:
    """Import what installed packages bring. One that is broken is told of in a warning and left out; everything else works."""
    for point in entry_points(group=GROUP):
        before = dict(FAMILIES)
        try:
            point.load()
        except Exception as err:  # somebody else's code may fail in any way, and must not take the workbench with it
            _restore(before)
            _warn(point, f"could not be loaded: {type(err).__name__}: {err}", "its checkpoints will not be recognised")
            continue
        taken = [name for name, family in before.items() if FAMILIES.get(name) is not family]
        if taken:
            _restore(before)
            _warn(point, f"registers {taken[0]!r}, which is a family already", "it is left out; it has to take another name")
        elif len(FAMILIES) == len(before):
            _warn(point, "registers no family", "its module has to call workbench.families.register when it is imported")
        for name in FAMILIES.keys() - before.keys():
            FAMILIES[name] = _guarded(FAMILIES[name], point)


def _restore(before: dict[str, Family]) -> None:
    FAMILIES.clear()
    FAMILIES.update(before)


def _guarded(family: Family, point: EntryPoint) -> Family:
    """The same family, whose faults are told in words: it recognises nothing, or refuses the file."""

    def recognise(checkpoint: Checkpoint) -> bool:
        try:
            return bool(family.recognise(checkpoint))
        except WorkbenchError:
            raise
        except Exception as err:
            _warn(point, f"failed to look at {checkpoint.path.name}: {type(err).__name__}: {err}", "it is taken not to be one of its files")
            return False

    def telling(call: Callable[[Request], T]) -> Callable[[Request], T]:
        def told(request: Request) -> T:
            try:
                return call(request)
            except (WorkbenchError, MemoryError):
                raise
            except Exception as err:
                if "memory" in str(err).lower():
                    raise  # `load` turns it into numbers
                words = f"the family {family.name} of {_package(point)} failed: {type(err).__name__}: {err}"
                raise CheckpointError(words, where=str(request.asked), fix="tell the authors of that package") from err

        return told

    return replace(family, recognise=recognise, build=telling(family.build), inspect=telling(family.inspect))


def _package(point: EntryPoint) -> str:
    return f"{point.dist.name} {point.dist.version}" if point.dist is not None else point.value


def _warn(point: EntryPoint, what: str, so: str) -> None:
    warnings.warn(f"the family plugin {point.name!r} ({point.value}, of {_package(point)}) {what}\n  → {so}", stacklevel=4)
