"""Progress and cancelling for long work, carried by a context variable so that measures keep pure signatures."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar

Listener = Callable[[int, int], None]
_FINE = 100
_listener: ContextVar[Listener | None] = ContextVar("progress_listener", default=None)


def report(done: int, total: int) -> None:
    """Tell whoever waits how far the work is. The listener may raise `Cancelled` to stop it here.

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
