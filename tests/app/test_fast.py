"""The host's patches: what waits to be written is written."""

from __future__ import annotations

import asyncio

from bokeh.document import Document
from panel.io import document

from workbench.app import fast


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
