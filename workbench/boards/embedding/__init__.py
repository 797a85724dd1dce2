"""The Embedding board."""

from workbench.boards.embedding.board import EmbeddingBoard

__all__ = ["EmbeddingBoard"]
