"""What users type by mistake: a clear word, and what was on screen stays."""

from __future__ import annotations

import os
import re
import signal
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.app.opening import close, enter, opened, refused
from tests.waiting import PATIENT
from workbench import samples

pytestmark = pytest.mark.browser


WRONG = (
    ("checkpoint", "notes.pt", "not a checkpoint|no checkpoint|neither"),
    ("checkpoint", "../../etc/passwd", "outside|not in|lies"),
    ("checkpoint", "nothing-here.pt", "no |not "),
    ("images or video", "empty", "empty"),
    ("images or video", "broken.mp4", "cannot|unreadable|no frame|damaged"),
)


def test_a_wrong_path_is_told_and_the_board_stays(board: Any) -> None:
    before = board.locator(".jw-headline-sentence").inner_text()
    for label, name, words in WRONG:
        enter(board, label, name)
        refused(board, re.compile(f"{re.escape(Path(name).name)}[^/]*({words})|({words}).*{re.escape(Path(name).name)}"))
        expect(board.locator(".jw-headline-sentence")).to_have_text(before)
        board.locator(".jw-map-pane[data-busy=false]").wait_for(timeout=PATIENT)


def test_a_folder_of_own_pictures_becomes_clips_and_bank_and_one_tiny_picture_has_none(board: Any, folder: Path) -> None:
    enter(board, "images or video", "pictures")
    board.get_by_text("of 4 · pictures").wait_for(timeout=PATIENT)
    board.locator(".jw-headline-sentence", has_text="3 other clips").wait_for(timeout=PATIENT)
    board.get_by_label("clip", exact=True).fill("3")
    board.get_by_label("clip", exact=True).press("Enter")
    board.get_by_text(re.compile(r"clip 3 of 4: \w+\.png")).wait_for(timeout=PATIENT)
    enter(board, "images or video", "one.png")
    board.locator(".jw-headline-detail", has_text="Single clip: no interval").wait_for(timeout=PATIENT)


def test_a_mask_without_context_or_target_says_what_to_paint(board: Any) -> None:
    board.locator(".jw-patch-canvas").get_by_role("button", name=re.compile("Clear|everything", re.I)).first.click()
    board.locator(".jw-headline-sentence", has_text="No token is target").wait_for(timeout=PATIENT)
    board.locator(".jw-patch-canvas").get_by_role("button", name=re.compile("Invert|Swap", re.I)).first.click()
    board.locator(".jw-headline-sentence", has_text="No token is context").wait_for(timeout=PATIENT)
    board.locator(".jw-headline").get_by_role("button", name=re.compile("Undo", re.I)).click()
    board.locator(".jw-headline").get_by_role("button", name=re.compile("Undo", re.I)).click()
    board.locator(".jw-headline-sentence", has_text=re.compile("skill", re.I)).wait_for(timeout=PATIENT)


def says_under_the_pointer(page: Any, board: str, words: str | re.Pattern[str]) -> None:
    """Waits until the menu says this, as CSS content, under a pointer that rests on the button of a board that is not in sight."""
    button = page.get_by_role("button", name=re.compile(f"^{board}"))  # what is said there is heard as well
    button.hover()
    expect(button).to_have_css("content", words, pseudo="after")


BLIND = (
    ("blind/jepa-latest.pth.tar", "Predictor: not in the file", "not in the file"),
    ("half/jepa-latest.pth.tar", "1 missing: predictor_norm.weight", "partial"),
    ("lewm", "Complete: encoder .*dynamics", "not in the file"),
)


