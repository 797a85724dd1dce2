"""The app in a process of its own, and Chromium looking at it."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import _common as common

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync")
_PATIENCE = 180_000  # ms until something on the page counts as missing
_MAP_DRAWN = "(pane) => Number(pane.dataset.version) > 0"


class App:
    """A server that was started just now; `started` is when, by time.perf_counter."""

    def __init__(self, *arguments: str, command: str = "app") -> None:
        with closing(socket.socket()) as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.started = time.perf_counter()
        words = [sys.executable, "-m", "workbench", command, *arguments, "--port", str(self.port)]
        self.process = subprocess.Popen(words, cwd=common.ROOT, stdout=subprocess.DEVNULL)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def wait(self) -> None:
        """Until it takes connections."""
        while self.process.poll() is None:
            with closing(socket.socket()) as one:
                if one.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.01)
        raise SystemExit(f"the app ended with {self.process.returncode} before it served a page")

    def stop(self) -> None:
        """End it as a user would."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@contextmanager
def served(*arguments: str, command: str = "app") -> Iterator[App]:
    """An app for the time of the block. command: "app" or "demo"."""
    app = App(*arguments, command=command)
    try:
        yield app
    finally:
        app.stop()


@contextmanager
def chromium() -> Iterator[Any]:
    """A headless browser, of this machine where it has one."""
    from playwright.sync_api import sync_playwright

    found = next(filter(None, map(shutil.which, _BROWSERS)), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=list(_ARGUMENTS))
        yield browser
        browser.close()


def new_page(browser: Any) -> Any:
    """An empty page of 1280 × 800."""
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.set_default_timeout(_PATIENCE)
    return page


def wait_for_map(page: Any) -> Any:
    """The pane, once it has drawn its first answer."""
    pane = page.locator(".jw-map-pane")
    pane.wait_for(state="attached")
    page.wait_for_function(_MAP_DRAWN, arg=pane.element_handle())
    return pane


def wait_for_bank(page: Any) -> None:
    """Until the figures over the whole bank are there."""
    page.locator(".jw-headline-detail", has_text="Over ").filter(has_text="with this sampler").wait_for()
