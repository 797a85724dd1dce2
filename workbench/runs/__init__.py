"""A training run: its checkpoints in order, its logs, its settings; and what records one."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.runs.recorder import RunRecorder
    from workbench.runs.run import Run, open_run

_HOMES = {"Run": "workbench.runs.run", "open_run": "workbench.runs.run", "RunRecorder": "workbench.runs.recorder"}

__all__ = ["Run", "RunRecorder", "open_run"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'workbench.runs' has no attribute {name!r}; it has {', '.join(_HOMES)}")
    return getattr(import_module(_HOMES[name]), name)
