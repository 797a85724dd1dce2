"""What the first page will ask for is there before it asks."""

from __future__ import annotations

import threading
from typing import Any

from workbench import samples
from workbench.app.server import get_ready
from workbench.app.shell import Start
from workbench.thread_jobs import ThreadJobs
from workbench.worker.shelf import Shelf


class Witness:
    """Runs jobs on a real shelf, and tells when one has ended."""

    def __init__(self) -> None:
        self.shelf, self.ended, self.answers = Shelf(), {"warm": threading.Event(), "model_facts": threading.Event()}, {}

    def run(self, name: str, arguments: dict[str, Any]) -> Any:
        try:
            self.answers[name] = self.shelf.run(name, arguments)
            return self.answers[name]
        finally:
            if name in self.ended:
                self.ended[name].set()


def test_model_and_bank_are_ready_before_a_page_asks() -> None:
    witness = Witness()
    jobs = ThreadJobs(witness.run)
    get_ready(jobs, Start(samples.names()[0], None, "cpu", {}, lambda path: path))
    assert witness.ended["warm"].wait(120)
    assert witness.answers["warm"] == len(witness.answers["clip_list"].names)
    jobs.close()


def test_a_checkpoint_that_cannot_be_opened_is_left_to_the_page_to_tell(tmp_path: Any, capsys: Any) -> None:
    (tmp_path / "notes.pt").write_text("these are my notes")
    witness = Witness()
    jobs = ThreadJobs(witness.run)
    get_ready(jobs, Start(str(tmp_path / "notes.pt"), None, "cpu", {}, lambda path: path))
    assert witness.ended["model_facts"].wait(120)
    told = threading.Event()  # by the next job, so that the last one has been answered
    path = str(samples.find(samples.names()[0]).bank)
    jobs.submit("clip_list", slot=("test", "next"), done=lambda clips: told.set(), failed=lambda error: None, path=path)
    assert told.wait(120)
    jobs.close()
    assert capsys.readouterr() == ("", "")
