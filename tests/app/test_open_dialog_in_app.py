"""The Open dialog by mouse and keyboard, and files that are dropped on the page: seen by their own session only, gone with it."""

from __future__ import annotations

import base64
import tempfile
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.app.opening import enter, opened, refused, show_dialog
from tests.waiting import until
from workbench.store.uploads import PREFIX

pytestmark = pytest.mark.browser

_FOCUS = "() => { let at = document.activeElement; while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement; return %s; }"
_DROP = """([name, text]) => {
  const data = new DataTransfer();
  data.items.add(new File([Uint8Array.from(atob(text), (c) => c.charCodeAt(0))], name));
  for (const kind of ["dragenter", "dragover", "drop"]) {
    document.body.dispatchEvent(new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true, composed: true }));
  }
}"""


def drop(page: Any, name: str, data: bytes) -> None:
    page.evaluate(_DROP, [name, base64.b64encode(data).decode()])


def test_the_dialog_opens_by_keyboard_and_the_focus_stays_in_it_and_returns(board: Any, folder: Path) -> None:
    keys, dialog = board.keyboard, board.locator("dialog.jw-open-dialog")
    button = board.get_by_role("button", name="Open …", exact=True)
    button.focus()
    keys.press("Enter")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_role("listbox")).to_be_focused()
    source = board.locator(".jw-headline-sources button").first
    keys.press("r")  # goes to the filter, not to the board behind
    expect(dialog.get_by_label("Filter names")).to_be_focused()
    expect(source).to_have_attribute("aria-pressed", "false")
    for _ in range(25):
        keys.press("Tab")
        assert board.evaluate(_FOCUS % "Boolean(at.closest('dialog')) || at === document.body")
    show_dialog(board, "images or video")
    dialog.get_by_role("button", name=folder.name, exact=True).first.click()
    option = dialog.get_by_role("option")
    expect(option.filter(has_text="pictures")).to_have_count(1)
    expect(dialog.locator(f"[title*='{folder.parent}']")).to_have_count(0)  # names are told from the allowed folder down
    keys.press("Escape")
    expect(dialog).to_be_hidden()
    expect(button).to_be_focused()


def test_what_is_dropped_is_looked_at_by_its_own_page_only_and_gone_with_it(board: Any, folder: Path, server: str, context: Any) -> None:
    picture = (folder / "pictures" / "2.png").read_bytes()
    drop(board, "my <b>cat</b>.png", picture)
    expect(board.locator(".jw-open-now").nth(1)).to_contain_text("my <b>cat</b>.png")
    opened(board)
    drop(board, "film.mp4", picture)
    refused(board, "its name says a video, its first bytes say an image")
    (kept,) = [p for p in places() if p.is_file() and p.suffix == ".png"]
    assert kept.read_bytes() == picture
    other = context.new_page()
    other.goto(server)
    other.locator(".jw-headline-sentence", has_text="other context").wait_for()
    enter(other, "images or video", str(kept))
    refused(other, "lies outside the folders that may be read")
    expect(board.locator(".jw-open-now").nth(1)).to_contain_text("my <b>cat</b>.png")
    board.close()
    until(other, kept.exists, lambda there: not there, "the file is removed with its session")


def places() -> list[Path]:
    """Everything that servers of this machine keep of what was dropped."""
    return [p for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*") for p in folder.rglob("*")]


def test_a_board_that_is_off_opens_the_sample_that_it_names(board: Any) -> None:
    board.get_by_role("button", name="Surprise", exact=True).click()
    board.locator(".jw-headline-sentence", has_text="This board is off").wait_for()
    board.get_by_role("button", name="Open balls", exact=True).click()
    board.locator("header", has_text="balls").first.wait_for()
    expect(board.get_by_role("button", name="Open balls", exact=True)).to_be_hidden()
