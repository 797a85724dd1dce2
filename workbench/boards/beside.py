"""A board's question, asked of the second model while B is held. What the first one answered stays, so that it is back at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from workbench.boards.base import Board
from workbench.boards.workspace import age
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.questions import Question
from workbench.query import Query

Answer = TypeVar("Answer")


class Beside(Generic[Answer]):
    """The second model's answer to what is on a board.

    Args:
        view: its name within the session. wanted: the question now, None while the second model is not yet shown the clip; it raises where that
            model cannot be asked. draw: shows an answer on the board.
    """

    def __init__(self, board: Board, view: str, wanted: Callable[[], Question[Answer] | None], draw: Callable[[Answer], None]) -> None:
        self._board, self._wanted, self._draw = board, wanted, draw
        self.query = Query[Answer](board.space, view, self._answered, self._failed)

    @property
    def answer(self) -> Answer | None:
        """The answer to what is asked now; None until it is there."""
        try:
            wanted = self._wanted()
        except WorkbenchError:
            return None
        return self.query.answer if wanted is not None and self.query.answers(wanted) else None

    def ask(self) -> None:
        """Show the answer, or ask for it; until it is there, what is on screen is dimmed. What cannot be asked is said in a sentence."""
        board, wrong = self._board, self._board.second.error
        try:
            wanted = self._wanted()
        except WorkbenchError as error:
            wanted, wrong = None, wrong or error
        if wrong is not None:
            self._refuse(wrong)
        elif wanted is not None and self.query.answer is not None and self.query.answers(wanted):
            self.query.drop()
            self._draw(self.query.answer)
        else:
            age(board.pictures())
            board.waiting()
            if wanted is not None and not self.query.awaits(wanted):
                self.query.ask(wanted)

    def forget(self) -> None:
        """Another model or clip: nothing of the old one is kept."""
        self.query.forget()

    def _answered(self, answer: Answer) -> None:
        if self._board.other:
            self._draw(answer)

    def _failed(self, error: WorkbenchError) -> None:
        if self._board.other and not isinstance(error, Cancelled):
            self._refuse(error)

    def _refuse(self, error: WorkbenchError) -> None:
        """What is on screen stays dimmed under the reason; it is back when B is let go."""
        second = self._board.second
        name = second.letter if second.subject is None else f"{second.letter} {second.subject.name}"
        age(self._board.pictures())
        detail = f"{error.fix[:1].upper()}{error.fix[1:]}. " if error.fix else ""
        self._board.say(f"{name} cannot be shown here: {error.what}.", "warn", f"{detail}Release B to go back.")
