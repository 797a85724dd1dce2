"""Files that a browser sends: where they lie, how much is taken, and when they are removed.

Each process has one folder for them, which only its user can enter, and each session a folder of its own in it. Names of files are made here. The folder is
removed when the process ends; what a process that was killed has left is removed when the next one starts.
"""

from __future__ import annotations

import atexit
import hashlib
import os
import re
import secrets
import shutil
import stat
import tempfile
import threading
import weakref
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from filelock import FileLock, Timeout

from workbench.core.errors import BadInput
from workbench.data.folders import kind_by_name
from workbench.data.headers import HEAD_BYTES, kind_of
from workbench.data.paths import plainly

PREFIX = ".jepa-workbench-uploads-"  # the dot keeps it out of every listing
_LOCK = "in-use"
_CALLED = {
    "image": "an image",
    "video": "a video",
    "bank": "arrays (npy, npz)",
    "tensors": "tensors (safetensors)",
    "columns": "columns (parquet)",
    "labels": "a table of labels (csv)",
    "": "none that is read",
}
_ENDINGS = {".safetensors": "tensors", ".parquet": "columns", ".pq": "columns", ".csv": "labels"}  # beside those of images, videos and arrays
_LONGEST_HEADER = 100_000_000  # bytes of the header of a safetensors, by the format
_NAME = 200  # characters of a name that is shown
_MB = 1 << 20


@dataclass(frozen=True)
class Limits:
    """How much is taken. file, session, server: bytes. files: of one session."""

    file: int = 512 * _MB
    session: int = 1024 * _MB
    server: int = 4096 * _MB
    files: int = 1000


@dataclass(frozen=True)
class Given:
    """What the user knows a file by. sha256: of its bytes; empty for several files."""

    name: str
    sha256: str = ""


@dataclass
class Upload:
    """A file that is arriving, or has arrived.

    Args:
        name: that the user knows it by, to be shown. size: bytes that were announced. place: where it lies. taken: bytes that have arrived.
        sha256: of all bytes, once the last is there.
    """

    name: str
    size: int
    place: Path
    taken: int = 0
    sha256: str = ""
    _file: BinaryIO | None = field(default=None, repr=False)
    _hash: hashlib._Hash = field(default_factory=hashlib.sha256, repr=False)
    _head: bytes = field(default=b"", repr=False)


class Room:
    """The folder of one process. It is made when the first file arrives.

    Args:
        limits: of all its sessions. parent: where it is made; None: the folder for temporary files.
    """

    def __init__(self, limits: Limits | None = None, parent: Path | None = None) -> None:
        self.limits, self.parent = limits or Limits(), parent or Path(tempfile.gettempdir())
        self.bytes = 0  # of all sessions
        self._folder: Path | None = None
        self._lock: FileLock | None = None
        self._guard = threading.RLock()
        sweep(self.parent)
        atexit.register(self.close)

    def session(self) -> Uploads:
        """The uploads of a new session."""
        return Uploads(self)

    def holds(self, path: str | Path) -> bool:
        """Whether a path leads into the folder of any session."""
        return self._folder is not None and _within(path, self._folder)

    def folder(self) -> Path:
        """The folder, of mode 0700."""
        with self._guard:
            while self._folder is None or not self._folder.is_dir():
                made = Path(tempfile.mkdtemp(prefix=PREFIX, dir=self.parent)).resolve()
                self._lock = FileLock(made / _LOCK)
                with suppress(OSError):  # another process took it for one that was left: make another
                    self._lock.acquire()
                    self._folder = made
            return self._folder

    def claim(self, count: int) -> bool:
        """Take room for bytes of any session; False where there is none. A negative count gives it back."""
        with self._guard:
            if count > 0 and self.bytes + count > self.limits.server:
                return False
            self.bytes += count
            return True

    def close(self) -> None:
        """Remove everything."""
        with self._guard:
            folder, self._folder, self.bytes = self._folder, None, 0
            if self._lock is not None:
                self._lock.release()
            if folder is not None:
                shutil.rmtree(folder, ignore_errors=True)
        atexit.unregister(self.close)


