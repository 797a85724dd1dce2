"""A second model in the app: chosen beside the name of the first, held by mouse and by key on four boards, and A is back when B is let go."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.boards.second_models import save_another
from tests.waiting import PATIENT, at_rest
from workbench import samples

pytestmark = pytest.mark.browser


def look_at(page: Any, board: str, words: str) -> None:
    page.get_by_role("button", name=board, exact=True).click()
    headline = page.locator(".jw-headline:visible")
    headline.locator(".jw-headline-sentence", has_text=re.compile(words)).wait_for(timeout=PATIENT)
    expect(headline).to_have_attribute("data-busy", "false")


def open_first(page: Any, name: str) -> None:
    page.get_by_label("model", exact=True).select_option(label=samples.find(name).title, timeout=PATIENT)


def held(page: Any, name: str) -> None:
    """By key and by mouse: B's number stands beside A's, and A's sentence comes back."""
    sentence, badge = (page.locator(f".jw-headline:visible .jw-headline-{part}") for part in ("sentence", "badge"))
    button = page.locator(".jw-headline:visible button[data-source=second]")
    expect(button).not_to_have_attribute("aria-disabled", "true")
    before = sentence.inner_text()
    page.keyboard.down("b")
    expect(sentence).to_contain_text(f"· B {name} ", timeout=PATIENT)
    expect(badge).to_have_text(f"B {name}")
    page.keyboard.up("b")
    expect(sentence).to_have_text(before)
    box = at_rest(button)
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    expect(sentence).to_contain_text(f"· B {name} ", timeout=PATIENT)
    page.mouse.up()
    expect(sentence).to_have_text(before)


def test_b_is_chosen_held_by_key_and_mouse_on_four_boards_and_closed(board: Any, folder: Path) -> None:
    page, chosen = board, board.get_by_label("B", exact=True)
    chosen.select_option(label=samples.find("digits").title)
    held(page, "digits")
    open_first(page, "two-rooms")
    chosen.select_option(label="a checkpoint of yours")
    field = page.get_by_label("path", exact=True)
    field.fill(str(save_another("two-rooms", folder / "run")))
    field.press("Enter")
    for title, words in (("Rollout", "copy-last-frame baseline"), ("Plan", "predicted cost is")):
        look_at(page, title, words)
        held(page, "ep20.safetensors")
    open_first(page, "balls")
    look_at(page, "Surprise", "possible counterpart")
    chosen.select_option(label=samples.find("balls-masked").title)
    held(page, "balls-masked")
    page.get_by_role("button", name="× B").click()
    expect(page.locator(".jw-headline:visible button[data-source=second]")).to_have_attribute("aria-disabled", "true")
