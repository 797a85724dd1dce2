"""Which files come first; and what the browser tests share: one Chromium a process, pages that are alone in it, and nothing from outside this machine."""

from __future__ import annotations

import asyncio
import functools
import inspect
import itertools
import os
import shutil
import tempfile
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

# What tests embed does not go to the store of whoever runs them, nor to that of another test process; and no server makes UMAP ready, which takes a minute.
_STORE = tempfile.TemporaryDirectory(prefix="jepa-workbench-tests-")
os.environ["JEPA_WORKBENCH_STORE"], os.environ["JEPA_WORKBENCH_COLD"] = _STORE.name, "1"

_ALWAYS, _SELDOM = 20, 50  # calls of a function that are all checked; of those after them, one in so many


def sparing(what: Any = None, *, typechecker: Any) -> Any:
    """`jaxtyping.jaxtyped` for functions that are called a hundred thousand times: one check takes longer than many of them."""
    if what is None:
        return functools.partial(sparing, typechecker=typechecker)
    if not inspect.isfunction(what):
        return _jaxtyped(what, typechecker=typechecker)
    calls, checked = itertools.count(), None

    @functools.wraps(what)
    def called(*args: Any, **kwargs: Any) -> Any:
        nonlocal checked
        number = next(calls)
        if number >= _ALWAYS and number % _SELDOM:
            return what(*args, **kwargs)
        checked = checked or _jaxtyped(what, typechecker=typechecker)  # made at the first call: most functions are never called by one process
        return checked(*args, **kwargs)

    return called


# From here on every function of ours checks what it is given and what it answers, dimensions included; an int is a float, as everywhere in Python.
_jaxtyped, jaxtyping.jaxtyped = jaxtyping.jaxtyped, sparing
if os.environ.get("JW_TYPES") != "0":  # to be quick: while a test is being written, and in `make check`; `make test` never leaves it out
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


class Profile:
    """One Chromium with a profile on disk: only there does it keep compiled scripts, without which every page of the app takes twice as long to load.

    A test gets a context without pages and without cookies, storage or permissions of the test before.
    """

    def __init__(self, launch: Callable[[], Any]) -> None:
        self._launch, self._context = launch, None

    def lend(self) -> Any:
        """The context; a new one where Chromium has ended meanwhile."""
        if self._context is None:
            self._context = context = self._launch()
            context.on("close", lambda: setattr(self, "_context", None))
        return self._context

    def tidy(self) -> None:
        """Remove what the test has left, except what the cache holds."""
        if (context := self._context) is None:
            return
        anchor = context.new_page()  # the last page that closes would take Chromium with it
        session = context.new_cdp_session(anchor)
        for origin in {f"{parts.scheme}://{parts.netloc}" for page in context.pages if (parts := urlsplit(page.url)).netloc}:
            session.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": "cookies,local_storage,indexeddb,service_workers"})
        for page in context.pages:
            if page is not anchor:
                page.close()
        context.clear_cookies()
        context.clear_permissions()

    def close(self) -> None:
        """End Chromium."""
        if self._context is not None:
            self._context.close()


@pytest.fixture(scope="session")
def profile(
    browser_type: Any, browser_type_launch_args: dict[str, Any], browser_context_args: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Profile]:
    """The Chromium of this process."""
    place = tmp_path_factory.mktemp("profile")
    profile = Profile(lambda: browser_type.launch_persistent_context(place, **browser_type_launch_args, **browser_context_args))
    yield profile
    profile.close()


@pytest.fixture
def context(profile: Profile) -> Iterator[Any]:
    """Where a test opens its pages."""
    yield profile.lend()
    profile.tidy()


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
