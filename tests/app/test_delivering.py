"""Answers reach a page in its own thread: bokeh's document loses what another thread adds while it holds events back."""

from __future__ import annotations

import asyncio
import threading
from types import SimpleNamespace

from bokeh.document import Document

from workbench.app.shell import deliver_to


class Watched(Document):
    """A document that notes who touches it."""

    def __init__(self) -> None:
        super().__init__()
        self.touched: list[int] = []

    @property
    def session_context(self) -> SimpleNamespace:
        self.touched.append(threading.get_ident())
        return SimpleNamespace(destroyed=False)

    def add_next_tick_callback(self, callback):
        self.touched.append(threading.get_ident())
        callback()


def test_answers_of_other_threads_touch_the_document_in_its_own_thread_only_and_in_their_order(finish) -> None:
    heard: list[tuple[int, int]] = []

    async def page() -> tuple[Watched, int]:
        document, done = Watched(), asyncio.Event()
        deliver = deliver_to(document)

        def answers() -> None:
            for number in range(200):
                deliver(lambda number=number: heard.append((number, threading.get_ident())))
            deliver(done.set)

        worker = threading.Thread(target=answers)
        worker.start()
        await asyncio.wait_for(done.wait(), 120)
        worker.join()
        return document, threading.get_ident()

    document, home = finish(page())
    assert heard == [(number, home) for number in range(200)]
    assert set(document.touched) == {home}
