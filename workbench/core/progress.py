"""Progress and cancelling for long work, carried by a context variable so that measures keep pure signatures."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar

Listener = Callable[[int, int], None]
_FINE = 100
_listener: ContextVar[Listener | None] = ContextVar("progress_listener", default=None)


def report(done: int, total: int) -> None:
    """Report the progress of the work. The listener may raise `Cancelled` to stop it here.

    Args:
        done: steps finished. total: steps in all; 0 where nobody knows: then it is only a safe point to stop at.
    """
    listener = _listener.get()
    if listener is not None:
        listener(done, total)


@contextmanager
def listening(listener: Listener) -> Generator[None, None, None]:
    """Send the reports made inside to `listener`."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


@contextmanager
def part(number: int, of: int) -> Generator[None, None, None]:
    """Reports made inside are those of one part of a whole: who listens outside hears how far the whole is.

    Args:
        number: of the part, from 0. of: how many parts there are; they count as equally long.
    """
    outer = _listener.get()
    if outer is None:
        yield
        return
    with listening(lambda done, total: outer(number * _FINE + done * _FINE // total, of * _FINE) if total else outer(0, 0)):
        report(0, 1)
        yield


class Pace:
    """How fast work goes, from its reports. The first report is where it starts: what was there before does not count."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._first = clock, (0, 0.0)
        self._started = False

    def sentence(self, done: int, total: int, unit: str) -> str:
        """What is done, the rate and the time left, in words: "120 of 5000 clips, 40.2 a second, 2:01 left"."""
        if not self._started:
            self._started, self._first = True, (done, self._clock())
        new, seconds = done - self._first[0], self._clock() - self._first[1]
        words = f"{done} of {total} {unit}"
        if new <= 0 or seconds <= 0:
            return words
        left = round((total - done) * seconds / new)
        minutes = f"{left // 60}:{left % 60:02d}" if left < 3600 else f"{left // 3600}:{left // 60 % 60:02d}:{left % 60:02d}"
        return f"{words}, {new / seconds:.1f} a second, {minutes} left"
