"""Jobs whose work is done at once, in the calling thread: for boards without a worker."""

from __future__ import annotations

import functools
from typing import Any

from workbench.core import codec
from workbench.core.errors import WorkbenchError
from workbench.jobs import Jobs
from workbench.worker.shelf import Shelf


@functools.cache
def shared_shelf() -> Shelf:
    """One shelf for all boards: a bank is opened and seen by a model once, and kept once."""
    return Shelf()


class Straight(Jobs):
    """Work done at once, in the calling thread.

    Args:
        sent: every value goes through the codec, as to and from a worker.
    """

    def __init__(self, *, sent: bool = False) -> None:
        super().__init__()
        self.shelf, self._sent = shared_shelf(), sent

    def _start(self, job: Any) -> None:
        try:
            value = self._through(self.shelf.answer(self._through(job.question)))
        except WorkbenchError as error:
            found = error
            job.finish(lambda: job.failed(found))
        else:
            job.finish(lambda: job.done(value))

    def _through(self, value: Any) -> Any:
        return codec.loads(codec.dumps(value)) if self._sent else value

    def _stop(self, job: Any, *, hard: bool) -> None:
        """Nothing runs any more when somebody could stop it."""

    def close(self) -> None:
        """There is nothing to end."""
