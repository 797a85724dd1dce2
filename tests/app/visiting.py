"""Visits a page as a browser does, without one: the page, its socket with the token of the page, and the word that it is drawn."""

from __future__ import annotations

import html
import json
import re
from typing import Any

from bokeh.document import Document
from bokeh.document.events import MessageSentEvent
from bokeh.events import DocumentReady
from bokeh.protocol import Protocol
from bokeh.protocol.messages.patch_doc import patch_doc
from tornado.httpclient import AsyncHTTPClient, HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect


async def visit(address: str) -> WebSocketClientConnection:
    """Open a page. What the server sends can be read from the socket; closing it is what a closed tab does.

    Args:
        address: http://host:port
    """
    found = await AsyncHTTPClient().fetch(f"{address}/", request_timeout=120)
    token = _token_of(found.body.decode())
    request = HTTPRequest(f"ws{address.removeprefix('http')}/ws", headers={"Origin": address}, request_timeout=120)
    socket = await websocket_connect(request, subprotocols=["bokeh", token], max_message_size=1 << 30)
    acknowledged: Any = await socket.read_message()
    assert json.loads(acknowledged)["msgtype"] == "ACK"
    for _ in range(2):
        await socket.read_message()  # the rest of the acknowledgement: metadata and content
    document = Document()
    ready: patch_doc = Protocol().create("PATCH-DOC", [MessageSentEvent(document, "bokeh_event", DocumentReady())])  # type: ignore[assignment]
    for part in (ready.header_json, ready.metadata_json, ready.content_json):
        await socket.write_message(part)
    return socket


def _token_of(page: str) -> str:
    found = re.search(r'"token":\s*"([^"]+)"', html.unescape(page))
    assert found is not None, "the page has no session token"
    return found.group(1)
