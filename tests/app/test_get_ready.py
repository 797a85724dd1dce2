"""What the first page will ask for is there before it asks."""

from __future__ import annotations

import threading
from typing import Any

from workbench import samples
from workbench.app.server import get_ready
from workbench.app.shell import Start
from workbench.core.card import BankKey
from workbench.core.questions.clips import DescribeBank
from workbench.thread_jobs import ThreadJobs
from workbench.worker.shelf import Shelf


class Witness:
    """Runs jobs on a real shelf, and tells when one has ended."""

    def __init__(self) -> None:
        self.shelf, self.ended, self.answers = Shelf(), {"Warm": threading.Event(), "DescribeModel": threading.Event()}, {}

    def answer(self, question: Any) -> Any:
        name = type(question).__name__
        try:
            self.answers[name] = self.shelf.answer(question)
            return self.answers[name]
        finally:
            if name in self.ended:
                self.ended[name].set()


def test_model_and_bank_are_ready_before_a_page_asks() -> None:
    witness = Witness()
    jobs = ThreadJobs(witness.answer)
    get_ready(jobs, Start(samples.names()[0], None, "cpu", {}, lambda path: path))
    assert witness.ended["Warm"].wait(120)
    assert witness.answers["Warm"] == len(witness.answers["LookAt"].clips.names)
    jobs.close()


def test_a_checkpoint_that_cannot_be_opened_is_left_to_the_page_to_tell(tmp_path: Any, capsys: Any) -> None:
    (tmp_path / "notes.pt").write_text("these are my notes")
    witness = Witness()
    jobs = ThreadJobs(witness.answer)
    get_ready(jobs, Start(str(tmp_path / "notes.pt"), None, "cpu", {}, lambda path: path))
    assert witness.ended["DescribeModel"].wait(120)
    told = threading.Event()  # by the next job, so that the last one has been answered
    bank = DescribeBank(BankKey(str(samples.find(samples.names()[0]).bank)))
    jobs.ask(bank, slot=("test", "next"), done=lambda facts: told.set(), failed=lambda error: None)
    assert told.wait(120)
    jobs.close()
    assert capsys.readouterr() == ("", "")
