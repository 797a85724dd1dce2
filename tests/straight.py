"""Jobs whose work is done at once, in the calling thread: for boards without a worker."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

from workbench import samples
from workbench.core import codec
from workbench.core.errors import WorkbenchError
from workbench.core.questions import Key, Question
from workbench.jobs import Jobs
from workbench.worker.shelf import Shelf


@functools.cache
def shared_shelf() -> Shelf:
    """One shelf for all boards: a bank is opened and seen by a model once, and kept once."""
    return Shelf()


@functools.cache
def _known() -> dict[str, Any]:
    """Answers by the digests of their questions: tests that open a sample need not compute its figures anew."""
    return {}


def _of_samples(question: Question[Any]) -> bool:
    """Whether a question is about shipped files alone, which no test changes, and neither fits anything nor needs what was fitted."""
    values, home = question.fields().values(), samples.find("shapes").checkpoint.parents[1]
    keys = [value for value in values if isinstance(value, Key)]
    fitted = question.about.fits or any(isinstance(value, Question) for value in values)
    return not fitted and bool(keys) and all(Path(str(getattr(key, "path", ""))).is_relative_to(home) for key in keys)


class Straight(Jobs):
    """Work done at once, in the calling thread. What was asked of a shipped sample before is answered as it was.

    Args:
        sent: every value goes through the codec, as to and from a worker.
    """

    def __init__(self, *, sent: bool = False) -> None:
        super().__init__()
        self.shelf, self._sent = shared_shelf(), sent

    def _start(self, job: Any) -> None:
        try:
            value = self._through(self._answer(self._through(job.question)))
        except WorkbenchError as error:
            found = error
            job.finish(lambda: job.failed(found))
        else:
            job.finish(lambda: job.done(value))

    def _answer(self, question: Question[Any]) -> Any:
        if not _of_samples(question):
            return self.shelf.answer(question)
        if question.digest not in _known():
            found = self.shelf.answer(question)
            if isinstance(found, Key):  # of a file in the store, which may be another one in the next test
                return found
            _known()[question.digest] = found
        return _known()[question.digest]

    def _through(self, value: Any) -> Any:
        return codec.loads(codec.dumps(value)) if self._sent else value

    def _stop(self, job: Any, *, hard: bool) -> None:
        """Nothing runs any more when somebody could stop it."""

    def close(self) -> None:
        """There is nothing to end."""
