"""The Embedding board."""

from workbench.boards.embedding import views  # how its results are shown
from workbench.boards.embedding.board import EmbeddingBoard

__all__ = ["EmbeddingBoard", "views"]
