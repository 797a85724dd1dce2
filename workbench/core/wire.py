"""Messages between server and worker: a length, then one value in the project's codec. No pickle crosses."""

from __future__ import annotations

import struct
import threading
from typing import IO, Any

from workbench.core import codec, errors
from workbench.core.errors import AmbiguousModel, WorkbenchError

_LENGTH = struct.Struct("<Q")


class Wire:
    """One end of a pair of pipes. Sending is safe from several threads."""

    def __init__(self, incoming: IO[bytes], outgoing: IO[bytes]) -> None:
        self._in, self._out, self._lock = incoming, outgoing, threading.Lock()

    def send(self, message: dict[str, Any]) -> None:
        """Send one message.

        Raises:
            OSError: the other end is gone.
        """
        data = codec.dumps(message)
        with self._lock:
            self._out.write(_LENGTH.pack(len(data)))
            self._out.write(data)
            self._out.flush()

    def receive(self) -> dict[str, Any] | None:
        """The next message; None when the other end has closed."""
        head = self._in.read(_LENGTH.size)
        if len(head) < _LENGTH.size:
            return None
        (length,) = _LENGTH.unpack(head)
        data = self._in.read(length)
        return codec.loads(data) if len(data) == length else None


def pack_error(error: BaseException) -> dict[str, Any]:
    """An error as plain values. A foreign exception keeps its class name and words."""
    if isinstance(error, WorkbenchError):
        said = {"class": type(error).__name__, "what": error.what, "where": error.where, "fix": error.fix}
        return {**said, "choices": error.choices} if isinstance(error, AmbiguousModel) else said
    return {
        "class": "WorkbenchError",
        "what": f"{type(error).__name__}: {error}",
        "where": "worker",
        "fix": "this is a fault of ours: its trace is in the log",
    }


def unpack_error(data: dict[str, Any]) -> WorkbenchError:
    """The error again, of its own class."""
    named = getattr(errors, data["class"], None)
    cls = named if isinstance(named, type) and issubclass(named, WorkbenchError) else WorkbenchError
    more = {"choices": data.get("choices")} if issubclass(cls, AmbiguousModel) else {}
    return cls(data["what"], where=data["where"], fix=data["fix"], **more)
