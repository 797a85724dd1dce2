"""The Features board in the app: layers by slider, tokens by mouse and by keys, and baselines by keys that are held."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.waiting import PATIENT, point_in

pytestmark = pytest.mark.browser
FLAT = re.compile(r"^Three components show \d+ % of the variance of the output \(untrained \d+ %, raw pixels \d+ %\)")


@pytest.fixture
def features(board: Any) -> Any:
    """The Features board of shapes, with its baselines and the numbers of all layers."""
    board.get_by_role("button", name="Features", exact=True).click()
    expect(said(board)).to_have_text(FLAT, timeout=PATIENT)
    expect(board.locator(".jw-headline-detail")).to_contain_text("is explained by position (untrained", timeout=PATIENT)
    expect(board.locator(".jw-gallery").filter(has_text="baselines").locator(".jw-gallery-item:visible")).to_have_count(5)
    expect(board.locator(".jw-headline")).to_have_attribute("data-busy", "false")
    return board


def said(page: Any) -> Any:
    return page.locator(".jw-headline-sentence")


def canvas(page: Any) -> Any:
    """The large picture."""
    return page.locator(".jw-patch-canvas:visible").first


def test_layers_tokens_and_baselines_answer_to_mouse_and_keys(features: Any) -> None:
    page = features
    first, layer = said(page).inner_text(), page.get_by_label("layer", exact=True)
    layer.focus()
    page.keyboard.press("Home")
    expect(said(page)).to_contain_text("of the variance of block 1 of")
    page.keyboard.press("End")
    expect(said(page)).to_have_text(first)
    page.locator(".jw-headline").click(position={"x": 2, "y": 2})
    page.keyboard.down("r")
    expect(said(page)).to_contain_text("Shown: the untrained encoder")
    page.keyboard.up("r")
    expect(said(page)).to_have_text(first)

    page.mouse.click(*point_in(canvas(page).locator(".jw-stage"), 0.3, 0.3))  # 8 × 8 tokens: row 2, column 2
    expect(said(page)).to_contain_text("token at row 2, column 2", timeout=PATIENT)
    expect(page.locator(".jw-gallery").filter(has_text="nearest patches").locator(".jw-gallery-item:visible")).to_have_count(12)
    page.keyboard.press("ArrowRight")
    expect(said(page)).to_contain_text("token at row 2, column 3")
    page.keyboard.press("ArrowDown")
    expect(said(page)).to_contain_text("token at row 3, column 3")
