"""A worker that does not answer, in the app: the header says so, a button restarts it, and the board answers again."""

from __future__ import annotations

import os
import signal
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.app.test_bad_input_in_app import PATIENT, children, command
from tests.app.test_board_in_app import cell, pane_version, until_answered

pytestmark = pytest.mark.browser


def drag(page: Any, column: int) -> None:
    page.mouse.move(*cell(page, 3, column))
    page.mouse.down()
    page.mouse.move(*cell(page, 7, column), steps=5)
    page.mouse.up()


def test_a_stopped_worker_is_told_of_and_restarted_by_a_button_and_the_board_answers_again(board: Any, server_pid: int) -> None:
    worker = next(p for p in children(server_pid) if "workbench.worker --lane model" in command(p))
    said, restart = board.get_by_text("The worker does not answer."), board.get_by_role("button", name="Restart worker")
    expect(restart).to_have_count(0)
    os.kill(worker, signal.SIGSTOP)
    drag(board, 6)
    expect(said).to_be_visible(timeout=PATIENT)
    version = pane_version(board)
    restart.click()
    expect(said).to_have_count(0, timeout=PATIENT)
    expect(board.get_by_text("▶ ready")).to_be_visible(timeout=PATIENT)
    expect(restart).to_have_count(0)
    assert worker not in children(server_pid)
    until_answered(board, version)  # what the old worker was asked, the new one computes
    expect(board.locator(".jw-headline-sentence")).to_contain_text("other context", timeout=PATIENT)
    version = pane_version(board)
    drag(board, 1)  # elsewhere: painting the same tokens again changes nothing
    until_answered(board, version)
    expect(board.locator(".jw-headline-sentence")).to_contain_text("skill", ignore_case=True, timeout=PATIENT)
