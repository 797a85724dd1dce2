"""What a view has asked and what was answered: the latest question wins, and the old answer stays until the new one is there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, Protocol, TypeVar, runtime_checkable

from workbench.core.errors import WorkbenchError
from workbench.core.questions import Question

Answer = TypeVar("Answer")


@runtime_checkable
class Asks(Protocol):
    """Where questions go; a `Workspace` is one."""

    def ask(
        self,
        question: Question[Any],
        view: str,
        done: Callable[[Any], None],
        failed: Callable[[WorkbenchError], None],
        progress: Callable[[int, int], None],
    ) -> Any:
        """Ask; one of `done` and `failed` is called once, unless a newer question took the view."""
        ...

    def stop(self, view: str, *, tell: bool) -> None:
        """Nobody waits for that view any more."""
        ...


class Query(Generic[Answer]):
    """One view's questions.

    Args:
        asks: where they go. view: the name of the view within its session. shown: called with each answer. failed: called with what went
            wrong, `Cancelled` included. progress: called with steps that are done, and all steps.

    Attributes:
        answer: the latest, or None. question: the one that it answers. asked: the one that is awaited, or None.
        share: of the work for the one that is awaited, which is done; −1: not known.
    """

    def __init__(
        self,
        asks: Asks,
        view: str,
        shown: Callable[[Answer], None],
        failed: Callable[[WorkbenchError], None],
        progress: Callable[[int, int], None] = lambda done, total: None,
    ) -> None:
        self._asks, self._view, self._shown, self._failed, self._progress = asks, view, shown, failed, progress
        self.answer: Answer | None = None
        self.question: Question[Answer] | None = None
        self.asked: Question[Answer] | None = None
        self._next: Question[Answer] | None = None
        self.share = -1.0

    @property
    def busy(self) -> bool:
        """Whether an answer is awaited."""
        return self.asked is not None

    def answers(self, question: Question[Answer]) -> bool:
        """Whether the answer that is here is that to this question."""
        return self.question is not None and self.question.digest == question.digest

    def awaits(self, question: Question[Answer]) -> bool:
        """Whether the answer to this question is on its way."""
        return self.asked is not None and self.asked.digest == question.digest

    def ask(self, question: Question[Answer]) -> None:
        """Ask; what was asked before is no longer wanted."""
        self.asked, self._next, self.share = question, None, -1.0
        self._asks.ask(question, self._view, lambda answer: self._done(question, answer), self._ended, self._heard)

    def follow(self, question: Question[Answer]) -> None:
        """Ask while something is dragged: the question that is being answered is not stopped, and of those after it only the newest waits.

        Answers then come as fast as they can be computed.
        """
        if self.busy:
            self._next = question
        else:
            self.ask(question)

    def cancel(self) -> None:
        """Stop; `failed` is called with `Cancelled`. The old answer stays."""
        self._next = None
        if self.busy:
            self._asks.stop(self._view, tell=True)

    def drop(self) -> None:
        """Stop without a word. The old answer stays."""
        self._asks.stop(self._view, tell=False)
        self.asked = self._next = None

    def forget(self) -> None:
        """Stop without a word, and drop the answer."""
        self.drop()
        self.answer = self.question = None

    def _heard(self, done: int, total: int) -> None:
        self.share = done / total if total else -1.0
        self._progress(done, total)

    def _done(self, question: Question[Answer], answer: Answer) -> None:
        self.answer, self.question = answer, question
        self._go_on()  # before it is shown, so that the next one is computed meanwhile
        self._shown(answer)

    def _ended(self, error: WorkbenchError) -> None:
        self._go_on()
        self._failed(error)

    def _go_on(self) -> None:
        self.asked, waiting, self._next = None, self._next, None
        if waiting is not None:
            self.ask(waiting)
