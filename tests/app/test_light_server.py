"""The process that serves pages stays light: models live in the worker."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.browser

# The app as the command line starts it, with one more thread that answers every line with the names of what is loaded.
_SERVER = """
import sys, threading
from workbench.cli import main
def answer():
    for _ in sys.stdin:
        print("loaded", *sorted({m.split(".")[0] for m in sys.modules}), flush=True)
threading.Thread(target=answer, daemon=True).start()
main(["app", "--port", "0"])
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", _SERVER]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=tmp_path) as process:
        yield process
        process.terminate()


def wait_for(process: subprocess.Popen[str], pattern: str) -> str:
    heard = []
    for line in process.stdout or ():
        heard.append(line)
        if found := re.search(pattern, line):
            return found.group()
    raise AssertionError(f"the server ended without {pattern!r}:\n" + "".join(heard))


def test_a_server_whose_board_has_answered_holds_neither_torch_nor_umap_nor_jupyter(server: subprocess.Popen[str], page: Any) -> None:
    page.goto(wait_for(server, r"http://127\.0\.0\.1:\d+"))
    page.locator(".jw-headline-sentence", has_text="skill").wait_for(timeout=120_000)
    assert server.stdin is not None
    server.stdin.write("\n")
    server.stdin.flush()
    loaded = set(wait_for(server, r"^loaded .*").split())
    assert "panel" in loaded
    assert loaded.isdisjoint({"torch", "umap", "numba", "sklearn"})
    assert loaded.isdisjoint({"nbformat", "jsonschema"})  # Plotly's notebook class would load them: a second and a half of every start
