"""The Surprise board in JupyterLab: a ball moved by mouse is surprising at its frame, and Lab takes no key for itself."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.waiting import PATIENT, at_rest, until

pytestmark = pytest.mark.lab


def test_twins_stand_side_by_side_and_a_ball_moved_by_hand_is_surprising_there(notebook: Callable[..., Any]) -> None:
    pytest.importorskip("pymunk")
    page = notebook("empty.ipynb", "import workbench as jw\njw.board('balls', 'surprise')")
    sentence = page.locator(".jw-headline-sentence")
    expect(sentence).to_contain_text("that of its possible counterpart", timeout=PATIENT)
    first = sentence.inner_text()
    page.locator(".jw-world-stage .jw-handle").evaluate("(node) => node.scrollIntoView({ block: 'center' })")
    stage = at_rest(page.locator(".jw-world-box"))
    handle = at_rest(page.locator(".jw-world-stage .jw-handle"))  # lies in it, so that nothing is scrolled any more
    page.mouse.move(handle["x"] + handle["width"] / 2, handle["y"] + handle["height"] / 2)
    page.mouse.down()
    page.mouse.move(stage["x"] + stage["width"] * 0.15, stage["y"] + stage["height"] * 0.15, steps=6)
    page.mouse.up()
    expect(sentence).to_contain_text("edited by hand", timeout=PATIENT)
    until(
        page,
        sentence.inner_text,
        lambda said: re.search(r"differ from frame (\d+) on, and surprise peaks at frame \1\b", said),
        "a peak where they begin to differ",
    )
    page.locator(".jw-world-stage .jw-handle").focus()
    for key in ("ArrowDown", "ArrowRight"):
        page.keyboard.press(key)
    sentence.click()
    page.keyboard.down("p")
    expect(sentence).to_contain_text("Pixel changes only", timeout=PATIENT)
    page.keyboard.up("p")
    expect(sentence).not_to_contain_text("Pixel changes only", timeout=PATIENT)
    page.get_by_role("button", name=re.compile("Reset")).first.click()
    expect(sentence).to_have_text(first, timeout=PATIENT)
    cells = page.evaluate("() => jupyterapp.shell.currentWidget.content.widgets.map((cell) => cell.model.type)")
    assert cells == ["code", "code"]
