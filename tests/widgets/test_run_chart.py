"""RunChart: what crosses to the browser is checked before it leaves."""

from __future__ import annotations

import numpy as np
import pytest
import traitlets as t

from widgets import RunChart
from widgets.run_chart import Line

STEPS = np.array([0.0, 10.0, 20.0])


def test_curves_cross_with_their_bands_in_one_message() -> None:
    chart = RunChart()
    band = Line(0, "RankMe", "measure", STEPS, STEPS + 1, STEPS, STEPS + 2, lowest=(0.0, 1.0))
    chart.show([{"title": "rank", "log": True}], [Line(0, "loss", "log", STEPS, STEPS), band])
    assert len(chart.data) == 8 * 3 * (2 + 4)
    assert [(c["count"], c["band"]) for c in chart.curves] == [(3, False), (3, True)]
    np.testing.assert_array_equal(np.frombuffer(chart.data)[-3:], STEPS + 2)
    chart.show([], [])
    assert (chart.data, chart.version) == (b"", 2)


@pytest.mark.parametrize(("line", "words"), [(Line(1, "a", "log", STEPS, STEPS), "panel 1"), (Line(0, "a", "verdict", STEPS, STEPS), "kind")])
def test_curves_that_do_not_fit_are_refused_and_the_old_ones_stay(line: Line, words: str) -> None:
    chart = RunChart()
    chart.show([{"title": "a"}], [Line(0, "a", "log", STEPS, STEPS)])
    before = chart.data
    with pytest.raises(t.TraitError, match=words):
        chart.show([{"title": "b"}], [line])
    with pytest.raises(t.TraitError, match="40 bytes"):
        chart.data = before[:40]
    assert chart.data == before


def test_checkpoints_go_forward_and_each_has_a_title() -> None:
    chart = RunChart()
    with pytest.raises(t.TraitError, match="goes back"):
        chart.steps = [1.0, 0.0]
    chart.steps = [0.0, 1.0]
    with pytest.raises(t.TraitError, match="1 texts for 2 checkpoints"):
        chart.titles = ["a"]
    with pytest.raises(t.TraitError, match="3 words"):
        chart.ready = ["ready"] * 3
