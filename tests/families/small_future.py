"""Tiny models of our own trainers' family, written by its own savers and read back."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import torch

from workbench.families.load import load
from workbench.model import Jepa
from workbench.model.spec import ActionSpec
from workbench.nn.frame_conv import FrameConvConfig, FramePainter, FramePainterConfig
from workbench.nn.frame_future import ActionStepConfig, CausalStepConfig
from workbench.train.futures import FutureRecipe, build
from workbench.train.save_futures import save, save_decoder

SPEC = ActionSpec(("right", "down"), ("sides", "sides"), (-0.1, -0.1), (0.1, 0.1), (0.0, 0.01), (0.05, 0.04))
ROOMS = FutureRecipe(
    name="tiny rooms",
    encoder=FrameConvConfig(size=(16, 24), channels=(4, 8), hidden=16, dim=6),
    future=ActionStepConfig(dim=6, actions=2, features=4, hidden=12),
    frames=4,
    mean=0.2,
    open_loop=0.5,
    steps=3,
    batch=4,
    slices=8,
)
BALLS = replace(ROOMS, name="tiny balls", future=CausalStepConfig(dim=6, width=8, depth=2, heads=2, hidden=16, ticks=5), unjudged=1, apart=False)


def write(folder: Path, recipe: FutureRecipe = ROOMS, *, decoder: bool = True) -> Path:
    """An untrained model in a folder."""
    nets = build(recipe, 0)
    action = SPEC if isinstance(recipe.future, ActionStepConfig) else None
    path = save(nets, recipe, folder, action=action, about={"world": "two-rooms" if action else "", "fps": 8.0, "notes": "Untrained."})
    if decoder:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(1)
            painter = FramePainter(FramePainterConfig(recipe.encoder.dim, recipe.encoder.size, (8, 4)))
        save_decoder(painter, folder)
    return path


def tiny(recipe: FutureRecipe = ROOMS) -> Jepa:
    """The same, loaded."""
    with tempfile.TemporaryDirectory() as folder:
        return load(write(Path(folder), recipe))
