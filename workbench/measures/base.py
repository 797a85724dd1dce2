"""The decorator of every measure: it refuses parts that are missing or did not load whole, and computes with as many threads as help."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar, cast

import torch

from workbench.measures.catalogue import entry
from workbench.model.jepa import Jepa

F = TypeVar("F", bound=Callable[..., Any])
_SMALL = 5_000_000  # parameters below which one thread is faster than several: its products are too small to share


def measure(function: F) -> F:
    """Check the parts that the catalogue lists for this function, then run it.

    Raises:
        PartUnavailable: with the counts of what is missing.
    """
    about = entry(function.__name__)

    @functools.wraps(function)
    def checked(jepa: Jepa, *args: Any, **kwargs: Any) -> Any:
        jepa.report.require(*about.needed(jepa.report))
        with threads_for(jepa):
            return function(jepa, *args, **kwargs)

    return cast(F, checked)


@contextmanager
def threads_for(jepa: Jepa) -> Iterator[None]:
    """One thread while a small model computes; for a large one as many as torch was told to use."""
    before = torch.get_num_threads()
    if sum(p.parameters for p in jepa.report.parts) < _SMALL:
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
