"""Processes that read the index of a file which nobody has read yet. One that hangs or fills the memory is ended, and nothing else waits for it."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from workbench.core.card import Stamp, stamp
from workbench.core.errors import CheckpointError

SILENT_SECONDS = 20.0  # without progress
MOST_BYTES = 700 << 20  # of resident memory, above what the process had before it read anything
_STARTING_SECONDS, _IDLE_SECONDS, _GRACE, _TICK = 180.0, 60.0, 2.0, 0.1
_REMEMBERED = 200


@runtime_checkable
class Process(Protocol):
    """What a reader needs of a worker process: `open` holds its unanswered jobs, `ready` once it has said anything."""

    process: subprocess.Popen[bytes]
    open: dict[int, Any]
    ready: bool

    def start(self, job: Any) -> None:
        """Send a job."""
        ...

    def stop(self, job: Any) -> bool:
        """Ask it to leave a job; False where it has none."""
        ...

    def end(self) -> None:
        """Kill it."""
        ...


class Readers:
    """A lane of as many processes as there are files being read at once; one of them stays for a minute.

    Args:
        spawn: starts a process.
    """

    health = ""  # of a lane that nobody need be told of: who waits for a file is told

    def __init__(self, spawn: Callable[[], Process]) -> None:
        self._spawn, self._all, self._lock = spawn, list[Process](), threading.Lock()
        self._known: OrderedDict[str, Stamp] = OrderedDict()

    def start(self, job: Any) -> None:
        """Read a file in a process that reads no other."""
        with self._lock:
            alive = [one for one in self._all if one.process.poll() is None]
            idle = [one for one in alive if not one.open]
            for spare in idle[1:]:
                spare.end()
            chosen = idle[0] if idle else self._spawn()
            self._all = [*(one for one in alive if one.open), chosen]
            chosen.start(job)
        threading.Thread(target=self._watch, args=(chosen, job.id, not idle), daemon=True, name="workbench-reading").start()

    def stop(self, job: Any, hard: bool) -> None:
        """Leave a file: at the next safe point, or with the end of the process."""
        with self._lock:
            chosen = next((one for one in self._all if job.id in one.open), None)
        if chosen is not None:
            chosen.stop(job)
            timer = threading.Timer(_GRACE, lambda: job.id in chosen.open and chosen.end())
            timer.daemon = True
            timer.start()

    def _watch(self, one: Process, number: int, fresh: bool) -> None:
        """End the process when a job makes no progress or takes too much memory; afterwards when it has had nothing to do for a while.

        The thread knows the job by its number: a reference would keep the page that asked, for as long as the process has nothing to do.
        """
        process = one.process
        begun, base, starting = time.monotonic(), resident(process.pid), fresh
        while process.poll() is None and number in one.open:
            if starting and one.ready:
                begun, base, starting = time.monotonic(), resident(process.pid), False
            if self._given_up(one, number, begun, None if starting else base):
                return
            time.sleep(_TICK)
        done = time.monotonic()
        while process.poll() is None and not one.open and time.monotonic() - done < _IDLE_SECONDS:
            time.sleep(_TICK * 10)
        with self._lock:
            if one in self._all and not one.open:
                self._all.remove(one)
                one.end()

    def _given_up(self, one: Process, number: int, begun: float, base: int | None) -> bool:
        """Whether a job has had its time or memory, and was given up.

        Args:
            begun: when it began to be watched. base: bytes that the process had then; None: it is still starting.
        """
        job = one.open.get(number)
        if job is None:
            return False
        allowed = _STARTING_SECONDS if base is None else SILENT_SECONDS
        if time.monotonic() - max(begun, job.heard) > allowed:
            _give_up(one, job, f"made no progress for {allowed:.0f} seconds")
        elif base is not None and resident(one.process.pid) > base + MOST_BYTES:
            _give_up(one, job, f"took more than {MOST_BYTES >> 20} MB of memory")
        else:
            return False
        return True

    def ensure(self) -> None:
        """Nothing is started before there is a file to read."""

    def restart(self) -> None:
        """Nothing is restarted: every file has a process that works."""

    def close(self) -> None:
        """End all processes, and wait until they have."""
        with self._lock:
            gone, self._all = self._all, []
        for one in gone:
            one.end()
            one.process.wait()

    @property
    def running(self) -> subprocess.Popen[bytes] | None:
        """The process that was started last; None without any that runs."""
        with self._lock:
            alive = [one.process for one in self._all if one.process.poll() is None]
        return alive[-1] if alive else None

    def knows(self, path: str) -> bool:
        """The file or folder was read here, and has not changed since."""
        return path in self._known and self._known[path] == stamp(path)

    def remember(self, path: str, seen: Stamp) -> None:
        """Note that a file was read. seen: its stamp before it was."""
        self._known[path] = seen
        self._known.move_to_end(path)
        while len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)


def resident(pid: int) -> int:
    """Bytes of a process that are in memory; 0 where the system does not tell."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0


def _give_up(one: Process, job: Any, reason: str) -> None:
    if not job.answered.is_set():
        where, fix = job.question.keys()[0].path, "do not open it: no checkpoint needs that to be listed"
        error = CheckpointError(f"reading the file was stopped: it {reason}", where=where, fix=fix)
        job.finish(lambda: job.failed(error))
    one.end()
