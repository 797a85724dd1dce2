"""Surprise in the app: a ball is moved by mouse and by keys and the surprise is seen at its frame; twins are switched; accuracies are counted."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import expect

import workbench as jw
from tests.waiting import PATIENT, at_rest, until
from workbench import samples

pytestmark = pytest.mark.browser


@pytest.fixture
def board(page: Any, server: str) -> Any:
    """A page with the Surprise board of the balls, settled."""
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(server)
    page.locator(".jw-headline-sentence", has_text="other context").wait_for(timeout=PATIENT)
    page.get_by_label("model", exact=True).select_option(label=samples.find("balls").title)
    page.get_by_text(re.compile(r"● balls \(")).wait_for(timeout=PATIENT)
    page.get_by_role("button", name="Surprise").click()
    page.locator(".jw-headline-detail", has_text="possible videos of this kind").wait_for(timeout=PATIENT)
    expect(page.locator(".jw-headline")).to_have_attribute("data-busy", "false", timeout=PATIENT)
    return page


def sentence(page: Any) -> Any:
    return page.locator(".jw-headline-sentence")


def surprises(page: Any) -> list[float]:
    """Of the film left alone and of the one broken by hand, at the frame of the cursor."""
    return [float(v) for v in re.findall(r"(?:unedited|hand) ([\d.]+)", page.locator(".jw-curve-voice").inner_text())]


def drag_the_ball(page: Any, x: float, y: float) -> None:
    stage = at_rest(page.locator(".jw-world-box"))
    handle = at_rest(page.locator(".jw-world-stage .jw-handle"))  # lies in it, so that nothing is scrolled any more
    page.mouse.move(handle["x"] + handle["width"] / 2, handle["y"] + handle["height"] / 2)
    page.mouse.down()
    page.mouse.move(stage["x"] + stage["width"] * x, stage["y"] + stage["height"] * y, steps=6)
    expect(page.locator(".jw-curve-voice")).to_contain_text("edited by hand", timeout=PATIENT)  # while it is held
    page.mouse.up()


def test_a_ball_moved_by_hand_is_surprising_at_its_frame_by_mouse_and_by_keys(board: Any) -> None:
    pytest.importorskip("pymunk")
    first = sentence(board).inner_text()
    frame = int(re.search(r"differ from frame (\d+) on", first).group(1)) - 2
    for _ in range(2):
        board.get_by_role("button", name="Previous frame").click()
    expect(board.locator(".jw-curve-voice")).to_contain_text(f"frame {frame} ·", timeout=PATIENT)
    drag_the_ball(board, 0.85, 0.85)
    expect(sentence(board)).to_contain_text(f"the videos differ from frame {frame} on, and surprise peaks at frame {frame}", timeout=PATIENT)
    expect(board.locator(".jw-curve-voice")).to_contain_text("edited by hand", timeout=PATIENT)
    until(board, lambda: surprises(board), lambda found: len(found) == 2 and found[1] > 5 * found[0], "five times as surprising")
    board.get_by_role("button", name=re.compile("Undo")).first.click()
    expect(sentence(board)).to_have_text(first, timeout=PATIENT)
    board.locator(".jw-world-stage .jw-handle").focus()
    for key in ("Shift+ArrowUp", "Shift+ArrowUp"):
        board.keyboard.press(key)
    expect(sentence(board)).to_contain_text("edited by hand", timeout=PATIENT)
    board.get_by_role("button", name=re.compile("Reset")).first.click()
    expect(sentence(board)).to_have_text(first, timeout=PATIENT)


def test_twins_are_switched_doubted_and_shown_where_and_nothing_breaks_on_a_double_click(board: Any) -> None:
    first = sentence(board).inner_text()
    board.get_by_label("videos", exact=True).select_option(label="balls: permanence quad")
    expect(sentence(board)).to_contain_text(re.compile("ean surprise of the two impossible videos"), timeout=PATIENT)
    expect(board.locator(".jw-film canvas")).to_have_count(4)
    sentence(board).click()
    board.keyboard.down("r")
    expect(sentence(board)).to_contain_text("Untrained model", timeout=PATIENT)
    board.keyboard.up("r")
    expect(sentence(board)).not_to_contain_text("Untrained model", timeout=PATIENT)
    board.keyboard.down("p")
    expect(sentence(board)).to_contain_text("Pixel changes only: mean surprise of the two impossible videos is not above", timeout=PATIENT)
    board.keyboard.up("p")
    board.get_by_label("videos", exact=True).select_option(label="balls: one jumps elsewhere")
    expect(board.locator(".jw-film canvas")).to_have_count(2, timeout=PATIENT)
    board.get_by_role("button", name="Localise by occlusion").dblclick()
    expect(board.locator(".jw-headline-detail")).to_contain_text(re.compile("ccluding|occluded"), timeout=PATIENT)
    expect(board.locator(".jw-heat-row")).to_be_visible()
    board.get_by_role("button", name=re.compile("Reset")).first.click()
    expect(sentence(board)).to_have_text(first, timeout=PATIENT)


@pytest.mark.long
def test_accuracies_are_counted_cancelled_and_stand_beside_their_yardsticks_in_light_and_dark(board: Any) -> None:
    board.get_by_role("button", name="Evaluate pairs").click()
    board.get_by_role("button", name="Cancel", exact=True).click(timeout=PATIENT)
    expect(board.locator(".jw-headline")).to_have_attribute("data-busy", "false", timeout=PATIENT)
    field = board.get_by_role("spinbutton", name="per kind")
    field.fill("5")
    field.press("Enter")
    board.get_by_role("button", name="Evaluate pairs").click()
    board.get_by_text(re.compile(r"scored lower\), n = 5")).wait_for(timeout=PATIENT)
    for words in ("permanence", "solidity", "untrained", "pixel changes", "chance"):
        expect(board.get_by_text(words, exact=True).first).to_be_visible()
    board.get_by_role("button", name="Toggle theme").click()
    expect(board.locator(".jw-clip-player")).to_have_attribute("data-theme", "dark", timeout=PATIENT)
    with board.expect_download(timeout=PATIENT) as waiting:
        board.locator(".jw-headline").get_by_role("button", name="Export").click()
    stored = jw.read_results(waiting.value.path())
    assert stored["accuracies"].quads["solidity"]["pixels"].value == 0.5
    with board.expect_download(timeout=PATIENT) as waiting:
        board.get_by_role("button", name="Save as a video file").click()
    assert waiting.value.suggested_filename.endswith(".webm")
    assert np.fromfile(waiting.value.path(), np.uint8)[:4].tolist() == [0x1A, 0x45, 0xDF, 0xA3]
