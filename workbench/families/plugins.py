"""Families of other packages: an entry point of the group `jepa_workbench.families` names a module that calls `register`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import EntryPoint
from typing import TypeVar

from workbench.checkpoints import Checkpoint
from workbench.core import plugins
from workbench.core.errors import CheckpointError, WorkbenchError
from workbench.families.registry import FAMILIES, Family, Request

GROUP = "jepa_workbench.families"
T = TypeVar("T")


def load_plugins() -> None:
    """Import the families of installed packages; see `workbench.core.plugins.load`."""
    plugins.load(GROUP, "family", "its checkpoints will not be recognised", FAMILIES, _guard)


def _guard(point: EntryPoint, names: list[str]) -> None:
    for name in names:
        FAMILIES[name] = _guarded(FAMILIES[name], point)


def _guarded(family: Family, point: EntryPoint) -> Family:
    """The same family, whose faults are told in words: it recognises nothing, or refuses the file."""

    def recognise(checkpoint: Checkpoint) -> bool:
        try:
            return bool(family.recognise(checkpoint))
        except WorkbenchError:
            raise
        except Exception as err:
            plugins.warn(
                "family", point, f"failed to look at {checkpoint.path.name}: {type(err).__name__}: {err}", "it is taken not to be one of its files"
            )
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
                words = f"the family {family.name} of {plugins.package(point)} failed: {type(err).__name__}: {err}"
                raise CheckpointError(words, where=str(request.asked), fix="tell the authors of that package") from err

        return told

    return replace(family, recognise=recognise, build=telling(family.build), inspect=telling(family.inspect))
