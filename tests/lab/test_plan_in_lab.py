"""The Plan board in JupyterLab: a goal is clicked, planned, executed and reached, and Lab takes no key for itself."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.waiting import PATIENT, answered, code_of, point_in

pytestmark = pytest.mark.lab
BOARD = 'import workbench as jw\njw.board("two-rooms", "plan", clip=8)'


def says(page: Any, words: str) -> None:
    page.locator(".jw-headline-sentence", has_text=re.compile(words)).wait_for(timeout=PATIENT)


def test_a_goal_is_clicked_planned_executed_and_reached_in_lab(notebook: Callable[..., Any]) -> None:
    page = notebook("empty.ipynb", BOARD)
    says(page, "reaches the goal")
    expect(page.locator(".jw-headline")).to_have_attribute("data-busy", "false")
    before = code_of(page)
    box = page.locator(".jw-world-box").first
    box.evaluate("(node) => node.scrollIntoView({ block: 'center' })")
    page.mouse.click(*point_in(box, 0.7, 0.85))
    expect(page.locator(".jw-handle[data-id=goal]")).to_have_attribute("aria-label", re.compile("0.70 across, 0.85 down"), timeout=PATIENT)
    answered(page, before)
    says(page, "predicted cost is")
    page.locator(".jw-headline-sentence").click()
    page.keyboard.press("e")
    says(page, "reached the goal")
    expect(page.locator(".jw-handle[data-id=agent]")).to_be_visible()
    page.keyboard.press("h")
    says(page, "predicted cost is")
    page.keyboard.down("r")
    says(page, "Untrained model")
    page.keyboard.up("r")
    says(page, "predicted cost is")
    kinds = page.evaluate("() => jupyterapp.shell.currentWidget.content.widgets.map((cell) => cell.model.type)")
    assert kinds == ["code", "code"]
