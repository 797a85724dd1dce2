"""The Run board."""

from workbench.boards.run.board import RunBoard

__all__ = ["RunBoard"]
