"""The Labels board."""

from workbench.boards.labels.board import LabelsBoard

__all__ = ["LabelsBoard"]
