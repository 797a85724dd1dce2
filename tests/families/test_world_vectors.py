"""Numbers of the official world models' modules on weights and inputs that follow a rule, so that they need no file.

The rule is that of test_vectors.py; here inputs are sin(f·i), and every predictor's answer is given, not its mask tables.
"""

from __future__ import annotations

from typing import TypeVar

import torch
from torch import Tensor, nn

from tests.families.test_vectors import agrees, ruled
from workbench.nn.adaln import AdaLnConfig, AdaLnPredictor
from workbench.nn.dino_wm import DinoWmConfig, DinoWmPredictor
from workbench.nn.rope_vit import RopeVit, RopeVitConfig
from workbench.nn.vit_decoder import VitDecoder, VitDecoderConfig


def inp(*shape: int, f: float) -> Tensor:
    return torch.sin(f * torch.arange(int(torch.tensor(shape).prod()), dtype=torch.float64)).float().reshape(shape)


Net = TypeVar("Net", bound=nn.Module)


def filled(net: Net) -> Net:
    net.load_state_dict(ruled(net))
    return net.eval().requires_grad_(False)


def test_the_adaln_predictor_answers_as_the_official_one_on_tokens_and_state_features() -> None:
    net = filled(AdaLnPredictor(AdaLnConfig(48, 48, 16, 2, 4, 256, 10)))
    seen, felt = net(inp(2, 3, 4, 4, 48, f=0.37), inp(2, 3, 16, 16, f=0.11), inp(2, 3, 10, f=0.21))
    agrees(seen, -0.003403, 0.301355, [-0.32836, 0.36652, -0.1503, -0.40571], [-0.48363, 0.17961])
    agrees(felt, 0.013885, 1.320152, [0.0225, -0.30879, 0.35272, 0.58841], [-1.45445, -1.19003])


def test_the_adaln_predictor_answers_as_the_official_one_without_a_state() -> None:
    net = filled(AdaLnPredictor(AdaLnConfig(48, 48, 0, 2, 4, 192, 10)))
    seen, felt = net(inp(2, 3, 4, 4, 48, f=0.37), None, inp(2, 3, 10, f=0.21))
    assert felt is None
    agrees(seen, -0.007986, 0.566978, [-0.75778, 0.48391, 0.14399, -0.86186], [-1.01513, 0.56675])


def test_the_predictor_of_dino_wm_answers_as_the_official_one() -> None:
    net = filled(DinoWmPredictor(DinoWmConfig(40, 10, 10, 48, 2, 4, 16, 64)))
    agrees(net(inp(2, 3, 16, 60, f=0.37)), -0.002345, 0.893149, [-0.02254, 0.34411, 0.66115, 0.90327], [0.46734, 1.0353])


def test_the_encoder_of_dinov3_answers_as_that_of_transformers() -> None:
    """Transformers 5.23 (DINOv3ViTModel) gives these numbers for the tokens of the grid, keys without a bias; ours differ by 1e-6 at most."""
    net = RopeVit(RopeVitConfig(48, 2, 4, 96, 8, 2)).initialise()
    masks = {n: t for n, t in net.state_dict().items() if n.endswith(("bias_mask", "periods"))}
    net.load_state_dict(ruled(net) | masks)
    with torch.inference_mode():
        tokens = net.eval()(inp(2, 3, 24, 40, f=0.013))[:, 3:]
    agrees(tokens, 0.012023, 0.887577, [-0.519515, 0.913816, -1.402584, 0.958948], [1.101269, -0.68281])


def patches(drawn: Tensor, side: int) -> Tensor:
    """Frames in the order of the official answer: patch by patch, then row, column and colour."""
    pixels = drawn.unflatten(1, (side, -1)).unflatten(3, (side, -1))
    return pixels.permute(0, 1, 3, 2, 4, 5)


def test_the_transformer_decoder_draws_as_the_official_one() -> None:
    net = filled(VitDecoder(VitDecoderConfig(48, 40, 2, 4, 160, 4, 8)).initialise())
    drawn = net(inp(2, 2, 4, 4, 48, f=0.37).flatten(0, 1))
    assert drawn.shape == (4, 32, 32, 3)
    agrees(patches(drawn, 4), 0.001299, 0.766095, [0.79016, -1.13951, 1.2237, -1.16399], [0.35659, -0.06248])


def test_the_transformer_decoder_draws_as_the_official_one_from_fewer_tokens() -> None:
    net = filled(VitDecoder(VitDecoderConfig(48, 40, 2, 4, 160, 4, 8)).initialise())
    drawn = net(inp(1, 2, 2, 48, f=0.37))
    agrees(patches(drawn, 4), 0.001444, 0.783713, [0.78988, -1.13935, 1.22368, -1.16411], [0.3819, -0.10084])
