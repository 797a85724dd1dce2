"""The Features board in JupyterLab."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.waiting import PATIENT, point_in

pytestmark = [pytest.mark.lab, pytest.mark.long]


def test_a_layer_and_a_click_change_the_sentence(notebook: Callable[..., Any]) -> None:
    page = notebook("empty.ipynb", "import workbench as jw\njw.board('shapes', 'features')")
    said = page.locator(".jw-headline-sentence")
    expect(said).to_have_text(re.compile(r"^Three components show \d+ % of the variance of the output \(untrained"), timeout=PATIENT)
    expect(page.locator(".jw-headline-detail")).to_contain_text("is explained by position (untrained", timeout=PATIENT)
    page.get_by_label("layer", exact=True).focus()
    page.keyboard.press("Home")
    expect(said).to_contain_text("of the variance of block 1 of", timeout=PATIENT)
    page.mouse.click(*point_in(page.locator(".jw-patch-canvas .jw-stage").first, 0.3, 0.3))
    expect(said).to_contain_text("token at row 2, column 2 with the others of the clip, in block 1 of", timeout=PATIENT)
