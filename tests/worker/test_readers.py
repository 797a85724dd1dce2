"""Files are read in processes of their own: one that hangs or takes too much memory is given up, and nobody else waits for it."""

from __future__ import annotations

import gc
import os
import signal
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.hostile.building import with_entry, word, zipped
from workbench import readers
from workbench.core.card import FileKey, ModelKey
from workbench.core.errors import Cancelled, CheckpointError, UnsafeFile
from workbench.core.questions.checkpoint import CheckFile, DescribeFile, DescribeModel
from workbench.jobs import WorkerJobs

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads a process's memory as Linux tells it")]


@pytest.fixture
def jobs() -> Iterator[WorkerJobs]:
    made = WorkerJobs()
    yield made
    made.close()


def until(holds: Callable[[], Any]) -> Any:
    """The first true answer, within a minute."""
    for _ in range(600):
        if found := holds():
            return found
        time.sleep(0.1)
    raise AssertionError("it did not come about within a minute")


def stopped(jobs: WorkerJobs, checkpoint: Path, ask: Any) -> int:
    """The process of an idle reader, which is stopped."""
    assert ask(jobs, CheckFile, file=FileKey(str(checkpoint))).wait() > 0
    pid = jobs.pids()["reading"]
    os.kill(pid, signal.SIGSTOP)
    return pid


def test_a_reader_without_progress_is_given_up_and_the_next_file_has_another(
    jobs: WorkerJobs, checkpoint: Path, ask: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    pid = stopped(jobs, checkpoint, ask)
    monkeypatch.setattr(readers, "SILENT_SECONDS", 0.5)
    with pytest.raises(CheckpointError, match="made no progress") as caught:
        ask(jobs, CheckFile, file=FileKey(str(checkpoint))).wait()
    assert caught.value.where == str(checkpoint)
    monkeypatch.undo()
    assert ask(jobs, CheckFile, file=FileKey(str(checkpoint))).wait() > 0
    assert jobs.pids()["reading"] != pid


def test_while_a_reader_hangs_models_answer_and_other_files_are_read(
    jobs: WorkerJobs, checkpoint: Path, ask: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readers, "SILENT_SECONDS", 600.0)
    pid = stopped(jobs, checkpoint, ask)
    hangs = ask(jobs, CheckFile, ("first", "open"), file=FileKey(str(checkpoint)))
    assert ask(jobs, CheckFile, ("second", "open"), file=FileKey(str(checkpoint))).wait() > 0
    assert ask(jobs, DescribeModel, ("second", "open"), model=ModelKey(str(checkpoint))).wait().tensors
    assert not hangs.event.is_set()
    jobs.cancel(("first", "open"))
    with pytest.raises(Cancelled):
        hangs.wait()
    until(lambda: not Path(f"/proc/{pid}").exists() or "Z" in Path(f"/proc/{pid}/stat").read_text().split()[2])


def test_a_reader_that_takes_too_much_memory_is_given_up(
    jobs: WorkerJobs, checkpoint: Path, ask: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = zipped(with_entry((word("x" * 500), word("x" * (40 << 20))), (word("y"), b"](" + b"K\x01" * 900_000 + b"e")))(tmp_path)
    assert ask(jobs, CheckFile, file=FileKey(str(checkpoint))).wait() > 0
    monkeypatch.setattr(readers, "MOST_BYTES", 8 << 20)
    with pytest.raises(CheckpointError, match="took more than 8 MB of memory"):
        ask(jobs, CheckFile, file=FileKey(str(large))).wait()
    monkeypatch.undo()
    with pytest.raises(CheckpointError, match="entries"):
        ask(jobs, CheckFile, file=FileKey(str(large))).wait()


def test_what_is_wrong_with_a_file_is_told_by_its_reader(jobs: WorkerJobs, ask: Any, tmp_path: Path) -> None:
    path = zipped(with_entry((word("o"), b"cfoo\nBar\n)R")))(tmp_path)
    with pytest.raises(UnsafeFile, match=r"foo\.Bar"):
        ask(jobs, CheckFile, file=FileKey(str(path))).wait()
    assert ask(jobs, DescribeFile, file=FileKey(str(path))).wait().classes == ("foo.Bar",)
    assert list(jobs.pids()) == ["reading"]


def test_a_file_that_was_read_is_known_until_it_changes(jobs: WorkerJobs, tmp_path: Path) -> None:
    (tmp_path / "m.pt").write_text("one")
    assert jobs.readers is not None
    for path in (str(tmp_path), str(tmp_path / "m.pt")):
        assert not jobs.readers.knows(path)
        jobs.readers.remember(path, readers.stamp(path))
        assert jobs.readers.knows(path)
    (tmp_path / "m.pt").write_text("another")
    assert not jobs.readers.knows(str(tmp_path))
    assert not jobs.readers.knows(str(tmp_path / "m.pt"))


def test_a_reader_that_has_nothing_to_do_keeps_nothing_of_who_asked(jobs: WorkerJobs, checkpoint: Path) -> None:
    class Page:
        def __init__(self) -> None:
            self.told = threading.Event()

        def heard(self, _answer: Any) -> None:
            self.told.set()

    page = Page()
    jobs.ask(CheckFile(FileKey(str(checkpoint))), slot=("s", "open"), done=page.heard, failed=page.heard)
    assert page.told.wait(300)
    jobs.forget("s")
    gone = weakref.ref(page)
    del page
    until(lambda: gc.collect() is not None and gone() is None)
    assert "reading" in jobs.pids(), "it waits for another file"
