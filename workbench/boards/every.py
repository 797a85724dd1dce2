"""Every board, in the order of the menu. Hosts list them from here."""

from __future__ import annotations

from typing import Any

from workbench.boards.catalogue import CatalogueBoard
from workbench.boards.checkpoint import CheckpointBoard
from workbench.boards.future_board import FutureBoard
from workbench.boards.masks import MasksBoard
from workbench.boards.plan import PlanBoard
from workbench.boards.rollout import RolloutBoard
from workbench.boards.sensitivity import SensitivityBoard

SECTIONS: dict[str, tuple[type[Any], ...]] = {
    "LOOK": (CheckpointBoard, MasksBoard, SensitivityBoard),
    "IMAGINE": (RolloutBoard, PlanBoard),
    "OPEN": (CatalogueBoard,),
}
FIRST = MasksBoard.title


def wake(board: Any) -> None:
    """Tell a board that somebody looks; those that always follow what is open need not be told."""
    if isinstance(board, FutureBoard):
        board.wake()
