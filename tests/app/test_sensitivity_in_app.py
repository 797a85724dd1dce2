"""What a model ignores, in the app: sliders by mouse and by keys, the survey, undo, and clips of which nothing is known."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

import workbench as jw
from tests.app.opening import enter
from tests.waiting import PATIENT, point_in
from workbench import samples

pytestmark = pytest.mark.browser
NUMBERS = re.compile(r"texture 0\.\d\d, position \d\.\d\d; raw pixels")


@pytest.fixture
def rooms(board: Any) -> Any:
    """The Sensitivity board of two rooms, with its survey."""
    board.get_by_label("model", exact=True).select_option(label=samples.find("two-rooms").title)
    board.locator("header").get_by_text(re.compile("^● two-rooms")).wait_for(timeout=PATIENT)  # else the board might open on the model before
    board.get_by_role("button", name="Sensitivity", exact=True).click()
    expect(said(board)).to_have_text(NUMBERS, timeout=PATIENT)
    expect(board.locator(".jw-headline-detail")).to_contain_text("largest for", timeout=PATIENT)
    expect(board.locator(".jw-headline")).to_have_attribute("data-busy", "false")
    return board


def said(page: Any) -> Any:
    return page.locator(".jw-headline-sentence")


def version(page: Any) -> str:
    return page.locator(".jw-clip-player").first.get_attribute("data-version")


def test_charts_and_export_hold_every_factor_sliders_answer_to_keys_and_mouse_and_undo_brings_the_number_back(rooms: Any) -> None:
    for name in ("door", "wall", "blur"):
        rooms.locator(".js-plotly-plot").get_by_text(name, exact=True).first.wait_for(timeout=PATIENT)
    with rooms.expect_download(timeout=PATIENT) as waiting:
        rooms.locator(".jw-headline").get_by_role("button", name="Export").click()
    stored = jw.read_results(waiting.value.path())
    assert set(stored["factors"].kind) == {"nuisance", "structure"}
    first = said(rooms).inner_text()
    slider = rooms.get_by_label("strength").nth(1)
    slider.focus()
    before = version(rooms)
    rooms.keyboard.press("End")  # one change, thus one step back however slow the machine is
    expect(said(rooms)).not_to_have_text(first, timeout=PATIENT)
    expect(rooms.locator(".jw-clip-player").first).not_to_have_attribute("data-version", before)
    rooms.locator(".jw-headline").get_by_role("button", name=re.compile("Undo")).click()
    expect(said(rooms)).to_have_text(first, timeout=PATIENT)
    rooms.mouse.click(*point_in(rooms.get_by_label("strength").nth(0), 0.95, 0.5))
    expect(said(rooms)).not_to_have_text(first, timeout=PATIENT)
    rooms.get_by_label("nuisance").select_option("hue")
    expect(said(rooms)).to_contain_text("clips): hue 0.", timeout=PATIENT)


@pytest.mark.long
def test_own_pictures_have_no_structure_and_the_board_says_why(board: Any, folder: Path) -> None:
    board.get_by_role("button", name="Sensitivity", exact=True).click()
    expect(said(board)).to_contain_text("clips): texture 0.", timeout=PATIENT)
    enter(board, "images or video", str(folder / "pictures"))
    expect(board.locator(".jw-headline-detail")).to_contain_text("needs clips with a stored ground-truth state", timeout=PATIENT)
    expect(board.get_by_label("structure")).to_be_disabled()
    expect(said(board)).to_contain_text("raw pixels", timeout=PATIENT)
