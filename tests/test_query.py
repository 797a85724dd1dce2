"""What a view asks: the latest wins, a drag never waits, and the old answer stays until the new one is there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from workbench.core.card import ClipKey, ModelKey
from workbench.core.errors import BadInput, Cancelled, WorkbenchError
from workbench.core.questions import Question
from workbench.core.questions.labels import Classify
from workbench.query import Query


class Later:
    """Answers when it is told to, as a worker does; a newer question takes the view of an older one."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.waiting: Callable[[Any], None] | None = None
        self.failed: Callable[[WorkbenchError], None] | None = None

    def ask(self, question: Question[Any], view: str, done: Callable[[Any], None], failed: Callable[[WorkbenchError], None], progress: Any) -> None:
        self.asked.append(question)
        self.waiting, self.failed = done, failed

    def stop(self, view: str, *, tell: bool) -> None:
        failed, self.waiting, self.failed = self.failed, None, None
        if tell and failed is not None:
            failed(Cancelled())

    def answer(self, value: str) -> None:
        assert self.waiting is not None
        self.waiting(value)

    def fail(self) -> None:
        assert self.failed is not None
        self.failed(BadInput("it cannot be"))


def about(index: int) -> Classify:
    return Classify(ModelKey("m"), ClipKey("c", index))


@pytest.fixture
def later() -> Later:
    return Later()


@pytest.fixture
def told() -> list[Any]:
    return []


@pytest.fixture
def query(later: Later, told: list[Any]) -> Query[Any]:
    return Query(later, "view", told.append, told.append)


def test_the_latest_question_wins_and_the_old_answer_stays_until_its_own_is_there(query: Query[Any], later: Later, told: list[Any]) -> None:
    query.ask(about(0))
    later.answer("zero")
    query.ask(about(1))
    query.ask(about(2))
    assert (query.answer, query.busy) == ("zero", True)
    assert query.answers(about(0))
    assert not query.answers(about(2))
    later.answer("two")
    assert (query.answer, query.busy, told) == ("two", False, ["zero", "two"])
    assert query.answers(about(2))


def test_while_something_is_dragged_no_answer_is_lost_and_only_the_newest_waits(query: Query[Any], later: Later, told: list[Any]) -> None:
    for k in range(10):
        query.follow(about(k))
    assert [q.clip.index for q in later.asked] == [0]
    later.answer("first")
    assert [q.clip.index for q in later.asked] == [0, 9]
    later.answer("last")
    assert (told, query.busy) == (["first", "last"], False)


def test_the_next_question_is_asked_before_an_answer_is_shown(later: Later) -> None:
    seen: list[int] = []
    query: Query[Any] = Query(later, "view", lambda _: seen.append(len(later.asked)), lambda _: None)
    query.follow(about(0))
    query.follow(about(1))
    later.answer("first")
    assert seen == [2]


def test_after_a_failure_the_newest_that_waits_is_asked(query: Query[Any], later: Later, told: list[Any]) -> None:
    query.follow(about(0))
    query.follow(about(1))
    later.fail()
    assert [q.clip.index for q in later.asked] == [0, 1]
    later.answer("one")
    assert [str(t) for t in told][-1] == "one"
    assert isinstance(told[0], BadInput)


def test_cancelled_it_says_so_and_keeps_the_old_answer(query: Query[Any], later: Later, told: list[Any]) -> None:
    query.ask(about(0))
    later.answer("zero")
    query.follow(about(1))
    query.follow(about(2))
    query.cancel()
    assert isinstance(told[-1], Cancelled)
    assert (query.answer, query.busy, len(later.asked)) == ("zero", False, 2)
    query.cancel()
    assert len(told) == 2


def test_forgotten_there_is_no_answer_and_no_word(query: Query[Any], later: Later, told: list[Any]) -> None:
    query.ask(about(0))
    later.answer("zero")
    query.ask(about(1))
    query.forget()
    assert (query.answer, query.question, query.busy, told) == (None, None, False, ["zero"])
