"""A closed page leaves nothing behind: no workspace, no session, no document, no view, no job."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.app.test_light_server import wait_for
from tests.app.visiting import visit
from workbench.families import toy

pytestmark = pytest.mark.long
PAGES = 20
PATIENT = 150  # seconds

# The app as the command line starts it, with one more thread that answers every line with the number of living objects of each kind.
_SERVER = """
import gc, json, sys, threading
from collections import Counter
import panel as pn
from bokeh.document import Document
from ipywidgets import Widget
from workbench.boards.decoding.fitting import Fitting
from workbench.boards.workspace import Workspace
from workbench.cli import main
from workbench.jobs import Job, Jobs
from workbench.session import Session
KINDS = (Workspace, Session, Fitting, Document, pn.viewable.Viewable, Widget, Job)
def answer():
    for _ in sys.stdin:
        gc.unfreeze()  # the server has set aside what it began with
        gc.collect()
        every = gc.get_objects()
        numbers = Counter(map(type, every))
        counts = {kind.__name__: sum(n for t, n in numbers.items() if issubclass(t, kind)) for kind in KINDS}
        jobs = next(o for o in every if issubclass(type(o), Jobs))
        del every
        counts["open jobs"] = sum(not job.told for job in jobs._slots.values())
        print("living", json.dumps(counts), flush=True)
threading.Thread(target=answer, daemon=True).start()
main(["app", sys.argv[1], "--data", "shapes", "--port", "0"])
"""


def living(server: subprocess.Popen[str]) -> Counter[str]:
    """How many objects of each kind the server holds."""
    assert server.stdin is not None
    server.stdin.write("\n")
    server.stdin.flush()
    return Counter(json.loads(wait_for(server, r"^living .*").removeprefix("living ")))


def until(server: subprocess.Popen[str], settled: Any) -> Counter[str]:
    """What is living, once this holds; at the latest after `PATIENT` seconds."""
    end = time.monotonic() + PATIENT
    while not settled(found := living(server)) and time.monotonic() < end:
        time.sleep(0.5)  # between two looks
    return found


def test_closed_pages_leave_no_workspace_no_document_no_view_and_no_job(finish: Any, tmp_path: Path) -> None:
    toy.save(toy.build(seed=3), tmp_path / "toy.safetensors")
    command = [sys.executable, "-c", _SERVER, str(tmp_path / "toy.safetensors")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as server:
        try:
            address = wait_for(server, r"http://127\.0\.0\.1:\d+")
            finish(open_and_close(server, address, 1))  # what is loaded once and stays
            before = until(server, lambda found: not found["Workspace"])
            shown = finish(open_and_close(server, address, PAGES))
            after = until(server, lambda found: not found - before)
        finally:
            server.terminate()
    assert shown["Workspace"] == PAGES
    assert shown["Widget"] > PAGES
    assert after - before == Counter()


async def open_and_close(server: subprocess.Popen[str], address: str, count: int) -> Counter[str]:
    """Open so many pages, wait for all their answers, and close them. What was living before they were closed."""
    sockets = [await visit(address) for _ in range(count)]
    shown = await asyncio.to_thread(until, server, lambda found: found["Workspace"] >= count and not found["open jobs"])
    for socket in sockets:
        socket.close()
    return shown
