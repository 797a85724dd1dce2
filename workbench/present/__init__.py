"""Results to views: the only place where results meet widgets and plots. `show` is the front; `text` needs no widgets."""

from __future__ import annotations

from typing import Any


def __getattr__(name: str) -> Any:
    if name != "show":
        raise AttributeError(f"module 'workbench.present' has no attribute {name!r}")
    from workbench.present.show import show

    return show
