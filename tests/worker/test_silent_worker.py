"""A worker process that does not read its pipe: callers do not wait for it, the latest request of a slot wins, and it is noticed and replaced."""

from __future__ import annotations

import os
import signal
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from workbench import jobs as work
from workbench.core.card import BankKey, ModelKey
from workbench.core.errors import BadInput, Cancelled, WorkbenchError, WorkerDied
from workbench.core.questions.masked import OverBank
from workbench.core.questions.surprise import PossibleSurprise
from workbench.jobs import WorkerJobs

pytestmark = pytest.mark.slow

PATIENT = 300  # seconds


@pytest.fixture(scope="module")
def started() -> Iterator[WorkerJobs]:
    made = WorkerJobs()
    yield made
    made.close()


@pytest.fixture
def jobs(started: WorkerJobs, ask: Any) -> WorkerJobs:
    """A worker that is ready: it has answered."""
    with pytest.raises(WorkbenchError):
        ask(started, "no such measure").wait()
    return started


@pytest.fixture
def health(jobs: WorkerJobs) -> Iterator[Callable[[str], None]]:
    """Waits until the worker is as named."""
    changed = threading.Condition()

    def heard() -> None:
        with changed:
            changed.notify_all()

    end = jobs.watch(heard)

    def wait(wanted: str) -> None:
        with changed:
            assert changed.wait_for(lambda: jobs.health == wanted, PATIENT), f"health is {jobs.health!r}, not {wanted!r}"

    yield wait
    end()


def stop(jobs: WorkerJobs) -> int:
    pid = jobs.pids()["model"]
    os.kill(pid, signal.SIGSTOP)
    return pid


def test_submits_to_a_stopped_worker_return_at_once_and_the_latest_of_each_slot_wins(jobs: WorkerJobs, ask: Any) -> None:
    pid, large = stop(jobs), np.zeros(1 << 17)  # more than a pipe holds
    seconds, answers = list[float](), list[Any]()

    def drag() -> None:
        for number in range(200):
            start = time.perf_counter()
            answers.append(ask(jobs, f"measure {number}", ("s", "drag"), data=large))
            seconds.append(time.perf_counter() - start)

    caller = threading.Thread(target=drag, daemon=True)
    caller.start()
    caller.join(PATIENT)
    assert len(seconds) == 200, "a submit waits for the worker"
    assert statistics.median(seconds) < 0.05
    process = jobs._lanes["model"].current
    assert process is not None
    assert sum(m["op"] == "run" for m in process.outbox) <= 1
    assert len(process.open) <= 2
    os.kill(pid, signal.SIGCONT)
    with pytest.raises(WorkbenchError, match="measure 199"):
        answers[-1].wait()
    assert not any(a.event.is_set() for a in answers[:-1])


def test_arguments_are_those_of_the_moment_of_the_submit(jobs: WorkerJobs, ask: Any) -> None:
    pid, path = stop(jobs), ["first"]
    blocker = ask(jobs, "blocks the pipe", ("s", "other"), data=np.zeros(1 << 20))
    process = jobs._lanes["model"].current
    assert process is not None
    ask(jobs, "measure", ("s", "drag"), names=path)
    path[0] = "changed afterwards"
    sent = [dict(m["question"].overrides)["names"] for m in process.outbox if m["op"] == "run" and m["question"].file.path == "measure"]
    assert sent == [["first"]]
    os.kill(pid, signal.SIGCONT)
    with pytest.raises(WorkbenchError):
        blocker.wait()


def test_what_cannot_be_encoded_answers_failed_and_what_follows_is_sent(jobs: WorkerJobs, ask: Any) -> None:
    with pytest.raises(BadInput, match="cannot be stored or sent"):
        ask(jobs, "measure", ("s", "a"), data=object()).wait()
    with pytest.raises(WorkbenchError, match="measure"):
        ask(jobs, "measure", ("s", "b")).wait()


def test_a_stopped_worker_counts_as_silent_until_it_answers(jobs: WorkerJobs, ask: Any, health: Any) -> None:
    pid = stop(jobs)
    answer = ask(jobs, "measure")
    health("silent")
    os.kill(pid, signal.SIGCONT)
    health("")
    with pytest.raises(WorkbenchError):
        answer.wait()


def test_a_silent_worker_is_replaced_and_its_successor_computes_what_is_open(jobs: WorkerJobs, ask: Any, health: Any) -> None:
    pid, gone = stop(jobs), ModelKey("/there/is/no/such/file")
    urgent, low_priority = ask(jobs, "measure", ("s", "urgent")), ask(jobs, PossibleSurprise, ("s", "low priority"), model=gone)
    health("silent")
    jobs.restart()
    with pytest.raises(WorkbenchError, match="measure"):
        urgent.wait()
    with pytest.raises(WorkbenchError) as answered:
        low_priority.wait()
    assert not isinstance(answered.value, WorkerDied)
    health("")
    assert jobs.pids()["model"] != pid


def test_a_worker_that_does_not_stop_a_cancelled_job_is_replaced_and_nothing_else_is_lost(
    jobs: WorkerJobs, ask: Any, health: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "_GRACE", 0.1)
    pid = stop(jobs)
    cancelled, kept = ask(jobs, "measure 1", ("s", "cancelled")), ask(jobs, "measure 2", ("s", "kept"))
    process = jobs._lanes["model"].current
    assert process is not None
    while process.outbox:
        time.sleep(0.01)  # between two looks, until both were sent: what was not is never computed
    jobs.cancel(("s", "cancelled"))
    with pytest.raises(Cancelled):
        cancelled.wait()
    with pytest.raises(WorkbenchError, match="measure 2"):
        kept.wait()
    assert jobs.pids()["model"] != pid


def test_a_killed_worker_counts_as_ended_until_its_successor_is_ready(jobs: WorkerJobs, ask: Any, health: Any) -> None:
    os.kill(jobs.pids()["model"], signal.SIGKILL)
    health("ended")
    with pytest.raises(WorkbenchError):
        ask(jobs, "measure").wait()
    assert jobs.health == ""


def test_a_worker_answers_a_ping_while_it_computes(jobs: WorkerJobs, ask: Any, checkpoint: Path, bank_file: Path) -> None:
    process = jobs._lanes["model"].current
    assert process is not None
    work = {"sampler": "vjepa_multiblock", "parameters": (("blocks", 2), ("spatial_scale", (0.2, 0.2)))}
    answer = ask(jobs, OverBank, model=ModelKey(str(checkpoint)), bank=BankKey(str(bank_file)), **work)
    process.asked = time.monotonic()
    process._post({"op": "ping"})  # right behind the work, which may be done before the process is asked on its own
    while process.asked and not answer.event.is_set():
        time.sleep(0.01)  # until it has answered
    assert not answer.event.is_set(), "the ping was answered after the work"
    assert answer.wait().clips == 12
