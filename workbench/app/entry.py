"""Entry by token, for an app that other machines can reach: the token in the printed address becomes a cookie, and every request must carry it."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import socket
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode

from workbench.app.hosts import Refusal

PARAMETER = "token"
_FAMILY = "jepa-workbench-"
_FIX = f"Paste the address that the app printed when it started; it ends in ?{PARAMETER}=…"


@dataclass(frozen=True)
class Entered:
    """The token was shown: set the cookie, and go on without the token in the address.

    Attributes:
        location: relative, so that it holds behind a proxy too.
    """

    location: str


@dataclass(frozen=True)
class Entry:
    """The token of one server.

    Attributes:
        cookie: name of the cookie. Browsers send cookies to every port of a host, so each server needs a name of its own; it is the same after a
            restart, so that cookies of ended servers do not pile up.
        path: of the cookie, the prefix of the app. token: made anew for each start.
    """

    cookie: str
    path: str = "/"
    token: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)

    @classmethod
    def at(cls, address: str, port: int, prefix: str = "") -> Entry:
        """The entry of an app at this address, port and prefix of this machine."""
        place = "\n".join((socket.gethostname(), address, str(port), prefix))
        return cls(_FAMILY + hashlib.sha256(place.encode()).hexdigest()[:16], prefix or "/")

    def judge(self, target: str, tokens: Sequence[bytes], cookies: Mapping[str, str]) -> Refusal | Entered | None:
        """None if the cookie is right; else what to answer.

        Args:
            target: path and query of the request. tokens: that its query holds. cookies: values by name.
        """
        known = self._is_right(cookies.get(self.cookie, "").encode())
        if tokens and (known or self._is_right(tokens[-1])):
            return Entered(without_token(target))
        if known:
            return None
        return Refusal(403, _reason(bool(tokens), self.cookie in cookies, cookies), _FIX)

    def _is_right(self, shown: bytes) -> bool:
        return hmac.compare_digest(shown, self.token.encode())


def _reason(token: bool, cookie: bool, cookies: Iterable[str]) -> str:
    if token:
        return "The token in this address is that of another server, or of one that has ended."
    if cookie:
        return "The app was started anew since you opened it here, and has a new token."
    if any(name.startswith(_FAMILY) for name in cookies):
        return "This app needs its token. Your browser has that of another server only."
    return "This app needs its token."


def without_token(target: str) -> str:
    """The same address without the token, relative to itself."""
    path, _, query = target.partition("?")
    rest = urlencode([(k, v) for k, v in parse_qsl(query, keep_blank_values=True) if k != PARAMETER])
    return f"./{path.rpartition('/')[2]}" + (f"?{rest}" if rest else "")
