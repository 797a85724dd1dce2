"""The address of the page holds what is on screen: reload, Back, a copied link and a second tab show it again, on every board."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.app.links import BOARDS, PRESSED, fragment, held
from tests.app.serving import serving
from tests.waiting import PATIENT, code_of
from workbench.boards.every import kinds
from workbench.core.view import MARK, read_file, read_fragment

pytestmark = pytest.mark.browser


def said(page: Any) -> Any:
    return page.locator(".jw-headline-sentence")


@pytest.fixture
def masks(board: Any) -> Any:
    """The Masks board with another seed than it opens with."""
    board.get_by_role("button", name="⟳ ").click()
    held(board, "board=Masks", ".seed=1")
    return board


def test_reload_back_a_copied_link_and_two_tabs_show_what_was_on_screen(masks: Any, server: str) -> None:
    page, code = masks, code_of(masks)
    first, entries = held(page, ".seed=1"), page.evaluate("() => history.length")
    page.get_by_role("spinbutton", name="seed").fill("5")
    page.get_by_role("spinbutton", name="seed").press("Enter")
    held(page, ".seed=5")
    assert page.evaluate("() => history.length") == entries  # only model, clip and board are entries
    page.get_by_role("spinbutton", name="seed").fill("1")
    page.get_by_role("spinbutton", name="seed").press("Enter")
    assert held(page, ".seed=1") == first
    page.reload()
    assert held(page, "board=Masks", ".seed=1") == first
    expect(page.locator(".jw-headline pre code")).to_have_text(code)
    page.get_by_role("button", name="Decode", exact=True).click()
    held(page, "board=Decode", ".steps=400")
    assert page.evaluate("() => history.length") == entries + 1
    page.go_back()
    assert held(page, "board=Masks") == first
    expect(page.locator(".jw-headline pre code")).to_have_text(code)
    page.go_forward()
    held(page, "board=Decode", ".steps=400")
    page.go_back()
    held(page, "board=Masks", ".seed=1")

    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_role("status").filter(has_text="Link copied.")).to_be_visible()
    copied = page.evaluate("() => navigator.clipboard.readText()")
    assert copied == f"{server}/#{first}"
    other = page.context.new_page()
    other.set_viewport_size({"width": 1280, "height": 800})
    other.goto(copied)
    assert held(other, "board=Masks", ".seed=1") == first
    expect(other.locator(".jw-headline pre code")).to_have_text(code)
    other.get_by_role("spinbutton", name="clip").fill("3")
    other.get_by_role("spinbutton", name="clip").press("Enter")
    held(other, "clip=2")
    assert fragment(page) == first  # the other tab has an address of its own


def test_a_link_that_cannot_be_shown_is_told_and_what_is_on_screen_stays(masks: Any, server: str, folder: Path) -> None:
    page, first, code = masks, held(masks, ".seed=1"), code_of(masks)
    for changed, words in (
        (first.replace("v=1", "v=7"), "of version 7; this program reads version 1"),
        (first.replace("sample:shapes", "file:../../etc/passwd", 1), "lies outside the folders that may be read"),
        (first.replace("sample:shapes", "file:/etc/passwd", 1), "does not name a model"),
        (first.replace("sample:shapes", "file:moved.pt", 1), "there is no 'moved.pt' any more"),
        (re.sub("mask=1,8,8", "mask=90000,90000,90000", first), "the mask of this view cannot be read"),
        (first.replace("board=Masks", "board=%3Cimg src=x onerror=alert(1)%3E"), "there is no board"),
        (f"{first}&colour=red", "has no field 'colour'"),
        (f"v=1&board=Masks&model=sample:shapes&mask={'x' * 70_000}", "characters long"),
    ):
        page.evaluate("(text) => { location.hash = text; }", changed)
        expect(page.locator("#notistack-container .MuiAlert-root").filter(has_text=words).first).to_be_visible()
        assert code_of(page) == code
    assert page.locator("img[src=x]").count() == 0
    other = page.context.new_page()
    other.goto(f"{server}/#v=1&board=Masks&model=file:moved.pt")  # a page that has nothing open yet opens as without a link
    expect(other.locator("#notistack-container .MuiAlert-root").filter(has_text="there is no 'moved.pt' any more")).to_be_visible()
    held(other, "board=Masks", "model=sample:shapes")
    other.go_back()  # the link was not overwritten
    assert "moved.pt" in fragment(other)


def test_a_link_that_takes_long_waits_for_a_press_and_one_of_this_server_does_not(board: Any) -> None:
    link = "v=1&board=Plan&model=sample:two-rooms&data=sample:two-rooms&clip=8&.method=cem&.samples=64&.iterations=20&.horizon=64&.every=2&.seed=0"
    page, first = board, held(board, "board=Masks")
    page.evaluate("(text) => { location.hash = text; }", link)
    expect(page.get_by_text("This link opens two-rooms on the board Plan. It asks for a search 5 times as long as usual.")).to_be_visible()
    expect(said(page)).to_contain_text("other context")
    page.get_by_role("button", name="Not now").click()
    expect(page.get_by_role("button", name="Open it")).to_have_count(0)
    assert held(page, "board=Masks") == first
    page.go_back()
    page.get_by_role("button", name="Open it").click()
    held(page, "board=Plan", ".iterations=20")
    page.reload()
    held(page, "board=Plan", ".iterations=20")
    expect(page.get_by_role("button", name="Open it")).to_have_count(0)


def test_a_saved_view_opens_the_app_as_it_was(masks: Any, tmp_path: Path) -> None:
    first = held(masks, ".seed=1")
    with masks.expect_download(timeout=PATIENT) as waiting:
        masks.get_by_role("button", name="Save view").click()
    assert waiting.value.suggested_filename == "masks-shapes.json"
    place = tmp_path / "view.json"
    waiting.value.save_as(place)
    assert read_file(place.read_bytes()) == read_fragment(first)
    assert json.loads(place.read_text())[MARK] == 1
    with serving("app", str(place), folder=tmp_path) as (address, _):
        page = masks.context.new_page()
        page.goto(address)
        assert held(page, "board=Masks", ".seed=1") == first
        expect(page.locator(".jw-headline pre code")).to_have_text(code_of(masks))


LINES = {"Plan": "goal=[0.3, 0.7, 0.5, 0.5]", "Rollout": "import workbench"}  # what the lines of a board say once it has answered what the link asks


def test_there_is_a_link_of_every_board() -> None:
    assert set(BOARDS) == {kind.title for kind in kinds()}


@pytest.mark.long
@pytest.mark.parametrize("title", BOARDS)
def test_every_board_comes_back_by_back_reload_and_a_copied_link_in_two_tabs(board: Any, server: str, title: str) -> None:
    page, link = board, BOARDS[title]
    parts = link.split("&")[1:]
    page.evaluate("(text) => { location.hash = text; }", link)
    if title in PRESSED:
        page.get_by_role("button", name="Open it").click()
    shown = held(page, *parts)
    expect(page.locator(".jw-headline pre code")).to_contain_text(LINES.get(title, ""))
    code = code_of(page)
    away = "Masks" if title == "Checkpoint" else "Checkpoint"
    page.get_by_role("button", name=away, exact=True).click()
    held(page, f"board={away}")
    page.go_back()
    assert held(page, *parts) == shown
    expect(page.locator(".jw-headline pre code")).to_have_text(code)
    page.reload()
    assert held(page, *parts) == shown
    expect(page.locator(".jw-headline pre code")).to_have_text(code)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_role("status").filter(has_text="Link copied.")).to_be_visible()
    other = page.context.new_page()
    other.goto(page.evaluate("() => navigator.clipboard.readText()"))
    assert held(other, *parts) == shown
    expect(other.locator(".jw-headline pre code")).to_have_text(code)
    assert fragment(page) == shown
