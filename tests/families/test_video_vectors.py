"""Numbers of the official modules of V-JEPA and V-JEPA 2.1 on weights and inputs that follow the rule of ruled.py."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest
import torch
from torch import Tensor

from tests.families.official import at, mask_of
from tests.families.ruled import agrees, inp, ruled
from workbench.families.load import load
from workbench.nn.level_parts import LevelsEncoder, LevelsMasked
from workbench.nn.levels import LevelsConfig, LevelsPredictor, LevelsPredictorConfig
from workbench.nn.vit import PredictorConfig, VitConfig

SHAPE, GRID = (2, 4, 4), torch.arange(32)
SEEN = torch.stack([GRID[:8], GRID[4:12]])
ASKED = torch.stack([GRID[8:20], torch.cat([GRID[:4], GRID[24:32]])])
DEEP = LevelsConfig(80, 12, 4, 320, 16, 2, taps=(2, 5, 8, 11), reach=16)


@pytest.fixture(scope="module")
def vjepa(tmp_path_factory: pytest.TempPathFactory) -> Path:
    config = VitConfig(48, 2, 4, 192, 16, 2, table=SHAPE)
    state = {"encoder": ruled(config.make()), "predictor": ruled(PredictorConfig(24, 2, 4, 96, 2).make(config))}
    folder = tmp_path_factory.mktemp("vjepa")
    torch.save(state, folder / "latest.pth.tar")
    return folder


@pytest.fixture(scope="module")
def levelled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    predictor = LevelsPredictorConfig(48, 4, 4, 192, 8, levels=4, features=320)
    folder = tmp_path_factory.mktemp("vjepa2_1")
    torch.save({"encoder": ruled(DEEP.make()), "predictor": ruled(predictor.make(DEEP))}, folder / "latest.pth.tar")
    return folder


def told(path: Path) -> tuple[LevelsEncoder, LevelsMasked]:
    jepa = load(path, heads=4, predictor_heads=4, frames=4, image_size=64, predictor_rope="plain")
    return cast(LevelsEncoder, jepa.encoder), cast(LevelsMasked, jepa.need_masked())


@pytest.mark.parametrize(
    ("mask", "kept", "wanted", "seen", "predicted"),
    [
        (
            0,
            torch.stack([GRID[:8], GRID[4:12]]),
            torch.stack([GRID[8:20], GRID[12:24]]),
            (-0.008048, 0.838275, [-1.37299, -0.84795, -1.6526, -0.63018], [0.96511, 1.36598]),
            (-0.003089, 0.766754, [1.02128, -1.17357, 0.0081, 0.9721], [0.938, -1.01323]),
        ),
        (
            1,
            torch.stack([GRID[:4], GRID[20:24]]),
            torch.stack([GRID[10:30], GRID[0:20]]),
            (-0.001461, 0.823693, [-1.4311, -0.84974, -1.59601, -0.69547], [1.15607, 1.79886]),
            (-0.003043, 0.757970, [1.18998, -1.0216, -0.30062, 1.10457], [0.80835, -1.07005]),
        ),
    ],
)
def test_vjepa_follows_the_official_modules(vjepa: Path, mask: int, kept: Tensor, wanted: Tensor, seen: tuple, predicted: tuple) -> None:
    jepa, clips = load(vjepa, heads=4, frames=4), inp(2, 3, 4, 64, 64)
    full = jepa.encoder.encode(clips, weights="context").tokens
    agrees(full, -0.003621, 0.847393, [-1.23094, -0.96404, -1.69105, -0.49751], [0.45835, 0.73789])
    context, targets = mask_of(kept, SHAPE), mask_of(wanted, SHAPE)
    agrees(at(jepa.encoder.encode(clips, weights="context", visible=context).tokens, kept), *seen)
    answer = jepa.need_masked().predict(clips, context, targets[None], mask_token=mask)[0]
    agrees(at(answer.tokens, wanted), *predicted)


def test_vjepa_at_other_sizes_and_lengths_follows_the_official_modules(vjepa: Path) -> None:
    encoder = load(vjepa, heads=4, frames=4).encoder
    large = encoder.encode(inp(1, 3, 4, 96, 96), weights="context").tokens
    agrees(large, 0.005539, 0.804621, [-1.47362, 0.37989, -1.41349, -0.59534], [-0.13854, 1.4837])
    long = encoder.encode(inp(1, 3, 8, 64, 64), weights="context").tokens
    agrees(long, -0.008736, 0.832919, [-0.95142, -0.67444, -1.88513, -1.01309], [-0.36035, 0.19579])


def test_the_encoder_of_several_levels_follows_the_official_module(levelled: Path) -> None:
    encoder, clips = told(levelled)[0], inp(2, 3, 4, 64, 64)
    full = encoder.encode(clips, weights="context").tokens
    agrees(full, -0.012361, 0.807977, [-0.54424, -1.63954, 0.31525, 0.38592], [-1.39901, -0.78231])
    deep = encoder.deep(clips, weights="context").tokens
    agrees(deep, -0.004424, 0.823631, [-1.503, -1.75223, -0.26284, -0.7938], [-1.39901, -0.78231])
    still = encoder.encode(clips[:, :, :1], weights="context").tokens
    agrees(still, -0.030401, 0.814519, [-0.55953, -0.85569, 1.08102, 0.05137], [-2.10921, -0.3999])
    tall = encoder.encode(inp(1, 3, 4, 96, 64), weights="context").tokens
    agrees(tall, -0.013353, 0.819989, [-0.38952, -1.44471, 0.8901, 0.86137], [-1.97013, -1.29602])
    masked = at(encoder.deep(clips, weights="context", visible=mask_of(SEEN, SHAPE)).tokens, SEEN)
    agrees(masked, -0.004726, 0.819958, [-1.50296, -1.75431, -0.26635, -0.7978], [-0.98306, -0.0839])


def test_the_predictor_of_several_levels_follows_the_official_module(levelled: Path) -> None:
    (_, masked), clips = told(levelled), inp(2, 3, 4, 64, 64)
    context, targets = mask_of(SEEN, SHAPE), mask_of(ASKED, SHAPE)
    predicted = at(masked.predict(clips, context, targets[None], mask_token=0)[0].tokens, ASKED)
    agrees(predicted, 0.001925, 0.796525, [1.28954, -0.67039, -0.57462, 1.11963], [-1.31509, 0.87281])
    of_context = at(masked.predict_context(clips, context, targets[None], mask_token=0)[0].tokens, SEEN)
    agrees(of_context, -0.000402, 0.813992, [-0.47381, -0.52319, 1.28632, -0.9038], [0.75259, 0.22169])
    fed = at(masked.seen(clips, context).tokens, SEEN)
    as_still = masked.predictor(fed, SEEN, ASKED, SHAPE, 1, still=True)
    agrees(as_still, 0.000939, 0.620357, [0.94453, -0.24267, -0.72195, 0.86151], [-1.04511, 0.42218])


def test_the_predictor_of_a_student_follows_the_official_module(levelled: Path) -> None:
    encoder, clips = told(levelled)[0], inp(2, 3, 4, 64, 64)
    predictor = LevelsPredictor(LevelsPredictorConfig(48, 4, 4, 192, 8, features=104), DEEP).eval()
    predictor.load_state_dict(ruled(predictor))
    last = at(encoder.encode(clips, weights="context", visible=mask_of(SEEN, SHAPE)).tokens, SEEN)
    with torch.inference_mode():
        predicted, of_context = predictor(last, SEEN, ASKED, SHAPE, 1), predictor.context(last, SEEN, ASKED, SHAPE, 1)
    agrees(predicted, 0.002531, 0.787779, [1.28055, -0.68342, -0.55063, 1.10505], [-1.26835, 0.29286])
    agrees(of_context, 0.001264, 0.684834, [-0.36132, -0.44608, 1.08507, -0.74925], [0.11561, 0.66059])
