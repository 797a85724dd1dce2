"""RunChart on a page: a run of few checkpoints is drawn as points with intervals, not as a trend; and the table of measures beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import expect

from widgets import ReadingsTable, RunChart
from widgets.run_chart import Line

pytestmark = pytest.mark.browser


def drawn(bench: Any, points: int) -> str:
    """The picture of a run of so many checkpoints, as SVG."""
    steps = np.arange(points) * 10.0
    chart = RunChart(steps=steps.tolist(), titles=[f"step {s:.0f}" for s in steps], ready=["ready"] * points, cursor=0)
    chart.show([{"title": "RankMe"}], [Line(0, "model", "measure", steps, 20 - steps / 10, 19 - steps / 10, 21 - steps / 10)])
    root = bench.show(chart)
    with bench.page.expect_download() as saved:
        root.get_by_role("button", name="svg").click()
    return Path(saved.value.path()).read_text(encoding="utf-8")


def test_three_checkpoints_are_three_points_with_their_intervals_and_no_trend(bench: Any) -> None:
    few, many = drawn(bench, 3), drawn(bench, 8)
    assert few.count("a3.5 3.5 0 1 0 7 0") == 3 + 3, "the points of the curve, and those of the checkpoints under it"
    assert "3: no trend" in few
    assert "no trend" not in many
    assert ">checkpoints<" in many
    assert 'opacity="0.2"' in many, "the band"
    assert 'opacity="0.2"' not in few


def test_the_table_of_measures_says_what_is_missing_and_unfolds_a_formula(bench: Any) -> None:
    row = {"title": "RankMe", "cells": ["1.0 [1.0, 1.1]"], "needs": "an encoder", "cannot": "grows with n", "formula": "exp of an entropy"}
    missing = {"title": "k-NN probe", "cells": [], "needs": "labels", "cannot": "more", "missing": "not computed: the clips have no labels"}
    table = ReadingsTable(columns=["value"], rows=[row, missing], caption="step 0")
    root = bench.show(table)
    expect(root.get_by_role("row", name="RankMe")).to_contain_text("grows with n")
    expect(root.get_by_role("row", name="k-NN probe")).to_contain_text("the clips have no labels")
    expect(root.get_by_text("exp of an entropy")).to_be_hidden()
    root.get_by_text("formula").press("Enter")
    expect(root.get_by_text("exp of an entropy")).to_be_visible()
    table.rows = [{**row, "cells": ["2.0"]}]
    bench.push()
    expect(root.get_by_role("row", name="RankMe")).to_contain_text("2.0")
    expect(root.get_by_text("exp of an entropy")).to_be_visible()
