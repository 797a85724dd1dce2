"""The samplers against what the official collators drew."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch

from workbench.core.mask import Mask
from workbench.masks import SAMPLERS, IJepaMultiblock, RandomTube, Sampler, VJepaMultiblock, make

pytestmark = pytest.mark.slow

GOLDEN = Path(__file__).parents[1] / "golden" / "mask_samplers"
CASES = json.loads((GOLDEN / "meta.json").read_text())["cases"]


class OfficialDice:
    """Sizes from a seeded torch CPU generator, positions from the global one, as the collators draw them."""

    def __init__(self, seed: int) -> None:
        self.sizes = torch.Generator().manual_seed(seed)

    def random(self) -> float:
        return torch.rand(1, generator=self.sizes).item()

    def integers(self, low: int, high: int, /) -> int:
        return int(torch.randint(low, high, (1,)))

    def permutation(self, x: int, /) -> np.ndarray:
        return torch.randperm(x).numpy()


def golden(case: str) -> dict[str, np.ndarray]:
    with np.load(GOLDEN / f"{case}.npz") as file:
        return dict(file)


def sampler_of(case: str) -> tuple[Sampler, tuple[int, int, int]]:
    facts = CASES[case]
    ticks, rows, cols = ([1, *facts["grid"]])[-3:]
    if facts["kind"] == "ijepa":
        names = {"blocks": "npred", "target_scale": "pred", "aspect": "ar", "context_scale": "enc", "min_keep": "min_keep"}
        return make("ijepa_multiblock", **{ours: facts[theirs] for ours, theirs in names.items()}), (ticks, rows, cols)
    if facts["kind"] == "tube":
        return RandomTube(facts["ratio"]), (ticks, rows, cols)
    cfg = facts["cfg"]
    return VJepaMultiblock(cfg["num_blocks"], tuple(cfg["spatial_scale"]), tuple(cfg["temporal_scale"]), tuple(cfg["aspect_ratio"])), (
        ticks,
        rows,
        cols,
    )


@cache
def drawn(case: str, batch: int) -> list[Mask]:
    sampler, shape = sampler_of(case)
    rng = np.random.default_rng(7)
    n = 2000 if batch == 1 else 125
    return [m for _ in range(n) for m in sampler.sample_batch(shape, batch, rng, truncate=batch > 1)]


@cache
def drawn_with_official_sizes(case: str, batch: int) -> list[Mask]:
    """Batch k has the block size of generator seed k, as the collators count; only positions differ."""
    sampler, shape = sampler_of(case)
    torch.manual_seed(1)
    n = 2000 if batch == 1 else 125
    return [m for k in range(n) for m in sampler.sample_batch(shape, batch, OfficialDice(k), truncate=batch > 1)]


def test_published_configurations_are_the_defaults_and_presets() -> None:
    assert sampler_of("ijepa_14x14")[0] == IJepaMultiblock()
    assert sampler_of("random_tube_8x14x14")[0] == RandomTube()
    assert sampler_of("vjepa2_short_8x16x16")[0] == VJepaMultiblock.short() == VJepaMultiblock()
    assert sampler_of("vjepa_long_8x14x14")[0] == VJepaMultiblock.long()


def test_ijepa_block_sizes_follow_the_torch_generator_on_the_published_grid() -> None:
    sizes = [IJepaMultiblock().block_sizes((1, 16, 16), OfficialDice(seed)) for seed in range(6)]
    assert [target for target, _ in sizes] == [(7, 6), (8, 6), (7, 6), (5, 7), (7, 6), (8, 6)]
    assert {context for _, context in sizes} == {(15, 15)}


@pytest.mark.parametrize(
    ("preset", "expected"),
    [
        ("short", [(8, 6, 7), (8, 6, 6), (8, 7, 6), (8, 6, 6), (8, 6, 7), (8, 7, 5)]),
        ("long", [(8, 12, 15), (8, 14, 13), (8, 15, 12), (8, 13, 14), (8, 12, 15), (8, 16, 11)]),
    ],
)
def test_vjepa_block_sizes_follow_the_torch_generator(preset: str, expected: list[tuple[int, int, int]]) -> None:
    sampler = VJepaMultiblock(**VJepaMultiblock.presets[preset])
    assert [sampler.block_size((8, 16, 16), OfficialDice(seed)) for seed in range(6)] == expected
    assert [sampler.block_size((32, 16, 16), OfficialDice(seed))[0] for seed in range(6)] == [32] * 6


@pytest.mark.parametrize("case", [c for c in CASES if CASES[c]["kind"] != "tube"])
def test_block_sizes_of_two_thousand_seeds_are_exact(case: str) -> None:
    sampler, shape = sampler_of(case)
    for seed, expected in enumerate(golden(case)["b1_block_sizes_by_seed"].tolist()):
        dice = OfficialDice(seed)
        if isinstance(sampler, IJepaMultiblock):
            target, context = sampler.block_sizes(shape, dice)
            assert [*target, *context] == expected
        else:
            assert isinstance(sampler, VJepaMultiblock)
            assert list(sampler.block_size(shape, dice)) == expected


def test_first_ijepa_batch_is_the_official_one_token_by_token() -> None:
    torch.manual_seed(0)
    masks = IJepaMultiblock().sample_batch((1, 16, 16), 2, OfficialDice(0), truncate=True)
    assert [np.flatnonzero(b)[0] for b in masks[0].targets] == [137, 32, 121, 115]
    assert {int(m.context.sum()) for m in masks} == {99}
    assert sum(int(np.flatnonzero(m.context).sum()) for m in masks) == 19335
    assert [sum(int(np.flatnonzero(m.targets[b]).sum()) for m in masks) for b in range(4)] == [15624, 9996, 10248, 9408]


@pytest.mark.parametrize(
    ("sampler", "context", "target", "sums"),
    [(VJepaMultiblock.short(), 512, 1456, (950940, 2928019)), (VJepaMultiblock.long(), 128, 1560, (160991, 2907840))],
)
def test_first_vjepa_batch_is_the_official_one_token_by_token(sampler: VJepaMultiblock, context: int, target: int, sums: tuple[int, int]) -> None:
    torch.manual_seed(0)
    masks = sampler.sample_batch((8, 16, 16), 2, OfficialDice(0), truncate=True)
    assert [(int(m.context.sum()), int(m.target.sum())) for m in masks] == [(context, target)] * 2
    assert sum(int(np.flatnonzero(m.context).sum()) for m in masks) == sums[0]
    assert sum(int(np.flatnonzero(m.target).sum()) for m in masks) == sums[1]


def moments(hist: np.ndarray) -> tuple[float, float]:
    values, counts = hist[:, 0].astype(float), hist[:, 1]
    mean = np.average(values, weights=counts)
    return float(mean), float(np.sqrt(np.average((values - mean) ** 2, weights=counts)))


@pytest.mark.parametrize("batch", [1, 16])
@pytest.mark.parametrize("case", CASES)
def test_mean_token_counts_lie_within_four_standard_errors(case: str, batch: int) -> None:
    official, masks = golden(case), drawn(case, batch)
    counts = {
        "context_count": [m.context.sum() for m in masks],
        "target_count": [b.sum() for m in masks for b in m.targets],
        "target_union": [m.target.sum() for m in masks],
    }
    independent = 2000 if batch == 1 else 125  # a batch shares its block size
    for name, ours in counts.items():
        mean, spread = moments(official[f"b{batch}_{name}_hist"])
        error = np.sqrt((spread**2 + np.var(ours)) / independent)
        assert abs(np.mean(ours) - mean) <= 4 * error + 1e-9, name


@pytest.mark.parametrize("batch", [1, 16])
@pytest.mark.parametrize("case", CASES)
def test_every_position_is_drawn_as_often_as_officially(case: str, batch: int) -> None:
    official, masks = golden(case), drawn_with_official_sizes(case, batch)
    # What is cut off is cut off from a whole batch: at the end of the clip 125 batches scatter by up to √(¼ · 2/125) = 0.06.
    allowed = 0.06 if batch == 1 else 0.12
    context = np.mean([m.context for m in masks], axis=0)
    target = np.mean([b for m in masks for b in m.targets], axis=0)
    for ours, name in ((context, "context"), (target, "target")):
        theirs = official[f"b{batch}_{name}_freq"].reshape(ours.shape)
        assert np.abs(ours - theirs).max() <= allowed, name
        if batch == 1:
            assert (ours[theirs == 0] == 0).all(), name
            assert (theirs[ours == 0] <= 0.005).all(), name


@pytest.mark.parametrize("batch", [1, 16])
@pytest.mark.parametrize("case", ["ijepa_14x14", "ijepa_16x16"])
def test_ijepa_target_counts_are_exactly_the_official_ones_for_the_same_seeds(case: str, batch: int) -> None:
    counts = [int(b.sum()) for m in drawn_with_official_sizes(case, batch) for b in m.targets]
    assert np.array_equal(np.stack(np.unique(counts, return_counts=True), 1), golden(case)[f"b{batch}_target_count_hist"])


@pytest.mark.parametrize("case", ["ijepa_14x14", "ijepa_16x16"])
def test_ijepa_never_covers_the_last_row_and_column(case: str) -> None:
    for mask in drawn(case, 1):
        covered = mask.context | mask.target
        assert not covered[:, -1].any()
        assert not covered[:, :, -1].any()


def test_every_sampler_is_compared_or_tested() -> None:
    compared = {sampler_of(c)[0].name for c in CASES}
    assert compared | {"random_tokens"} == set(SAMPLERS)
