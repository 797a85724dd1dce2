"""The Features board, and views of its results."""

from workbench.boards.features import views
from workbench.boards.features.board import FeaturesBoard

__all__ = ["FeaturesBoard", "views"]
