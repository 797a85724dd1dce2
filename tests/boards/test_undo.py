"""One drag is one step back, and so are quick changes of the same thing; everything else is a step of its own."""

from __future__ import annotations

import pytest

from workbench.boards import undo
from workbench.boards.undo import Edits


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(undo.time, "monotonic", lambda: now[0])
    return now


def test_quick_changes_of_one_thing_are_one_step_back_and_slow_ones_are_not(clock: list[float]) -> None:
    found = Edits("a")
    for value, wait in (("b", 0.1), ("c", 0.1), ("d", 5.0)):
        clock[0] += wait
        found.set(value, "thing")
    assert (found.undo(), found.undo(), found.can_undo) == ("c", "a", False)
    assert (found.redo(), found.redo(), found.can_redo) == ("c", "d", False)


def test_a_drag_that_rests_is_still_one_step_back(clock: list[float]) -> None:
    found = Edits("a")
    for value, gesture in (("b", 1), ("c", 1), ("d", 2)):
        clock[0] += 5.0
        found.set(value, "thing", gesture)
    assert (found.undo(), found.undo()) == ("c", "a")


def test_another_thing_is_another_step_and_what_was_undone_is_gone_after_a_change(clock: list[float]) -> None:
    found = Edits("a")
    found.set("b", "thing")
    found.set("c", "another")
    assert found.undo() == "b"
    found.set("d", "another")
    assert (found.can_redo, found.undo(), found.undo()) == (False, "b", "a")
