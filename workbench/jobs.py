"""Work, seen from the side that waits for it: submit by name, progress, cancel, and the latest wins in each slot."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from workbench.core import progress
from workbench.core.errors import Cancelled, WorkbenchError, WorkerDied
from workbench.core.wire import Wire, pack_error, unpack_error
from workbench.measures.catalogue import CATALOGUE

Deliver = Callable[[Callable[[], None]], None]
Slot = tuple[str, str]
PATIENT = (
    "warm",
    "factor_survey",
    "fit_decoder",
    "surprise_peers",
    "judge_twins",
)  # services that nobody waits for with a hand on a slider: urgent work overtakes them
_GRACE = 8.0  # seconds that a cancelled job gets to reach a safe point before its process is ended


def now(call: Callable[[], None]) -> None:
    """Deliver in the thread that has the answer."""
    call()


@dataclass(eq=False)
class Job:
    """One piece of work. Exactly one of `done` and `failed` is called, by `deliver`, unless a newer job took the slot.

    Args:
        name: of a measure or a service. slot: (session, view); it keeps only its latest job. urgent: may overtake.
    """

    id: int
    name: str
    slot: Slot
    arguments: dict[str, Any]
    done: Callable[[Any], None]
    failed: Callable[[WorkbenchError], None]
    progress: Callable[[int, int], None]
    deliver: Deliver
    urgent: bool = True
    lane: str = "model"
    stale: bool = False
    told: bool = False
    answered: threading.Event = field(default_factory=threading.Event)

    def finish(self, call: Callable[[], None], *, last: bool = True) -> None:
        """Hand an answer to whoever waits, unless nobody does any more."""
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
        self._numbers = itertools.count(1)
        self._slots: dict[Slot, Job] = {}
        self._lock = threading.RLock()

    def submit(
        self,
        name: str,
        /,
        *,
        slot: Slot,
        done: Callable[[Any], None],
        failed: Callable[[WorkbenchError], None],
        progress: Callable[[int, int], None] = lambda d, t: None,
        deliver: Deliver = now,
        **arguments: Any,
    ) -> Job:
        """Ask for work. A job already in the slot is cancelled and its answer dropped.

        Args:
            done, failed, progress: called through `deliver`, which brings them to the host's own thread.
            arguments: of the measure or service; keys stand for models, clips and banks.
        """
        known = CATALOGUE.get(name)
        urgent, lane = (known.urgent, known.lane) if known else (name not in PATIENT, "model")
        job = Job(next(self._numbers), name, slot, arguments, done, failed, progress, deliver, urgent, lane)
        with self._lock:
            old = self._slots.get(slot)
            self._slots[slot] = job
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


class ThreadJobs(Jobs):
    """The same calls in a thread of a notebook, on objects at hand.

    Args:
        run: (name, arguments) -> result, as `workbench.worker.shelf.Shelf().run`.
    """

    def __init__(self, run: Callable[[str, dict[str, Any]], Any]) -> None:
        super().__init__()
        self._run, self._queue, self._change = run, list[Job](), threading.Condition()
        self._closed = False
        self._stopped: set[int] = set()
        threading.Thread(target=self._work, daemon=True, name="workbench-jobs").start()

    def _start(self, job: Job) -> None:
        with self._change:
            self._queue.append(job)
            self._change.notify()

    def _stop(self, job: Job, *, hard: bool) -> None:
        with self._change:
            self._stopped.add(job.id)

    def close(self) -> None:
        """End the thread after the running job."""
        with self._change:
            self._closed = True
            self._change.notify()

    def _next(self, urgent_only: bool) -> Job | None:
        with self._change:
            while not self._closed:
                found = next((j for j in self._queue if j.urgent), None)
                if found is None and not urgent_only and self._queue:
                    found = self._queue[0]
                if found is not None:
                    self._queue.remove(found)
                    return found
                if urgent_only:
                    return None
                self._change.wait()
        return None

    def _work(self) -> None:
        while (job := self._next(urgent_only=False)) is not None:
            self._one(job)

    def _one(self, job: Job) -> None:
        def listener(done: int, total: int) -> None:
            if job.id in self._stopped:
                raise Cancelled()
            if total:
                job.finish(lambda: job.progress(done, total), last=False)
            if not job.urgent:
                while (urgent := self._next(urgent_only=True)) is not None:
                    self._one(urgent)

        try:
            with progress.listening(listener):
                listener(0, 0)
                value = self._run(job.name, dict(job.arguments))
            job.finish(lambda: job.done(value))
        except Exception as error:  # whatever it is, the user must hear of it and the thread must live
            said = error if isinstance(error, WorkbenchError) else unpack_error(pack_error(error))
            if not job.answered.is_set():
                job.finish(lambda: job.failed(said))
        self._stopped.discard(job.id)


class WorkerJobs(Jobs):
    """Work in processes of its own, one a lane, started when first needed and again when one died."""

    def __init__(self, log: str | None = None) -> None:
        super().__init__()
        self._lanes = {name: _Process(name, log) for name in ("model", "heavy")}

    def _start(self, job: Job) -> None:
        self._lanes[job.lane].start(job)

    def _stop(self, job: Job, *, hard: bool) -> None:
        self._lanes[job.lane].stop(job, hard)

    def warm(self) -> None:
        """Start the model lane before its first job, whose imports alone take seconds."""
        self._lanes["model"].ensure()

    def pids(self) -> dict[str, int]:
        """The process ids of the lanes that run."""
        return {name: p.process.pid for name, p in self._lanes.items() if p.process is not None and p.process.poll() is None}

    def close(self) -> None:
        """End the worker processes, and wait until they have."""
        for lane in self._lanes.values():
            lane.end()
            if lane.process is not None:
                lane.process.wait()


class _Process:
    """One worker process and the jobs it has not answered."""

    def __init__(self, lane: str, log: str | None) -> None:
        self.lane, self.log = lane, log
        self.process: subprocess.Popen[bytes] | None = None
        self.wire: Wire | None = None
        self.open: dict[int, Job] = {}
        self.lock = threading.RLock()

    def ensure(self) -> None:
        """Start the process unless it runs."""
        with self.lock:
            if self.process is None or self.process.poll() is not None:
                self._spawn()

    def start(self, job: Job) -> None:
        with self.lock:
            self.ensure()
            self.open[job.id] = job
            self._send({"op": "run", "id": job.id, "call": job.name, "arguments": job.arguments, "urgent": job.urgent})

    def stop(self, job: Job, hard: bool) -> None:
        self._send({"op": "cancel", "id": job.id})
        if hard:
            timer = threading.Timer(_GRACE, lambda: job.id in self.open and self.end())
            timer.daemon = True
            timer.start()

    def end(self) -> None:
        process = self.process
        if process is not None and process.poll() is None:
            process.kill()

    def _spawn(self) -> None:
        sink = open(self.log, "ab") if self.log else None  # noqa: SIM115  the child keeps it
        command = [sys.executable, "-m", "workbench.worker", "--lane", self.lane]
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=sink,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            start_new_session=True,  # Ctrl+C goes to the whole foreground group; the worker ends when its pipe closes
        )
        if sink:
            sink.close()
        if self.process.stdin is None or self.process.stdout is None:
            raise WorkerDied("the worker has no pipes", where=self.lane)
        self.wire = Wire(self.process.stdout, self.process.stdin)
        threading.Thread(target=self._listen, args=(self.process, self.wire), daemon=True, name=f"workbench-{self.lane}").start()

    def _send(self, message: dict[str, Any]) -> None:
        try:
            if self.wire is not None:
                self.wire.send(message)
        except OSError:
            self.end()  # the listener sees the closed pipe and answers every open job

    def _listen(self, process: subprocess.Popen[bytes], wire: Wire) -> None:
        try:
            self._hear(wire)
        except WorkbenchError:  # a message that cannot be read: nothing after it can be trusted
            process.kill()
        code = process.wait()
        with self.lock:
            left, self.open = self.open, {}
        for job in left.values():
            if not job.answered.is_set():
                died = WorkerDied(
                    f"the worker ended while it computed {job.name} (exit code {code})",
                    where=f"{self.lane} lane",
                    fix="try again: it is started anew; if it ended for lack of memory, use a smaller clip or model",
                )
                job.finish(lambda j=job, e=died: j.failed(e))

    def _hear(self, wire: Wire) -> None:
        while (message := wire.receive()) is not None:
            job = self.open.get(message.get("id", -1))
            if job is None:
                continue
            if message["op"] == "progress":
                job.finish(lambda j=job, m=message: j.progress(m["done"], m["total"]), last=False)
                continue
            self.open.pop(job.id, None)
            if message["op"] == "done":
                job.finish(lambda j=job, m=message: j.done(m["value"]))
            elif not job.answered.is_set():
                job.finish(lambda j=job, m=message: j.failed(unpack_error(m["error"])))
