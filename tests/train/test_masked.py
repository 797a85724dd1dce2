"""The trainer learns, repeats itself, stops when asked, and masks as published."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from workbench.core.errors import BadInput, Cancelled
from workbench.core.progress import listening
from workbench.nn.vit import PredictorConfig, VitConfig
from workbench.train import masked
from workbench.train.recipes import BALLS, RECIPES, SHAPES, Recipe
from workbench.worlds import shapes

_TINY = VitConfig(dim=24, depth=1, heads=2, hidden=48, patch=8, table=(8, 8))
_STILLS = replace(SHAPES, encoder=_TINY, predictor=PredictorConfig(16, 1, 2, 32), steps=6, batch=4)
_FILMS = replace(
    BALLS,
    encoder=replace(_TINY, tubelet=2, table=None),
    predictor=PredictorConfig(24, 1, 2, 48, mask_tokens=2),
    steps=3,
    batch=2,
)


@pytest.fixture(scope="module")
def stills() -> np.ndarray:
    return shapes.render(shapes.draw(16, 0))[:, None]


@pytest.fixture(scope="module")
def films() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (4, 16, 48, 48, 3), dtype=np.uint8)


def _weights(nets: masked.Masked) -> list[torch.Tensor]:
    return [p.detach().clone() for net in (nets.context, nets.target, nets.predictor) for p in net.parameters()]


def test_a_few_steps_lower_the_loss(stills: np.ndarray) -> None:
    losses = masked.train(replace(_STILLS, steps=20, batch=2, lr=3e-3, spread=0.0, warmup=0.0), stills).losses
    assert np.mean(losses[-5:]) < 0.85 * np.mean(losses[:5])


def test_same_seed_trains_the_same_weights_and_another_seed_others(stills: np.ndarray) -> None:
    first, again, other = (_weights(masked.train(_STILLS, stills, seed=s)) for s in (1, 1, 2))
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    assert not all(torch.equal(a, b) for a, b in zip(first, other, strict=True))


def test_training_leaves_the_callers_random_state_alone(stills: np.ndarray) -> None:
    before = torch.random.get_rng_state()
    masked.train(replace(_STILLS, steps=1), stills)
    assert torch.equal(before, torch.random.get_rng_state())


def test_films_train_only_the_default_mask_token(films: np.ndarray) -> None:
    nets = masked.train(_FILMS, films)
    unused, used = nets.predictor.mask_tokens
    assert not unused.any()
    assert used.any()


def test_the_teacher_follows_the_context_encoder_without_a_gradient(stills: np.ndarray) -> None:
    start = masked.build(_STILLS, 0)
    nets = masked.train(replace(_STILLS, steps=1, ema=(0.75, 1.0)), stills)
    old, new, pupil = (n.patch_embed.proj.weight for n in (start.target, nets.target, nets.context))
    assert torch.allclose(new, 0.75 * old + 0.25 * pupil, atol=1e-7)
    assert not any(p.requires_grad for p in nets.target.parameters())


def test_the_position_table_stays_as_published(stills: np.ndarray) -> None:
    assert torch.equal(masked.train(_STILLS, stills).context.pos_embed, masked.build(_STILLS, 0).context.pos_embed)


def test_cancelling_stops_between_two_steps(stills: np.ndarray) -> None:
    seen: list[int] = []

    def stop(done: int, total: int) -> None:
        if total:
            seen.append(done)
        if done == 2:
            raise Cancelled

    with listening(stop), pytest.raises(Cancelled):
        masked.train(_STILLS, stills)
    assert seen == [0, 1, 2]


def test_the_monitor_sees_the_start_and_every_step(stills: np.ndarray) -> None:
    steps: list[int] = []
    masked.train(_STILLS, stills, monitor=lambda step, nets, loss: steps.append(step))
    assert steps == list(range(_STILLS.steps + 1))


def test_clips_of_another_size_are_refused(stills: np.ndarray) -> None:
    with pytest.raises(BadInput, match="32×64"):
        masked.train(_STILLS, stills[:, :, :32])


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_batches_of_masks_are_equally_long_and_never_leak(recipe: Recipe) -> None:
    rng = np.random.default_rng(0)
    for sampler in recipe.samplers:
        masks = masked.turned(sampler.sample_batch(recipe.grid, 5, rng, truncate=True), rng)
        context, targets = masked.mask_ids(masks)
        assert context.shape[0] == targets.shape[1] == 5
        for i, mask in enumerate(masks):
            assert np.array_equal(np.flatnonzero(mask.context), context[i].numpy())
            assert not np.isin(context[i].numpy(), targets[:, i].numpy()).any()


def test_turned_masks_reach_every_token_of_the_grid() -> None:
    rng = np.random.default_rng(0)
    sampler = SHAPES.samplers[0]
    plain, turned = np.zeros(SHAPES.grid), np.zeros(SHAPES.grid)
    for _ in range(60):
        masks = sampler.sample_batch(SHAPES.grid, 4, rng, truncate=True)
        plain += sum(m.target for m in masks)
        turned += sum(m.target for m in masked.turned(masks, rng))
    assert (plain[:, -1] == 0).all()
    assert (turned > 0).all()


def test_spread_is_large_where_features_die_or_repeat_each_other() -> None:
    torch.manual_seed(0)
    healthy = torch.randn(8, 64, 16)
    dead, repeated = healthy * 0.01, healthy[..., :1].expand_as(healthy)
    assert masked.spread(dead) > 5 * masked.spread(healthy)
    assert masked.spread(repeated) > 5 * masked.spread(healthy)


def test_shifted_batches_keep_their_size_and_move_by_a_few_pixels() -> None:
    clip = np.arange(36, dtype=np.uint8).reshape(1, 6, 6, 1)
    moved = [masked._moved(clip, 1, np.random.default_rng(s)) for s in range(20)]
    assert {m.shape for m in moved} == {clip.shape}
    assert len({m.tobytes() for m in moved}) > 4
    assert {int(m[0, 3, 3, 0]) for m in moved} <= {14, 15, 16, 20, 21, 22, 26, 27, 28}
