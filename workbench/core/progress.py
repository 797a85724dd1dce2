"""Progress and cancelling for long work, carried by a context variable so that measures keep pure signatures."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar

Listener = Callable[[int, int], None]
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
