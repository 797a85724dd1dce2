"""A result is pinned in the app, stays while another model is opened, is seen beside another one, exported and removed."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.waiting import PATIENT
from workbench import samples

pytestmark = pytest.mark.browser


def pin(page: Any, count: int) -> None:
    page.get_by_role("button", name="Pin: keep this result").click()
    expect(page.get_by_role("button", name=f"Tray: {count} pinned")).to_be_visible()


def test_two_results_stand_side_by_side_are_exported_and_removed(board: Any) -> None:
    page, sentence = board, board.locator(".jw-headline-sentence")
    opener, cards = page.get_by_role("button", name="Tray:"), page.locator(".jw-tray-card")
    expect(opener).to_have_count(0)
    first = sentence.inner_text()
    pin(page, 1)
    page.get_by_label("model", exact=True).select_option(label=samples.find("digits").title)
    expect(page.locator("header", has_text="digits")).to_be_visible()
    expect(sentence).not_to_have_text(first)
    expect(page.locator(".jw-headline")).to_have_attribute("data-busy", "false")
    pin(page, 2)
    opener.click()
    expect(cards).to_have_count(2)
    expect(cards.first).to_contain_text(first)
    expect(cards.first).to_contain_text("Not open any more: ")
    expect(cards.last.locator(".jw-tray-note")).to_be_hidden()
    for card in (cards.first, cards.last):
        expect(card.locator("img")).to_have_js_property("complete", True)
        assert card.locator("img").evaluate("(picture) => picture.naturalWidth") > 400
    expect(page.locator(".jw-tray-numbers").get_by_role("row", name="view.skill")).to_be_visible()
    with page.expect_download(timeout=PATIENT) as waiting:
        page.get_by_role("button", name="Numbers as CSV").click()
    rows = list(csv.DictReader(io.StringIO(Path(waiting.value.path()).read_text())))
    assert {row["model"] for row in rows} == {"shapes", "digits"}
    cards.first.get_by_role("button", name="Remove").click()
    expect(cards).to_have_count(1)
    page.get_by_role("button", name="Remove all").click()
    expect(page.locator(".jw-tray-dialog")).to_be_hidden()
    expect(opener).to_have_count(0)
