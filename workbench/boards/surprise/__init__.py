"""The Surprise board."""

from workbench.boards.surprise.board import SurpriseBoard

__all__ = ["SurpriseBoard"]