def test_models_without_a_whole_predictor_show_the_reason_in_place_of_the_picture_and_the_next_has_its_board_again(board: Any) -> None:
    board.locator(".js-plotly-plot .bars").first.wait_for(timeout=PATIENT)
    for path, words, row in BLIND:
        enter(board, "checkpoint", path)
        board.locator(".jw-headline-sentence", has_text="This board is off").wait_for(timeout=PATIENT)
        board.locator(".jw-map-pane", has_text=re.compile(words)).wait_for(timeout=PATIENT)
        close(board)
        expect(board.locator(".js-plotly-plot .bars")).to_have_count(0)  # no number of the model before stays
        expect(board.get_by_label("sampler", exact=True)).to_have_count(0)
        expect(board.locator(".jw-map-pane", has_text="What is predicted")).to_have_count(0)
        board.get_by_role("button", name="Checkpoint").click()
        says_under_the_pointer(board, "Masks", re.compile(words))
        board.locator(".jw-part[data-part=masked]", has_text=row).wait_for(timeout=PATIENT)
        board.get_by_role("button", name=re.compile("^Masks")).click()
    board.get_by_label("model", exact=True).select_option(label=samples.find("shapes").title)
    board.locator(".jw-headline-sentence", has_text="other context").wait_for(timeout=PATIENT)
    board.get_by_label("sampler", exact=True).wait_for(timeout=PATIENT)
    expect(board.locator(".jw-map-pane", has_text="not in the file")).to_have_count(0)
    board.locator(".js-plotly-plot .bars").first.wait_for(timeout=PATIENT)
    board.get_by_role("button", name="Checkpoint").click()
    says_under_the_pointer(board, "Masks", "none")


def test_a_file_of_python_objects_is_described_and_the_open_model_can_be_shown_again(board: Any) -> None:
    board.get_by_role("button", name="Checkpoint").click()
    enter(board, "checkpoint", "objects.ckpt")
    refused(board, "objects.ckpt")
    board.locator(".jw-headline-sentence", has_text="objects.ckpt was not opened: it holds pickled objects, not weights alone").wait_for(
        timeout=PATIENT
    )
    board.locator(".jw-wants", has_text="torch.nn.modules.linear.Linear").wait_for(timeout=PATIENT)
    board.locator(".jw-card", has_text="convert").wait_for(timeout=PATIENT)
    board.get_by_role("treeitem").first.wait_for(timeout=PATIENT)
    board.locator(".jw-headline").get_by_role("button", name=re.compile("Reset")).click()
    board.locator(".jw-headline-sentence", has_text="expected tensors matched").wait_for(timeout=PATIENT)
    board.locator(".jw-part[data-part=masked]", has_text="complete").wait_for(timeout=PATIENT)


def test_what_is_no_checkpoint_stays_told_on_the_checkpoint_board(board: Any) -> None:
    board.get_by_role("button", name="Checkpoint").click()
    enter(board, "checkpoint", "notes.pt")
    refused(board, "notes.pt")
    board.locator(".jw-headline-sentence", has_text="notes.pt was not opened: notes.pt is not a checkpoint").wait_for(timeout=PATIENT)
    board.locator(".jw-headline-detail", has_text="Still open: shapes").wait_for(timeout=PATIENT)


def test_a_file_that_does_not_tell_its_heads_is_refused_with_the_divisors_and_opens_with_them(board: Any) -> None:
    dialog = enter(board, "checkpoint", "headless.pth.tar")
    dialog.locator(".jw-open-said[data-tone=error]", has_text="heads").wait_for()
    choice = dialog.get_by_label("heads", exact=True)
    expect(choice.locator("option")).to_have_text(["choose …", "1", "2", "3", "4", "6", "8", "12", "16", "24", "32", "48", "96"])
    choice.select_option("4")
    dialog.get_by_role("button", name="Open", exact=True).click()
    board.locator("header", has_text="headless").wait_for()
    opened(board)


def test_a_worker_killed_in_the_middle_is_told_and_comes_back(board: Any, server_pid: int) -> None:
    worker = next(p for p in children(server_pid) if "workbench.worker --lane model" in command(p))
    first = board.locator(".jw-headline-sentence").inner_text()
    os.kill(worker, signal.SIGKILL)
    board.get_by_role("button", name="⟳ sample").click()
    expect(board.locator(".jw-headline-sentence")).not_to_have_text(first, timeout=PATIENT)
    board.get_by_role("button", name="⟳ sample").click()
    board.locator(".jw-headline-sentence", has_text=re.compile("skill", re.I)).wait_for(timeout=PATIENT)


def children(pid: int) -> list[int]:
    found: list[int] = []
    for thread in Path(f"/proc/{pid}/task").iterdir():
        with suppress(FileNotFoundError, ProcessLookupError):  # a thread that has ended meanwhile
            found += map(int, (thread / "children").read_text().split())
    return found


def command(pid: int) -> str:
    """The command line of a process; "" where it has ended meanwhile."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""
