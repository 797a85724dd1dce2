"""Toasts: only what no board says, once, and where they are in nobody's way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.boards.test_workspace import Straight
from tests.waiting import PATIENT
from workbench import samples
from workbench.boards.rollout import RolloutBoard
from workbench.boards.workspace import Workspace

NOWHERE = "there is no such file or folder"


def enter(page: Any, label: str, text: str) -> None:
    field = page.get_by_role("textbox", name=label)
    field.fill(text)
    field.press("Enter")


def toasts(page: Any) -> Any:
    return page.locator("#notistack-container").get_by_role("alert")


def keep_up(page: Any) -> None:
    """Those that are up stay, as while the user is in another window: however slow the machine is, none is gone before it is looked at."""
    page.evaluate("() => window.dispatchEvent(new Event('blur'))")


def test_what_a_board_says_that_nobody_looked_at_since_does_not_count(tmp_path: Path) -> None:
    told = []
    space = Workspace(Straight(), notify=told.append)
    board = RolloutBoard(space)
    space.open(str(tmp_path / "gone.pt"))
    assert board.headline.sentence == told[0].what
    assert not board.says(told[0])
    board.wake()
    assert board.says(told[0])


@pytest.mark.browser
def test_the_same_words_are_up_once_narrow_and_cover_neither_inputs_nor_sentence(board: Any) -> None:
    for name in ("nowhere", "", "nowhere", "nowhere/" + 40 * "deeper/"):
        enter(board, "images or video", name)
    toasts(board).filter(has_text="deeper").wait_for(timeout=PATIENT)
    keep_up(board)
    expect(toasts(board).filter(has_text="deeper")).to_be_in_viewport(ratio=1, timeout=PATIENT)
    side, sentence = (board.locator(css).first.bounding_box() for css in (".MuiDrawer-paper", ".jw-headline-sentence"))
    up = toasts(board).evaluate_all("(all) => all.map((one) => [one.innerText, one.getBoundingClientRect().toJSON()])")
    assert any("deeper" in words for words, _ in up)
    assert sum("deeper" not in words for words, _ in up) <= 1
    for _, box in up:
        assert box["width"] <= 420
        assert box["left"] >= side["x"] + side["width"]
        assert box["top"] >= sentence["y"] + sentence["height"]
    board.evaluate("() => window.dispatchEvent(new Event('focus'))")
    expect(toasts(board)).to_have_count(0, timeout=PATIENT)
    enter(board, "images or video", "nowhere")
    toasts(board).filter(has_text=NOWHERE).wait_for(timeout=PATIENT)  # again, once the first is gone


@pytest.mark.browser
def test_never_more_than_two_are_up_and_one_that_made_room_comes_again(board: Any) -> None:
    for name in ("one", "two", "three"):
        enter(board, "images or video", name)
        toasts(board).filter(has_text=f"/{name})").wait_for(timeout=PATIENT)
        keep_up(board)
    expect(toasts(board).filter(has_text="/one)")).to_have_count(0, timeout=PATIENT)
    expect(toasts(board)).to_have_count(2)
    enter(board, "images or video", "one")
    toasts(board).filter(has_text="/one)").wait_for(timeout=PATIENT)


@pytest.mark.browser
def test_a_clip_that_boards_refuse_is_said_by_each_of_them_and_by_no_toast(board: Any) -> None:
    board.get_by_label("model", exact=True).select_option(label=samples.find("two-rooms").title, timeout=PATIENT)
    said = board.locator(".jw-headline-sentence")
    for name in ("Surprise", "Rollout"):
        board.get_by_role("button", name=name, exact=True).click()
        board.locator(".jw-clip-player:visible[data-version]:not([data-version='0'])").first.wait_for(timeout=PATIENT)
    expect(said).to_contain_text("the copy-last-frame baseline", timeout=PATIENT)
    expect(toasts(board)).to_have_count(0)
    enter(board, "images or video", "pictures")
    expect(said).to_contain_text("this model needs actions and the clip has none", timeout=PATIENT)
    expect(toasts(board)).to_have_count(0)
    board.get_by_role("button", name="Surprise", exact=True).click()
    expect(said).to_contain_text("the clip has none", timeout=PATIENT)
    expect(toasts(board)).to_have_count(0)


@pytest.mark.browser
def test_a_checkpoint_that_does_not_open_is_a_toast_except_where_the_board_in_sight_says_it(board: Any) -> None:
    enter(board, "checkpoint", "gone.pt")
    toasts(board).filter(has_text="gone.pt does not exist").wait_for(timeout=PATIENT)
    board.get_by_role("button", name="Checkpoint").click()
    enter(board, "checkpoint", "lost.pt")
    board.locator(".jw-headline-sentence", has_text="lost.pt was not opened: lost.pt does not exist").wait_for(timeout=PATIENT)
    expect(toasts(board).filter(has_text="lost.pt")).to_have_count(0)
