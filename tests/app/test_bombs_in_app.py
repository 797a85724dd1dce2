"""A bad file in one page: it can be left at any time, and keeps no other page from opening or answering."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.app.opening import enter, refused
from tests.app.test_bad_input_in_app import children, command
from tests.hostile.bombs import BOMBS, FULL
from tests.waiting import until

pytestmark = pytest.mark.browser
BESIDE = {
    "yaml_digits": "config.yaml beside the checkpoint",
    "json_lists": "config.json beside the checkpoint",
}  # what is at fault, and named, in place of the checkpoint


@pytest.fixture
def bomb(folder: Path) -> Callable[[str], str]:
    """Makes a bomb at full size, in a folder of its own and under its own name: name -> its path as the page is told it."""

    def made(name: str) -> str:
        inner = folder / "bombs" / name
        inner.mkdir(parents=True, exist_ok=True)
        BOMBS[name](FULL)(inner).rename(inner / f"{name}.pt")
        return f"bombs/{name}/{name}.pt"

    return made


def readers(server: int) -> list[int]:
    return [pid for pid in children(server) if "--lane reading" in command(pid)]


def sent(pids: Sequence[int], what: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, what)


def held(page: Any, server: int, path: str) -> list[int]:
    """Opens a file whose reading process is stopped: it is being read until that process goes on, or is ended.

    The process that is there is stopped before it is asked. Killed, it could be asked before the server knows that it has ended.
    """
    sent(readers(server), signal.SIGSTOP)
    enter(page, "checkpoint", path)
    found = until(page, lambda: readers(server), bool, "a process reads")
    sent(found, signal.SIGSTOP)
    expect(page.get_by_role("button", name="Cancel opening")).to_be_enabled()
    return found


def opened(context: Any, server: str) -> Any:
    """A page beside the others, with everything that it has to show."""
    other = context.new_page()
    other.goto(server)
    other.locator(".jw-headline-sentence", has_text="other context").wait_for()
    other.locator(".jw-headline-detail", has_text=re.compile(r"Over \d+ clips")).wait_for()
    return other


@pytest.mark.long
def test_a_page_whose_file_hangs_can_leave_it_and_another_page_opens_meanwhile(
    board: Any, server: str, server_pid: int, bomb: Callable[[str], str], context: Any
) -> None:
    sentence, cancel = board.locator(".jw-headline-sentence"), board.get_by_role("button", name="Cancel opening")
    before = sentence.inner_text()
    expect(cancel).to_have_count(0)
    reading = held(board, server_pid, bomb("repr_of_a_path"))
    other = opened(context, server)
    expect(cancel).to_be_enabled()  # still being read: the other page did not wait for it
    board.bring_to_front()  # a tab in the background draws nothing, and what is not drawn is not pressed
    cancel.click()
    expect(cancel).to_have_count(0)
    board.keyboard.press("Escape")
    expect(sentence).to_have_text(before)
    until(board, lambda: readers(server_pid), lambda found: not set(found) & set(reading), "the process that hangs is ended")
    other.close()
    board.get_by_role("button", name="Checkpoint").click()
    enter(board, "checkpoint", bomb("shared_settings"))
    refused(board, "shared_settings.pt")
    board.locator(".jw-headline-sentence", has_text="shared_settings.pt was not opened").wait_for()
    board.locator(".jw-headline").get_by_role("button", name=re.compile("Reset")).click()
    board.locator(".jw-headline-sentence", has_text="expected tensors matched").wait_for()


@pytest.mark.long
@pytest.mark.parametrize("name", BOMBS)
def test_every_bomb_is_left_while_another_page_opens_and_is_refused_in_words(
    name: str, board: Any, server: str, server_pid: int, bomb: Callable[[str], str], context: Any
) -> None:
    sentence, cancel = board.locator(".jw-headline-sentence"), board.get_by_role("button", name="Cancel opening")
    path, before = bomb(name), sentence.inner_text()
    reading = held(board, server_pid, path)
    other = opened(context, server)
    board.bring_to_front()  # a tab in the background draws nothing, and what is not drawn is not pressed
    cancel.click()
    expect(cancel).to_have_count(0)
    board.keyboard.press("Escape")
    expect(sentence).to_have_text(before)
    other.close()
    until(board, lambda: readers(server_pid), lambda found: not set(found) & set(reading), "the process that hangs is ended")
    board.get_by_role("button", name="Checkpoint").click()
    enter(board, "checkpoint", path)
    refused(board, BESIDE.get(name, f"{name}.pt"))
    board.locator(".jw-headline-sentence", has_text=f"{name}.pt was not opened").wait_for()
    board.locator(".jw-headline").get_by_role("button", name=re.compile("Reset")).click()
    board.locator(".jw-headline-sentence", has_text="expected tensors matched").wait_for()
