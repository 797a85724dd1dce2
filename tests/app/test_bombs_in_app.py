"""A bad file in one page: it can be left at any time, and keeps no other page from opening."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.app.test_bad_input_in_app import PATIENT, children, command, enter
from tests.hostile.bombs import BOMBS, FULL

pytestmark = pytest.mark.browser
_SHOWN = ("repr_of_a_path", "hash_of_a_listed_key", "colliding_keys", "shared_settings")


@pytest.fixture
def bombs(folder: Path) -> Path:
    place = folder / "bombs"
    place.mkdir(exist_ok=True)
    for name in _SHOWN:
        inner = place / name
        if not inner.exists():
            inner.mkdir()
            BOMBS[name](FULL)(inner).rename(inner / "bomb.pt")
    return place


def readers(server: int) -> list[int]:
    return [pid for pid in children(server) if "--lane reading" in command(pid)]


def first(holds: Callable[[], Any]) -> Any:
    """The first true answer, within two minutes."""
    for _ in range(4800):
        if found := holds():
            return found
        time.sleep(0.025)  # between two looks
    raise AssertionError("it did not come about within two minutes")


def test_a_page_whose_file_hangs_can_leave_it_and_another_page_opens_meanwhile(
    board: Any, server: str, server_pid: int, bombs: Path, context: Any
) -> None:
    for idle in readers(server_pid):
        os.kill(idle, signal.SIGKILL)
    before = board.locator(".jw-headline-sentence").inner_text()
    cancel = board.get_by_role("button", name="Cancel opening")
    expect(cancel).to_be_disabled()
    enter(board, "checkpoint", "bombs/repr_of_a_path/bomb.pt")
    reader = first(lambda: [pid for pid in readers(server_pid) if "workbench" in command(pid)])[0]
    os.kill(reader, signal.SIGSTOP)
    expect(cancel).to_be_enabled(timeout=PATIENT)
    other = context.new_page()
    other.goto(server)
    other.locator(".jw-headline-sentence", has_text="shown another image").wait_for(timeout=PATIENT)
    expect(cancel).to_be_enabled()
    cancel.click()
    expect(cancel).to_be_disabled(timeout=PATIENT)
    expect(board.locator(".jw-headline-sentence")).to_have_text(before)
    first(lambda: reader not in readers(server_pid))
    other.close()


@pytest.mark.parametrize("name", _SHOWN)
def test_a_bomb_is_refused_in_words_and_the_page_goes_on(name: str, board: Any, bombs: Path) -> None:
    board.get_by_role("button", name="Checkpoint").click()
    enter(board, "checkpoint", f"bombs/{name}/bomb.pt")
    board.locator(".jw-headline-sentence", has_text="bomb.pt was not opened").wait_for(timeout=PATIENT)
    board.locator(".jw-headline").get_by_role("button", name=re.compile("Reset")).click()
    board.locator(".jw-headline-sentence", has_text="expected tensors matched").wait_for(timeout=PATIENT)
