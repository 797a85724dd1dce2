"""Execute: the real agent goes, closed loop: plan, do the first steps, plan again from where they led. Each step is shown as it is made."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from workbench.boards.workspace import Notify, Workspace
from workbench.core.errors import WorkbenchError
from workbench.core.films import DriveStep, WalkTrace, WorldPicture

BUDGET = 32  # steps to a goal, as the figures of planning were measured with
PACE = 0.15  # seconds between two steps on screen: fast enough not to bore, slow enough to follow


class Walk:
    """One way of one agent. It is asked of the worker plan by plan, and shown step by step; the server never waits.

    Args:
        ask: gives what `drive` wants to know, but for where the agent is and what is left of the last plan.
        moved: called after each step, and when the walk ends or stops. failed: told of errors.

    Attributes:
        pace: seconds between two steps on screen. asked: of the worker, where the whole way was made in one go and nothing was changed meanwhile; else None.
    """

    def __init__(self, space: Workspace, ask: Callable[[], dict[str, Any]], moved: Callable[[], None], failed: Notify) -> None:
        self.space, self._ask, self._moved, self._failed = space, ask, moved, failed
        self.pace = PACE
        self._left: int | None = 0  # steps still to make; None: as many as it takes
        self._due, self._wake = 0.0, 0
        self.begin([])

    def begin(self, start: list[WorldPicture], goal: WorldPicture | None = None, near: float = 0.0) -> None:
        """Put the agent where it begins; nothing was gone yet."""
        self.stop()
        self.trail, self._goal, self.near = list(start), goal, near
        self.imagined: list[np.ndarray] = []
        self.done: list[np.ndarray] = []
        self.costs: list[float] = []
        self.believed: np.ndarray | None = None
        self.note = ""
        self._queue: list[tuple[WorldPicture, np.ndarray, np.ndarray | None]] = []
        self._rest: np.ndarray | None = None
        self._since = 0
        self.asked: dict[str, Any] | None = {}

    def aim(self, goal: WorldPicture) -> None:
        """Another goal: the agent stays where it is, and what was planned for the old one is forgotten."""
        going = self.running
        self.stop()
        self._goal, self._rest, self._since, self.believed = goal, None, self.count, None
        self.asked = None if self.count else {}
        if going and not self.over:
            self.go()

    @property
    def running(self) -> bool:
        """It makes steps by itself."""
        return self._left != 0

    @property
    def count(self) -> int:
        """Steps that were made."""
        return len(self.done)

    @property
    def away(self) -> float:
        """How far the goal is, in sides of the picture."""
        if self._goal is None or not self.trail:
            return float("inf")
        return float(np.hypot(*np.subtract(self.trail[-1].place, self._goal.place)))

    @property
    def over(self) -> bool:
        """It is there, or has made as many steps as it may."""
        return self.away <= self.near or self.count - self._since >= BUDGET

    def go(self, steps: int | None = None) -> None:
        """Make steps: one after another until it is there, or so many."""
        if self.over or self.running:
            return
        self._left = steps
        if steps is not None or self.count:
            self.asked = None
        self._call()

    def stop(self) -> None:
        """Stand still. Steps that were planned but not made begin the next search."""
        if not self.running:
            return
        self._left, self._wake = 0, self._wake + 1
        self.space.jobs.drop((self.space.session.id, "plan.walk"))
        if self._queue and self._rest is not None:
            self._rest = np.concatenate([[action for _, action, _ in self._queue], self._rest])[: len(self._rest)]
        self._queue = []

    def trace(self) -> WalkTrace | None:
        """The way as a result; None while nothing was gone."""
        if not self.done or self._goal is None:
            return None
        pixels = np.stack([p.pixels for p in self.trail])
        imagined = None
        if len(self.imagined) == self.count:
            imagined = np.stack([_sized(pixels[0], self.imagined[0]), *self.imagined])
        return WalkTrace(
            np.stack([p.state for p in self.trail]),
            np.array([p.place for p in self.trail], np.float32),
            pixels,
            imagined,
            np.stack(self.done),
            np.array(self.costs, np.float32),
            self._goal.state,
            self.near,
            self.away <= self.near,
        )

    def _call(self) -> None:
        asked = self._ask()
        if self.asked is not None:
            self.asked = dict(asked) if repr(self.asked) in ("{}", repr(asked)) else None
        if self._left is not None:
            asked["moves"] = min(asked["moves"], self._left)
        seed = asked["seed"] + self.count
        asked |= {"state": self.trail[-1].state, "warm": self._rest, "seed": seed}
        self.space.submit("drive", "plan.walk", self._answered, self._gave_up, **asked)

    def _answered(self, found: DriveStep) -> None:
        seen = [None] * len(found.pictures) if found.imagined is None else list(found.imagined)
        self._queue = list(zip(found.pictures, found.done, seen, strict=True))
        self._rest, self.believed, self.note = found.rest, found.believed, found.note
        self._cost = found.cost / max(found.copy, 1e-12)
        self._soon()

    def _gave_up(self, error: WorkbenchError) -> None:
        self._left = 0
        self._failed(error)
        self._moved()

    def _soon(self) -> None:
        """The next step, once the last one has been seen for long enough."""
        wait, self._wake = self._due - time.monotonic(), self._wake + 1
        wake = self._wake
        if wait <= 0:
            return self._step(wake)
        timer = threading.Timer(wait, lambda: self.space.deliver(lambda: self._step(wake)))
        timer.daemon = True
        timer.start()

    def _step(self, wake: int) -> None:
        if wake != self._wake or not self.running or self.space.closed or not self._queue:
            return
        picture, action, seen = self._queue.pop(0)
        self.trail.append(picture)
        self.done.append(action)
        self.costs.append(self._cost)
        if seen is not None:
            self.imagined.append(seen)
        self._left = None if self._left is None else self._left - 1
        if self.over:
            self._left, self._queue = 0, []
        self._due = time.monotonic() + self.pace
        self._moved()
        if not self.running:
            return
        if self._queue:
            self._soon()
        else:
            self._call()


def _sized(first: np.ndarray, like: np.ndarray) -> np.ndarray:
    """The first frame, which was not imagined, in the size of the others: every so many rows and columns."""
    rows, cols = (np.arange(n) * m // n for n, m in zip(like.shape[:2], first.shape[:2], strict=True))
    return first[rows[:, None], cols[None, :]]
