"""What holds of every sampler, whatever is drawn."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.core.errors import MaskError
from workbench.core.mask import Mask
from workbench.masks import SAMPLERS, IJepaMultiblock, RandomTokens, RandomTube, VJepaMultiblock, make, sample_mask

VIDEO, IMAGE = (8, 14, 14), (1, 14, 14)


def grid_of(name: str) -> tuple[int, int, int]:
    return IMAGE if name == "ijepa_multiblock" else VIDEO


@pytest.mark.parametrize("truncate", [False, True])
@pytest.mark.parametrize("name", SAMPLERS)
def test_every_mask_has_context_and_targets(name: str, truncate: bool) -> None:
    for mask in make(name).sample_batch(grid_of(name), 12, np.random.default_rng(0), truncate=truncate):
        assert mask.on(grid_of(name)).usable() is mask
        assert mask.sampler == name


@settings(deadline=None, max_examples=150)
@given(
    name=st.sampled_from(sorted(SAMPLERS)),
    shape=st.tuples(st.integers(1, 4), st.integers(1, 10), st.integers(1, 10)),
    seed=st.integers(0, 2**31),
)
def test_any_grid_gives_a_usable_mask_or_is_refused_in_words(name: str, shape: tuple[int, int, int], seed: int) -> None:
    try:
        mask = make(name).sample(shape, np.random.default_rng(seed))
    except MaskError as err:
        refused = err
    else:
        assert mask.on(shape).usable() is mask
        return
    assert all((refused.what, refused.where, refused.fix))


@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 2, 2), (1, 1, 5)])
def test_ijepa_refuses_a_grid_too_small_for_its_blocks(shape: tuple[int, int, int]) -> None:
    with pytest.raises(MaskError, match="min_keep"):
        IJepaMultiblock().sample(shape, np.random.default_rng(0))


def test_ijepa_refuses_when_targets_leave_no_room_for_context() -> None:
    with pytest.raises(MaskError, match="no mask with both"):
        IJepaMultiblock(target_scale=(0.95, 0.95), min_keep=0).sample((1, 4, 4), np.random.default_rng(0))


def test_ijepa_redraws_sizes_that_can_never_be_valid() -> None:
    for mask in IJepaMultiblock().sample_batch((1, 8, 8), 20, np.random.default_rng(0), truncate=False):
        assert all(b.sum() > 10 for b in mask.targets)


def test_ijepa_refuses_a_video_grid() -> None:
    with pytest.raises(MaskError, match="one time step"):
        IJepaMultiblock().sample(VIDEO, np.random.default_rng(0))


@pytest.mark.parametrize("name", ["vjepa_multiblock", "random_tube"])
@pytest.mark.parametrize("shape", [(1, 1, 1), (8, 1, 1), (4, 2, 2)])
def test_video_samplers_refuse_a_grid_too_small(name: str, shape: tuple[int, int, int]) -> None:
    with pytest.raises(MaskError, match="no mask with both"):
        make(name).sample(shape, np.random.default_rng(0))


def test_a_size_that_hides_everything_is_drawn_again_and_then_refused() -> None:
    everything = VJepaMultiblock(spatial_scale=(1.0, 1.0), aspect=(1.0, 1.0))
    with pytest.raises(MaskError, match="no mask with both"):
        everything.sample((2, 6, 6), np.random.default_rng(0))


@pytest.mark.parametrize(("shape", "n"), [((0, 4, 4), 1), ((1, 4, 4), 0)])
def test_nonsense_requests_are_refused(shape: tuple[int, int, int], n: int) -> None:
    with pytest.raises(MaskError, match="cannot sample"):
        RandomTokens().sample_batch(shape, n, np.random.default_rng(0), truncate=False)


def test_ijepa_keeps_its_blocks_apart_and_vjepa_joins_them() -> None:
    rng = np.random.default_rng(0)
    image, video = IJepaMultiblock().sample(IMAGE, rng), VJepaMultiblock.short().sample(VIDEO, rng)
    assert len(image.targets) == 4
    assert len({int(b.sum()) for b in image.targets}) == 1
    assert len(video.targets) == 1
    assert (video.context ^ video.target).all()


def test_whole_draws_leave_nothing_over_and_truncation_keeps_the_first_tokens() -> None:
    whole = VJepaMultiblock.long().sample_batch(VIDEO, 6, np.random.default_rng(3), truncate=False)
    cut = VJepaMultiblock.long().sample_batch(VIDEO, 6, np.random.default_rng(3), truncate=True)
    shortest = min(int(m.context.sum()) for m in whole)
    for before, after in zip(whole, cut, strict=True):
        assert (before.context ^ before.target).all()
        assert np.array_equal(np.flatnonzero(after.context), np.flatnonzero(before.context)[:shortest])
        assert not (after.target & ~before.target).any()


def test_a_batch_shares_one_block_size() -> None:
    masks = IJepaMultiblock().sample_batch(IMAGE, 8, np.random.default_rng(1), truncate=False)
    assert len({int(b.sum()) for m in masks for b in m.targets}) == 1


def test_later_ticks_are_predicted_when_context_ends_early() -> None:
    mask = VJepaMultiblock(max_temporal_keep=0.5).sample(VIDEO, np.random.default_rng(0))
    assert mask.target[4:].all()
    assert mask.context[:4].any()


def test_short_blocks_start_anywhere_in_time() -> None:
    starts = {
        int(np.nonzero(m.target.any((1, 2)))[0][0])
        for m in VJepaMultiblock(blocks=1, temporal_scale=(0.25, 0.25)).sample_batch(VIDEO, 80, np.random.default_rng(0), truncate=False)
    }
    assert starts == set(range(7))


def test_complements_and_the_swap_rearrange_the_truncated_masks() -> None:
    plain, filled, seen, swapped = (
        sampler.sample_batch(VIDEO, 4, np.random.default_rng(0), truncate=True)
        for sampler in (
            VJepaMultiblock(),
            VJepaMultiblock(full_complement=True),
            VJepaMultiblock(context_complement=True),
            VJepaMultiblock(inverted=True),
        )
    )
    for p, f, s, i in zip(plain, filled, seen, swapped, strict=True):
        assert np.array_equal(f.context, p.context)
        assert np.array_equal(f.target, ~p.context)
        assert np.array_equal(s.target, p.target)
        assert np.array_equal(s.context, ~p.target)
        assert np.array_equal(i.context, p.target)
        assert np.array_equal(i.target, p.context)


def test_most_context_caps_even_a_single_mask() -> None:
    mask = VJepaMultiblock(max_keep=20, full_complement=True, inverted=True).sample(VIDEO, np.random.default_rng(0))
    assert mask.target.sum() == 20
    assert mask.context.sum() == 8 * 14 * 14 - 20


def test_a_tube_is_the_same_in_every_tick() -> None:
    mask = RandomTube().sample(VIDEO, np.random.default_rng(0))
    assert (mask.context == mask.context[:1]).all()
    assert mask.context[0].sum() == 19


def test_random_tokens_hide_the_asked_share() -> None:
    masks = [RandomTokens().sample(IMAGE, np.random.default_rng(k)) for k in range(100)]
    shares = [m.target.mean() for m in masks]
    assert 0.4 <= min(shares) < 0.43
    assert 0.57 < max(shares) <= 0.61


def test_the_same_seed_draws_the_same_mask() -> None:
    one, other = (make("vjepa_multiblock").sample(VIDEO, np.random.default_rng(5)).digest for _ in range(2))
    assert one == other


@pytest.mark.parametrize("name", SAMPLERS)
def test_a_slider_can_be_made_of_every_parameter(name: str) -> None:
    assert all((SAMPLERS[name].label, SAMPLERS[name].help))
    for p in SAMPLERS[name].parameters():
        assert all((p.label, p.help, p.low < p.high, p.step > 0))
        assert make(name, **{p.name: p.default}) == make(name)
        ends = {"range": (p.low, p.high), "bool": True}.get(p.kind, p.high)
        assert getattr(make(name, **{p.name: ends}), p.name) == ends


def test_make_takes_what_a_card_or_a_yaml_file_holds() -> None:
    sampler = make("ijepa_multiblock", target_scale=[0.2, 0.3], min_keep=4.0)
    assert sampler == IJepaMultiblock(target_scale=(0.2, 0.3), min_keep=4)
    assert sampler.spec == "ijepa_multiblock(target_scale=(0.2, 0.3), min_keep=4)"
    assert make("vjepa_multiblock", preset="long") == VJepaMultiblock.long()


@pytest.mark.parametrize(
    ("kwargs", "said"),
    [
        ({"name": "nope"}, "ijepa_multiblock, vjepa_multiblock"),
        ({"name": "random_tube", "preset": "long"}, "no preset"),
        ({"name": "vjepa_multiblock", "preset": "tall"}, "short, long"),
        ({"name": "random_tube", "rato": 0.5}, "rato"),
        ({"name": "random_tube", "ratio": 1.5}, "0.01 to 0.99"),
        ({"name": "random_tube", "ratio": float("nan")}, "nan"),
        ({"name": "random_tube", "ratio": "many"}, "not a float"),
        ({"name": "vjepa_multiblock", "aspect": (2.0, 1.0)}, "pair"),
        ({"name": "vjepa_multiblock", "aspect": 1.0}, "not a range"),
        ({"name": "vjepa_multiblock", "aspect": (1.0, 1.0, 1.0)}, "not a range"),
    ],
)
def test_wrong_parameters_are_named_with_what_would_be_right(kwargs: dict, said: str) -> None:
    with pytest.raises(MaskError) as caught:
        make(**kwargs)
    assert said in str(caught.value)


@pytest.mark.parametrize("name", SAMPLERS)
def test_fresh_draws_lie_in_their_own_range(name: str) -> None:
    sampler, rng = make(name), np.random.default_rng(99)
    alarms = [w for _ in range(300) if (w := sampler.in_range(sampler.sample(grid_of(name), rng)))]
    assert len(alarms) <= 3, alarms


def test_truncated_masks_lie_in_range_too() -> None:
    sampler = VJepaMultiblock.short()
    masks = [m for k in range(10) for m in sampler.sample_batch(VIDEO, 16, np.random.default_rng(k), truncate=True)]
    assert sum(bool(sampler.in_range(m)) for m in masks) <= 4


def test_painted_masks_outside_the_range_are_told_in_words() -> None:
    hole = np.zeros(IMAGE, bool)
    hole[:, 2:5, 2:5] = True
    said = IJepaMultiblock().in_range(Mask(~hole, hole[None]))
    assert said.startswith("context 95.4 % of tokens; this sampler gives ")
    four = np.stack([np.roll(hole, k, axis=2) for k in range(4)])
    said = IJepaMultiblock().in_range(Mask(np.arange(196).reshape(IMAGE) < 60, four & ~(np.arange(196).reshape(IMAGE) < 60)))
    assert "tokens to predict; this sampler gives" in said


def test_one_painted_block_is_told_from_four() -> None:
    drawn = IJepaMultiblock().sample(IMAGE, np.random.default_rng(0))
    joined = Mask(drawn.context, drawn.target[None])
    assert "1 block predicted separately; this sampler gives 4" in IJepaMultiblock().in_range(joined)


def test_a_hole_that_moves_is_outside_a_sampler_of_tubes() -> None:
    tube = RandomTube().sample(VIDEO, np.random.default_rng(0))
    moving = np.stack([np.roll(tick, k, axis=1) for k, tick in enumerate(tube.target)])
    assert "change between time steps" in RandomTube().in_range(Mask(~moving, moving[None]))


def test_in_range_says_when_a_sampler_cannot_draw_on_the_grid() -> None:
    mask = RandomTokens().sample(VIDEO, np.random.default_rng(0))
    assert "one time step" in IJepaMultiblock().in_range(mask)


def test_masks_do_not_import_torch() -> None:
    code = "import sys, workbench.masks; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_mask_by_name_is_the_same_for_the_same_seed() -> None:
    one = sample_mask("vjepa_multiblock", VIDEO, seed=3, preset="long", max_keep=50)
    assert one.digest == sample_mask("vjepa_multiblock", VIDEO, seed=3, preset="long", max_keep=50).digest
    assert one.digest != sample_mask("vjepa_multiblock", VIDEO, seed=4, preset="long", max_keep=50).digest
    assert one.context.sum() == 50
