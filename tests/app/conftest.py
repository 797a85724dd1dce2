"""One server for all app tests, as a user starts it; pages that may speak to this machine only."""

from __future__ import annotations

import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from workbench.data import save_png


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a user has lying about: images of all kinds, broken files, checkpoints that are none."""
    root = tmp_path_factory.mktemp("user")
    rng = np.random.default_rng(0)
    (root / "pictures").mkdir()
    for i in range(4):
        save_png(root / "pictures" / f"{i}.png", rng.integers(0, 256, (80, 100, 3), dtype=np.uint8))
    save_png(root / "one.png", rng.integers(0, 256, (1, 1, 3), dtype=np.uint8))
    (root / "empty").mkdir()
    (root / "broken.mp4").write_bytes(b"\x00\x00\x00\x18ftypmp42" + bytes(64))
    (root / "notes.pt").write_text("these are my notes")
    return root


@pytest.fixture(scope="session")
def server(folder: Path) -> Iterator[str]:
    """The address of the running app."""
    command = [sys.executable, "-m", "workbench", "app", "shapes", "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=folder)
    lines: list[str] = []
    for line in process.stdout or ():
        lines.append(line)
        if found := re.search(r"http://127\.0\.0\.1:\d+", line):
            break
    else:
        raise AssertionError("the app did not start:\n" + "".join(lines))
    urllib.request.urlopen(f"{found.group()}/favicon.ico", timeout=60).close()
    yield found.group()
    process.terminate()
    process.wait(20)


@pytest.fixture
def board(page: Any, server: str) -> Any:
    """A page with the Masks board of the shapes sample, settled."""
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(server)
    page.locator(".jw-headline-sentence", has_text="shown another image").wait_for(timeout=120_000)
    return page
