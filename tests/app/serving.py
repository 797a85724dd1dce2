"""The app as a user starts it: a command in a process of its own."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import urllib.request
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def serving(*words: str, folder: Path) -> Iterator[tuple[str, int]]:
    """Address and process id of what `jepa-workbench` serves with these words, started in a folder; ended after the block.

    Raises:
        AssertionError: it did not start; with what it printed.
    """
    command = [sys.executable, "-m", "workbench", *words, "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=folder)
    lines: list[str] = []
    for line in process.stdout or ():
        lines.append(line)
        if found := re.search(r"http://127\.0\.0\.1:\d+", line):
            break
    else:
        raise AssertionError("it did not start:\n" + "".join(lines))
    threading.Thread(target=deque, args=(process.stdout, 0), daemon=True).start()  # an unread pipe would stop a server that logs much
    urllib.request.urlopen(f"{found.group()}/favicon.ico", timeout=60).close()
    yield found.group(), process.pid
    process.terminate()
    process.wait(20)
