"""Vectors and embeddings on disk. Reading needs neither torch nor a model, so that a server has it."""

from __future__ import annotations

from workbench.store.exporting import save_vectors
from workbench.store.joining import Joined, join
from workbench.store.opening import open_vectors

__all__ = ["Joined", "join", "open_vectors", "save_vectors"]
