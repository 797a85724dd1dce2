"""The one place that every request passes before Panel, Bokeh or Tornado route it: pages, sockets, autoload, static files and paths that do not exist.

Tornado compares the origin of a socket with its Host and asks Bokeh's list only if they differ, so a foreign name that is both passes; and Bokeh's list names
ports, so an SSH tunnel from another port does not. Here names decide, and what passes is not compared again.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from html import escape
from typing import Any
from urllib.parse import quote

from bokeh.server.tornado import BokehTornado
from bokeh.util.token import check_token_signature, get_token_payload
from tornado.httputil import HTTPHeaders, HTTPMessageDelegate, HTTPServerRequest
from tornado.routing import Router
from tornado.web import OutputTransform, RequestHandler

from workbench.app.entry import PARAMETER, Entered, Entry
from workbench.app.hosts import Hosts, Refusal, asks_for_session, elsewhere, strange

_METHODS = ("GET", "HEAD")
_LOGGED = 200  # characters of a path that was refused
_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>{head}
<style>:root {{ color-scheme: light dark }} body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 40rem; margin: 4rem auto; padding: 0 1rem }}</style>
</head><body><h1>{title}</h1><p>{what}</p><p>{fix}</p></body></html>
"""


@dataclass(frozen=True)
class Gate(Router):
    """Passes on to an application the requests that may reach it, and answers the others.

    Args:
        application: of Bokeh. hosts: the names that it answers to. entry: None where only this machine can reach it.
    """

    application: BokehTornado
    hosts: Hosts
    entry: Entry | None = None

    def __post_init__(self) -> None:
        self.application.add_transform(_NotForOtherSites)

    def find_handler(self, request: HTTPServerRequest, **kwargs: Any) -> HTTPMessageDelegate:
        """Called by Tornado's server as soon as the headers of a request are there."""
        answer = self._judge(request)
        if answer is not None:
            request.uri = quote(request.path[:_LOGGED])  # the log tells of it: no control characters to a terminal, no token of another server
            return self.application.get_handler_delegate(request, Answer, {"answer": answer, "entry": self.entry})
        for compared in ("Origin", "Sec-WebSocket-Origin"):
            request.headers.pop(compared, None)
        return self.application.find_handler(request)

    def _judge(self, request: HTTPServerRequest) -> Refusal | Entered | None:
        headers, target = request.headers, request.uri or ""
        refused = self.hosts.refusal(headers, _reached(request)) or strange(target) or _method(request)
        if refused is None and self.entry is not None:
            cookies = {name: morsel.value for name, morsel in request.cookies.items()}
            refused = self.entry.judge(target, request.query_arguments.get(PARAMETER, ()), cookies)
        return refused or asks_for_session(request.query_arguments, headers) or self._handler(request)

    def _handler(self, request: HTTPServerRequest) -> Refusal | None:
        """What Bokeh's and Panel's handlers would answer with a fault of the server, or with more than the page needs."""
        path = request.path.removeprefix(self.application.prefix)
        if path == "/ws":
            return self._socket(request.headers.get("Sec-WebSocket-Protocol", ""))
        if path == "/autoload.js" and (urls := request.query_arguments.get("bokeh-absolute-url")):
            return elsewhere(urls[-1].decode(), request.host)
        if path.startswith("/components/") and path.split("/")[2] not in sys.modules:  # Panel would import whatever module is named
            return Refusal(404, "There is no such file.")
        return None

    def _socket(self, protocols: str) -> Refusal | None:
        """A socket must show the token of a page that this server wrote, in the last five minutes."""
        app, token = self.application, protocols.rpartition(",")[2].strip()
        try:
            right = check_token_signature(token, app.secret_key, app.sign_sessions) and get_token_payload(token)["session_expiry"] > time.time()
        except (ValueError, LookupError, TypeError, AttributeError):  # not written by Bokeh
            right = False
        return None if right else Refusal(403, "This page was written by a server that has ended, or long ago.", "Load the page again.")


def _reached(request: HTTPServerRequest) -> str | None:
    """The IP address of this machine at which a request arrived."""
    stream = getattr(request.connection, "stream", None)
    return None if stream is None or stream.socket is None else stream.socket.getsockname()[0]


def _method(request: HTTPServerRequest) -> Refusal | None:
    """Nothing is changed by a request, and no other site may ask for leave (OPTIONS)."""
    return None if request.method in _METHODS else Refusal(405, f"The app does not take requests of the method {request.method}.")


class Answer(RequestHandler):
    """Tells in words why a request was refused, or lets a browser in that showed the token."""

    def initialize(self, answer: Refusal | Entered, entry: Entry | None) -> None:
        """Called by Tornado."""
        self.answer, self.entry = answer, entry

    def prepare(self) -> None:
        """Answers, so that no method runs."""
        self.set_header("Cache-Control", "no-store")
        self.set_header("Referrer-Policy", "no-referrer")
        if isinstance(self.answer, Entered):
            self._let_in(self.answer)
        else:
            self._refuse(self.answer)

    def _refuse(self, answer: Refusal) -> None:
        self.set_status(answer.status)
        title = f"{answer.status} {self._reason}"
        self.finish(_PAGE.format(title=escape(title), head="", what=escape(answer.what), fix=escape(answer.fix)))

    def _let_in(self, answer: Entered) -> None:
        if self.entry is not None:
            self.set_cookie(self.entry.cookie, self.entry.token, path=self.entry.path, httponly=True, samesite="Strict")
        if self._is_followed():
            head = f'<meta http-equiv="refresh" content="0;url={escape(answer.location)}">'
            self.finish(_PAGE.format(title="JEPA Workbench", head=head, what=f'<a href="{escape(answer.location)}">Open the app</a>', fix=""))
        else:
            self.redirect(answer.location, status=303)

    def _is_followed(self) -> bool:
        """Whether a link of another site led here: browsers keep strict cookies back until a page of our own leads on, so a redirect would end outside."""
        headers = self.request.headers
        return headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin") or "Referer" in headers


class _NotForOtherSites(OutputTransform):
    """Takes away the headers by which Bokeh lets every site read its autoload script."""

    def transform_first_chunk(self, status_code: int, headers: HTTPHeaders, chunk: bytes, finishing: bool) -> tuple[int, HTTPHeaders, bytes]:
        for name in [n for n in headers if n.lower().startswith("access-control-")]:
            del headers[name]
        return status_code, headers, chunk
