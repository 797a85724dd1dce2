"""Toasts: only what no board says, once, and where they are in nobody's way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import panel as pn
import pytest
from panel_material_ui import NotificationArea
from playwright.sync_api import expect

from tests.app.opening import enter, opened, refused
from tests.straight import Straight
from tests.waiting import PATIENT
from workbench import samples
from workbench.app import toasts as show_toast
from workbench.boards.rollout import RolloutBoard
from workbench.boards.workspace import Workspace
from workbench.core.errors import WorkbenchError

NOWHERE = "there is no such file or folder"


def toasts(page: Any) -> Any:
    return page.locator("#notistack-container").get_by_role("alert")


def test_what_a_board_says_that_nobody_looked_at_since_does_not_count(tmp_path: Path) -> None:
    told = []
    space = Workspace(Straight(), notify=told.append)
    board = RolloutBoard(space)
    space.open(str(tmp_path / "gone.pt"))
    assert board.headline.sentence == told[0].what
    assert not board.says(told[0])
    board.wake()
    assert board.says(told[0])


def test_what_was_told_of_an_error_goes_when_its_cause_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pn.state, "_notification", NotificationArea())
    first, second = WorkbenchError("one", where="a", fix="b"), WorkbenchError("two")
    for error in (first, second, first):
        show_toast.toast(error)
    area = pn.state.notifications
    assert area is not None
    assert [(up.message, up.duration) for up in area.notifications] == [("one (a) → b", 0), ("two → ", 0)]
    show_toast.take_back(first)
    assert [up.message for up in area.notifications] == ["two → "]


@pytest.mark.browser
def test_toasts_stay_until_they_are_closed_are_narrow_and_cover_neither_inputs_nor_sentence(board: Any) -> None:
    for name in ("nowhere", "", "nowhere", "nowhere/" + 40 * "deeper/"):
        enter(board, "bank", name)
        opened(board)
    toasts(board).filter(has_text="deeper").wait_for(timeout=PATIENT)
    expect(toasts(board)).to_have_count(2)  # the same words once
    expect(toasts(board).filter(has_text="deeper")).to_be_in_viewport(ratio=1, timeout=PATIENT)
    side, sentence = (board.locator(css).first.bounding_box() for css in (".MuiDrawer-paper", ".jw-headline-sentence"))
    up = toasts(board).evaluate_all("(all) => all.map((one) => one.getBoundingClientRect().toJSON())")
    for box in up:
        assert box["width"] <= 420
        assert box["left"] >= side["x"] + side["width"]
        assert box["top"] >= sentence["y"] + sentence["height"]
    enter(board, "bank", "elsewhere")
    toasts(board).filter(has_text="/elsewhere)").wait_for(timeout=PATIENT)
    expect(toasts(board)).to_have_count(2)  # never more
    for left in (1, 0):
        toasts(board).first.get_by_role("button").click()
        expect(toasts(board)).to_have_count(left, timeout=PATIENT)
    enter(board, "bank", "nowhere")
    toasts(board).filter(has_text=NOWHERE).wait_for(timeout=PATIENT)  # again, once the first is gone


@pytest.mark.browser
@pytest.mark.long
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
def test_a_checkpoint_that_does_not_open_is_told_in_the_dialog_and_on_its_board_and_by_no_toast(board: Any) -> None:
    board.get_by_role("button", name="Checkpoint").click()
    enter(board, "checkpoint", "lost.pt")
    refused(board, "lost.pt does not exist")
    board.locator(".jw-headline-sentence", has_text="lost.pt was not opened: lost.pt does not exist").wait_for(timeout=PATIENT)
    expect(toasts(board).filter(has_text="lost.pt")).to_have_count(0)
