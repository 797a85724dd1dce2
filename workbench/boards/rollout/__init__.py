"""The Rollout board."""

from workbench.boards.rollout.board import RolloutBoard

__all__ = ["RolloutBoard"]
