"""What is measured on request in the app: audit and errors under Masks, probes under Features, and B in the place of A."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.app.measuring import misplaced
from tests.waiting import PATIENT, until

pytestmark = pytest.mark.browser


def chart(page: Any, words: str) -> Any:
    """The chart over which this stands."""
    found = page.locator(".jw-chart-view:visible").filter(has_text=re.compile(words))
    expect(found).to_have_count(1, timeout=PATIENT)
    return found


def test_the_audit_is_chosen_ages_with_the_sampler_and_is_measured_again(board: Any) -> None:
    page, chosen = board, board.get_by_label("below", exact=True)
    chosen.select_option(label="audit of the sampler")
    audit = chart(page, "Row 8 of 8 and column 8 of 8: neither context nor target .*pull ?request 40")
    expect(audit).to_contain_text("A token in the middle third of the frame is context in")
    expect(audit).to_contain_text("within the range of the training masks")
    until(page, lambda: misplaced(page), lambda found: not found["wrong"], "no text of it is cut or covered")
    page.get_by_role("spinbutton", name="target blocks").fill("2")
    page.keyboard.press("Enter")
    again = page.get_by_role("button", name="Measure again")
    again.focus()
    page.keyboard.press("Enter")
    expect(again).to_have_count(0, timeout=PATIENT)
    chart(page, "ijepa_multiblock\\(blocks=2, min_keep=4\\), 10,000 masks")
