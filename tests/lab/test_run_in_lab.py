"""A training run in JupyterLab: its curves, what was measured of its checkpoints, and the line that is moved by key."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.lab, pytest.mark.long]


def test_the_line_moves_over_the_checkpoints_of_a_run_and_one_is_pinned(notebook: Callable[..., Any]) -> None:
    page = notebook("empty.ipynb", "import workbench as jw\njw.board(jw.open_run('shapes-collapse'))")
    chart, said = page.locator(".jw-run-chart"), page.locator(".jw-headline-sentence")
    expect(chart).to_have_attribute("data-checkpoints", "5")
    expect(page.locator(".jw-headline-detail")).to_have_text(re.compile("Measured 5 of 5"))
    expect(said).to_have_text(re.compile(r"^Step 250 of 250: .*RankMe"))
    page.get_by_role("slider", name="Checkpoint").first.focus()
    page.keyboard.press("Home")
    expect(chart).to_have_attribute("data-cursor", "0")
    expect(said).to_have_text(re.compile(r"^Step 0 of 250: .*RankMe"))
    expect(page.locator(".jw-headline")).to_have_attribute("data-busy", "false")
    page.get_by_role("button", name=re.compile("^Pin")).click()
    page.get_by_role("button", name="Tray: 1 pinned").click()
    expect(page.locator(".jw-tray-card")).to_contain_text("Step 0 of 250: ")
    page.keyboard.press("Escape")
    expect(page.locator(".jw-tray-dialog")).to_be_hidden()
