"""The Rollout board in JupyterLab: an action is dragged and the film changes, a plot is saved, and Lab takes no key for itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.waiting import PATIENT, at_rest, until

pytestmark = pytest.mark.lab
BOARD = 'import workbench as jw\njw.board("two-rooms", "rollout")'


def test_an_action_is_dragged_and_the_film_changes_in_lab(notebook: Callable[..., Any]) -> None:
    page = notebook("empty.ipynb", BOARD)
    says, theatre = page.locator(".jw-headline-sentence"), page.locator(".jw-clip-player").first
    expect(says).to_contain_text("the copy-last-frame baseline", timeout=PATIENT)
    expect(page.locator(".jw-headline-detail")).to_contain_text("Over 64 clips", timeout=PATIENT)
    expect(page.locator(".jw-headline")).to_have_attribute("data-busy", "false")
    first, shown = says.inner_text(), theatre.locator(".jw-film canvas").nth(2)
    theatre.locator(".jw-timeline").focus()
    page.keyboard.press("End")
    expect(theatre).to_have_attribute("data-frame", "24")
    before = shown.evaluate("(canvas) => canvas.toDataURL()")
    pad, mouse = page.locator(".jw-pad"), page.mouse
    pad.evaluate("(node) => node.scrollIntoView({ block: 'center' })")
    box = at_rest(pad)
    mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    mouse.down()
    mouse.move(box["x"] + box["width"] * 0.9, box["y"] + box["height"] * 0.1, steps=5)
    mouse.up()
    expect(page.locator(".jw-headline-detail")).to_contain_text("Step 0 was changed by hand", timeout=PATIENT)
    expect(theatre.get_by_role("img", name="ground truth (simulated)")).to_be_attached(timeout=PATIENT)
    until(page, lambda: shown.evaluate("(canvas) => canvas.toDataURL()"), lambda now: now != before, "another film")
    pad.focus()
    for key in ("]", "ArrowRight", "[", "Control+z", "Control+z"):
        page.keyboard.press(key)
    expect(says).to_have_text(first, timeout=PATIENT)
    files = page.locator(".jw-chart-view").get_by_role("group", name="Save this plot")
    with page.expect_download(timeout=PATIENT) as waiting:
        files.get_by_role("button", name="Save as svg").click()
    assert waiting.value.suggested_filename == "jepa-workbench-drift-over-the-bank.svg"
    assert "by horizon, 64 clips" in Path(waiting.value.path()).read_text()
    kinds = page.evaluate("() => jupyterapp.shell.currentWidget.content.widgets.map((cell) => cell.model.type)")
    assert kinds == ["code", "code"]