class Uploads:
    """The files of one session."""

    def __init__(self, room: Room) -> None:
        self.room, self.bytes, self.closed = room, 0, False
        self.given: dict[str, Given] = {}  # by path
        _SESSIONS.add(self)
        self._folder: Path | None = None
        self._files = 0
        self._open: set[int] = set()

    def batch(self) -> Path:
        """A new folder for files that are dropped together."""
        if self.closed:
            raise BadInput("this session has ended", where="uploads", fix="load the page again")
        if self._folder is None or not self._folder.is_dir():
            self._folder = self.room.folder() / secrets.token_hex(16)
            self._folder.mkdir(mode=0o700)
        folder = self._folder / secrets.token_hex(8)
        folder.mkdir(mode=0o700)
        return folder

    def begin(self, folder: Path, name: str, size: int) -> Upload:
        """A file is announced.

        Raises:
            BadInput: it is of no kind that is taken, or too large for this session or the server.
        """
        limits, shown = self.room.limits, plainly(name)[:_NAME]
        if _by_name(name) not in _CALLED:
            what = "only images, videos, and vectors (npy, npz, parquet, safetensors) with their labels (csv) can be dropped"
            raise BadInput(what, where=shown, fix="open other files by their path")
        if size == 0:
            raise BadInput("the file is empty", where=shown, fix="choose another file")
        if size > limits.file:
            raise BadInput(f"{_size(size)} is too large: at most {_size(limits.file)} of one file are taken", where=shown, fix=_OPEN_IT)
        if self._files >= limits.files:
            raise BadInput(f"{limits.files} files were dropped in this session, more are not taken", where=shown, fix=_OPEN_FOLDER)
        self._room_for(size, shown, claim=False)
        self._files += 1
        ending = re.sub(r"[^.a-z0-9]", "", os.path.splitext(name)[1].lower())
        found = Upload(shown, size, folder / f"{self._files:05d}{ending}")
        handle = os.open(_part(found), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        found._file = os.fdopen(handle, "wb")
        return found

    def add(self, upload: Upload, offset: int, data: bytes) -> None:
        """More of a file has arrived.

        Raises:
            BadInput: more than was announced or is taken, not what follows, or the bytes are not of the kind that the name says. The file is removed.
        """
        try:
            if upload._file is None or self.closed:
                raise BadInput("the file is no longer taken", where=upload.name, fix=_AGAIN)
            if offset != upload.taken or upload.taken + len(data) > upload.size:
                raise BadInput(f"bytes from {offset} came where those from {upload.taken} of {upload.size} were due", where=upload.name, fix=_AGAIN)
            self._room_for(len(data), upload.name, claim=True)
            upload.taken += len(data)
            upload._hash.update(data)
            upload._file.write(data)
            if len(upload._head) < HEAD_BYTES:
                upload._head += data[: HEAD_BYTES - len(upload._head)]
                if len(upload._head) >= min(HEAD_BYTES, upload.size):
                    _same_kind(upload)
        except OSError as error:
            self.drop(upload)
            raise BadInput(f"the file cannot be kept: {error.strerror}", where=upload.name, fix="make room on the disk of the server") from error
        except BadInput:
            self.drop(upload)
            raise

    def finish(self, upload: Upload) -> Path:
        """All of a file has arrived: where it lies.

        Raises:
            BadInput: it stopped before its end. The file is removed.
        """
        if upload._file is None or upload.taken != upload.size:
            taken = upload.taken
            self.drop(upload)
            raise BadInput(f"the file stopped after {taken} of {upload.size} bytes", where=upload.name, fix=_AGAIN)
        upload._file.close()
        upload._file = None
        _part(upload).rename(upload.place)
        upload.sha256 = upload._hash.hexdigest()
        self.given[str(upload.place)] = Given(upload.name, upload.sha256)
        return upload.place

    def drop(self, upload: Upload) -> None:
        """Nobody wants this file any more."""
        if upload._file is not None:
            upload._file.close()
            upload._file = None
        for place in (_part(upload), upload.place):
            place.unlink(missing_ok=True)
        self.given.pop(str(upload.place), None)
        self._give_back(upload.taken)
        upload.taken = 0

    def owns(self, path: str | Path) -> bool:
        """Whether a path leads to something that arrived in this session."""
        return self._folder is not None and _within(path, self._folder)

    def allowing(self, allow: Callable[[str], str]) -> Callable[[str], str]:
        """What this session may open: what `allow` allows, and its own files; no file of another session."""

        def allowed(path: str) -> str:
            if self.owns(path):
                return str(Path(path).resolve())
            found = allow(path)
            if self.room.holds(found):
                raise BadInput(f"{path!r} lies outside the folders that may be read", where="path", fix="open a file of your own")
            return found

        return allowed

    def close(self) -> None:
        """The session has ended: its files are removed."""
        self.closed = True
        self.given.clear()
        self._give_back(self.bytes)
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _room_for(self, count: int, name: str, *, claim: bool) -> None:
        limits = self.room.limits
        if self.bytes + count > limits.session:
            raise BadInput(f"at most {_size(limits.session)} of files are taken in one session", where=name, fix=_OPEN_IT)
        if not self.room.claim(count):
            raise BadInput(f"at most {_size(limits.server)} of files are taken by this server at a time", where=name, fix=_OPEN_IT)
        if claim:
            self.bytes += count
        else:
            self.room.claim(-count)

    def _give_back(self, count: int) -> None:
        self.bytes -= count
        self.room.claim(-count)


_SESSIONS: weakref.WeakSet[Uploads] = weakref.WeakSet()


def sent_as(path: str) -> Given | None:
    """What the user knows a file by that was sent to this process; None for all others."""
    return next((each.given[path] for each in list(_SESSIONS) if path in each.given), None)


_AGAIN = "drop it again"
_OPEN_IT = "put it on the machine of the server and open it by its path"
_OPEN_FOLDER = "put them into a folder on the machine of the server and open that"


def sweep(parent: Path) -> int:
    """Remove the folders that processes of this user left in a folder when they were killed. Returns how many."""
    swept = 0
    for place in parent.glob(f"{PREFIX}*"):
        try:
            said = place.lstat()
            if not stat.S_ISDIR(said.st_mode) or (hasattr(os, "getuid") and said.st_uid != os.getuid()):
                continue
            lock = FileLock(place / _LOCK)
            lock.acquire(timeout=0)
            lock.release()
        except (Timeout, OSError):  # in use, or of somebody else
            continue
        shutil.rmtree(place, ignore_errors=True)
        swept += 1
    return swept


def _within(path: str | Path, folder: Path) -> bool:
    try:
        return Path(path).resolve().is_relative_to(folder)
    except (OSError, ValueError, RuntimeError):  # a name that no path can have, or links that run in circles
        return False


def _part(upload: Upload) -> Path:
    return upload.place.with_name(f"{upload.place.name}.part")


def _same_kind(upload: Upload) -> None:
    """Refuse what is of another kind than its name says.

    Raises:
        BadInput: it is.
    """
    named, found = _by_name(upload.name), _by_bytes(upload._head)
    if found != named:
        what = f"its name says {_CALLED[named]}, its first bytes say {_CALLED[found]}"
        raise BadInput(what, where=upload.name, fix="give it the ending of what it is, or choose another file")


def _by_name(name: str) -> str:
    """A key of _CALLED; another word where the file is of no kind that is taken."""
    return _ENDINGS.get(os.path.splitext(name)[1].lower()) or kind_by_name(name)


def _by_bytes(head: bytes) -> str:
    """A key of _CALLED, by the first bytes."""
    known = kind_of(head)
    if known:
        return known
    if head.startswith(b"PAR1"):
        return "columns"
    if head[8:9] == b"{" and 2 <= int.from_bytes(head[:8], "little") <= _LONGEST_HEADER:
        return "tensors"
    try:
        head.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 3:  # else a letter that is cut by the end of the head
            return ""
    return "" if b"\0" in head or (b"," not in head and b"\n" not in head) else "labels"


def _size(count: int) -> str:
    return f"{count / _MB:.0f} MB" if count >= _MB else f"{count} bytes"
