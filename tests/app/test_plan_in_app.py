"""The demo as a newcomer meets it: a plan is there, Execute is pressed, the goal is reached; another goal by mouse and by keys; the twin fails."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import expect

import workbench as jw
from tests.app.serving import serving
from tests.waiting import PATIENT, answered, at_rest, code_of, point_in, until, watched

pytestmark = pytest.mark.browser
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def demo() -> Iterator[str]:
    """The address of `jepa-workbench demo`, started where no display is."""
    with serving("demo", folder=ROOT) as (address, _):
        yield address


@pytest.fixture
def board(page: Any, demo: str) -> Any:
    """A page of the demo with its first plan."""
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(demo)
    says(page, "reaches the goal")
    expect(page.locator(".jw-headline")).to_have_attribute("data-busy", "false")
    return page


def says(page: Any, words: str) -> None:
    page.locator(".jw-headline-sentence", has_text=re.compile(words)).wait_for(timeout=PATIENT)


def place(page: Any, x: float, y: float) -> tuple[float, float]:
    return point_in(page.locator(".jw-world-box"), x, y)


def goal_is_at(page: Any, x: float, y: float) -> None:
    until(page, lambda: goal(page), lambda at: at == pytest.approx((x, y), abs=0.01), f"the goal at {x}, {y}")


def goal(page: Any) -> tuple[float, float]:
    style = page.locator(".jw-handle[data-id=goal]").get_attribute("style")
    left, top = (float(re.search(rf"{side}: ([\d.]+)%", style).group(1)) / 100 for side in ("left", "top"))
    return left, top


def test_the_demo_opens_with_a_plan_and_one_press_of_execute_reaches_the_goal(board: Any) -> None:
    board.wait_for_function("document.documentElement.scrollHeight <= 800")
    buttons = watched(board.locator(".jw-toolbar", has=board.get_by_role("button", name="Execute")))
    board.get_by_role("button", name="Execute").click()
    expect(board.locator(".jw-handle[data-id=agent]")).to_be_visible(timeout=PATIENT)
    says(board, r"The agent reached the goal in \d+ steps")
    expect(board.get_by_role("button", name="Execute again")).to_be_visible()
    assert any("Pause" in said for said in buttons())  # while it went
    expect(board.locator(".jw-clip-player:visible .jw-film canvas").first).to_have_attribute("aria-label", re.compile("^ground truth, closed loop"))


def test_a_goal_is_clicked_planned_executed_and_reached(board: Any) -> None:
    before = code_of(board)
    board.mouse.click(*place(board, 0.7, 0.85))
    answered(board, before)
    goal_is_at(board, 0.7, 0.85)
    says(board, "predicted cost is")
    board.keyboard.press("e")
    says(board, "reached the goal")
    board.locator(".jw-headline").get_by_role("button", name="Undo").click()
    says(board, "predicted cost is")
    goal_is_at(board, 0.82, 0.2)


def test_undo_by_key_is_the_boards_also_with_the_cursor_in_a_field(board: Any) -> None:
    samples = board.get_by_label("samples", exact=True)
    samples.fill("64")
    samples.press("Enter")
    expect(board.locator(".jw-world-stage")).to_contain_text("256 sampled futures", timeout=PATIENT)
    board.mouse.click(*place(board, 0.7, 0.85))
    expect(board.locator(".jw-handle[data-id=goal]")).to_have_attribute("aria-label", re.compile("0.70 across"), timeout=PATIENT)
    expect(board.locator(".jw-headline").get_by_role("button", name="Undo")).to_be_enabled(timeout=PATIENT)
    samples.press("Control+z")
    expect(board.locator(".jw-handle[data-id=goal]")).to_have_attribute("aria-label", re.compile("0.82 across"), timeout=PATIENT)
    expect(samples).to_have_value("64")
    expect(board.locator(".jw-headline").get_by_role("button", name="Redo")).to_be_enabled(timeout=PATIENT)
    samples.press("Control+Shift+Z")
    expect(board.locator(".jw-handle[data-id=goal]")).to_have_attribute("aria-label", re.compile("0.70 across"), timeout=PATIENT)


def test_by_keys_alone_the_goal_is_moved_a_step_is_made_and_the_agent_put_back(board: Any) -> None:
    before = code_of(board)
    board.locator(".jw-handle[data-id=goal]").focus()
    board.keyboard.press("Shift+ArrowDown")
    answered(board, before)
    says(board, "predicted cost is")
    expect(board.locator(".jw-handle[data-id=goal]")).to_have_attribute("aria-label", re.compile("0.28 down"), timeout=PATIENT)
    board.keyboard.press("n")
    says(board, "After 1 step")
    board.keyboard.press("n")
    says(board, "After 2 steps")
    board.keyboard.press("h")
    says(board, "predicted cost is")
    expect(board.locator(".jw-handle[data-id=agent]")).to_have_count(0, timeout=PATIENT)


@pytest.mark.long
def test_the_untrained_twin_is_one_key_away_and_does_not_arrive(board: Any) -> None:
    first = board.locator(".jw-headline-sentence").inner_text()
    board.keyboard.down("r")
    says(board, "Untrained model")
    board.keyboard.press("e")
    says(board, "Untrained model: the agent did not reach the goal")
    board.keyboard.up("r")
    expect(board.locator(".jw-headline-sentence")).to_have_text(first, timeout=PATIENT)


def test_iterations_play_to_the_end_and_numbers_and_films_are_downloaded(board: Any) -> None:
    timeline = board.locator(".jw-timeline-view")
    expect(timeline.locator("output")).to_have_text("iteration 4 of 1–4", timeout=PATIENT)
    said = watched(timeline.locator("output"))
    timeline.get_by_role("button", name="Play").click()
    steps = [f"iteration {n} of 1–4" for n in (4, 1, 2, 3, 4)]
    until(board, lambda: [text for text, _ in groupby(said())], lambda seen: seen == steps, "every iteration, in order")
    expect(timeline.get_by_role("button", name="Play")).to_be_visible(timeout=PATIENT)
    with board.expect_download(timeout=PATIENT) as waiting:
        board.locator(".jw-headline").get_by_role("button", name="Export").click()
    stored = jw.read_results(waiting.value.path())
    assert stored["plan"].paths.reached
    assert len(np.load(waiting.value.path()).files) > 3
    with board.expect_download(timeout=PATIENT) as waiting:
        board.locator(".jw-clip-player:visible").get_by_role("button", name=re.compile("Save as a video")).click()
    assert waiting.value.suggested_filename == "jepa-workbench-plan.webm"


def test_a_goal_on_the_start_is_refused_in_words_and_a_closed_tab_leaves_the_others_alone(board: Any, demo: str) -> None:
    other = board.context.new_page()
    other.goto(demo)
    says(other, "reaches the goal")
    other.keyboard.press("e")
    says(other, "from the goal|reached the goal")
    other.close()
    handle = at_rest(board.locator(".jw-handle[data-id=start]"))
    board.mouse.move(*place(board, *goal(board)))
    board.mouse.down()
    board.mouse.move(handle["x"] + handle["width"] / 2, handle["y"] + handle["height"] / 2, steps=4)
    board.mouse.up()
    says(board, "start and goal are")
    goal_is_at(board, 0.82, 0.2)
    board.get_by_role("button", name="Execute").dblclick()
    says(board, "reached the goal")
