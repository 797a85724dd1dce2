"""A toy checkpoint and a bank on disk, and one shared pair of worker processes."""

from __future__ import annotations

import itertools
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from workbench.core.card import FileKey
from workbench.core.errors import WorkbenchError
from workbench.core.questions import Question
from workbench.core.questions.checkpoint import Inspect
from workbench.families import toy
from workbench.jobs import Jobs, WorkerJobs
from workbench.measures.bank import Bank
from workbench.model.jepa import Jepa
from workbench.thread_jobs import ThreadJobs
from workbench.worlds import two_rooms

_STILL = threading.Lock()
_COUNT = itertools.count()


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("toy") / "toy.safetensors"
    toy.save(toy.build(seed=3), path)
    return path


@pytest.fixture(scope="session")
def bank_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    jepa = toy.build(seed=3)
    path = tmp_path_factory.mktemp("bank") / "noise.npz"
    rng = np.random.default_rng(0)
    np.savez(path, pixels=rng.integers(0, 256, (12, jepa.card.frames, *jepa.card.image_size, 3), dtype=np.uint8))
    return path


@pytest.fixture(scope="session")
def rooms() -> Jepa:
    """A toy whose card names the world of the two rooms."""
    made = toy.build(3)
    return replace(made, card=replace(made.card, world="two-rooms"))


@pytest.fixture(scope="session")
def walks() -> Bank:
    """Walks through the two rooms, with states as the toy takes them."""
    return Bank([replace(c, states=np.asarray(c.states)[:, :2]) for c in two_rooms.clips(6, 0, moves=6)], "walks")


@pytest.fixture(scope="session")
def processes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkerJobs]:
    jobs = WorkerJobs(log=str(tmp_path_factory.mktemp("log") / "worker.log"))
    yield jobs
    jobs.close()


@pytest.fixture(scope="session")
def thread() -> Iterator[ThreadJobs]:
    from workbench.worker.shelf import Shelf

    shelf = Shelf()

    def answer(question: Question[Any]) -> Any:
        with _STILL:
            pass
        return shelf.answer(question)

    jobs = ThreadJobs(answer)
    yield jobs
    jobs.close()


@pytest.fixture
def still() -> Callable[[Jobs], AbstractContextManager[None]]:
    """`with still(jobs):` no job that is submitted in the block gets anywhere before its end, however long that takes."""
    return _still


@contextmanager
def _still(jobs: Jobs) -> Iterator[None]:
    if isinstance(jobs, WorkerJobs):
        jobs.warm()
        pid = jobs.pids()["model"]
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)
    else:
        with _STILL:
            yield


class Answer:
    """Waits for one job."""

    def __init__(self) -> None:
        self.event = threading.Event()
        self.value: Any = None
        self.error: WorkbenchError | None = None
        self.heard: list[tuple[int, int]] = []
        self.place = -1  # among all answers, in the order in which they came

    def done(self, value: Any) -> None:
        self.value, self.place = value, next(_COUNT)
        self.event.set()

    def failed(self, error: WorkbenchError) -> None:
        self.error = error
        self.event.set()

    def wait(self) -> Any:
        assert self.event.wait(300), "no answer within five minutes"
        if self.error is not None:
            raise self.error
        return self.value


@pytest.fixture
def ask() -> Callable[..., Answer]:
    def submit(jobs: Jobs, what: str | type[Question[Any]], slot: tuple[str, str] = ("s", "v"), **arguments: Any) -> Answer:
        answer = Answer()
        told: dict[str, Any] = {"slot": slot, "done": answer.done, "failed": answer.failed, "progress": lambda d, t: answer.heard.append((d, t))}
        jobs.ask(Inspect(FileKey(what), None, tuple(arguments.items())) if isinstance(what, str) else what(**arguments), **told)
        return answer

    return submit
