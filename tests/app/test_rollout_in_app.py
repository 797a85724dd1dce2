"""The Rollout board in the app, by mouse and by keys: an action is dragged and the film changes, curves and films go to files, bad clips lose nothing."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from playwright.sync_api import expect

import workbench as jw
from tests.app.opening import enter
from tests.waiting import PATIENT, at_rest, until
from workbench import samples

pytestmark = pytest.mark.browser
_SUM = "(c) => { const { data } = c.getContext('2d').getImageData(0, 0, c.width, c.height); return [...data].reduce((sum, v, i) => (sum * 31 + v) % 1000003, 7); }"


@pytest.fixture
def rollout(board: Any) -> Any:
    """The Rollout board with the two rooms, settled."""
    page = board
    page.get_by_label("model", exact=True).select_option(label=samples.find("two-rooms").title, timeout=PATIENT)
    page.get_by_role("button", name="Rollout", exact=True).click()
    page.locator(".jw-headline-sentence", has_text="the copy-last-frame baseline").wait_for(timeout=PATIENT)
    page.locator(".jw-headline-detail", has_text="Over 64 clips").wait_for(timeout=PATIENT)
    expect(page.locator(".jw-headline")).to_have_attribute("data-busy", "false")
    return page


@pytest.fixture
def theatre(rollout: Any) -> Any:
    return rollout.locator(".jw-clip-player").first


def picture(theatre: Any, number: int) -> int:
    """A film's canvas as one number."""
    return theatre.locator(".jw-film canvas").nth(number).evaluate(_SUM)


def until_shown(theatre: Any, number: int, wanted: int) -> None:
    canvas = theatre.locator(".jw-film canvas").nth(number)
    theatre.page.wait_for_function(f"([canvas, wanted]) => ({_SUM})(canvas) === wanted", arg=[canvas.element_handle(), wanted], timeout=PATIENT)


def until_answered(theatre: Any, version: int) -> None:
    expect(theatre).not_to_have_attribute("data-version", str(version), timeout=PATIENT)


def version(theatre: Any) -> int:
    return int(theatre.get_attribute("data-version"))


def drag(page: Any, across: float, down: float) -> None:
    box, mouse = at_rest(page.locator(".jw-pad")), page.mouse
    mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    mouse.down()
    mouse.move(box["x"] + box["width"] * across, box["y"] + box["height"] * down, steps=5)
    mouse.up()


def saved(page: Any, button: Any) -> Path:
    with page.expect_download(timeout=PATIENT) as waiting:
        button.click()
    path = Path(waiting.value.path())
    return path.rename(path.with_name(waiting.value.suggested_filename))


def test_an_action_is_dragged_the_film_changes_and_undo_brings_it_back(rollout: Any, theatre: Any) -> None:
    page, said = rollout, rollout.locator(".jw-headline-sentence").inner_text()
    page.wait_for_function("document.scrollingElement.scrollHeight <= innerHeight")  # a whole board without scrolling
    theatre.locator(".jw-timeline").focus()
    page.keyboard.press("End")
    expect(theatre).to_have_attribute("data-frame", "24")
    before = picture(theatre, 2)
    drag(page, 0.9, 0.1)
    expect(page.locator(".jw-headline-detail")).to_contain_text("Step 0 was changed by hand", timeout=PATIENT)
    expect(page.locator(".jw-pad-voice")).to_contain_text("step 0 of 0–23, changed")
    expect(theatre.get_by_role("img", name="ground truth (simulated)")).to_be_visible(timeout=PATIENT)
    until(page, lambda: picture(theatre, 2), lambda now: now != before, "another film")
    page.locator(".jw-pad").focus()
    page.keyboard.press("Control+z")
    expect(page.locator(".jw-headline-sentence")).to_have_text(said, timeout=PATIENT)
    expect(page.locator(".jw-pad-voice")).to_contain_text("unchanged", timeout=PATIENT)
    until_shown(theatre, 2, before)
    page.keyboard.press("Control+Shift+Z")
    expect(page.locator(".jw-headline-detail")).to_contain_text("Step 0 was changed by hand", timeout=PATIENT)
    page.get_by_role("button", name="Reset the actions").click()
    expect(page.locator(".jw-headline-sentence")).to_have_text(said, timeout=PATIENT)


def test_by_keys_alone_a_step_is_chosen_nudged_and_played(rollout: Any, theatre: Any) -> None:
    page, first = rollout, version(theatre)
    page.locator(".jw-strip").focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    page.locator(".jw-pad").focus()
    expect(page.locator(".jw-pad-voice")).to_contain_text("step 3 of 0–23, unchanged")
    for _ in range(4):
        page.keyboard.press("Shift+ArrowRight")
    until_answered(theatre, first)
    expect(page.locator(".jw-headline-detail")).to_contain_text("Step 3 was changed by hand", timeout=PATIENT)
    expect(theatre).to_have_attribute("data-frame", "24", timeout=PATIENT)  # the future that changed is on screen
    theatre.locator(".jw-timeline").focus()
    page.keyboard.press("Home")
    page.keyboard.press("k")
    page.wait_for_function("(root) => Number(root.dataset.frame) > 2", arg=theatre.element_handle(), timeout=PATIENT)
    page.keyboard.press("k")
    expect(theatre.get_by_role("button", name="Play (K)")).to_be_visible()
    page.keyboard.down("r")
    expect(page.locator(".jw-headline-badge")).to_contain_text("Not the model")
    expect(page.locator(".jw-headline-sentence")).to_contain_text("Untrained model", timeout=PATIENT)
    page.keyboard.up("r")
    expect(page.locator(".jw-headline-sentence")).not_to_contain_text("Untrained model", timeout=PATIENT)


