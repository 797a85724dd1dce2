"""The decorator that refuses a measure on parts that are missing or did not load whole."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar, cast

from workbench.measures.catalogue import entry
from workbench.model.jepa import Jepa

F = TypeVar("F", bound=Callable[..., Any])


def measure(function: F) -> F:
    """Check the parts that the catalogue lists for this function, then run it.

    Raises:
        PartUnavailable: with the counts of what is missing.
    """
    needs = entry(function.__name__).needs

    @functools.wraps(function)
    def checked(jepa: Jepa, *args: Any, **kwargs: Any) -> Any:
        jepa.report.require(*needs)
        return function(jepa, *args, **kwargs)

    return cast(F, checked)
