"""A million vectors of a file in the app, without a model; above that, one picture of all of them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.app.opening import enter
from tests.app.serving import serving
from tests.waiting import PATIENT, at_rest, until

pytestmark = [pytest.mark.browser, pytest.mark.long]
MANY, MORE = 1_000_000, 1_200_000
GROUPS = 5


def saved(path: Path, count: int) -> Path:
    """Groups of 8 features about corners, with the group of each row."""
    dice = np.random.default_rng(0)
    group = np.arange(count) % GROUPS
    values = dice.normal(size=(count, 8)).astype(np.float32) + 6 * np.eye(8, dtype=np.float32)[group]
    np.savez(path, vectors=values, group=np.array([f"group {k}" for k in range(GROUPS)])[group])
    return path


def test_a_million_points_are_pointed_at_and_selected_and_more_are_one_picture(page: Any, tmp_path: Path) -> None:
    page.set_viewport_size({"width": 1280, "height": 800})
    saved(tmp_path / "more.npz", MORE)
    with serving("app", str(saved(tmp_path / "many.npz", MANY)), folder=tmp_path) as (address, _):
        page.goto(address)
        root, status = page.locator(".jw-map"), page.locator(".jw-map-status")
        expect(status).to_contain_text("1,000,000 points", timeout=PATIENT)
        expect(root).to_have_attribute("data-complete", "true", timeout=PATIENT)
        expect(root).to_have_attribute("data-renderer", "webgl")
        expect(page.locator("header")).to_contain_text("many.npz: 1,000,000 × 8 vectors")
        page.locator(".jw-map-legend").get_by_role("checkbox", name=re.compile("^group 3")).click()
        expect(status).to_contain_text("800,000 of 1,000,000 points shown", timeout=PATIENT)
        page.locator(".jw-map-plot").press("Control+a")
        expect(status).to_contain_text("800,000 selected", timeout=PATIENT)
        box = at_rest(page.locator(".jw-map-plot"))
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.mouse.move(box["x"] + box["width"] / 2 + 40, box["y"] + box["height"] / 2, steps=5)
        expect(page.locator(".jw-tip")).to_contain_text("group", timeout=PATIENT)
        expect(page.locator(".jw-headline-sentence")).to_contain_text("rustworthiness 0", timeout=PATIENT)

        enter(page, "images or video", "more.npz")
        expect(status).to_contain_text("1,200,000 points", timeout=PATIENT)
        expect(root).to_have_attribute("data-renderer", "picture", timeout=PATIENT)
        expect(status).to_contain_text("shown as one picture")
        before = page.locator(".jw-map-plot canvas[data-layer=flat]").evaluate("(canvas) => canvas.toDataURL()")
        page.locator(".jw-map-plot").press("+")
        sharp = page.locator(".jw-map-plot canvas[data-layer=flat]")
        until(page, lambda: sharp.evaluate("(canvas) => canvas.toDataURL()"), lambda now: now != before, "the picture of what is in sight")
        page.locator(".jw-map-plot").press("Control+a")
        expect(status).to_contain_text("1,200,000 selected", timeout=PATIENT)
