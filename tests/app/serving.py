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
from typing import Any

_START = 300  # seconds until a server that has printed no address counts as hung
_END = 60  # seconds that a server gets to end by itself


@contextmanager
def serving(*words: str, folder: Path) -> Iterator[tuple[str, int]]:
    """Address and process id of what `jepa-workbench` serves with these words, started in a folder; ended after the block.

    Raises:
        AssertionError: it did not start; with what it printed.
    """
    command = [sys.executable, "-m", "workbench", *words, "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=folder)
    try:
        address = _address(process)
        threading.Thread(target=deque, args=(process.stdout, 0), daemon=True).start()  # an unread pipe would stop a server that logs much
        urllib.request.urlopen(f"{address}/favicon.ico", timeout=_START).close()
        yield address, process.pid
    finally:
        end(process)


def _address(process: subprocess.Popen[str]) -> str:
    lines: list[str] = []
    hung = threading.Timer(_START, process.kill)  # ends the reading below
    hung.start()
    try:
        for line in process.stdout or ():
            lines.append(line)
            if found := re.search(r"http://127\.0\.0\.1:\d+", line):
                return found.group()
    finally:
        hung.cancel()
    raise AssertionError("it did not start:\n" + "".join(lines))


def end(process: subprocess.Popen[Any]) -> None:
    """Asks a server to end, and ends it where it does not: a loaded machine must not fail the tests that have passed."""
    process.terminate()
    try:
        process.wait(_END)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
