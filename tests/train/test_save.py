"""Trained networks go to the official layouts and come back through the same door as any checkpoint."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

from workbench.core.clip import Clip
from workbench.families.load import load
from workbench.nn.vit import PredictorConfig, VitConfig
from workbench.train import masked
from workbench.train.data import normalise
from workbench.train.recipes import BALLS, SHAPES, Recipe
from workbench.train.save import replace as swap
from workbench.train.save import save

_TINY = VitConfig(dim=24, depth=2, heads=2, hidden=48, patch=8, table=(8, 8))
_RECIPES = {
    "ijepa": replace(SHAPES, encoder=_TINY, predictor=PredictorConfig(16, 1, 2, 32)),
    "vjepa2": replace(BALLS, encoder=replace(_TINY, tubelet=2, table=None), predictor=PredictorConfig(24, 1, 2, 48, mask_tokens=2)),
}


def _networks(recipe: Recipe) -> masked.Masked:
    nets = masked.build(recipe, 0)
    with torch.no_grad():
        for p in nets.predictor.parameters():
            p.add_(0.01)
        nets.context.norm.weight.mul_(1.5)
    return nets


@pytest.mark.parametrize("layout", _RECIPES)
def test_a_saved_model_loads_whole_and_predicts_the_same(layout: str, tmp_path: Path) -> None:
    recipe = _RECIPES[layout]
    nets, rng = _networks(recipe), np.random.default_rng(0)
    pixels = rng.integers(0, 256, (1, recipe.frames, *recipe.image_size, 3), dtype=np.uint8)
    mask = recipe.samplers[0].sample(recipe.grid, rng)
    with torch.no_grad():
        wanted, ids, _ = masked.predict(nets, recipe, normalise(pixels), [mask])
    jepa = load(save(nets, recipe, tmp_path, clips=100, fps=8.0))
    assert jepa.report.whole
    video = jepa.encoder.prepare([Clip(pixels[0])]).video
    assert torch.allclose(video, normalise(pixels), atol=1e-6)
    found = jepa.need_masked().predict(video, torch.from_numpy(mask.context)[None], torch.from_numpy(mask.targets)[:, None])
    for block, latents in enumerate(found):
        assert torch.allclose(latents.tokens.flatten(0, 3)[ids[block, 0]], wanted[block, 0], atol=5e-3)


@pytest.mark.parametrize(("layout", "prefix"), [("ijepa", "module."), ("vjepa2", "module.backbone.")])
def test_the_file_has_the_official_keys_in_half_precision_and_no_code(layout: str, prefix: str, tmp_path: Path) -> None:
    content = torch.load(save(_networks(_RECIPES[layout]), _RECIPES[layout], tmp_path, clips=100), weights_only=True)
    assert set(content) >= {"encoder", "predictor", "target_encoder", "opt", "scaler", "epoch", "loss", "batch_size", "world_size", "lr"}
    for group in ("encoder", "predictor", "target_encoder"):
        assert all(name.startswith(prefix) for name in content[group])
        assert {t.dtype for t in content[group].values()} == {torch.float16}


def test_the_yaml_says_what_tensors_cannot(tmp_path: Path) -> None:
    save(_networks(_RECIPES["ijepa"]), _RECIPES["ijepa"], tmp_path / "i", clips=100)
    save(_networks(_RECIPES["vjepa2"]), _RECIPES["vjepa2"], tmp_path / "v", clips=100, fps=8.0)
    still = yaml.safe_load((tmp_path / "i/params-ijepa.yaml").read_text())
    film = yaml.safe_load((tmp_path / "v/params-pretrain.yaml").read_text())
    assert (still["meta"]["num_heads"], still["meta"]["pred_num_heads"], still["data"]["crop_size"]) == (2, 2, 64)
    assert still["mask"]["min_keep"] == 4
    assert (film["data"]["num_frames"], film["data"]["fps"], film["data"]["tubelet_size"]) == (16, 8, 2)
    assert [m["num_blocks"] for m in film["mask"]] == [8, 2]


def test_a_write_that_fails_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / "weights"
    path.write_text("good")

    def half(part: Path) -> None:
        part.write_text("ha")
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        swap(path, half)
    assert path.read_text() == "good"
    assert [p.name for p in tmp_path.iterdir()] == ["weights"]
