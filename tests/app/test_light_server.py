"""The process that serves pages stays light: models live in the worker."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from workbench import samples

pytestmark = pytest.mark.browser

# The app as the command line starts it, with one more thread that answers every line with the names of what is loaded.
_SERVER = """
import sys, threading
from workbench.cli import main
def answer():
    for _ in sys.stdin:
        print("loaded", *sorted({m.split(".")[0] for m in sys.modules}), flush=True)
threading.Thread(target=answer, daemon=True).start()
main(["app", "--port", "0", *sys.argv[1:]])
"""


@pytest.fixture
def words() -> list[str]:
    """What is written after `app` on the command line."""
    return []


@pytest.fixture
def server(words: list[str], tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", _SERVER, *words]
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


def loaded(process: subprocess.Popen[str]) -> set[str]:
    """The names of the packages that the server has loaded."""
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()
    return set(wait_for(process, r"^loaded .*").split())


def test_a_server_whose_board_has_answered_holds_neither_torch_nor_umap_nor_jupyter(server: subprocess.Popen[str], page: Any) -> None:
    page.goto(wait_for(server, r"http://127\.0\.0\.1:\d+"))
    page.locator(".jw-headline-sentence", has_text="skill").wait_for(timeout=120_000)
    found = loaded(server)
    assert "panel" in found
    assert found.isdisjoint({"torch", "umap", "numba", "sklearn"})
    assert found.isdisjoint({"nbformat", "jsonschema"})  # Plotly's notebook class would load them: a second and a half of every start


@pytest.mark.parametrize("words", [[str(samples.find("shapes").checkpoint)]])
def test_a_checkpoint_is_inspected_before_it_is_served_and_not_in_the_server(server: subprocess.Popen[str]) -> None:
    wait_for(server, r"Press Ctrl\+C to stop")
    found = loaded(server)
    assert "panel" in found
    assert found.isdisjoint({"torch", "umap", "numba", "sklearn"})
