"""The transformer with class token and registers: DINOv2's official numbers, and what no fixture covers against plain formulas."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from workbench.nn.class_vit import ClassVit, ClassVitConfig, resize_table

DINO = Path(__file__).parents[1] / "golden" / "jepa_wms_adaln"
TINY = ClassVitConfig(12, 2, 3, 20, 4, (3, 3))


def drawn(config: ClassVitConfig) -> ClassVit:
    """Every tensor at random, also those that start at zero or one."""
    vit = ClassVit(config).eval()
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for tensor in vit.parameters():
            tensor.copy_(torch.randn(tensor.shape, generator=generator) * 0.3)
    return vit


def images(side: int = 12) -> Tensor:
    return torch.rand(2, 3, side, side, generator=torch.Generator().manual_seed(2))


@torch.no_grad()
def test_dinov2_features_match_the_official_code_at_another_size_than_stored() -> None:
    state = torch.load(DINO / "dinov2_tiny14_pretrain.pth", weights_only=True)
    vit = ClassVit(ClassVitConfig(24, 2, 2, 96, 14, (5, 5), layer_scale=True, resize="dinov2")).eval()
    assert set(vit.state_dict()) == set(state) - {"mask_token"}
    vit.load_state_dict(state, strict=False)
    given, expected = (dict(np.load(DINO / f"{name}.npz")) for name in ("inputs", "expected"))
    tokens = vit(torch.tensor(given["visual"]).flatten(0, 1))[:, 1:]
    wanted = torch.tensor(expected["visual_features"]).flatten(0, 2).flatten(1, 2)
    torch.testing.assert_close(tokens, wanted, atol=3e-5, rtol=0)


@torch.no_grad()
@pytest.mark.parametrize(
    ("registers", "class_token", "placed"),
    [(0, True, None), (0, False, None), (3, True, None), (3, True, 0), (3, True, 4), (3, False, 0), (3, False, 3)],
)
def test_prefix_tokens_come_first_and_only_the_placed_ones_have_a_position(registers: int, class_token: bool, placed: int | None) -> None:
    vit = drawn(ClassVitConfig(12, 1, 3, 20, 4, (3, 3), registers=registers, class_token=class_token, placed=placed))
    names = dict(vit.named_parameters())
    prefix = torch.cat([names[n] for n in ("cls_token", "reg_token") if n in names] or [torch.zeros(1, 0, 12)], 1)
    rows = int(class_token) if placed is None else placed
    assert names["pos_embed"].shape == (1, rows + 9, 12)
    grid = F.conv2d(images(), vit.patch_embed.proj.weight, vit.patch_embed.proj.bias, stride=4).flatten(2).mT
    x = torch.cat([prefix.expand(2, -1, -1), grid], 1)
    x[:, :rows] += names["pos_embed"][:, :rows]
    x[:, prefix.shape[1] :] += names["pos_embed"][:, rows:]
    torch.testing.assert_close(vit(images(), layer=0), vit.blocks[0](x), atol=1e-5, rtol=0)


@torch.no_grad()
def test_a_block_scales_its_branches() -> None:
    vit = drawn(ClassVitConfig(12, 1, 3, 20, 4, (3, 3), layer_scale=True, eps=1e-2))
    w = vit.blocks[0].state_dict()
    x = torch.randn(2, 5, 12, generator=torch.Generator().manual_seed(3))
    y = F.layer_norm(x, (12,), w["norm1.weight"], w["norm1.bias"], 1e-2) @ w["attn.qkv.weight"].T + w["attn.qkv.bias"]
    q, k, v = y.reshape(2, 5, 3, 3, 4).unbind(2)
    share = torch.einsum("bihd,bjhd->bhij", q, k).div(2).softmax(-1)
    y = torch.einsum("bhij,bjhd->bihd", share, v).reshape(2, 5, 12) @ w["attn.proj.weight"].T + w["attn.proj.bias"]
    x1 = x + y * w["ls1.gamma"]
    y = F.layer_norm(x1, (12,), w["norm2.weight"], w["norm2.bias"], 1e-2) @ w["mlp.fc1.weight"].T + w["mlp.fc1.bias"]
    y = 0.5 * y * (1 + torch.erf(y / 2**0.5)) @ w["mlp.fc2.weight"].T + w["mlp.fc2.bias"]
    torch.testing.assert_close(vit.blocks[0](x), x1 + y * w["ls2.gamma"], atol=1e-5, rtol=0)


@torch.no_grad()
def test_tokens_that_are_left_out_change_nothing_and_all_in_order_change_nothing_either() -> None:
    vit, frames = drawn(TINY), images()
    ids = torch.tensor([[4, 0, 7], [1, 2, 8]])
    hidden = torch.full_like(frames, torch.nan)
    for row, kept in enumerate(ids.tolist()):
        for token in kept:
            at = (row, slice(None), slice(token // 3 * 4, token // 3 * 4 + 4), slice(token % 3 * 4, token % 3 * 4 + 4))
            hidden[at] = frames[at]
    assert torch.equal(vit(frames, ids), vit(hidden, ids))
    torch.testing.assert_close(vit(frames, torch.arange(9).expand(2, -1)), vit(frames), atol=1e-6, rtol=0)


@torch.no_grad()
def test_layers_are_outputs_of_blocks_and_the_last_norm_follows() -> None:
    vit, frames = drawn(TINY), images()
    first, last = (vit(frames, layer=layer) for layer in (0, 1))
    torch.testing.assert_close(vit.blocks[1](first), last)
    torch.testing.assert_close(vit.get_submodule("norm")(last), vit(frames))


@torch.no_grad()
@pytest.mark.parametrize(
    ("norm", "class_token", "head"), [("norm", True, 5), ("norm", False, 0), ("fc_norm", True, 5), ("fc_norm", False, 0), ("", True, 0)]
)
def test_the_pooled_vector_is_the_class_token_or_the_mean_over_patches(norm, class_token: bool, head: int) -> None:
    vit = drawn(ClassVitConfig(12, 1, 3, 20, 4, (3, 3), registers=2, class_token=class_token, norm=norm, head=head))
    tokens = vit(images())
    wanted = tokens[:, 0] if class_token and norm != "fc_norm" else tokens[:, 2 + class_token :].mean(1)
    if norm == "fc_norm":
        wanted = vit.get_submodule("fc_norm")(wanted)
        torch.testing.assert_close(tokens, vit(images(), layer=0))
    wanted = vit.head(wanted) if head else wanted
    torch.testing.assert_close(vit.pooled(tokens), wanted)


@pytest.mark.parametrize("resize", ["bicubic", "antialias", "dinov2"])
def test_a_table_on_another_grid_keeps_a_constant_and_its_type(resize) -> None:
    table = torch.full((1, 9, 2), 0.75, dtype=torch.bfloat16)
    for grid in ((3, 3), (2, 5), (7, 4)):
        out = resize_table(table, (3, 3), grid, resize)
        assert out.shape == (1, grid[0] * grid[1], 2)
        assert out.dtype == torch.bfloat16
        assert torch.equal(out, torch.full_like(out, 0.75))


def test_the_ways_to_resize_a_table_differ() -> None:
    table = torch.arange(16.0).reshape(1, 16, 1)
    ours = {how: resize_table(table, (4, 4), (6, 6), how) for how in ("bicubic", "antialias", "dinov2")}
    assert (ours["bicubic"] - ours["antialias"]).abs().max() > 1e-3
    assert (ours["bicubic"] - ours["dinov2"]).abs().max() > 1e-2
