"""Plan: two pictures, a start and a goal; the model searches in its imagination, and the real agent follows."""

from workbench.boards.planning.board import PlanBoard

__all__ = ["PlanBoard"]
