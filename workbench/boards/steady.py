"""One question at a time: something that is dragged asks more often than it can be answered, and must not be told to wait until it stops."""

from __future__ import annotations

from collections.abc import Callable


class Steady:
    """While an answer is awaited, only the newest of the other questions waits, so that answers come as fast as they can be computed."""

    def __init__(self) -> None:
        self._open = False
        self._next: Callable[[], None] | None = None

    def ask(self, send: Callable[[], None]) -> None:
        """Ask now, or as soon as the answer that is awaited has come; then only if nothing newer was asked meanwhile.

        Args:
            send: asks; `answered` is to be called once, whatever the answer is.
        """
        if self._open:
            self._next = send
        else:
            self._open = True
            send()

    def ask_now(self, send: Callable[[], None]) -> None:
        """Ask without waiting: the answer that is awaited is no longer wanted."""
        self.forget()
        self.ask(send)

    def answered(self) -> None:
        """The answer came, or there will be none."""
        self._open = False
        send, self._next = self._next, None
        if send is not None:
            self.ask(send)

    def forget(self) -> None:
        """Nothing is awaited any more."""
        self._open, self._next = False, None
