"""The Masks board."""

from workbench.boards.masks.board import MasksBoard

__all__ = ["MasksBoard"]
