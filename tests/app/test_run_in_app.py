"""A training loop writes a run while the app watches it: curves and line grow without a reload, and the line moves over what was measured."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.app.serving import serving
from tests.waiting import PATIENT
from workbench import samples

pytestmark = pytest.mark.browser
RUN = samples.find_run("shapes-collapse").folder
_STEPS = (0, 10, 20)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that has just begun: its log, and no checkpoint."""
    place = tmp_path_factory.mktemp("watched") / "run"
    place.mkdir()
    log(place, 1, 4)
    return place


@pytest.fixture(scope="module")
def watched(folder: Path) -> Iterator[str]:
    with serving("watch", str(folder), "shapes-collapse", "--data", "shapes", folder=folder.parent) as (address, _):
        yield address


def log(folder: Path, first: int, last: int) -> None:
    with (folder / "metrics.jsonl").open("a") as file:
        file.writelines(json.dumps({"step": k, "loss": 1 / k}) + "\n" for k in range(first, last + 1))


def save(folder: Path, step: int) -> None:
    """As a training does: the settings once, each checkpoint under another name first."""
    shutil.copy(RUN / "params-ijepa.yaml", folder)
    shutil.copy(RUN / f"jepa-step{step}.pth.tar", folder / "unfinished")
    (folder / "unfinished").rename(folder / f"jepa-step{step}.pth.tar")


def test_a_run_grows_on_the_page_while_it_is_written(page: Any, watched: str, folder: Path) -> None:
    outside = list[str]()
    page.on(
        "request",
        lambda request: None if re.match(r"(https?|wss?)://(127\.0\.0\.1|localhost)|data:|blob:", request.url) else outside.append(request.url),
    )
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(watched)
    page.evaluate("window.same = true")
    chart, sentence = page.locator(".jw-run-chart"), page.locator(".jw-headline-sentence")
    expect(chart).to_have_attribute("data-points", "4", timeout=PATIENT)
    expect(sentence).to_have_text(re.compile(r"1 columns of 4 logged steps, no complete checkpoint yet"), timeout=PATIENT)
    log(folder, 5, 9)
    expect(chart).to_have_attribute("data-points", "9", timeout=PATIENT)
    for count, step in enumerate(_STEPS, 1):
        save(folder, step)
        expect(chart).to_have_attribute("data-checkpoints", str(count), timeout=PATIENT)
    expect(page.locator(".jw-headline-detail")).to_have_text(
        re.compile(r"Measured 3 of 3 checkpoints over 200 clips\. 3 checkpoints give no trend"), timeout=PATIENT
    )
    stage = page.get_by_role("slider", name="Checkpoint").first
    stage.focus()
    page.keyboard.press("End")
    expect(sentence).to_have_text(re.compile("^Step 20 of 20: .*RankMe"), timeout=PATIENT)
    page.keyboard.press("Home")
    expect(chart).to_have_attribute("data-cursor", "0")
    expect(sentence).to_have_text(re.compile("^Step 0 of 20: .*RankMe"), timeout=PATIENT)
    expect(page.locator("header").get_by_text(re.compile("^● "))).to_be_visible(timeout=PATIENT)
    assert page.evaluate("window.same"), "the page was never loaded again"
    assert outside == []


@pytest.mark.long
def test_another_of_the_runs_is_opened_and_two_checkpoints_are_compared_on_one_click(page: Any, watched: str, folder: Path) -> None:
    save(folder, _STEPS[0])
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(watched)
    expect(page.locator(".jw-run-chart")).to_have_attribute("data-checkpoints", re.compile("[1-3]"), timeout=PATIENT)
    page.get_by_label("run", exact=True).select_option(label=samples.find_run("shapes-collapse").title)
    expect(page.locator(".jw-run-chart")).to_have_attribute("data-checkpoints", "5", timeout=PATIENT)
    expect(page.locator(".jw-headline-detail")).to_have_text(re.compile("Measured 5 of 5"), timeout=PATIENT)
    page.get_by_role("button", name="Keep to compare").click()
    page.get_by_role("slider", name="Checkpoint").first.focus()
    page.keyboard.press("Home")
    expect(page.get_by_text("kept: target tokens")).to_be_visible(timeout=PATIENT)
    expect(page.locator(".jw-chart-view", has_text="by layer")).to_be_visible(timeout=PATIENT)
