"""The client side of work in a notebook: the same calls as to a worker process, in a thread beside the cells."""

from __future__ import annotations

import atexit
import threading
import weakref
from collections.abc import Callable
from typing import Any

from workbench.core import progress
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.questions import Question
from workbench.core.wire import pack_error, unpack_error
from workbench.jobs import Job, Jobs

_PATIENT = 10.0  # seconds that a running job gets to reach a safe point when the thread is to end
_RUNNING: weakref.WeakSet[ThreadJobs] = weakref.WeakSet()


@atexit.register
def _end_all() -> None:
    """End the threads before the interpreter: one that computes in C++ while Python is finalized aborts the process."""
    for jobs in list(_RUNNING):
        jobs.close()


class ThreadJobs(Jobs):
    """The same calls in a thread of a notebook, on objects at hand.

    Args:
        answer: question -> its answer, as `workbench.worker.shelf.Shelf().answer`.
    """

    def __init__(self, answer: Callable[[Question[Any]], Any]) -> None:
        super().__init__()
        self._answer, self._queue, self._change = answer, list[Job](), threading.Condition()
        self._closed = False
        self._stopped: set[int] = set()
        self._thread = threading.Thread(target=self._work, daemon=True, name="workbench-jobs")
        self._thread.start()
        _RUNNING.add(self)

    def _start(self, job: Job) -> None:
        with self._change:
            self._queue.append(job)
            self._change.notify()

    def _stop(self, job: Job, *, hard: bool) -> None:
        with self._change:
            if not job.answered.is_set():  # a job that has just answered would never be taken off again
                self._stopped.add(job.id)

    def close(self) -> None:
        """End the thread at the next safe point of the running job, whose answer is dropped; wait for that at most `_PATIENT` seconds."""
        with self._change:
            self._closed = True
            self._change.notify()
        if threading.current_thread() is not self._thread:
            self._thread.join(_PATIENT)

    def _next(self, urgent_only: bool) -> Job | None:
        with self._change:
            while not self._closed:
                found = next((j for j in self._queue if j.question.about.urgent), None)
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
        while self._one(self._next(urgent_only=False)):
            pass  # no name here for the job: this frame would keep it, and its session, until the next one comes

    def _one(self, job: Job | None) -> bool:
        if job is None:
            return False

        def listener(done: int, total: int) -> None:
            if job.id in self._stopped or self._closed:
                raise Cancelled()
            if total:
                job.finish(lambda: job.progress(done, total), last=False)
            if not job.question.about.urgent:
                while self._one(self._next(urgent_only=True)):
                    pass

        try:
            with progress.listening(listener):
                listener(0, 0)
                value = self._answer(job.question)
            job.finish(lambda: job.done(value))
        except Exception as error:  # whatever it is, the user must hear of it and the thread must live
            said = error if isinstance(error, WorkbenchError) else unpack_error(pack_error(error))
            if not job.answered.is_set() and not self._closed:  # then the answer is dropped
                job.finish(lambda: job.failed(said))
        with self._change:
            self._stopped.discard(job.id)
        return True
