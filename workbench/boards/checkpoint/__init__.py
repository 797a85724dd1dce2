"""What the file holds, what of it loaded, and where every value came from."""

from workbench.boards.checkpoint.board import CheckpointBoard

__all__ = ["CheckpointBoard"]
