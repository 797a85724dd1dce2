"""The Masks board, and charts of what its predictor and its samplers do."""

from workbench.boards.masks import anatomy
from workbench.boards.masks.board import MasksBoard

__all__ = ["MasksBoard", "anatomy"]
