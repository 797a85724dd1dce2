"""The main job in the app: open, paint by mouse and by keys, hold a control, undo, copy, export, switch samples, in light and dark."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import expect

import workbench as jw
from tests.waiting import PATIENT, answered, at_rest, code_of, point_in, until
from workbench import samples

pytestmark = pytest.mark.browser


def sentence(page: Any) -> str:
    return page.locator(".jw-headline-sentence").inner_text()


def pane_version(page: Any) -> int:
    return int(page.locator(".jw-map-pane").get_attribute("data-version") or 0)


def until_answered(page: Any, version: int) -> None:
    page.wait_for_function(
        """(old) => { const find = (n) => n.querySelector?.('.jw-map-pane') ?? [...(n.querySelectorAll?.('*') ?? [])].map((k) => k.shadowRoot && find(k.shadowRoot)).find(Boolean);
        const pane = find(document); return pane && Number(pane.dataset.version) > old; }""",
        arg=version,
        timeout=PATIENT,
    )


def spoken(page: Any, old: str) -> str:
    """The sentence that replaced an old one, once its controls and what the bank says are in: from here on it changes for a reason only."""
    said = page.locator(".jw-headline-sentence")
    expect(said).not_to_have_text(old)
    expect(said).to_contain_text(re.compile("other context|copying"))
    expect(page.locator(".jw-headline-detail")).to_contain_text(re.compile(r"Over \d+ clips"))
    expect(page.locator(".jw-headline")).to_have_attribute("data-busy", "false")
    return sentence(page)


def cell(page: Any, row: float, col: float, size: int = 8) -> tuple[float, float]:
    return point_in(page.locator(".jw-patch-canvas .jw-stage"), (col + 0.5) / size, (row + 0.5) / size)


def pixels_of(page: Any) -> str:
    return page.locator(".jw-map-pane canvas[data-layer=picture]").evaluate("(canvas) => canvas.toDataURL()")


@pytest.mark.parametrize("name", [n if n == "shapes" else pytest.param(n, marks=pytest.mark.long) for n in samples.names() if samples.find(n).masked])
def test_each_sample_opens_and_says_its_skill(board: Any, name: str) -> None:
    title = samples.find(name).title
    said = sentence(board)
    if name != samples.names()[0]:
        board.get_by_label("model", exact=True).select_option(label=title)
        said = spoken(board, said)
    assert re.search(r"−?\d\.\d\d", said)
    assert re.search("skill", said, re.I)
    board.locator("svg text", has_text="copy nearest").wait_for(timeout=PATIENT)
    box = at_rest(board.locator(".jw-patch-canvas .jw-stage"))
    before, picture = pane_version(board), pixels_of(board)
    y = box["y"] + box["height"] / 2
    board.mouse.move(box["x"] + box["width"] * 0.2, y)
    board.mouse.down()
    board.mouse.move(box["x"] + box["width"] * 0.8, y, steps=8)
    board.mouse.up()
    until_answered(board, before)
    until(board, lambda: pixels_of(board), lambda now: now != picture, "another map")


def test_painting_with_the_mouse_changes_numbers_and_maps_and_undo_brings_them_back(board: Any) -> None:
    first, picture, version = sentence(board), pixels_of(board), pane_version(board)
    board.mouse.move(*cell(board, 3, 6))
    board.mouse.down()
    board.mouse.move(*cell(board, 7, 6), steps=5)
    board.mouse.up()
    until_answered(board, version)
    spoken(board, first)
    assert pixels_of(board) != picture
    version = pane_version(board)
    board.locator(".jw-headline").get_by_role("button", name=re.compile("Undo", re.I)).click()
    until_answered(board, version)
    expect(board.locator(".jw-headline-sentence")).to_have_text(first, timeout=PATIENT)


def test_painting_with_the_keyboard_changes_the_mask_and_the_numbers(board: Any) -> None:
    first, version = sentence(board), pane_version(board)
    board.locator(".jw-patch-canvas [role=grid]").focus()
    for key in ("t", "ArrowDown", "ArrowRight", "ArrowRight", "ArrowRight", "Space", "Shift+ArrowDown", "Shift+ArrowDown"):
        board.keyboard.press(key)
    until_answered(board, version)
    spoken(board, first)
    undo = board.locator(".jw-headline").get_by_role("button", name=re.compile("Undo", re.I))
    for _ in range(3):  # as many strokes
        expect(undo).to_be_enabled()
        board.keyboard.press("Control+z")
    expect(board.locator(".jw-headline-sentence")).to_have_text(first, timeout=PATIENT)


def test_holding_r_shows_the_untrained_model_and_letting_go_returns(board: Any) -> None:
    first, version = sentence(board), pane_version(board)
    board.locator(".jw-headline-sentence").click()
    board.keyboard.down("r")
    until_answered(board, version)
    expect(board.locator(".jw-headline-sentence")).to_contain_text("untrained model", timeout=PATIENT)
    expect(board.locator(".jw-headline-badge")).to_contain_text("Not the model")
    version = pane_version(board)
    board.keyboard.up("r")
    until_answered(board, version)
    expect(board.locator(".jw-headline-sentence")).to_have_text(first, timeout=PATIENT)


def test_the_other_controls_show_themselves_while_held(board: Any) -> None:
    board.locator(".jw-headline-sentence").click()
    for key, words in (("o", "the context of another image"), ("0", "mean target at each position"), ("p", "raw pixels")):
        board.keyboard.down(key)
        expect(board.locator(".jw-headline-sentence")).to_contain_text(words, timeout=PATIENT)
        board.keyboard.up(key)
        expect(board.locator(".jw-headline-sentence")).not_to_contain_text(words, timeout=PATIENT)


def test_another_seed_block_and_distance_change_the_numbers_and_reset_takes_them_back(board: Any) -> None:
    distance = board.get_by_label("distance", exact=True).locator("option:checked")
    first, said = distance.inner_text(), sentence(board)
    opened = said
    for change in (
        lambda: board.get_by_role("button", name="⟳ sample").click(),
        lambda: board.get_by_label("distance", exact=True).select_option(label="1 − centred cosine"),
        lambda: board.get_by_label("block", exact=True).select_option(label="2"),
    ):
        change()
        said = spoken(board, said)
    board.locator(".jw-headline").get_by_role("button", name=re.compile("Reset")).click()
    expect(distance).to_have_text(first, timeout=PATIENT)
    expect(board.locator(".jw-headline-sentence")).to_have_text(opened, timeout=PATIENT)


def test_the_copied_lines_give_the_number_on_screen(board: Any) -> None:
    before = code_of(board)
    board.mouse.click(*cell(board, 6, 5))
    answered(board, before)
    board.get_by_role("button", name="Copy as Python").click()
    code = board.locator(".jw-headline pre code").inner_text()
    assert "jw.masked_view(" in code
    assert len(code.splitlines()) <= 7
    shown = float(re.search(r"# (-?\d\.\d{4})", code).group(1))
    said: dict[str, Any] = {}
    exec(code.replace("print(", "said = ("), said)
    assert float(said["said"]) == pytest.approx(shown, abs=2e-4)
    board.keyboard.press("Escape")


def test_export_downloads_what_numpy_can_read(board: Any) -> None:
    with board.expect_download(timeout=PATIENT) as waiting:
        board.locator(".jw-headline").get_by_role("button", name="Export").click()
    assert waiting.value.suggested_filename == "jepa-workbench-shapes.npz"
    stored = jw.read_results(waiting.value.path())
    assert stored["view"].error.predictor == "model"
    assert len(np.load(waiting.value.path()).files) > 3


def test_dark_follows_the_switch_and_the_checkpoint_board_tells_what_loaded(board: Any) -> None:
    board.get_by_role("button", name="Toggle theme").click()
    expect(board.locator(".jw-patch-canvas")).to_have_attribute("data-theme", "dark", timeout=PATIENT)
    board.get_by_role("button", name="Checkpoint").click()
    board.get_by_text(re.compile("expected tensors matched")).wait_for(timeout=PATIENT)
    board.get_by_role("treeitem").first.wait_for(timeout=PATIENT)
    expect(board.locator(".jw-model-view")).to_have_attribute("data-theme", "dark")


def test_a_double_click_and_a_closed_tab_leave_the_others_alone(board: Any, server: str) -> None:
    other = board.context.new_page()
    other.goto(server)
    other.mouse.dblclick(600, 400)
    other.close()
    version = pane_version(board)
    board.mouse.dblclick(*cell(board, 7, 7))
    board.mouse.click(*cell(board, 0, 3))
    until_answered(board, version)
