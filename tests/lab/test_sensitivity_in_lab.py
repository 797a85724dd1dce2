"""What a model ignores, in JupyterLab."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.waiting import PATIENT

pytestmark = [pytest.mark.lab, pytest.mark.long]


def test_a_slider_changes_the_sentence_and_the_survey_comes(notebook: Callable[..., Any]) -> None:
    page = notebook("empty.ipynb", "import workbench as jw\njw.board('shapes', 'sensitivity')")
    said = page.locator(".jw-headline-sentence")
    expect(said).to_have_text(re.compile(r"texture 0\.\d\d, position \d\.\d\d; raw pixels"), timeout=PATIENT)
    expect(page.locator(".jw-headline-detail")).to_contain_text("largest for", timeout=PATIENT)
    first = said.inner_text()
    page.get_by_label("strength").nth(1).focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    expect(said).not_to_have_text(first, timeout=PATIENT)
    page.locator(".jw-chart-view").get_by_text("identity", exact=True).first.wait_for(timeout=PATIENT)
