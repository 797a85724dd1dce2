"""Opens things in the app as a user does: by the Open dialog, in which a path is typed."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import expect

PAGES = {"checkpoint": "Model", "images or video": "Images, video", "bank": "Bank"}


def show_dialog(page: Any, what: str) -> Any:
    """The dialog on the page of "checkpoint", "images or video" or "bank", with what it lists."""
    dialog = page.locator("dialog.jw-open-dialog")
    if dialog.get_attribute("open") is None:
        page.get_by_role("button", name="Open …", exact=True).click()
    tab = dialog.get_by_role("tab", name=re.compile(f"^{PAGES[what]}"))
    tab.click()
    expect(tab).to_have_attribute("aria-selected", "true")
    expect(dialog.locator(".jw-open-rows")).not_to_be_empty()
    return dialog


def enter(page: Any, what: str, path: str, *, settings: str = "") -> Any:
    """Type a path into the dialog and press Enter."""
    dialog = show_dialog(page, what)
    if settings:
        dialog.get_by_label("other settings").fill(settings)
    field = dialog.get_by_role("textbox", name="Path")
    field.fill(path)
    field.press("Enter")
    return dialog


def refused(page: Any, words: str | re.Pattern[str]) -> None:
    """Wait until the dialog says why it opened nothing, and close it."""
    dialog = page.locator("dialog.jw-open-dialog")
    dialog.locator(".jw-open-said[data-tone=error]", has_text=words).wait_for()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def close(page: Any) -> None:
    """Close the dialog where it is still open, as after a model that cannot look at the clips that are open."""
    page.keyboard.press("Escape")
    opened(page)


def opened(page: Any) -> None:
    """Wait until the dialog has done its work."""
    expect(page.locator("dialog.jw-open-dialog")).to_be_hidden()
