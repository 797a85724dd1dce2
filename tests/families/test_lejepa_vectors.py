"""Numbers of timm 1.0.31 (VisionTransformer with dynamic_img_size) on weights and images that follow a rule, also at another size.

The rule stands in ruled.py; position tables follow it too. Given are `forward_features` and `forward`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from tests.families.ruled import agrees, inp, rule
from workbench.families.lejepa import LejepaEncoder
from workbench.families.load import load
from workbench.nn.class_vit import ClassVit, ClassVitConfig

Told = tuple[float, float, list[float], list[float]]
KINDS: dict[str, dict[str, Any]] = {
    "class token": {"head": 7},
    "registers without positions": {"registers": 4, "placed": 0, "layer_scale": True},
    "registers with positions": {"registers": 3, "placed": 4, "layer_scale": True},
    "mean over patches": {"class_token": False, "norm": "fc_norm", "head": 5},
}
NUMBERS: list[tuple[str, tuple[int, int], Told, Told]] = [
    (
        "class token",
        (32, 32),
        (0.000272, 0.839742, [-0.31653, 1.77977, -1.05244, 0.62408], [-0.47412, 1.58339]),
        (0.044371, 0.691217, [-0.24328, 1.03736, -0.90571, 0.20995], [-1.11460, 0.37018]),
    ),
    (
        "class token",
        (48, 24),
        (0.000145, 0.832618, [-0.27006, 1.71629, -0.98945, 0.65871], [-1.07699, 1.67985]),
        (0.044060, 0.695651, [-0.25034, 1.06614, -0.93178, 0.21118], [-1.09900, 0.36127]),
    ),
    (
        "registers without positions",
        (32, 32),
        (0.018186, 0.846147, [-0.56252, 0.86771, 1.23926, 0.88834], [0.21119, -0.63274]),
        (-0.049459, 0.900201, [-0.56252, 0.86771, 1.23926, 0.88834], [0.39733, 0.91935]),
    ),
    (
        "registers without positions",
        (48, 24),
        (0.021736, 0.829798, [-0.56294, 0.86777, 1.23997, 0.88804], [-1.43939, 0.62034]),
        (-0.049462, 0.900186, [-0.56294, 0.86777, 1.23997, 0.88804], [0.40011, 0.91671]),
    ),
    (
        "registers with positions",
        (32, 32),
        (0.016466, 0.848836, [0.63320, 0.78702, 1.45847, 0.05862], [0.42586, -0.10958]),
        (-0.051881, 0.889594, [0.63320, 0.78702, 1.45847, 0.05862], [1.13022, 0.44088]),
    ),
    (
        "registers with positions",
        (48, 24),
        (0.019873, 0.828471, [0.66785, 0.97096, 1.26847, 0.07195], [-1.43663, 0.89164]),
        (-0.052169, 0.893417, [0.66785, 0.97096, 1.26847, 0.07195], [1.05588, 0.30501]),
    ),
    (
        "mean over patches",
        (32, 32),
        (0.012006, 0.617483, [-0.32005, 1.19011, -1.14411, 0.59262], [-0.62766, 1.18987]),
        (0.075893, 0.348744, [0.46701, -0.26621, -0.11545, 0.60386], [0.59590, -0.29797]),
    ),
    (
        "mean over patches",
        (48, 24),
        (0.011384, 0.587303, [-0.82976, 1.40350, -1.10528, 0.21318], [-1.13232, 1.55990]),
        (0.075442, 0.349625, [0.46547, -0.26375, -0.11676, 0.60289], [0.59704, -0.30605]),
    ),
]


@pytest.mark.parametrize(("kind", "size", "tokens", "pooled"), NUMBERS)
def test_features_and_pooled_vectors_are_timms(tmp_path: Path, kind: str, size: tuple[int, int], tokens: Told, pooled: Told) -> None:
    vit = ClassVit(ClassVitConfig(48, 3, 4, 192, 8, (4, 4), **KINDS[kind]))
    torch.save({name: rule(name, tensor) for name, tensor in vit.state_dict().items()}, tmp_path / "vit.pt")
    jepa = load(tmp_path, heads=4)
    encoder, video = jepa.encoder, inp(2, 3, *size)[:, :, None]
    assert jepa.report.whole
    assert isinstance(encoder, LejepaEncoder)
    seen = encoder.encode(video, weights="context")
    grid = seen.tokens.flatten(1, 3)
    agrees(grid if seen.extra is None else torch.cat([seen.extra[:, 0], grid], 1), *tokens)
    agrees(encoder.projected(video), *pooled)
