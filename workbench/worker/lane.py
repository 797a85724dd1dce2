"""One lane: jobs in the order they come. A job that reports progress can be cancelled there, and overtaken by an urgent one."""

from __future__ import annotations

import os
import sys
import threading
import time
import traceback
from collections import deque
from contextlib import suppress
from typing import Any

from workbench.core import progress
from workbench.core.errors import BadInput, Cancelled, WorkbenchError
from workbench.core.wire import Wire, pack_error
from workbench.worker.shelf import Shelf

_TELL_EVERY = 0.05  # seconds between two progress messages


class Lane:
    """The queue of one worker process. Only `_listen` runs in another thread."""

    def __init__(self, wire: Wire, shelf: Shelf) -> None:
        self.wire, self.shelf = wire, shelf
        self.waiting: deque[dict[str, Any]] = deque()
        self.known: set[int] = set()  # jobs that wait or run
        self.cancelled: set[int] = set()
        self.change = threading.Condition()

    def take(self, message: dict[str, Any]) -> None:
        """Queue a job, or note that one is no longer wanted."""
        with self.change:
            if message["op"] != "cancel":
                self.known.add(message["id"])
                self.waiting.append(message)
            elif message["id"] in self.known:  # one that has answered meanwhile would never be taken off again
                self.cancelled.add(message["id"])
            self.change.notify()

    def next(self, *, urgent_only: bool = False) -> dict[str, Any] | None:
        """The next job, urgent ones first; waits for one unless `urgent_only`."""
        with self.change:
            while True:
                for message in self.waiting:
                    if message["question"].about.urgent:
                        self.waiting.remove(message)
                        return message
                if urgent_only:
                    return None
                if self.waiting:
                    return self.waiting.popleft()
                self.change.wait()

    def run(self, message: dict[str, Any]) -> None:
        """Run one job and send its answer, or its error."""
        job = message["id"]
        told = 0.0

        def listener(done: int, total: int) -> None:
            nonlocal told
            if job in self.cancelled:
                raise Cancelled()
            if total and time.monotonic() - told > _TELL_EVERY:
                told = time.monotonic()
                self.wire.send({"op": "progress", "id": job, "done": done, "total": total})
            if not message["question"].about.urgent:
                while (urgent := self.next(urgent_only=True)) is not None:
                    self.run(urgent)

        try:
            with progress.listening(listener):
                listener(0, 0)
                value = self.shelf.answer(message["question"])
            answer = {"op": "done", "id": job, "value": value}
        except WorkbenchError as error:
            answer = {"op": "failed", "id": job, "error": pack_error(error)}
        except Exception as error:  # a fault of ours must reach the user, and must not end the lane
            traceback.print_exc(file=sys.stderr)
            answer = {"op": "failed", "id": job, "error": pack_error(error)}
        with self.change:
            self.known.discard(job)
            self.cancelled.discard(job)
        self._answer(answer)

    def _answer(self, answer: dict[str, Any]) -> None:
        try:
            self.wire.send(answer)
        except BadInput as error:  # the value cannot be sent: say so in its place
            self.wire.send({"op": "failed", "id": answer["id"], "error": pack_error(error)})


def serve(wire: Wire) -> None:
    """Work until the pipe closes."""
    lane = Lane(wire, Shelf())

    def listen() -> None:
        while (message := wire.receive()) is not None:
            if message["op"] == "ping":  # answered by this thread, also while the other one computes
                with suppress(OSError):  # the server is gone: the next `receive` says so
                    wire.send({"op": "pong"})
            else:
                lane.take(message)
        os._exit(0)  # the server has ended, so the running job is not needed

    threading.Thread(target=listen, daemon=True).start()
    try:
        wire.send({"op": "ready"})
    except OSError:
        return  # the server ended while this process began
    while (message := lane.next()) is not None:
        lane.run(message)
