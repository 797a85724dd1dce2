"""A process that converts one file: no network, no other programs, no writing but its two drafts, bounded memory and time.

    python -m workbench.worker.quarantine FILE DRAFT SETTINGS

Nothing of the file is run here either; this is the second wall, should the first have a hole. Torch is imported behind it.
"""

from __future__ import annotations

import ctypes
import json
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

_NEW_USER, _NEW_NET = 0x10000000, 0x40000000
_FORBIDDEN = (
    *("socket.", "subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "pty.", "ctypes.dl", "pickle."),
    *("urllib.", "http.", "ftplib.", "smtplib.", "webbrowser.", "shutil.", "os.remove", "os.rename", "os.rmdir", "os.chmod", "os.kill"),
)
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_MOST_SHARED, _SPARE = 16, 2 << 30


def leave_network() -> bool:
    """Move into a network of its own, which has nothing in it; False where the system does not let us."""
    with suppress(OSError, AttributeError):
        libc = ctypes.CDLL(None, use_errno=True)
        return libc.unshare(_NEW_NET) == 0 or libc.unshare(_NEW_USER | _NEW_NET) == 0
    return False


def limit(size: int) -> None:
    """Bound memory, time and what may be written, by the size of the file. Where the system knows no such limits, there are none."""
    try:
        import resource
    except ImportError:
        return
    with suppress(OSError, ValueError, IndexError):
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        memory = pages * os.sysconf("SC_PAGE_SIZE") + _SPARE + 2 * size
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    for kind, most in ((resource.RLIMIT_CPU, 120 + size // (10 << 20)), (resource.RLIMIT_FSIZE, _MOST_SHARED * size + (64 << 20))):
        with suppress(OSError, ValueError):
            resource.setrlimit(kind, (most, most))


def forbid(*drafts: str) -> None:
    """From here on sockets, other programs, unpicklers and writing elsewhere raise. This cannot be taken back."""

    def hook(event: str, arguments: Any) -> None:
        if event.startswith(_FORBIDDEN):
            raise PermissionError(f"{event} is forbidden here")
        if event == "open" and isinstance(arguments[0], str | bytes) and _writes(arguments) and os.fsdecode(arguments[0]) not in drafts:
            raise PermissionError(f"writing {os.fsdecode(arguments[0])[:200]} is forbidden here")

    sys.addaudithook(hook)


def _writes(arguments: Any) -> bool:
    mode, flags = arguments[1], arguments[2]
    return bool((isinstance(mode, str) and set(mode) & set("wax+")) or (isinstance(flags, int) and flags & _WRITING))


def main() -> int:
    """Convert, and say in one line of json what was written or what went wrong."""
    file, draft, settings = sys.argv[1:4]
    leave_network()  # before torch starts threads: they would forbid it
    from workbench.checkpoints.converting import write
    from workbench.core.errors import WorkbenchError

    limit(os.stat(file).st_size)
    forbid(draft, settings)
    try:
        said = write(Path(file), Path(draft), Path(settings))
    except WorkbenchError as err:
        said = {"error": err.what}
    except (MemoryError, OSError, ValueError, RecursionError) as err:
        said = {"error": f"{type(err).__name__}: {str(err)[:200]}"}
    print(json.dumps(said), flush=True)
    return 1 if "error" in said else 0


if __name__ == "__main__":
    sys.exit(main())
