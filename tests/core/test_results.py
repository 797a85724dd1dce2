from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from workbench.core import codec
from workbench.core.grid import TokenGrid
from workbench.core.results import BankErrors, PcaBasis, PredictionError, Provenance, RetrievalRank, Yardsticks, versions

MADE = Provenance("test", "toy", versions={})
NAN = float("nan")


def error(blocks: list, reference: list) -> PredictionError:
    ours, theirs = (np.asarray(a, float).reshape(len(a), 1, 1, -1) for a in (blocks, reference))
    return PredictionError("model", "l1", ours, theirs, "bank", 10, TokenGrid(1, 1, ours.shape[-1]), MADE)


def test_tokens_are_averaged_over_the_blocks_that_predict_them() -> None:
    tokens = error([[1, NAN, NAN], [3, 5, NAN]], [[1, NAN, NAN], [1, 1, NAN]]).tokens
    assert tokens[0, 0, :2].tolist() == [2, 5]
    assert np.isnan(tokens[0, 0, 2])


def test_the_mean_counts_every_block_and_token_once() -> None:
    one = error([[1, NAN], [3, 5]], [[2, NAN], [2, 8]])
    assert one.mean == 3
    assert one.ratio == 3 / 4
    assert one.skill == 1 / 4


def test_skill_is_negative_where_the_position_alone_does_better() -> None:
    assert error([[3.0]], [[2.0]]).skill == -0.5


def test_one_block_alone_has_its_own_skill() -> None:
    both = error([[1, NAN], [NAN, 4]], [[2, NAN], [NAN, 4]])
    assert [both.block(k).skill for k in range(2)] == [0.5, 0.0]
    assert both.block(1).blocks.shape == (1, 1, 1, 2)


def bank(row: np.ndarray, reference: np.ndarray | None = None) -> BankErrors:
    base = np.ones_like(row) if reference is None else reference
    return BankErrors(("model",), row[None], base, "l1", "bank", "ijepa_multiblock", 0, MADE)


@pytest.mark.parametrize("n", [64, 65, 400])
def test_half_sampling_scatters_as_the_analytic_standard_error(n: int) -> None:
    row = np.random.default_rng(n).normal(0.6, 0.2, n)
    low, high = bank(row).interval(draws=20_000)
    expected = 1.959964 * row.std(ddof=1) / np.sqrt(n)
    assert (high - low) / 2 == pytest.approx(expected, rel=0.06)
    assert (high + low) / 2 == pytest.approx(bank(row).skill(), abs=0.1 * expected)


def test_the_interval_of_a_ratio_follows_the_delta_method() -> None:
    rng = np.random.default_rng(3)
    reference = rng.normal(1.0, 0.15, 300)
    row = 0.7 * reference + rng.normal(0, 0.05, 300)
    low, high = bank(row, reference).interval(draws=20_000)
    ratio = row.sum() / reference.sum()
    expected = 1.959964 * (row - ratio * reference).std(ddof=1) / reference.mean() / np.sqrt(300)
    assert (high - low) / 2 == pytest.approx(expected, rel=0.06)


def test_the_interval_narrows_with_the_level_and_repeats_itself() -> None:
    one = bank(np.random.default_rng(0).normal(0.6, 0.2, 50))
    wide, narrow = one.interval(level=0.99), one.interval(level=0.5)
    assert wide[0] < narrow[0] < one.skill() < narrow[1] < wide[1]
    assert one.interval() == one.interval()


def test_a_bank_of_one_clip_has_a_point_for_an_interval() -> None:
    assert bank(np.array([0.25])).interval() == (0.75, 0.75)


def test_skill_over_a_bank_is_the_ratio_of_sums() -> None:
    assert bank(np.array([1.0, 2.0]), np.array([2.0, 4.0])).skill() == 0.5


def test_easier_than_is_the_share_of_harder_clips() -> None:
    assert bank(np.array([0.1, 0.2, 0.3, 0.9])).easier_than(0.75) == 0.5


def test_retrieval_lies_between_always_first_and_chance() -> None:
    def rank(values: list[float]) -> RetrievalRank:
        across = np.array(values, float).reshape(1, 1, -1)
        return RetrievalRank(1, 101, across, across, 9, MADE)

    assert rank([1, 1, NAN]).percentile == 0
    assert rank([1, 101]).percentile == 0.5
    assert rank([101]).percentile == 1


def test_colours_are_grey_at_the_mean_and_saturate_at_two_and_a_half_deviations() -> None:
    components = np.eye(3, 4)
    basis = PcaBasis(np.full((1, 1, 2, 4), 7.0), components, np.array([1.0, 2.0, 4.0]), np.full(3, 0.2), 9, "bank", "space")
    tokens = np.full((1, 1, 2, 4), 7.0)
    tokens[0, 0, 1, :3] += [2.5, -5.0, 400.0]
    assert basis.colours(tokens)[0, 0].tolist() == [[128, 128, 128], [255, 0, 255]]
    assert basis.colours(tokens * NAN)[0, 0].tolist() == [[128, 128, 128]] * 2


def test_a_yardstick_that_could_not_be_computed_is_none() -> None:
    one = replace(error([[1.0]], [[1.0]]), predictor="copy")
    sticks = Yardsticks((one,), None, None)
    assert sticks.control("copy") is one
    assert sticks.control("twin") is None


def test_results_survive_the_wire() -> None:
    sticks = Yardsticks((error([[1, NAN]], [[2, NAN]]),), RetrievalRank(1, 5, np.ones((1, 1, 2)), np.ones((1, 1, 2)), 2, MADE), None)
    again = codec.loads(codec.dumps(sticks))
    assert again.controls[0].skill == 0.5
    assert again.controls[0].grid == sticks.controls[0].grid
    assert again.rank.percentile == 0
    assert again.quilt is None


def test_provenance_names_the_versions_without_importing_them() -> None:
    assert {"python", "numpy"} <= set(versions())
    code = "import sys, workbench.core.results as r; r.versions(); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
