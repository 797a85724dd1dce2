"""Recipes of the world-model samples, and the videos that they are trained on."""

from __future__ import annotations

from workbench.nn.frame_conv import FrameConvConfig
from workbench.nn.frame_future import ActionStepConfig, CausalStepConfig
from workbench.train.futures import Films, FutureRecipe
from workbench.worlds import balls, physics, two_rooms

TWO_ROOMS = FutureRecipe(
    name="two-rooms",
    encoder=FrameConvConfig(size=(64, 64), channels=(16, 32, 64), hidden=256, dim=32),
    future=ActionStepConfig(dim=32, actions=2, features=64, hidden=256),
    frames=7,
    mean=0.2,
    open_loop=0.5,
    steps=1500,
    batch=48,
)
BALLS = FutureRecipe(
    name="balls",
    encoder=FrameConvConfig(size=(balls.SIDE, balls.SIDE), channels=(32, 64, 64), hidden=256, dim=48),
    future=CausalStepConfig(dim=48, width=128, depth=3, heads=4, hidden=512, ticks=balls.FRAMES),
    frames=balls.FRAMES,
    mean=0.25,
    unjudged=1,
    slices=192,
    weight=0.025,
    apart=False,
    mirror=True,
    steps=6000,
    batch=24,
    weight_decay=1e-3,
)


def rooms_films(count: int, seed: int, *, varied: bool = False) -> tuple[Films, tuple[float, ...]]:
    """Films of the two rooms, and the deviation that their actions were divided by."""
    true = two_rooms.walks(count, 24, seed, varied=varied)
    deviation = true.actions.std((0, 1))
    return Films(two_rooms.render(true.states), true.actions / deviation), tuple(float(d) for d in deviation)


def balls_films(count: int, seed: int) -> Films:
    """Films of the falling balls."""
    return Films(balls.render(physics.draw(count, seed)))
