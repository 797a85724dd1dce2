"""How browser tests wait: until what they read is as wanted, never for a length of time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

from playwright.sync_api import Locator, Page, expect

PATIENT = 300_000  # milliseconds for anything that a page, a server or a worker computes; only a failing test waits that long
expect.set_options(timeout=PATIENT)  # the default of 5 s is too short for a server that shares two cores with other work

_FRAME = "() => new Promise((done) => requestAnimationFrame(() => done()))"
_WATCH = """(node) => {
  const texts = (window.watched ??= []).push([node.innerText]) - 1;
  new MutationObserver(() => window.watched[texts].push(node.innerText))
    .observe(node, { subtree: true, childList: true, characterData: true, attributes: true });
  return texts;
}"""

Value = TypeVar("Value")


def until(page: Page, read: Callable[[], Value], wanted: Callable[[Value], object], what: str) -> Value:
    """Reads once per display frame until the value is as wanted, for state that `expect` cannot express: pixels, Python objects.

    Args:
        page: whose frames pass between two reads; its messages to Python are handled meanwhile.
        what: the condition in words, for the failure.

    Returns:
        The value that was accepted.
    """
    end = time.monotonic() + PATIENT / 1000
    while not wanted(value := read()):
        if time.monotonic() > end:
            raise AssertionError(f"after {PATIENT // 1000} s still not: {what}; last read: {value!r:.500}")
        page.evaluate(_FRAME)
    return value


def at_rest(element: Locator) -> dict[str, float]:
    """The bounding box of an element once it is visible and has not moved for two display frames.

    It is scrolled into view where it is not, which moves the boxes of others.
    """
    element.scroll_into_view_if_needed()  # waits for both; a hover on trial would move the mouse
    box = element.bounding_box()
    assert box is not None
    return {**box}


def point_in(element: Locator, across: float, down: float) -> tuple[float, float]:
    """Page coordinates of a point of an element at rest, given in parts of its width and height."""
    box = at_rest(element)
    return box["x"] + box["width"] * across, box["y"] + box["height"] * down


def watched(element: Locator) -> Callable[[], list[str]]:
    """Records every text of an element from now on, so that a text which is on screen for a moment only is not missed."""
    number = element.evaluate(_WATCH)
    return lambda: element.page.evaluate("(n) => window.watched[n]", number)


def answered(page: Page, code: str) -> None:
    """Waits until the board in sight shows a newer answer than the one whose Python lines were `code`, and computes nothing."""
    expect(page.locator(".jw-headline pre code")).not_to_have_text(code)
    expect(page.locator(".jw-headline")).to_have_attribute("data-busy", "false")


def code_of(page: Page) -> str:
    """The Python lines that reproduce the answer on screen: they differ where the answer does. To be read when no answer is due."""
    return page.locator(".jw-headline pre code").text_content() or ""


def keep_patience(page: Any) -> None:
    """Actions and waits of this page and of those opened beside it take as long as a loaded machine needs."""
    page.context.set_default_timeout(PATIENT)
