"""Every board, in the order of the menu. Hosts list them from here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workbench.boards.catalogue import CatalogueBoard
from workbench.boards.checkpoint import CheckpointBoard
from workbench.boards.decode import DecodeBoard
from workbench.boards.future_board import FutureBoard
from workbench.boards.labels import LabelsBoard
from workbench.boards.masks import MasksBoard
from workbench.boards.plan import PlanBoard
from workbench.boards.rollout import RolloutBoard
from workbench.boards.sensitivity import SensitivityBoard
from workbench.boards.surprise import SurpriseBoard
from workbench.core.errors import BadInput, WorkbenchError

SECTIONS: dict[str, tuple[type[Any], ...]] = {
    "LOOK": (CheckpointBoard, MasksBoard, DecodeBoard, SensitivityBoard, LabelsBoard),
    "IMAGINE": (RolloutBoard, PlanBoard, SurpriseBoard),
    "OPEN": (CatalogueBoard,),
}
OPENING = tuple(kind.title for kind in (MasksBoard, RolloutBoard, SurpriseBoard, PlanBoard, DecodeBoard, CheckpointBoard))
FIRST = OPENING[0]


def titled(name: str) -> str:
    """The title of the board that is called so, in whatever case.

    Raises:
        BadInput: there is none.
    """
    titles = [kind.title for kinds in SECTIONS.values() for kind in kinds]
    found = next((t for t in titles if t.lower() == name.lower()), None)
    if found is None:
        raise BadInput(f"there is no board {name!r}", where="--board", fix=f"one of {', '.join(t.lower() for t in titles)}")
    return found


def refusal_of(board: Any) -> str:
    """Why a board is off for the open model; "" when it is on."""
    if isinstance(board, FutureBoard):
        return board.refusal()
    return board.off if isinstance(board, MasksBoard) else ""


def opening(boards: Mapping[str, Any]) -> str:
    """The title of the board to open on: the first that has something to show of the open model. The last one always has."""
    return next(title for title in OPENING if title == OPENING[-1] or not refusal_of(boards[title]))


def says(board: Any, error: WorkbenchError) -> bool:
    """Whether a board's headline tells this error. What a board that waits until it is looked at says may be of an earlier model."""
    return board.headline.sentence == error.what and (not isinstance(board, FutureBoard) or board.awake)


def wake(board: Any) -> None:
    """Tell a board that somebody looks; those that always follow what is open need not be told."""
    if isinstance(board, FutureBoard):
        board.wake()
