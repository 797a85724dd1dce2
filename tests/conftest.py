"""Which files come first; and what the browser tests share: how Chromium starts, a bare page that hosts one view, and nothing from outside this machine."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jaxtyping
import pytest

from tests.waiting import keep_patience

# One test process a core: threads of torch and of BLAS would only wait for each other, here and in what tests start.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")

# From here on every function of ours checks what it is given and what it answers, dimensions included; an int is a float, as everywhere in Python.
jaxtyping.install_import_hook(["workbench", "widgets"], "beartype.beartype(conf=beartype.BeartypeConf(is_pep484_tower=True))")

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_ARGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_HOME = {"127.0.0.1", "localhost", "::1"}


_FIRST = ("lab", "notebook", "long", "browser", "slow")  # rungs by how long a file of them takes


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Order files by how long they take, longest first: files are handed out one after another, and no process should begin a long one when the others end."""

    def rung(path: Path) -> int:
        return min((_FIRST.index(m.name) for i in of_file[path] for m in i.iter_markers() if m.name in _FIRST), default=len(_FIRST))

    of_file: dict[Path, list[pytest.Item]] = {}
    for item in items:
        of_file.setdefault(item.path, []).append(item)
    items[:] = [item for path in sorted(of_file, key=lambda path: (path.name != "test_house.py", rung(path))) for item in of_file[path]]


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Chromium of this machine, without the parts that phone home."""
    found = next(filter(None, map(shutil.which, _BROWSERS)), None)
    path = {"executable_path": found} if found else {}
    return {**browser_type_launch_args, **path, "args": list(_ARGS)}


@pytest.fixture
def page(page: Any) -> Iterator[Any]:
    """A page that may speak to this machine only, and must not throw."""
    outside: list[str] = []
    thrown: list[str] = []
    keep_patience(page)
    page.on("request", lambda request: outside.append(request.url) if _is_outside(request.url) else None)
    page.on("pageerror", lambda error: thrown.append(str(error)))
    yield page
    assert outside == [], f"asked the internet for {outside}"
    assert thrown == [], f"the page threw {thrown}"


@pytest.fixture
def finish() -> Iterator[Callable[[Coroutine[Any, Any, Any]], Any]]:
    """Runs a coroutine to its end in a thread of its own: the browser tests leave a loop running in this one."""
    with ThreadPoolExecutor(1) as own:
        yield lambda work: own.submit(asyncio.run, work).result(180)


def _is_outside(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in {"http", "https", "ws", "wss"} and parts.hostname not in _HOME
