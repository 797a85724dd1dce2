"""Undo and redo of a value. All changes of one drag are one step."""

from __future__ import annotations

import time
from typing import Generic, TypeVar

Value = TypeVar("Value")
_PAUSE, _DEPTH = 0.7, 200  # seconds after which a change is a new one; how far back one can go


class Edits(Generic[Value]):
    """The past and the future of one value."""

    def __init__(self, value: Value) -> None:
        self.value = value
        self._past: list[Value] = []
        self._future: list[Value] = []
        self._last: tuple[object, int | None, float] = (None, None, 0.0)

    def restart(self, value: Value) -> None:
        """Another value altogether: nothing before it can come back."""
        self.__init__(value)

    def set(self, value: Value, what: object = None, gesture: int | None = None) -> None:
        """Another value.

        Args:
            what: is being changed; changes of the same thing in quick succession are one. gesture: number of the drag; changes of one drag are one,
                however long it rests and whatever it goes over.
        """
        now = time.monotonic()
        before, drag, then = self._last
        quick = what is not None and before == what and now - then <= _PAUSE
        same = quick or (gesture is not None and gesture == drag)
        if not same:
            self._past = [*self._past[-_DEPTH + 1 :], self.value]
        self._last, self._future, self.value = (what, gesture, now), [], value

    def undo(self) -> Value:
        """The value before."""
        if self._past:
            self._future.append(self.value)
            self.value = self._past.pop()
        self._last = (None, None, 0.0)
        return self.value

    def redo(self) -> Value:
        """The value after."""
        if self._future:
            self._past.append(self.value)
            self.value = self._future.pop()
        self._last = (None, None, 0.0)
        return self.value

    @property
    def can_undo(self) -> bool:
        """There is a value before."""
        return bool(self._past)

    @property
    def can_redo(self) -> bool:
        """There is a value after."""
        return bool(self._future)