@pytest.mark.long
def test_a_sequence_is_drawn_along_the_strip(rollout: Any, theatre: Any) -> None:
    page = rollout
    drag(page, 0.95, 0.5)
    expect(page.locator(".jw-headline-detail")).to_contain_text("Step 0 was changed by hand", timeout=PATIENT)
    box = at_rest(page.locator(".jw-strip"))
    page.keyboard.down("Shift")
    page.mouse.move(box["x"] + 2, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 6.5 / 24, box["y"] + 20, steps=12)
    page.mouse.up()
    page.keyboard.up("Shift")
    expect(page.locator(".jw-pad-voice")).to_contain_text("step 6 of 0–23, changed")
    page.locator(".jw-headline").get_by_role("button", name=re.compile("Python|code", re.I)).click()
    expect(page.locator(".jw-headline")).to_contain_text("actions=[[", timeout=PATIENT)
    expect(page.locator(".jw-headline-detail")).to_contain_text("7 steps from step 0 on were changed by hand")


@pytest.mark.long
def test_plots_films_and_numbers_are_saved_and_dark_changes_films_curves_and_chart(rollout: Any, theatre: Any) -> None:
    page = rollout
    curves = theatre.get_by_role("group", name="Save this plot")
    chart = page.locator(".jw-chart-view").get_by_role("group", name="Save this plot")
    svg = saved(page, curves.get_by_role("button", name="Save as svg"))
    assert svg.name == "jepa-workbench-error-squared-l2.svg"
    text = svg.read_text()
    assert text.startswith("<svg ")
    assert "teacher-forced" in text
    assert text.count("<path") > 4
    assert cv2.imread(str(saved(page, curves.get_by_role("button", name="Save as png")))).std() > 5
    drift = saved(page, chart.get_by_role("button", name="Save as svg"))
    assert drift.name == "jepa-workbench-drift-over-the-bank.svg"
    assert "by horizon, 64 clips" in drift.read_text()
    chart.get_by_role("button", name="Save as png").focus()
    with page.expect_download(timeout=PATIENT) as waiting:
        page.keyboard.press("Enter")
    image = cv2.imread(waiting.value.path())
    width = page.locator(".jw-chart-view").bounding_box()["width"]
    assert image.shape[1] == pytest.approx(2 * width, abs=2)
    assert image.std() > 5
    _film_and_numbers_are_saved(page, theatre)
    page.get_by_role("button", name="Toggle theme").click()
    for css in (".jw-clip-player", ".jw-action-pad", ".jw-chart-view"):
        expect(page.locator(css).first).to_have_attribute("data-theme", "dark")


def _film_and_numbers_are_saved(page: Any, theatre: Any) -> None:
    """The films as a video that Chromium plays, the numbers as .npz."""
    path = saved(page, theatre.get_by_role("button", name="Save as a video file"))
    assert path.name == "jepa-workbench-rollout.webm"
    played = page.evaluate(
        """async (data) => {
          const video = Object.assign(document.createElement("video"), { src: `data:video/webm;base64,${data}`, muted: true });
          await new Promise((done, fail) => Object.assign(video, { onloadeddata: done, onerror: () => fail(video.error) }));
          video.playbackRate = 16;
          const ended = new Promise((done) => (video.onended = done));
          await video.play();
          await ended;
          return [video.videoWidth, video.videoHeight, video.currentTime];
        }""",
        base64.b64encode(path.read_bytes()).decode(),
    )
    assert played[0] == 3 * 256 + 2 * 8
    assert played[2] == pytest.approx(25 / 8, abs=0.2)
    numbers = saved(page, page.locator(".jw-headline").get_by_role("button", name="Export"))
    back = jw.read_results(numbers)
    assert back["films"].rollout.errors("open loop").shape == (24,)
    assert np.isfinite(back["drift"].errors).all()


def test_a_clip_of_another_model_is_told_and_the_films_stay(rollout: Any, theatre: Any) -> None:
    page, before = rollout, picture(theatre, 0)
    enter(page, "images or video", "pictures")
    expect(page.locator(".jw-headline-sentence")).to_contain_text("this model needs actions and the clip has none", timeout=PATIENT)
    expect(page.locator(".jw-headline-detail")).to_contain_text("right, down")
    assert picture(theatre, 0) == before
    page.get_by_label("model", exact=True).select_option(label=samples.find("balls").title)
    expect(page.locator(".jw-headline-sentence")).to_contain_text("the copy-last-frame baseline", timeout=PATIENT)
    expect(page.locator(".jw-action-pad")).to_contain_text("No actions")
