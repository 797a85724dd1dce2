"""The same work in a process and in a thread: answers, errors, latest wins, cancel, overtaking, restart."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from workbench.core import progress
from workbench.core.card import BankKey, ClipKey, ModelKey
from workbench.core.errors import BadInput, Cancelled, CheckpointError, WorkerDied
from workbench.core.questions.checkpoint import DescribeModel
from workbench.core.questions.clips import ShowClip
from workbench.core.questions.masked import MaskedMaps, OverBank
from workbench.core.results import MaskedView
from workbench.jobs import Jobs, WorkerJobs
from workbench.masks import sample_mask
from workbench.thread_jobs import ThreadJobs

pytestmark = pytest.mark.slow

LONG = {"sampler": "vjepa_multiblock", "parameters": (("blocks", 2), ("spatial_scale", (0.2, 0.2)))}


@pytest.fixture(params=["process", "thread"])
def jobs(request: pytest.FixtureRequest) -> Jobs:
    return request.getfixturevalue("processes" if request.param == "process" else "thread")


@pytest.fixture
def problem(checkpoint: Path, bank_file: Path) -> dict[str, Any]:
    mask = sample_mask("vjepa_multiblock", (4, 4, 5), seed=1, blocks=2, spatial_scale=(0.2, 0.2))
    return {"model": ModelKey(str(checkpoint)), "clip": ClipKey(str(bank_file), 2), "bank": BankKey(str(bank_file)), "mask": mask}


def test_a_question_is_answered_alike_in_a_process_and_in_a_thread(jobs: Jobs, problem: dict[str, Any], ask: Any, thread: ThreadJobs) -> None:
    view = ask(jobs, MaskedMaps, **problem).wait()
    again = ask(thread, MaskedMaps, **problem).wait()
    assert isinstance(view, MaskedView)
    np.testing.assert_allclose(view.error.blocks, again.error.blocks, atol=1e-6)


def test_errors_arrive_with_their_class_and_what_to_do(jobs: Jobs, problem: dict[str, Any], ask: Any, tmp_path: Path) -> None:
    (tmp_path / "text.pt").write_text("not a checkpoint")
    with pytest.raises(CheckpointError) as caught:
        ask(jobs, DescribeModel, model=ModelKey(str(tmp_path / "text.pt"))).wait()
    assert caught.value.fix
    with pytest.raises(BadInput, match="clip 99"):
        ask(jobs, MaskedMaps, **{**problem, "clip": ClipKey(problem["clip"].path, 99)}).wait()
    assert ask(jobs, MaskedMaps, **problem).wait().error.mean > 0


def test_a_slot_keeps_only_its_latest_job(jobs: Jobs, problem: dict[str, Any], ask: Any, still: Any) -> None:
    with still(jobs):
        first = ask(jobs, OverBank, ("s", "same"), model=problem["model"], bank=problem["bank"], **LONG)
        second = ask(jobs, MaskedMaps, ("s", "same"), **problem)
        other = ask(jobs, MaskedMaps, ("s", "other"), **problem)
    assert second.wait() is not None
    assert other.wait() is not None
    assert not first.event.is_set()


def test_long_work_tells_progress_and_is_overtaken_by_an_urgent_job(jobs: Jobs, problem: dict[str, Any], ask: Any, still: Any) -> None:
    with still(jobs):
        long = ask(jobs, OverBank, ("s", "long"), model=problem["model"], bank=problem["bank"], seed=7, **LONG)
        urgent = ask(jobs, MaskedMaps, ("s", "urgent"), **problem)
    assert long.wait().clips == 12
    assert urgent.wait() is not None
    assert urgent.place < long.place
    assert all(0 <= d <= t for d, t in long.heard)


def test_a_cancelled_job_answers_cancelled_and_the_lane_goes_on(jobs: Jobs, problem: dict[str, Any], ask: Any, still: Any) -> None:
    with still(jobs):
        long = ask(jobs, OverBank, ("s", "gone"), model=problem["model"], bank=problem["bank"], seed=9, **LONG)
        jobs.cancel(("s", "gone"))
    with pytest.raises(Cancelled):
        long.wait()
    assert ask(jobs, MaskedMaps, ("s", "next"), **problem).wait() is not None


def test_a_session_that_ends_hears_nothing_more(jobs: Jobs, problem: dict[str, Any], ask: Any, still: Any) -> None:
    with still(jobs):
        answer = ask(jobs, OverBank, ("leaving", "v"), model=problem["model"], bank=problem["bank"], seed=11, **LONG)
        jobs.forget("leaving")
    assert ask(jobs, MaskedMaps, ("staying", "v"), **problem).wait() is not None
    assert not answer.event.is_set()


def test_a_worker_killed_in_the_middle_answers_failed_and_is_started_again(processes: WorkerJobs, problem: dict[str, Any], ask: Any) -> None:
    assert ask(processes, MaskedMaps, **problem).wait() is not None
    pid = processes.pids()["model"]
    os.kill(pid, signal.SIGSTOP)
    waiting = ask(processes, MaskedMaps, ("s", "killed"), **problem)
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(WorkerDied) as caught:
        waiting.wait()
    assert "again" in caught.value.fix
    assert ask(processes, MaskedMaps, **problem).wait() is not None
    assert processes.pids()["model"] != pid


def test_thread_jobs_run_urgent_work_inside_long_work() -> None:
    order: list[str] = []
    started, queued = threading.Event(), threading.Event()

    def answer(question: Any) -> str:
        name = question.about.name
        if name == "bank_errors":
            started.set()
            assert queued.wait(120)
            progress.report(1, 2)
        order.append(name)
        return name

    jobs = ThreadJobs(answer)
    finished = threading.Event()
    nothing: Any = {"failed": lambda e: None}
    model = ModelKey("none")
    jobs.ask(OverBank(model, BankKey("none")), slot=("s", "a"), done=lambda v: finished.set(), **nothing)
    assert started.wait(120)
    jobs.ask(ShowClip(model, ClipKey("none")), slot=("s", "b"), done=lambda v: None, **nothing)
    queued.set()
    assert finished.wait(120)
    jobs.close()
    assert order == ["shown_clip", "bank_errors"]


def test_the_memo_answers_alike_and_only_once(checkpoint: Path, bank_file: Path, problem: dict[str, Any]) -> None:
    from workbench.families.load import load
    from workbench.measures.prediction import prediction_error
    from workbench.worker.memo import remembering
    from workbench.worker.shelf import Shelf

    jepa = load(checkpoint)
    calls: list[int] = []
    real = jepa.masked.predict
    jepa.masked.predict = lambda *a, **k: (calls.append(1), real(*a, **k))[1]
    clip = Shelf().clip(problem["clip"])
    kept = remembering(jepa)
    first = prediction_error(kept, clip, problem["mask"])
    second = prediction_error(kept, clip, problem["mask"])
    assert len(calls) == 1
    assert np.array_equal(first.blocks, second.blocks, equal_nan=True)
    assert np.array_equal(first.blocks, prediction_error(jepa, clip, problem["mask"]).blocks, equal_nan=True)


def test_a_lane_can_be_started_before_its_first_job_and_only_once(problem: dict[str, Any], ask: Any) -> None:
    jobs = WorkerJobs()
    jobs.warm()
    started = jobs.pids()
    assert list(started) == ["model"]
    jobs.warm()
    assert ask(jobs, ShowClip, model=problem["model"], clip=problem["clip"]).wait().pixels.dtype == np.uint8
    assert jobs.pids() == started
    jobs.close()


def test_closing_ends_the_processes(problem: dict[str, Any], ask: Any) -> None:
    jobs = WorkerJobs()
    assert ask(jobs, ShowClip, model=problem["model"], clip=problem["clip"]).wait().pixels.dtype == np.uint8
    assert list(jobs.pids()) == ["model"]
    jobs.close()
    assert jobs.pids() == {}


def test_a_process_that_ends_while_a_thread_computes_ends_well(checkpoint: Path, bank_file: Path) -> None:
    script = f"""
import threading
from workbench.core.card import BankKey, ModelKey
from workbench.core.questions.decoding import FitDecoder
from workbench.thread_jobs import ThreadJobs
from workbench.worker.shelf import Shelf
jobs, begun = ThreadJobs(Shelf().answer), threading.Event()
asked = FitDecoder(ModelKey({str(checkpoint)!r}), BankKey({str(bank_file)!r}), steps=10_000_000)
jobs.ask(asked, slot=("s", "fit"), done=print, failed=print, progress=lambda done, total: begun.set())
assert begun.wait(120)
"""
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (ended.returncode, ended.stderr) == (0, "")
