"""For everyone: the first words, the way past the menu, the list of keys, and letters that can be read."""

from __future__ import annotations

import socket
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.app.axe import violations
from tests.app.links import BOARDS, PRESSED, held
from tests.app.opening import PAGES, show_dialog
from tests.waiting import PATIENT, until
from widgets.keys import KEYS
from workbench.app.first_words import FIRST

pytestmark = pytest.mark.browser

# Every text that is to be seen, also within shadow roots, with its size.
_SMALL = """() => {
  const found = [];
  const walk = (node) => {
    for (const child of node.childNodes) {
      if (child instanceof Element) {
        walk(child);
        if (child.shadowRoot) walk(child.shadowRoot);
      } else if (child.nodeType === Node.TEXT_NODE && child.textContent.trim() && node instanceof Element) {
        const size = parseFloat(getComputedStyle(node).fontSize);
        if (size < 12 && node.getClientRects().length && !["STYLE", "SCRIPT"].includes(node.tagName)) found.push([child.textContent.trim(), size]);
      }
    }
  };
  walk(document.body);
  return found;
}"""
_FOCUSED = """() => {
  let at = document.activeElement;
  while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
  return at?.className ?? "";
}"""


def themed(page: Any, theme: str) -> None:
    """The page in "light" or "dark"."""
    headline = page.locator(".jw-headline")
    if headline.get_attribute("data-theme") != theme:
        page.get_by_role("button", name="Toggle theme").click()
        expect(headline).to_have_attribute("data-theme", theme)
        page.mouse.move(0, 0)  # the button's tooltip goes; axe would read it while it fades
        expect(page.locator(".MuiTooltip-tooltip")).to_have_count(0)


def clean(page: Any, what: str, theme: str) -> None:
    """Axe finds nothing serious on the page, once nothing of it fades any more."""
    until(page, lambda: violations(page), lambda found: not found, f"no serious finding of axe on {what} in {theme}")


def test_the_first_words_are_sent_before_the_page_is_made(server: str) -> None:
    place = urlsplit(server)
    with socket.create_connection((place.hostname or "", place.port or 0), timeout=120) as line:
        line.sendall(f"GET / HTTP/1.1\r\nHost: {place.netloc}\r\nConnection: close\r\n\r\n".encode())
        answer = b"".join(iter(lambda: line.recv(1 << 16), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200")
    size, _, rest = body.partition(b"\r\n")
    assert rest[: int(size, 16)] == FIRST.encode()  # a chunk of its own
    assert b"<script" not in FIRST.encode()
    scripts = rest[int(size, 16) + 2 :].partition(b"\r\n")[2]
    assert scripts.startswith(b"<script>window.importShim")  # the next chunk: the browser runs them while the page is made
    for name in (b"js/bokeh.min.js", b"js/bokeh-widgets.min.js", b"panel/panel.min.js", b"panel-material-ui/panel-material-ui.bundle.js"):
        assert answer.count(b"/" + name) == 1, name  # what is run twice makes its classes twice
        assert scripts.index(name) < scripts.index(b"data-root-id")
    assert b"es-module-shims" not in answer
    assert rest.rstrip().endswith(b"0")  # and the page follows, to its end
    assert b"</html>" in rest


def test_a_page_is_used_by_keyboard_and_read_without_a_lens(board: Any) -> None:
    expect(board.locator(".jw-starting")).to_have_count(0)
    board.keyboard.press("Tab")
    skip = board.get_by_role("button", name="Skip to the board")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    board.keyboard.press("Enter")
    expect(board.locator(".jw-headline")).to_be_focused()
    tabs = 0
    while "jw-stage" not in board.evaluate(_FOCUSED):
        board.keyboard.press("Tab")
        tabs += 1
        assert tabs < 40, "no way to the grid"
    assert tabs <= 36, tabs
    board.keyboard.press("?")
    sheet = board.get_by_role("dialog", name="Keys")
    expect(sheet).to_be_visible(timeout=PATIENT)
    for group in KEYS.values():
        for _, words in group.values():
            expect(sheet.get_by_text(words, exact=True)).to_be_visible()
    assert board.evaluate(_SMALL) == []
    board.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    board.emulate_media(reduced_motion="reduce")
    expect(board.locator(".jw-patch-canvas .jw-picture canvas").first).to_have_css("transition-duration", "0s")


def test_masks_has_no_serious_finding_of_axe(board: Any) -> None:
    assert violations(board) == []


@pytest.mark.long
def test_no_board_has_a_serious_finding_of_axe_in_light_or_in_dark(board: Any) -> None:
    board.emulate_media(reduced_motion="reduce")  # colours change at once
    for title, link in BOARDS.items():
        board.evaluate("(text) => { location.hash = text; }", link)
        if title in PRESSED:
            board.get_by_role("button", name="Open it").click()
        held(board, f"board={title}")
        expect(board.locator(".jw-headline")).to_have_attribute("data-stale", "false")  # what is old is dimmed
        for theme in ("dark", "light"):
            themed(board, theme)
            clean(board, title, theme)


@pytest.mark.long
def test_nothing_that_opens_over_a_board_has_a_serious_finding_of_axe(board: Any) -> None:
    board.emulate_media(reduced_motion="reduce")
    for theme in ("dark", "light"):
        themed(board, theme)
        for what in PAGES:
            show_dialog(board, what)
            clean(board, f"Open, {what},", theme)
        board.keyboard.press("Escape")
        for name in ("About this number", "Copy as Python", "Keys (?)"):
            board.get_by_role("button", name=name).click()
            expect(board.get_by_role("dialog", name=name.removesuffix(" (?)"))).to_be_visible()
            clean(board, name, theme)
            board.keyboard.press("Escape")
        board.get_by_role("button", name="Pin: keep this result").click()
        board.get_by_role("button", name="Tray: ").click()
        expect(board.locator(".jw-tray-card img").first).to_have_js_property("complete", True)
        clean(board, "Tray", theme)
        board.keyboard.press("Escape")
        expect(board.get_by_role("dialog", name="Tray")).to_be_hidden()
        board.locator(".jw-headline-sentence").click()
        board.keyboard.press("f")
        expect(board.get_by_role("button", name="Leave presentation")).to_be_visible()
        clean(board, "presentation", theme)
        board.keyboard.press("f")
        expect(board.get_by_role("button", name="Present", exact=True)).to_be_visible()
