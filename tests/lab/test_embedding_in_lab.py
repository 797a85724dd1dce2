"""The Embedding board in JupyterLab: a map that is lassoed, and the selected rows in Python."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.waiting import PATIENT, at_rest

pytestmark = pytest.mark.lab


def test_digits_become_a_map_whose_lasso_reaches_the_pictures(notebook: Callable[..., Any]) -> None:
    page = notebook("empty.ipynb", "import workbench as jw\njw.board('digits', 'embedding')")
    expect(page.locator(".jw-headline-sentence")).to_have_text(
        re.compile(r"^Map trustworthiness 0\.\d\d, continuity 0\.\d\d \(shuffled"), timeout=PATIENT
    )
    expect(page.locator(".jw-headline-detail")).to_contain_text("ccuracy for label of 10 nearest neighbours", timeout=PATIENT)
    expect(page.locator(".jw-map-status")).to_contain_text("200 points", timeout=PATIENT)
    page.locator(".jw-map-plot").focus()
    page.keyboard.press("m")
    box = at_rest(page.locator(".jw-map-plot"))
    page.mouse.move(box["x"] + 4, box["y"] + 4)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] - 40, steps=5)
    page.mouse.up()
    expect(page.locator(".jw-map-status")).to_contain_text("selected")
    chosen = int(re.search(r"(\d+) selected", page.locator(".jw-map-status").inner_text()).group(1))  # type: ignore[union-attr]
    assert 5 < chosen < 195
    pictures = page.locator(".jw-gallery").nth(1)
    expect(pictures.locator("button:visible")).to_have_count(min(24, chosen), timeout=PATIENT)
    expect(pictures).to_contain_text(f"{chosen} points")
