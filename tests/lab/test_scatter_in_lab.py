"""A map of points in JupyterLab: a lasso reaches the kernel, and what the kernel says of a row is shown beside it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.waiting import PATIENT, point_in

pytestmark = pytest.mark.lab

_CODE = """
import numpy as np
from widgets import Scatter
points = np.random.default_rng(0).normal(size=(20_001, 2))
points[-1] = [6, 0]
view = Scatter(title="Map", tool="rectangle", plot_height=400)
view.set_points(points)
view.set_category(points[:, 0] > 0, ["left", "right"], name="side")
view.hidden = [0]
def selected(_):
    ids = view.selection
    view.note = f"{len(ids)} rows, right only: {bool((points[ids, 0] > 0).all())}, as counted: {len(ids) == view.shown}"
view.observe(selected, "selected")
view.observe(lambda change: view.show_hover(change["new"], f"the kernel says {change['new']}"), "hover")
view
"""


def test_a_selection_and_a_hover_reach_the_kernel(notebook: Callable[..., Any]) -> None:
    page = notebook("empty.ipynb", _CODE)
    page.locator(".jw-map[data-complete=true]").wait_for(timeout=PATIENT)
    plot = page.locator(".jw-map-plot")
    expect(page.locator(".jw-map-status")).to_contain_text("of 20,001 points shown")
    page.mouse.move(*point_in(plot, 0.01, 0.01))
    page.mouse.down()
    page.mouse.move(*point_in(plot, 0.99, 0.99), steps=5)
    page.mouse.up()
    expect(page.locator(".jw-map-note")).to_contain_text("rows, right only: True, as counted: True", timeout=PATIENT)
    plot.press("Escape")
    expect(page.locator(".jw-map-note")).to_contain_text("0 rows")
    page.mouse.move(*point_in(plot, 0.5, 0.5))
    plot.press("]")
    expect(page.locator(".jw-tip-text")).to_contain_text("the kernel says ")
