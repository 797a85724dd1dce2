"""What users type by mistake: a clear word, and what was on screen stays."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser
PATIENT = 120_000


def toast(page: Any, words: str) -> None:
    page.get_by_text(re.compile(words)).first.wait_for(timeout=PATIENT)


def enter(page: Any, label: str, text: str) -> None:
    field = page.get_by_label(label)
    field.fill(text)
    field.press("Enter")


@pytest.mark.parametrize(
    ("label", "name", "words"),
    [
        ("checkpoint", "notes.pt", "not a checkpoint|no checkpoint|neither"),
        ("checkpoint", "../../etc/passwd", "outside|not in|lies"),
        ("checkpoint", "nothing-here.pt", "no |not "),
        ("images or video", "empty", "empty"),
        ("images or video", "broken.mp4", "cannot|unreadable|no frame|damaged"),
    ],
)
def test_a_wrong_path_is_told_and_the_board_stays(board: Any, label: str, name: str, words: str) -> None:
    before = board.locator(".jw-headline-sentence").inner_text()
    enter(board, label, name)
    toast(board, words)
    expect(board.locator(".jw-headline-sentence")).to_have_text(before)
    board.locator(".jw-map-pane[data-busy=false]").wait_for(timeout=PATIENT)


def test_a_folder_of_own_pictures_becomes_clips_and_bank(board: Any, folder: Path) -> None:
    enter(board, "images or video", "pictures")
    board.get_by_text("of 4 · pictures").wait_for(timeout=PATIENT)
    board.locator(".jw-headline-sentence", has_text="3 other clips").wait_for(timeout=PATIENT)
    board.get_by_label("clip", exact=True).fill("2")
    board.get_by_label("clip", exact=True).press("Enter")
    board.get_by_text("clip 2 of 4").wait_for(timeout=PATIENT)


def test_one_tiny_picture_has_no_bank_and_says_so(board: Any) -> None:
    enter(board, "images or video", "one.png")
    board.locator(".jw-headline-detail", has_text="No bank").wait_for(timeout=PATIENT)


def test_a_mask_without_context_or_target_says_what_to_paint(board: Any) -> None:
    board.locator(".jw-patch-canvas").get_by_role("button", name=re.compile("Clear|everything", re.I)).first.click()
    board.locator(".jw-headline-sentence", has_text="No token is target").wait_for(timeout=PATIENT)
    board.locator(".jw-patch-canvas").get_by_role("button", name=re.compile("Invert|Swap", re.I)).first.click()
    board.locator(".jw-headline-sentence", has_text="No token is context").wait_for(timeout=PATIENT)
    board.locator(".jw-patch-canvas").get_by_role("button", name=re.compile("Undo", re.I)).click()
    board.locator(".jw-patch-canvas").get_by_role("button", name=re.compile("Undo", re.I)).click()
    board.locator(".jw-headline-sentence", has_text=re.compile("skill", re.I)).wait_for(timeout=PATIENT)
