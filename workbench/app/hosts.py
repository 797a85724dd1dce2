"""Which requests the app may answer: the name in the Host header, the origin, the site a request comes from, and the form of its target.

A page of a foreign site can have its own name resolve to 127.0.0.1 (DNS rebinding). The browser then takes the app for a part of that site, and only the
Host header tells the two apart. Nothing here knows a web framework; `workbench.app.gate` asks before any handler runs.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes, urlsplit

from workbench.core.errors import BadInput

LOCAL = "localhost"
_AUTHORITY = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+))(?::([0-9]{0,5}))?")
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_PLAIN = re.compile(r"/(?!/)[!-\[\]-~]*")  # printable ASCII without a backslash; "//" would name another host
_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Refusal:
    """Why a request is not answered.

    Attributes:
        status: of the HTTP answer. what: the reason, with the values. fix: what the user can do.
    """

    status: int
    what: str
    fix: str = ""


@dataclass(frozen=True)
class Authority:
    """The host and port of a Host header or of an origin.

    Attributes:
        name: as `canonical` gives it. port: None where none is written, which means the scheme's own.
    """

    name: str
    port: int | None = None

    @classmethod
    def read(cls, text: str) -> Authority | None:
        """Read `name`, `name:port`, `address:port` or `[IPv6]:port`; None if it is none of these."""
        found = _AUTHORITY.fullmatch(text)
        if found is None:
            return None
        six, plain, digits = found.groups()
        name, port = canonical(six or plain), int(digits) if digits else None
        right_form = name is not None and (six is not None) == (":" in (six or plain)) and (port is None or port <= 65535)
        return cls(name or "", port) if right_form else None

    def equals(self, other: Authority, scheme: str) -> bool:
        """Whether both are the same host and port under this scheme."""
        port = _DEFAULT_PORTS.get(scheme)
        return self.name == other.name and (self.port or port) == (other.port or port)


def canonical(name: str) -> str | None:
    """A host name or IP address as browsers write it: lower case, without a final dot, IP addresses in their shortest standard form.

    Returns:
        None if it is neither. Other notations of IPv4 (2130706433, 0x7f.1, 127.1) are none: browsers rewrite them before they send them.
    """
    name = name.lower().removesuffix(".")
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        labels = name.split(".")
        is_name = len(name) <= 253 and all(map(_LABEL.fullmatch, labels)) and not _NUMBER.fullmatch(labels[-1])
        return name if is_name else None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)


def is_loopback(name: str) -> bool:
    """Whether a canonical name can only mean this machine: localhost, 127.0.0.0/8 or ::1.

    Other names under .localhost are not among them: not every resolver keeps them on this machine.
    """
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == LOCAL


def is_everywhere(address: str) -> bool:
    """Whether this means every address of the machine: 0.0.0.0 or ::."""
    try:
        return ipaddress.ip_address(address).is_unspecified
    except ValueError:
        return False


def shown(name: str) -> str:
    """A canonical name as it stands in an address: IPv6 in brackets."""
    return f"[{name}]" if ":" in name else name


def named(text: str) -> str:
    """A host of the command line in its canonical form; a port is dropped.

    Raises:
        BadInput: it is no host name.
    """
    host = Authority.read(text) or Authority.read(f"[{text}]") or Authority.read(_ascii(text))
    if host is None:
        raise BadInput(
            f"{text!r} is not a host name or IP address", where="--allow-host", fix="write it as in the address: app.example.org, 192.168.1.5"
        )
    return host.name


def _ascii(text: str) -> str:
    try:
        return text.encode("idna").decode("ascii")
    except UnicodeError:
        return ""


@dataclass(frozen=True)
class Hosts:
    """The names that the server answers to.

    Attributes:
        allowed: canonical names beside those of the loopback: of --allow-host and --address.
        forwarded: names of --allow-host, which a proxy may also give in X-Forwarded-Host.
    """

    allowed: frozenset[str] = frozenset()
    forwarded: frozenset[str] = frozenset()

    @classmethod
    def of(cls, address: str, allow: Iterable[str] = ()) -> Hosts:
        """The names of an app that listens at this address and was given these by --allow-host.

        Raises:
            BadInput: one of them is no host name.
        """
        given = frozenset(map(named, allow))
        own = canonical(address)
        listens = frozenset() if own is None or is_everywhere(own) else frozenset({own})
        return cls(given | listens, given)

    def refusal(self, headers: Mapping[str, str], reached: str | None = None) -> Refusal | None:
        """Why a request with these headers is not answered; None if it is.

        Args:
            headers: by name, in any case. reached: IP address of this machine at which the request arrived. It is a name of this machine too:
                a page under it can have come from nowhere else.
        """
        text = headers.get("Host", "")
        host = Authority.read(text)
        if host is None:
            return Refusal(403, f"The Host of this request, {text!r}, is not a host name or IP address in its standard form.", _names(self.allowed))
        if not (is_loopback(host.name) or host.name in self.allowed or (reached is not None and host.name == canonical(reached))):
            fix = f"{_names(self.allowed)} To add a name that you trust, start it with --allow-host NAME."
            return Refusal(403, f"This app does not answer to the name {shown(host.name)}.", fix)
        return self._foreign(headers, self._seen(headers, host))

    def _seen(self, headers: Mapping[str, str], host: Authority) -> Authority:
        """The host as the browser sees it: behind a proxy that was allowed, the one that the proxy was asked for."""
        outer = Authority.read(headers.get("X-Forwarded-Host", "").split(",")[0].strip())
        return outer if outer is not None and outer.name in self.forwarded else host

    def _foreign(self, headers: Mapping[str, str], host: Authority) -> Refusal | None:
        site, mode = headers.get("Sec-Fetch-Site", "none"), headers.get("Sec-Fetch-Mode", "navigate")
        if site not in ("none", "same-origin") and mode != "navigate":
            return Refusal(403, "A page of another origin may link to this app, but not use parts of it.", "Open the app in a tab of its own.")
        for name in ("Origin", "Sec-WebSocket-Origin"):
            origin = headers.get(name)
            if origin is not None and not _same(origin, host):
                port = "" if host.port is None else f":{host.port}"
                what = f"This request comes from {origin[:200]!r}, which is not the origin of {shown(host.name)}{port}."
                fix = "Open the app in a tab of its own. Behind a proxy: let it pass the Host on, or give its name to --allow-host and send X-Forwarded-Host."
                return Refusal(403, what, fix)
        return None


def _same(origin: str, host: Authority) -> bool:
    scheme, separator, rest = origin.partition("://")
    other = Authority.read(rest) if separator and scheme in _DEFAULT_PORTS else None
    return other is not None and other.equals(host, scheme)


def _names(allowed: frozenset[str]) -> str:
    names = ", ".join(map(shown, ("127.0.0.1", "::1", *sorted(n for n in allowed if not is_loopback(n)))))
    return f"It answers to {LOCAL}, {names}."


def strange(target: str) -> Refusal | None:
    """Why the target of a request cannot be meant; None if it is a path, perhaps with a query, of text in UTF-8 that stays below the root."""
    try:
        plain = _PLAIN.fullmatch(target) is not None
        path, query = (unquote_to_bytes(part).decode("utf-8") for part in (target.partition("?")[0], target.partition("?")[2]))
    except UnicodeError:
        plain, path, query = False, "", ""
    inside = "\\" not in path and not {".", ".."} & set(path.split("/"))
    if plain and inside and (path + query).isprintable():
        return None
    return Refusal(400, "The address of this request is not a path that this app could have.", "Open the app at its root.")


def asks_for_session(names: Iterable[str], headers: Mapping[str, str]) -> Refusal | None:
    """Refuse to let a client choose its session.

    Args:
        names: of the parameters of the query. headers: by name, in any case.
    """
    if {"bokeh-session-id", "bokeh-token"} & set(names) or "Bokeh-Session-Id" in headers:
        return Refusal(403, "The id of a session is given by the server and cannot be chosen.", "Open the app without it.")
    return None


def elsewhere(url: str, host: str) -> Refusal | None:
    """Refuse to write a script that would load the app's code from another host.

    Args:
        url: that the script is asked to load from. host: the Host header.
    """
    try:
        parts = urlsplit(url)
        same = _same(f"{parts.scheme}://{parts.netloc}", Authority.read(host) or Authority(""))
    except ValueError:
        same = False
    return None if same else Refusal(400, "The script may load the app's code from the app's own host only.", "Leave out bokeh-absolute-url.")
