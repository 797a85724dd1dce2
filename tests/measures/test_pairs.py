"""Scores of possible against impossible, against the published code's numbers and a count by hand."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest

from workbench.core.errors import BadInput
from workbench.core.questions.surprise import Accuracy
from workbench.measures.pairs import auroc, intuition_scores, pair_accuracy, percentile, quad_accuracy

GOLDEN = Path(__file__).parents[1] / "golden" / "intphys_surprise"


def test_the_published_scores_are_met() -> None:
    given, expected = (dict(np.load(GOLDEN / f"{n}.npz")) for n in ("inputs", "expected"))
    found = intuition_scores(given["metric_losses"], given["metric_labels"])
    official = {k.removeprefix("metric_").replace("threhshold", "threshold"): float(v) for k, v in expected.items() if k.startswith("metric_")}
    assert found.keys() == official.keys()
    for name, value in official.items():
        assert found[name] == pytest.approx(value, abs=1e-5 if "threshold" in name else 1e-3), name


def test_auroc_is_the_share_of_pairs_in_the_right_order() -> None:
    rng = np.random.default_rng(0)
    score, labels = rng.integers(0, 5, 30).astype(float), rng.integers(0, 2, 30)
    pairs = [(a > b) + 0.5 * (a == b) for a, b in itertools.product(score[labels == 1], score[labels == 0])]
    assert auroc(score, labels) == pytest.approx(np.mean(pairs))


def test_a_tie_of_a_pair_is_a_failure_and_a_tie_of_a_quad_is_half() -> None:
    assert pair_accuracy(np.array([1.0, 2.0]), np.array([1.0, 3.0])).value == 0.5
    assert quad_accuracy(np.array([[1.0, 2.0]]), np.array([[2.0, 1.0]])).value == 0.5
    assert quad_accuracy(np.array([[1.0, 2.0], [0.0, 0.0]]), np.array([[2.0, 2.0], [0.0, -1.0]])).value == 0.5


def test_wilsons_interval_has_its_published_value_and_holds_the_share() -> None:
    low, high = Accuracy(8, 10).interval()
    assert (low, high) == (pytest.approx(0.4902, abs=1e-3), pytest.approx(0.9433, abs=1e-3))
    low, high = Accuracy(10, 10).interval()
    assert 0.69 < low < 0.73
    assert high == pytest.approx(1.0)


def test_a_percentile_is_the_share_of_possible_clips_below() -> None:
    assert percentile(2.5, np.array([1.0, 2.0, 3.0, 4.0])) == 0.5


@pytest.mark.parametrize(
    "call",
    [
        lambda: pair_accuracy(np.zeros(2), np.zeros(3)),
        lambda: pair_accuracy(np.zeros(0), np.zeros(0)),
        lambda: quad_accuracy(np.zeros((2, 3)), np.zeros((2, 3))),
        lambda: percentile(1.0, np.zeros(0)),
        lambda: intuition_scores(np.zeros((3, 2)), np.array([1, 0, 1])),
        lambda: Accuracy(3, 2),
    ],
)
def test_what_cannot_be_scored_is_refused(call) -> None:
    with pytest.raises(BadInput):
        call()
