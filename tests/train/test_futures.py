"""Models that foresee: a few steps of training, SIGReg against its published number, and a folder that loads."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from workbench.families.load import load
from workbench.train import future_recipes, futures, produce_futures
from workbench.train.sigreg import epps_pulley
from workbench.worlds import two_rooms

pytestmark = pytest.mark.slow


def test_a_few_steps_bring_the_loss_down_and_repeat_with_their_seed() -> None:
    films, _ = future_recipes.rooms_films(24, 0)
    recipe = replace(future_recipes.TWO_ROOMS.quick(), steps=12)
    first, again = (futures.train(recipe, films, seed=3) for _ in range(2))
    assert first.losses == again.losses
    assert np.mean(first.losses[-3:]) < np.mean(first.losses[:3])
    other = futures.train(recipe, films, seed=4)
    assert other.losses != first.losses


def test_a_quick_training_writes_a_folder_that_loads_foresees_and_draws(tmp_path: Path) -> None:
    produce_futures.train("two-rooms", tmp_path, quick=True, seed=1)
    jepa = load(tmp_path / "model.safetensors")
    assert jepa.report.whole
    assert jepa.card.world == "two-rooms"
    clip = two_rooms.clips(1, 0, moves=4)[0]
    dynamics = jepa.need_dynamics()
    assert dynamics.action is not None
    assert dynamics.action.names == two_rooms.ACTIONS
    context = dynamics.embed(jepa.encoder.prepare([clip]).video[:, :, :1])
    film = dynamics.rollout(context, 4, actions=torch.from_numpy(np.asarray(clip.actions))[None])
    assert film.tokens.isfinite().all()
    if jepa.decoder is not None:
        assert jepa.decoder.decode(film).shape == (1, 4, 64, 64, 3)


@pytest.mark.parametrize("name", ["two-rooms", "balls"])
def test_every_sample_that_foresees_has_a_source(name: str) -> None:
    assert produce_futures.SOURCES[name].recipe.name == name


def test_epps_pulley_has_the_published_value() -> None:
    sample = torch.sin(0.37 * torch.arange(32, dtype=torch.float64))[:, None]
    assert float(epps_pulley(sample.float())) == pytest.approx(0.970441, abs=2e-5)
