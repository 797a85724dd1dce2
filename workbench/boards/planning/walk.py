"""Execute: the real agent goes, closed loop: plan, do the first steps, plan again from where they led. Each step is shown as it is made."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from workbench.boards.workspace import Notify, Workspace
from workbench.core.errors import WorkbenchError
from workbench.core.questions.planning import STEPS, Drive, DriveStep, Move, WalkToGoal, WalkTrace, WorldPicture, between
from workbench.query import Query

PACE = 0.15  # seconds between two steps on screen: fast enough not to bore, slow enough to follow


class ClosedLoop:
    """One way of one agent. It is asked of the worker plan by plan, and shown step by step; the server never waits.

    Args:
        who: plans: "model" or "twin". ask: the question of a first step from one place to another. moved: called after each step, and when the walk
            ends or stops. failed: told of errors.

    Attributes:
        pace: seconds between two steps on screen. made: the steps so far.
    """

    def __init__(
        self, space: Workspace, who: str, ask: Callable[[WorldPicture, WorldPicture], Drive], moved: Callable[[], None], failed: Notify
    ) -> None:
        self.space, self._ask, self._moved, self._failed = space, ask, moved, failed
        self.pace = PACE
        self.query = Query[DriveStep](space, f"plan.walk.{who}", self._answered, self._gave_up)
        self._left: int | None = 0  # steps still to make; None: as many as it takes
        self._due, self._wake = 0.0, 0
        self.begin(None)

    def begin(self, start: WorldPicture | None, goal: WorldPicture | None = None, near: float = 0.0) -> None:
        """Put the agent where it begins; nothing was gone yet."""
        self.stop()
        self.query.forget()
        self.start, self._goal, self.near = start, goal, near
        self.made: list[Move] = []
        self.believed: np.ndarray | None = None
        self._queue: list[Move] = []
        self._rest: np.ndarray | None = None
        self._since = 0
        self._first: Drive | None = None  # with what every step so far was asked, but for where it began and its seed
        self._whole = True  # made in one go, and nothing was changed meanwhile

    def aim(self, goal: WorldPicture) -> None:
        """Another goal: the agent stays where it is, and what was planned for the old one is forgotten."""
        going = self.running
        self.stop()
        self._goal, self._rest, self._since, self.believed = goal, None, self.count, None
        self._first, self._whole = None, not self.count
        if going and not self.over:
            self.go()

    @property
    def running(self) -> bool:
        """It makes steps by itself."""
        return self._left != 0

    @property
    def count(self) -> int:
        """Steps that were made."""
        return len(self.made)

    @property
    def here(self) -> WorldPicture | None:
        """Where the agent is; None where no world is open."""
        return self.made[-1].picture if self.made else self.start

    @property
    def note(self) -> str:
        """By what the predicted pictures are drawn."""
        return "" if self.query.answer is None else self.query.answer.note

    @property
    def away(self) -> float:
        """How far the goal is, in sides of the picture."""
        return float("inf") if self._goal is None or self.here is None else between(self.here, self._goal)

    @property
    def over(self) -> bool:
        """It is there, or has made as many steps as it may."""
        return self.away <= self.near or self.count - self._since >= STEPS

    @property
    def question(self) -> WalkToGoal | None:
        """What the whole way answers; None where it is not over, or something was changed on it."""
        asked = self._first
        if asked is None or not self._whole or not self.over:
            return None
        return WalkToGoal(asked.model, asked.name, asked.state, asked.goal, asked.moves, asked.predictor, **asked.settings)

    def go(self, steps: int | None = None) -> None:
        """Make steps: one after another until it is there, or so many."""
        if self.over or self.running:
            return
        self._left = steps
        self._whole &= steps is None and not self.count
        self._call()

    def stop(self) -> None:
        """Stand still. Steps that were planned but not made begin the next search."""
        if not self.running:
            return
        self._left, self._wake = 0, self._wake + 1
        self.query.drop()
        if self._queue and self._rest is not None:
            self._rest = np.concatenate([[move.action for move in self._queue], self._rest])[: len(self._rest)]
        self._queue = []

    def trace(self) -> WalkTrace | None:
        """The way as a result; None while nothing was gone."""
        found = self.query.answer
        if not self.made or self._goal is None or self.start is None:
            return None
        return WalkTrace.of(self.start, self._goal, self.near, self.made, None if found is None else found.provenance)

    def _call(self) -> None:
        here, start, goal = self.here, self.start, self._goal
        if here is None or start is None or goal is None:
            return
        asked = self._ask(start, goal)
        self._whole &= self._first is None or self._first.digest == asked.digest
        self._first = asked
        moves = asked.moves if self._left is None else min(asked.moves, self._left)
        self.query.ask(replace(asked, state=here.state, moves=moves, warm=self._rest, seed=asked.seed + self.count))

    def _answered(self, found: DriveStep) -> None:
        self._queue, self._rest, self.believed = found.moves(), found.rest, found.believed
        self._wake += 1
        self._go_on(self._wake)

    def _gave_up(self, error: WorkbenchError) -> None:
        self._left = 0
        self._failed(error)
        self._moved()

    def _go_on(self, wake: int) -> None:
        """Make the steps that are planned, each once the one before it has been seen for long enough."""
        while wake == self._wake and self.running and self._queue and not self.space.closed:
            wait = self._due - time.monotonic()
            if wait > 0:
                timer = threading.Timer(wait, lambda: self.space.deliver(lambda: self._go_on(wake)))
                timer.daemon = True
                timer.start()
                return
            self._step()

    def _step(self) -> None:
        self.made.append(self._queue.pop(0))
        self._left = None if self._left is None else self._left - 1
        if self.over:
            self._left, self._queue = 0, []
        self._due = time.monotonic() + self.pace
        self._moved()
        if self.running and not self._queue:
            self._call()
