"""The families that `load` knows. A family file adds itself with one call of `register`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import torch

from workbench.checkpoints import Checkpoint
from workbench.core.card import Fact, LoadReport
from workbench.core.errors import BadInput
from workbench.model.jepa import Jepa


@dataclass(frozen=True, eq=False)
class Request:
    """What `load` was asked for.

    Args:
        asked: the path as given. overrides: what the tensors do not say. parts: names of `core.card.PARTS` to read; None = all.
        encoder, decoder: files of their own, for families that keep them so. wrapped: what is known of wrappers that were removed.
    """

    checkpoint: Checkpoint
    asked: Path
    overrides: Mapping[str, Any] = field(default_factory=dict)
    parts: tuple[str, ...] | None = None
    encoder: Path | None = None
    decoder: Path | None = None
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    dtype: torch.dtype = torch.float32
    wrapped: tuple[Fact, ...] = ()

    def wants(self, part: str) -> bool:
        """The part is to be read."""
        return self.parts is None or part in self.parts

    def one_file(self) -> None:
        """For families that keep everything in one file.

        Raises:
            BadInput: an encoder or decoder file was given.
        """
        for name in ("encoder", "decoder"):
            if getattr(self, name) is not None:
                raise BadInput("this family keeps all its parts in one file", where=f"{name}=", fix=f"leave {name}= out")


@dataclass(frozen=True)
class Family:
    """How one kind of checkpoint becomes a Jepa.

    Args:
        recognise: the file is of this family; may raise AmbiguousModel with what would decide it.
        signs: what `recognise` looks for, in words. overrides: name -> meaning of what the tensors do not say.
        inspect: the report without the weights.
        telling: endings of tensor names that a file of this family has. Where no family fits, that with most of them is named, and those it lacks.
    """

    name: str
    signs: str
    recognise: Callable[[Checkpoint], bool]
    build: Callable[[Request], Jepa]
    inspect: Callable[[Request], LoadReport]
    overrides: Mapping[str, str]
    telling: tuple[str, ...] = ()


@runtime_checkable
class Plan(Protocol):
    """A model before its weights are read."""

    def build(self) -> Jepa:
        """The model with its weights."""
        ...

    def report(self) -> LoadReport:
        """What the file holds, from names and shapes."""
        ...


FAMILIES: dict[str, Family] = {}


def register(
    name: str,
    *,
    signs: str,
    recognise: Callable[[Checkpoint], bool],
    plan: Callable[[Request], Plan] | None = None,
    build: Callable[[Request], Jepa] | None = None,
    overrides: Mapping[str, str] | None = None,
    telling: tuple[str, ...] = (),
) -> None:
    """Make a family known to `load`.

    Args:
        plan: everything but the weights. build: the model, where it is more than what the plan builds, or where there is no plan: the report is then
            taken from the built model. Others as of `Family`.
    """
    if plan is None and build is None:
        raise TypeError(f"family {name!r} needs plan= or build=")

    def built(request: Request) -> Jepa:
        return build(request) if build is not None else plan(request).build()  # type: ignore[misc]  # one of the two is there

    def inspect(request: Request) -> LoadReport:
        return plan(request).report() if plan is not None else built(request).report

    FAMILIES[name] = Family(name, signs, recognise, built, inspect, dict(overrides or {}), telling)
