"""Where the app listens, who may reach it there, and what it prints when it starts and stops."""

from __future__ import annotations

import errno
import gc
import re
import secrets
import socket
import webbrowser
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from panel.io.server import Server, get_server
from tornado.netutil import bind_sockets

from workbench.app import first_words, modules
from workbench.app.entry import PARAMETER, Entry
from workbench.app.gate import Gate
from workbench.app.hosts import Hosts, canonical, is_everywhere, is_loopback, shown
from workbench.core.errors import BadInput

_MESSAGE = 256 * 1024 * 1024  # bytes of the largest message: a clip crosses once
_PREFIX = re.compile(r"(?:/[A-Za-z0-9._~@%-]+)*")
_TRIED = 100  # ports after one that is taken
_ELSEWHERE = {socket.AF_INET: "192.0.2.1", socket.AF_INET6: "2001:db8::1"}  # addresses for documentation, which no machine has


@dataclass(frozen=True)
class Place:
    """Where the app listens.

    Attributes:
        prefix: of every path, as "/user/x"; empty for none. hosts: names that it answers to. private: whether only this machine can reach it.
    """

    address: str
    port: int
    prefix: str
    hosts: Hosts
    private: bool

    @classmethod
    def of(cls, address: str, port: int, prefix: str = "", allow: Iterable[str] = ()) -> Place:
        """What the command line says, checked.

        Raises:
            BadInput: an address that is not known, a name that is none, or a prefix that is no path.
        """
        path = f"/{prefix.strip('/')}".removesuffix("/")
        if not _PREFIX.fullmatch(path) or {".", ".."} & set(path.split("/")):
            raise BadInput(
                f"{prefix!r} is not a path", where="--prefix", fix="write it as in the address, /user/name/: letters, digits and . _ ~ @ % -"
            )
        return cls(address, port, path, Hosts.of(address, allow), all(map(is_loopback, _resolved(address))))

    def url(self, name: str, port: int, entry: Entry | None) -> str:
        """The address to open in a browser. name: of this machine. port: that was taken."""
        token = "" if entry is None else f"?{PARAMETER}={entry.token}"
        return f"http://{shown(name)}:{port}{self.prefix}/{token}"


def _resolved(address: str) -> list[str]:
    """The IP addresses behind a name."""
    try:
        found = socket.getaddrinfo(address, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or "not a host name"
        raise BadInput(f"{address!r} is not an address of this machine: {reason}", where="--address", fix="127.0.0.1 is this machine only") from error
    return [canonical(str(place[0]).partition("%")[0]) or "" for *_, place in found]


@contextmanager
def telling_in_words(address: str, port: int) -> Iterator[None]:
    """Turn the system's refusal of an address or port into words.

    Raises:
        BadInput: another program has it, it is not of this machine, or it is reserved.
    """
    try:
        yield
    except OSError as error:
        what = f"cannot listen at {shown(address)}:{port}: {error.strerror}"
        if error.errno == errno.EADDRINUSE:
            raise BadInput(what, where="--port", fix=_next(address, port)) from error
        if error.errno == errno.EACCES:
            raise BadInput(what, where="--port", fix="ports below 1024 are reserved: choose a higher one; --port 0 takes a free one") from error
        if error.errno == errno.EADDRNOTAVAIL:
            raise BadInput(what, where="--address", fix="give an address of this machine; 127.0.0.1 is this machine only") from error
        raise


def _next(address: str, port: int) -> str:
    """The first free port after one that is taken, as advice."""
    for other in range(port + 1, min(port + _TRIED, 65536)):
        try:
            sockets = bind_sockets(other, address)
        except OSError:
            continue
        for taken in sockets:
            taken.close()
        return f"--port {other} is free"
    return "--port 0 takes a free port"


def listen(app: Callable[[], Any], place: Place, folders: Sequence[Path], *, show: bool) -> None:
    """Serve until interrupted.

    Args:
        app: makes the page of one user. folders: in which files can be opened, to be told. show: opens a tab of the browser.

    Raises:
        BadInput: the address or port cannot be had.
    """
    server, entry = build(app, place)
    first_words.look_up(server)
    gc.freeze()  # what is there now stays to the end
    gc.enable()
    addresses = [place.url(name, server.port or place.port, entry) for name in _names(place.address)]
    print("\n".join([*_risks(place), *_hello(addresses, folders)]), flush=True)
    server.start()
    if show:
        server.io_loop.add_callback(webbrowser.open_new_tab, addresses[0])
    server.io_loop.start()
    print("\nStopped.", flush=True)


def build(app: Callable[[], Any], place: Place) -> tuple[Server, Entry | None]:
    """A server that has its port, and its entry by token where other machines can reach it. No request is answered before its loop runs."""
    with telling_in_words(place.address, place.port):
        server = get_server(
            {"/": app},
            port=place.port,
            address=place.address,
            prefix=place.prefix,
            title="JEPA Workbench",
            location=False,  # Panel cannot read an address with IPv6 or two question marks, and no page uses it
            websocket_max_message_size=_MESSAGE,
            secret_key=secrets.token_bytes(32),
            sign_sessions=True,
            include_headers=[],  # Bokeh writes them into the page, and the cookie is not for scripts
            include_cookies=[],
            extra_patterns=modules.routes(),
        )
    entry = None if place.private else Entry.at(place.address, server.port or place.port, place.prefix)
    server._http.request_callback = Gate(server._tornado, place.hosts, entry)
    return server, entry


def _names(address: str) -> list[str]:
    """By which names a user can open the app: where it listens at every address, by that towards the network and by that of the loopback."""
    if not is_everywhere(address):
        return [address]
    family, loopback = (socket.AF_INET6, "::1") if ":" in address else (socket.AF_INET, "127.0.0.1")
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((_ELSEWHERE[family], 9))  # sends nothing
            outward = probe.getsockname()[0]
    except OSError:  # no network
        return [loopback]
    return [outward, loopback]


def _hello(addresses: Sequence[str], folders: Sequence[Path]) -> list[str]:
    places = [*map(str, folders), "the samples", "downloaded published checkpoints"]
    return [
        f"JEPA Workbench at {addresses[0]}",
        *(f"    on this machine: {address}" for address in addresses[1:]),
        f"Files can be opened from {places[0]}",
        *(f"                         {place}" for place in places[1:]),
        "Press Ctrl+C to stop.",
    ]


def _risks(place: Place) -> list[str]:
    if not place.private:
        return [
            f"WARNING: other machines can reach this app ({place.address}). Everyone who has the token can read the files named below.",
            "The connection is not encrypted: in a network that you do not trust, use an SSH tunnel or a proxy with TLS.",
        ]
    if place.hosts.forwarded:
        names = ", ".join(map(shown, sorted(place.hosts.forwarded)))
        return [f"The app also answers to {names}. It asks for no token: everyone who can reach it under that name can use it."]
    return []
