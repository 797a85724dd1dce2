"""The numbers of the official modules on weights and inputs that follow the rule of `tests.families.ruled`."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from tests.families.official import at, mask_of
from tests.families.ruled import agrees, inp, ruled
from workbench.families.load import load
from workbench.nn.vit import PredictorConfig, Vit, VitConfig, VitPredictor

SEEN = torch.tensor([[0, 1, 2, 4, 5], [3, 6, 7, 10, 11]])
BLOCKS = torch.tensor([[[8, 9], [0, 1]], [[14, 15], [4, 5]]])
GRID = torch.arange(32)


@pytest.fixture(scope="module")
def ijepa(tmp_path_factory: pytest.TempPathFactory) -> Path:
    config = VitConfig(48, 2, 4, 192, 16, table=(4, 4))
    state = {"encoder": ruled(Vit(config)), "predictor": ruled(VitPredictor(PredictorConfig(24, 2, 4, 96), config))}
    folder = tmp_path_factory.mktemp("ijepa")
    torch.save({**state, "target_encoder": state["encoder"]}, folder / "model.pth.tar")
    return folder


@pytest.fixture(scope="module")
def vjepa2(tmp_path_factory: pytest.TempPathFactory) -> Path:
    config = VitConfig(80, 2, 4, 320, 16, 2)
    state = {"encoder": ruled(Vit(config)), "predictor": ruled(VitPredictor(PredictorConfig(48, 2, 4, 192, 3), config))}
    folder = tmp_path_factory.mktemp("vjepa2")
    torch.save(state, folder / "model.pt")
    return folder


def test_ijepa_follows_the_official_modules(ijepa: Path) -> None:
    jepa, images = load(ijepa, heads=4), inp(2, 3, 64, 64)[:, :, None]
    masked, context = jepa.need_masked(), mask_of(SEEN, (1, 4, 4))
    full = jepa.encoder.encode(images).tokens
    agrees(full, 0.006085, 0.811387, [-1.81105, 0.95897, -1.79461, -0.30445], [0.63454, 0.84698])
    seen = at(jepa.encoder.encode(images, weights="context", visible=context).tokens, SEEN)
    agrees(seen, 0.004626, 0.823564, [-1.82008, 0.97073, -1.78989, -0.31641], [0.91715, 0.37716])
    answers = masked.predict(images, context, torch.stack([mask_of(b, (1, 4, 4)) for b in BLOCKS]))
    predicted = torch.cat([at(a.tokens, b) for a, b in zip(answers, BLOCKS, strict=True)])
    agrees(predicted, 0.000906, 0.164274, [0.14748, -0.0982, -0.1089, 0.00452], [-0.16952, 0.23675])
    targets = masked.targets(images)
    assert targets is not None
    wanted = torch.cat([at(targets.tokens, b) for b in BLOCKS])
    agrees(wanted, 0.0, 0.817583, [-1.11777, 0.07615, -0.37857, -1.45003], [0.59182, 0.68373])
    assert nn.functional.smooth_l1_loss(predicted, wanted).item() == pytest.approx(0.447087854, abs=1e-6)


def test_ijepa_at_another_size_follows_the_bicubic_port(ijepa: Path) -> None:
    jepa = load(ijepa, heads=4, image_size=96)
    tokens = jepa.encoder.encode(inp(1, 3, 96, 96)[:, :, None]).tokens
    agrees(tokens, 0.006361, 0.810791, [-1.87028, 0.79992, -1.38285, -0.68189], [-0.75216, 2.00015])


def test_vjepa2_follows_the_official_modules(vjepa2: Path) -> None:
    jepa, clips = load(vjepa2, heads=4, predictor_heads=4, frames=4, image_size=64), inp(2, 3, 4, 64, 64)
    seen = torch.stack([GRID[:8], GRID[4:12]])
    asked = torch.stack([GRID[8:20], torch.cat([GRID[:4], GRID[24:32]])])
    context, targets = mask_of(seen, (2, 4, 4)), mask_of(asked, (2, 4, 4))
    full = jepa.encoder.encode(clips, weights="context").tokens
    agrees(full, 0.000143, 0.853757, [-1.42095, -1.2253, -0.85508, -0.99036], [0.74061, 0.76979])
    masked = at(jepa.encoder.encode(clips, weights="context", visible=context).tokens, seen)
    agrees(masked, -0.000520, 0.848419, [-1.41643, -1.23032, -0.86845, -1.00692], [1.21188, 1.49658])
    first = jepa.need_masked().predict(clips, context, targets[None], mask_token=0)[0]
    agrees(at(first.tokens, asked), 0.002696, 0.301137, [0.23373, 0.22355, -0.54782, 0.19485], [0.49188, 0.01475])
    usual = jepa.need_masked().predict(clips, context, targets[None])[0]
    agrees(at(usual.tokens, asked), 0.002455, 0.275119, [0.17585, 0.23649, -0.50484, 0.13243], [0.43737, 0.06277])


def test_vjepa2_on_a_tall_clip_and_on_a_repeated_still_follows_the_official_modules(vjepa2: Path) -> None:
    jepa = load(vjepa2, heads=4, predictor_heads=4, frames=4, image_size=64)
    tall = jepa.encoder.encode(inp(1, 3, 4, 96, 64), weights="context").tokens
    agrees(tall, 0.001034, 0.827269, [-1.87143, -0.93872, -0.23326, -0.98847], [-0.29552, 0.07805])
    still = jepa.encoder.encode(inp(1, 3, 1, 64, 64).repeat(1, 1, 2, 1, 1), weights="context").tokens
    agrees(still, 0.000987, 0.814552, [-0.18312, 0.59071, 0.51445, -1.65268], [0.18657, 2.14029])
