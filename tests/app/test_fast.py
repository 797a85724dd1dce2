"""The host's patches: what waits to be written is written, and the log tells what is to be told."""

from __future__ import annotations

import asyncio
import logging
import warnings
from types import SimpleNamespace
from typing import Any

import pytest
from bokeh.core.types import ID
from bokeh.document import Document
from bokeh.models import Column, Div
from bokeh.protocol import Protocol
from bokeh.server.views.ws import WSHandler
from bokeh.util.warnings import BokehUserWarning
from panel.custom import AnyWidgetComponent
from panel.io import document
from tornado.websocket import WebSocketClosedError

from workbench.app import fast
from workbench.app.server import forgive_closed, is_of_an_open_tab


def test_what_a_page_had_sent_before_it_was_closed_is_dropped_and_closing_it_twice_is_no_fault(finish) -> None:
    fast.apply()
    socket, handled, lost = WSHandler.__new__(WSHandler), list[str](), list[object]()

    class Handler:
        async def handle(self, message: str, connection: object) -> None:
            handled.append(message)

    socket.handler, socket.application = Handler(), SimpleNamespace(client_lost=lost.append)
    socket.connection = SimpleNamespace(_session=object(), session=None)
    finish(socket._handle("of an open page"))
    socket.connection._session = None
    finish(socket._handle("of a closed page"))
    assert handled == ["of an open page"]
    socket.on_close()
    assert lost == [], "it was lost before"


def test_a_message_that_waits_is_sent_also_when_the_note_of_it_was_taken_away(finish) -> None:
    fast.apply()
    page, sent = Document(), list[str]()

    class Socket:
        async def send(self, message: str) -> None:
            sent.append(message)

    class Connection:
        _socket = Socket()

    document.extra_socket_handlers[Socket] = lambda conn, msg: [asyncio.ensure_future(conn._socket.send(msg))]
    try:
        document._WRITE_MSGS[page] = {Connection(): ["the answer"]}
        document._WRITE_BLOCK.pop(page, None)  # as the task of an earlier message leaves it
        finish(document._dispatch_msgs(page))
    finally:
        del document.extra_socket_handlers[Socket]
    assert sent == ["the answer"]
    assert page not in document._WRITE_MSGS


@pytest.mark.parametrize("locked", [True, False], ids=["in its own thread", "in another"])
def test_what_changes_after_the_page_was_sent_and_before_it_says_that_it_is_ready_is_sent_too(locked: bool) -> None:
    fast.apply()
    page, board, later = Document(), Column(), list[Any]()
    page.add_root(board)
    session = SimpleNamespace(_pending_writes=[] if locked else None, _subscribed_connections=set())
    page._session_context = lambda: SimpleNamespace(session=session)
    page.add_next_tick_callback = later.append  # type: ignore[assignment, method-assign]  # stands in for the loop
    told = list[Any]()
    page.on_change(lambda event: told.append(getattr(event, "new", None)))

    def show(*children: Any) -> None:
        with document.hold(page):
            board.children = [*children]

    show(Div(text="before"))
    assert told == [], "the page that follows holds it"
    Protocol().create("PULL-DOC-REPLY", ID("1"), page)
    show(first := Div(text="chosen"))
    assert len(later) == (not locked)
    for call in later:
        call()
    assert told == [[first]]


def test_a_kind_of_view_that_a_page_was_not_sent_is_defined_there_once_on_each_page() -> None:
    fast.apply()
    first, second, before = Document(), Document(), Document()
    for page in (first, second):
        Protocol().create("PULL-DOC-REPLY", ID("1"), page)
    kind = type("Late", (AnyWidgetComponent,), {"_esm": "export default {}"})
    for page, defined in ((first, True), (first, False), (second, True), (second, False), (before, False), (None, False)):
        fast.define(kind, page)
        assert kind._data_model__initialized is not defined  # Panel sends the definition where it is not


def test_that_the_browser_told_again_what_is_known_is_not_logged_and_other_warnings_are(recwarn: pytest.WarningsRecorder) -> None:
    fast.apply()
    warnings.warn("reference already known 'p2772'", BokehUserWarning, stacklevel=1)
    warnings.warn("out of range integer may result in loss of precision", BokehUserWarning, stacklevel=1)
    assert [str(w.message) for w in recwarn] == ["out of range integer may result in loss of precision"]


def test_a_tab_that_was_closed_is_no_fault_and_everything_else_is() -> None:
    told = list[dict[str, object]]()

    class Loop:
        def default_exception_handler(self, context: dict[str, object]) -> None:
            told.append(context)

    forgive_closed(Loop(), {"message": "never retrieved", "exception": WebSocketClosedError()})
    assert told == []
    forgive_closed(Loop(), {"message": "never retrieved", "exception": ValueError("another")})
    forgive_closed(Loop(), {"message": "a slow callback"})
    assert [c["message"] for c in told] == ["never retrieved", "a slow callback"]


def test_bokeh_logs_no_message_that_a_closed_tab_did_not_take_and_everything_else() -> None:
    def logged(words: str) -> bool:
        return is_of_an_open_tab(logging.LogRecord("bokeh.server.views.ws", logging.WARNING, "ws.py", 1, words, (), None))

    assert not logged("Failed sending message as connection was closed")
    assert logged("Bokeh Server attempted to send a message of 400 MB")
