"""On which board a page opens: the one that was named, else the first that has something to show of the model."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.app.serving import serving
from tests.straight import Straight
from tests.waiting import PATIENT
from workbench.app.menu import Menu
from workbench.boards.every import kinds, opening, openings
from workbench.boards.workspace import Workspace

pytestmark = pytest.mark.slow


def opened(sample: str) -> dict[str, Any]:
    """Every board with a sample open."""
    space = Workspace(Straight(), notify=lambda error: None)
    boards = {kind.title: kind(space) for kind in kinds()}
    space.open(sample)
    return boards


@pytest.fixture(scope="module")
def rooms() -> dict[str, Any]:
    return opened("two-rooms")


@pytest.fixture
def seen() -> list[str]:
    return []


@pytest.fixture
def menu(seen: list[str]) -> Menu:
    menu = Menu(seen.append)
    menu.choose(openings()[0])
    return menu


@pytest.mark.parametrize(("sample", "title"), [("shapes", "Masks"), ("two-rooms", "Rollout")])
def test_a_model_is_opened_on_the_first_board_that_has_something_to_show_of_it(sample: str, title: str) -> None:
    assert opening(opened(sample)) == title


def test_the_checkpoint_board_shows_what_no_other_does(monkeypatch: pytest.MonkeyPatch, rooms: dict[str, Any]) -> None:
    for title in ("Rollout", "Surprise", "Plan", "Decode"):
        assert opening(rooms) == title
        monkeypatch.setattr(rooms[title], "refusal", lambda: "nothing to show")
    assert opening(rooms) == "Checkpoint"


def test_the_board_changes_for_the_first_model_only(menu: Menu, seen: list[str], rooms: dict[str, Any]) -> None:
    menu.settle(rooms)
    menu.settle(opened("shapes"))
    assert seen == ["Masks", "Rollout"]
    assert [title for title, button in menu.buttons.items() if button.variant == "contained"] == ["Rollout"]


def test_a_user_who_has_chosen_meanwhile_is_left_there(menu: Menu, seen: list[str], rooms: dict[str, Any]) -> None:
    menu.buttons["Plan"].clicks += 1
    menu.settle(rooms)
    assert seen == ["Masks", "Plan"]


def test_a_mark_that_the_browser_answers_too_late_is_taken_back(menu: Menu) -> None:
    menu.choose("Plan")
    menu.buttons["Masks"].variant = "contained"
    assert [title for title, button in menu.buttons.items() if button.variant == "contained"] == ["Plan"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving("app", "two-rooms", folder=tmp_path_factory.mktemp("rooms")) as (address, _):
        yield address


def in_sight(page: Any, title: str) -> None:
    expect(page.get_by_role("button", name=title, exact=True)).to_have_class(re.compile("MuiButton-contained"), timeout=PATIENT)
    expect(page.locator(".MuiButton-contained")).to_have_text([title])


@pytest.mark.browser
def test_a_page_without_a_named_board_opens_where_something_is_to_be_seen(server: str, page: Any) -> None:
    page.goto(server)
    page.locator(".jw-headline-sentence", has_text="of the copy-last-frame baseline").wait_for(timeout=PATIENT)
    in_sight(page, "Rollout")
    page.get_by_label("model", exact=True).select_option(index=0)
    page.locator(".jw-headline-sentence", has_text="This board is off").wait_for(timeout=PATIENT)
    in_sight(page, "Rollout")


@pytest.mark.browser
def test_a_button_pressed_at_once_wins(server: str, page: Any) -> None:
    page.goto(server)
    page.get_by_role("button", name="Surprise", exact=True).click()
    in_sight(page, "Surprise")
    page.locator("header").get_by_text("two-rooms (").wait_for(timeout=PATIENT)
    page.locator(".jw-clip-player").first.wait_for(timeout=PATIENT)
    in_sight(page, "Surprise")


@pytest.mark.browser
def test_a_named_board_is_opened_whatever_the_model(tmp_path: Path, page: Any) -> None:
    with serving("app", "two-rooms", "--board", "masks", folder=tmp_path) as (address, _):
        page.goto(address)
        page.locator(".jw-headline-sentence", has_text="This board is off").wait_for(timeout=PATIENT)
        in_sight(page, "Masks")
