"""A Plan board that somebody looks at, with work done at once."""

from __future__ import annotations

from typing import Any

from tests.straight import Straight
from workbench.boards.planning import PlanBoard
from workbench.boards.workspace import Workspace
from workbench.core.errors import WorkbenchError
from workbench.jobs import now


class Opened:
    """A board that somebody looks at, with what it told."""

    def __init__(self) -> None:
        self.told: list[WorkbenchError] = []
        self.space = Workspace(Straight(), deliver=now, notify=self.told.append)
        self.board = PlanBoard(self.space)
        for sheet in self.board.sheets.values():
            sheet.walk.pace = 0.0
        self.board.wake()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.board, name)

    @property
    def sentence(self) -> str:
        return self.board.headline.sentence

    def press(self, name: str) -> None:
        self.board._pressed = 0.0  # long after the last press
        self.board.press(name)

    def move(self, end: str, x: float, y: float) -> None:
        self.board.stage.moved = [end, x, y, self.board.stage.moved[3] + 1]

    def button(self, name: str) -> dict[str, Any]:
        return next(c for c in self.board.actions.controls if c["id"] == name)
