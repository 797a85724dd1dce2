"""Jobs that are answered when a test says so."""

from __future__ import annotations

from typing import Any

from tests.straight import Straight


class Late(Straight):
    """Work that is answered when the test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.held: list[Any] = []
        self.holding = False

    def _start(self, job: Any) -> None:
        if self.holding:
            self.held.append(job)
        else:
            super()._start(job)

    def step(self) -> str:
        """Answer the oldest one while what is asked then waits; the name of its question."""
        job = self.held.pop(0)
        super()._start(job)
        return str(job.question.about.name)

    def release(self) -> None:
        self.holding = False
        while self.held:
            super()._start(self.held.pop(0))
