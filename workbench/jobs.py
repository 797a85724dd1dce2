"""Work, seen from the side that waits for it: questions, progress, cancel, and the latest wins in each slot."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeVar

from workbench.core import codec
from workbench.core.errors import Cancelled, WorkbenchError, WorkerDied
from workbench.core.questions import Question
from workbench.core.wire import Wire, pack_error, unpack_error
from workbench.readers import Readers

Deliver = Callable[[Callable[[], None]], None]
Slot = tuple[str, str]
Answer = TypeVar("Answer")
Health = Literal["silent", "ended", "starting", ""]  # of a worker process; "" means that nothing is wrong
_WORST_FIRST: tuple[Health, ...] = ("silent", "ended", "starting", "")
_ASK, _SILENT = 1.0, 5.0  # seconds between two looks at whether a worker answers; after an unanswered ping until it counts as silent
_GRACE = 8.0  # seconds that a cancelled job gets to reach a safe point before its process is ended


def now(call: Callable[[], None]) -> None:
    """Deliver in the thread that has the answer."""
    call()


@dataclass(eq=False)
class Job:
    """One piece of work. Exactly one of `done` and `failed` is called, by `deliver`, unless a newer job took the slot.

    Args:
        slot: (session, view); it keeps only its latest job.
    """

    id: int
    question: Question[Any]
    slot: Slot
    done: Callable[[Any], None]
    failed: Callable[[WorkbenchError], None]
    progress: Callable[[int, int], None]
    deliver: Deliver
    stale: bool = False
    told: bool = False
    heard: float = 0.0  # when it last told its progress, by time.monotonic
    answered: threading.Event = field(default_factory=threading.Event)

    def finish(self, call: Callable[[], None], *, last: bool = True) -> None:
        """Deliver an answer, unless the question was withdrawn."""
        if last:
            self.answered.set()

        def tell() -> None:
            self.told = self.told or last  # before the call, which may submit what follows
            if not self.stale:
                call()

        self.deliver(tell)


class Jobs(ABC):
    """Where work goes. Slots and numbering are common; how a job runs is not."""

    def __init__(self) -> None:
        self.readers: Readers | None = None  # read a file before it is opened; None where everything runs in one process
        self._numbers = itertools.count(1)
        self._slots: dict[Slot, Job] = {}
        self._lock = threading.RLock()
        self._watchers: list[Callable[[], None]] = []

    @property
    def health(self) -> Health:
        """Whether a worker does not answer, has ended, or is being restarted. It is "" again once the worker answers, or its successor is ready."""
        return ""

    def watch(self, heard: Callable[[], None]) -> Callable[[], None]:
        """Call after `health` changed, in whichever thread noticed it. Returns what ends it."""
        self._watchers.append(heard)
        return lambda: self._watchers.remove(heard) if heard in self._watchers else None

    def restart(self) -> None:  # noqa: B027  a thread has nothing to restart
        """End the workers that do not answer, and start new ones, which compute from the start what is still open."""

    def ask(
        self,
        question: Question[Answer],
        *,
        slot: Slot,
        done: Callable[[Answer], None],
        failed: Callable[[WorkbenchError], None],
        progress: Callable[[int, int], None] = lambda d, t: None,
        deliver: Deliver = now,
    ) -> Job:
        """Ask a question. A job already in the slot is cancelled and its answer dropped.

        Args:
            done, failed, progress: called through `deliver`, which brings them to the host's own thread.
        """
        return self._take(Job(next(self._numbers), question, slot, done, failed, progress, deliver))

    def _take(self, job: Job) -> Job:
        """Start a job, which is the latest of its slot from now on."""
        with self._lock:
            old = self._slots.get(job.slot)
            self._slots[job.slot] = job
        if old is not None:
            self._drop(old)
        self._start(job)
        return job

    def cancel(self, slot: Slot) -> None:
        """Stop the job of a slot; it answers `Cancelled`."""
        with self._lock:
            job = self._slots.pop(slot, None)
        if job is not None and not job.answered.is_set():
            job.finish(lambda: job.failed(Cancelled()))
            self._stop(job, hard=True)

    def drop(self, slot: Slot) -> None:
        """Nobody waits for this slot any more: its job is stopped at the next safe point and answers nothing."""
        with self._lock:
            job = self._slots.pop(slot, None)
        if job is not None:
            self._drop(job)

    def waiting(self, session: str) -> bool:
        """Whether an answer to this session is still to come. To be asked in the thread that answers are delivered to."""
        with self._lock:
            return any(not job.told for slot, job in self._slots.items() if slot[0] == session)

    def forget(self, session: str) -> None:
        """Drop everything that a session waits for."""
        with self._lock:
            gone = [self._slots.pop(s) for s in list(self._slots) if s[0] == session]
        for job in gone:
            self._drop(job)

    def _drop(self, job: Job) -> None:
        job.stale = True
        if not job.answered.is_set():
            self._stop(job, hard=False)

    @abstractmethod
    def _start(self, job: Job) -> None: ...

    @abstractmethod
    def _stop(self, job: Job, *, hard: bool) -> None: ...

    @abstractmethod
    def close(self) -> None:
        """End the workers."""


class WorkerJobs(Jobs):
    """Work in processes of its own, one a lane, started when first needed and again when one died."""

    def __init__(self, log: str | None = None) -> None:
        super().__init__()
        self.readers = Readers(lambda: _Process("reading", log, lambda process, health: None))
        self._lanes: dict[str, Any] = {**{name: _Lane(name, log, self._tell) for name in ("model", "heavy")}, "reading": self.readers}

    @property
    def health(self) -> Health:
        """See `Jobs.health`; of several lanes the worst."""
        states = [lane.health for lane in self._lanes.values()]
        return next(health for health in _WORST_FIRST if health in states)

    def restart(self) -> None:
        """See `Jobs.restart`."""
        for lane in self._lanes.values():
            if lane.health in ("silent", "ended"):
                lane.restart()

    def warm(self) -> None:
        """Start the model lane before its first job, whose imports alone take seconds."""
        self._lanes["model"].ensure()

    def pids(self) -> dict[str, int]:
        """The process ids of the lanes that run."""
        return {name: process.pid for name, lane in self._lanes.items() if (process := lane.running) is not None}

    def close(self) -> None:
        """End the worker processes, and wait until they have."""
        for lane in self._lanes.values():
            lane.close()

    def _start(self, job: Job) -> None:
        self._lanes[job.question.about.lane].start(job)

    def _stop(self, job: Job, *, hard: bool) -> None:
        self._lanes[job.question.about.lane].stop(job, hard)

    def _tell(self) -> None:
        for heard in list(self._watchers):
            heard()


class _Lane:
    """The worker process of one lane, and its successor when it has ended."""

    def __init__(self, name: str, log: str | None, changed: Callable[[], None]) -> None:
        self.name, self.log, self.changed = name, log, changed
        self.health: Health = ""
        self.current: _Process | None = None
        self.lock = threading.RLock()

    @property
    def running(self) -> subprocess.Popen[bytes] | None:
        process = None if self.current is None else self.current.process
        return process if process is not None and process.poll() is None else None

    def ensure(self) -> _Process:
        """The process that runs, started if there is none."""
        with self.lock:
            if self.current is None or self.running is None:
                self.current = _Process(self.name, self.log, self._feel)
            return self.current

    def start(self, job: Job) -> None:
        with self.lock:
            self.ensure().start(job)

    def stop(self, job: Job, hard: bool) -> None:
        """Cancel a job. A hard stop replaces the process where the job reaches no safe point in time."""
        process = self.current
        if process is not None and process.stop(job) and hard:
            timer = threading.Timer(_GRACE, lambda: job.id in process.open and self.restart(process, without=job))
            timer.daemon = True
            timer.start()

    def restart(self, process: _Process | None = None, without: Job | None = None) -> None:
        """Replace the process, unless it is another one than this by now. The new one computes from the start what is open, except one job."""
        with self.lock:
            if process is not None and process is not self.current:
                return
            old, self.current = self.current, None
            self.health = "starting"
            new = self.ensure()
        if old is not None:
            for job in old.hand_over():
                if job is not without:
                    new.start(job)
            old.end()
        self.changed()

    def close(self) -> None:
        with self.lock:
            old, self.current = self.current, None
        if old is not None:
            old.end()
            old.process.wait()

    def _feel(self, process: _Process, health: Health) -> None:
        """Note how a process is. Of one that was replaced or closed nobody wants to hear."""
        with self.lock:
            if process is not self.current or health == self.health:
                return
            self.health = health
        self.changed()


class _Process:
    """One worker process, what is still to be sent to it, and the jobs that it has not answered.

    Three threads: one sends, so that no caller waits for a full pipe; one receives; one asks from time to time whether the process still answers.
    """

    def __init__(self, lane: str, log: str | None, feel: Callable[[_Process, Health], None]) -> None:
        self.lane, self.feel = lane, feel
        self.process = _spawned(lane, log)
        if self.process.stdin is None or self.process.stdout is None:
            raise WorkerDied("the worker has no pipes", where=lane)
        self.wire = Wire(self.process.stdout, self.process.stdin)
        self.open: dict[int, Job] = {}
        self.outbox: deque[dict[str, Any]] = deque()
        self.change = threading.Condition()
        self.ready = self.gone = False
        self.asked: float | None = None  # when the ping was sent that is not yet answered
        for work in (self._send, self._listen, self._watch):
            threading.Thread(target=work, daemon=True, name=f"workbench-{lane}{work.__name__}").start()

    def start(self, job: Job) -> None:
        asked = replace(job.question, **codec.copied(job.question.fields()))  # type: ignore[type-var]  # every question is a dataclass
        with self.change:
            self.open[job.id] = job
            self._post({"op": "run", "id": job.id, "question": asked})
            lost = self.gone
        if lost:  # it ended between the look at it and this call
            self._bury()

    def stop(self, job: Job) -> bool:
        """Cancel a job. One that was not sent yet is never sent. True where the process has been asked to stop it."""
        with self.change:
            waiting = next((m for m in self.outbox if m["op"] == "run" and m["id"] == job.id), None)
            if waiting is not None:
                self.outbox.remove(waiting)
                self.open.pop(job.id, None)
            elif job.id in self.open:
                self._post({"op": "cancel", "id": job.id})
                return True
        return False

    def hand_over(self) -> list[Job]:
        """The jobs that it has not answered, which its successor is to compute from the start."""
        with self.change:
            left, self.open = self.open, {}
        return list(left.values())

    def end(self) -> None:
        """Kill the process. The thread that receives then answers every open job."""
        if self.process.poll() is None:
            self.process.kill()

    def _post(self, message: dict[str, Any]) -> None:
        with self.change:
            self.outbox.append(message)
            self.change.notify()

    def _send(self) -> None:
        while self._send_one():
            pass

    def _send_one(self) -> bool:
        """Encode and send the oldest message. False where there will be none."""
        with self.change:
            self.change.wait_for(lambda: self.outbox or self.gone)
            if self.gone:
                return False
            message = self.outbox.popleft()
        try:
            self.wire.send(message)
        except OSError:
            self.end()
            return False
        except Exception as error:  # an argument that cannot be encoded: the caller is told, and later messages are sent
            job = self.open.pop(message["id"], None)
            said = unpack_error(pack_error(error))
            if job is not None and not job.answered.is_set():
                job.finish(lambda: job.failed(said))
        return True

    def _watch(self) -> None:
        """While jobs are open, ask whether the process answers. One that is computing does: its receiving thread is another one."""
        while not self.gone:
            now = time.monotonic()
            if self.asked is None and self.ready and self.open:
                self.asked = now
                self._post({"op": "ping"})
            elif self.asked is not None and now - self.asked > _SILENT:
                self.feel(self, "silent")
            time.sleep(_ASK)

    def _listen(self) -> None:
        try:
            while self._hear():
                pass
        except WorkbenchError:  # a message that cannot be read: nothing after it can be trusted
            self.process.kill()
        self.process.wait()
        with self.change:
            self.gone = True
            self.change.notify_all()
        self.feel(self, "ended")
        self._bury()

    def _bury(self) -> None:
        """Answer every job that is still open: the process has ended."""
        with self.change:
            left, self.open = self.open, {}
            self.outbox.clear()
        for job in left.values():
            if not job.answered.is_set():
                died = WorkerDied(
                    f"the worker ended while it computed {job.question.about.name} (exit code {self.process.returncode})",
                    where=f"{self.lane} lane",
                    fix="try again: it is started anew; if it ended for lack of memory, use a smaller clip or model",
                )
                job.finish(lambda j=job, e=died: j.failed(e))

    def _hear(self) -> bool:
        """Receive one message. False where there will be none. A method, so that no frame keeps the last job and its session."""
        message = self.wire.receive()
        if message is None:
            return False
        self.ready, self.asked = True, None
        self.feel(self, "")
        job = self.open.get(message.get("id", -1))
        if job is None:
            return True
        job.heard = time.monotonic()
        if message["op"] == "progress":
            job.finish(lambda: job.progress(message["done"], message["total"]), last=False)
            return True
        self.open.pop(job.id, None)
        if message["op"] == "done":
            job.finish(lambda: job.done(message["value"]))
        elif not job.answered.is_set():
            job.finish(lambda: job.failed(unpack_error(message["error"])))
        return True


def _spawned(lane: str, log: str | None) -> subprocess.Popen[bytes]:
    sink = open(log, "ab") if log else None  # noqa: SIM115  the child keeps it
    command = [sys.executable, "-m", "workbench.worker", "--lane", lane]
    env, pipe = {**os.environ, "PYTHONUNBUFFERED": "1"}, subprocess.PIPE
    # A session of its own: Ctrl+C goes to the whole foreground group, and the worker ends when its pipe closes.
    process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=sink, env=env, start_new_session=True)
    if sink:
        sink.close()
    return process
