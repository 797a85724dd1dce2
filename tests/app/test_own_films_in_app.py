"""A user's own film and photos on one page: windows, a frame for an image model, files that were passed over, a bank of a sample, an MP4."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.app.opening import enter
from tests.own_clips import film, photos
from tests.waiting import PATIENT
from workbench import samples

pytestmark = pytest.mark.browser


def test_own_films_and_photos_are_looked_at_in_one_page(board: Any, folder: Path) -> None:
    film(folder / "own film.mp4", frames=40, fps=10)
    photos(folder / "mine", 3, "a broken <b>.png")
    enter(board, "images or video", "own film.mp4")
    board.get_by_text("one frame of a video of 4.0 s").wait_for(timeout=PATIENT)
    board.locator(".jw-headline-detail", has_text="A bank, chosen beside the clip, would add").wait_for(timeout=PATIENT)
    enter(board, "images or video", "mine")
    board.get_by_text("1 file skipped:").wait_for(timeout=PATIENT)
    board.get_by_text("a broken <b>.png: ").wait_for(timeout=PATIENT)
    expect(board.get_by_text("one frame of a film")).to_have_count(0)
    board.get_by_label("bank", exact=True).select_option(label=f"sample: {samples.find('shapes').title}")
    board.locator(".jw-headline-sentence", has_text="200 other clips").wait_for(timeout=PATIENT)
    expect(board.locator(".jw-root[data-stale=true]:visible")).to_have_count(0, timeout=PATIENT)
