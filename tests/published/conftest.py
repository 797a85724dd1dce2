"""Caches of nobody's machine, and a server that has what is to be fetched."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

_CACHES = ("TORCH_HOME", "HF_HOME", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "XDG_CACHE_HOME")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder without caches."""
    for name in _CACHES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


class Shop:
    """A web server on this machine. `goods`: path -> what it gives. `lie`: bytes that it announces too many. `asked`: paths so far."""

    def __init__(self) -> None:
        self.goods: dict[str, bytes] = {}
        self.lie, self.asked, self.gate = 0, [], threading.Event()
        self.gate.set()
        shop = self

        class Counter(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                shop.serve(self)

            def do_HEAD(self) -> None:
                shop.serve(self, body=False)

            def log_message(self, *_: object) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Counter)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def serve(self, request: BaseHTTPRequestHandler, *, body: bool = True) -> None:
        """Half of what was asked for, the rest when the gate is open."""
        self.asked.append(request.path)
        data = self.goods.get(request.path.partition("?")[0])
        request.send_response(404 if data is None else 200)
        data = data or b""
        request.send_header("Content-Length", str(len(data) + self.lie))
        request.send_header("ETag", f'"{hash(data):x}"')
        request.send_header("X-Repo-Commit", "c0ffee")
        if request.path.startswith("/api"):
            request.send_header("Content-Type", "application/json")
        request.end_headers()
        if body:
            middle = len(data) // 2
            request.wfile.write(data[:middle])
            request.wfile.flush()
            self.gate.wait(300)
            request.wfile.write(data[middle:])


@pytest.fixture
def shop() -> Iterator[Shop]:
    shop = Shop()
    yield shop
    shop.gate.set()
    shop.server.shutdown()
    shop.server.server_close()
