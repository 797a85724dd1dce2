"""The predictor of DINO-WM: frames in time with learned places, and action and state as features of every token."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn import functional as F

from workbench.core import progress
from workbench.nn.frame_causal import frame_causal_mask


@dataclass(frozen=True)
class DinoWmConfig:
    """Sizes of the predictor.

    Args:
        features: of a token of the encoder. states, actions: features of state and action beside them, in every token.
        places: of the learned table: frames times tokens a frame. head: features of a head. hidden: of the MLP.
        actions_first: the features of an action stand before those of a state.
    """

    features: int
    states: int
    actions: int
    places: int
    depth: int
    heads: int
    head: int
    hidden: int
    actions_first: bool = False

    @property
    def width(self) -> int:
        """Features of a token in the blocks."""
        return self.features + self.states + self.actions


class StepEncoder(nn.Module):
    """Action or state of a tick to features; the kernel has the official convolution's shape."""

    def __init__(self, numbers: int, features: int) -> None:
        super().__init__()
        self.patch_embed = nn.Conv1d(numbers, features, kernel_size=1)

    def forward(self, steps: Float[Tensor, "batch ticks numbers"]) -> Float[Tensor, "batch ticks features"]:
        return F.linear(steps, self.patch_embed.weight[..., 0], self.patch_embed.bias)


class _Attention(nn.Module):
    """Attention whose heads need not divide the width."""

    def __init__(self, config: DinoWmConfig) -> None:
        super().__init__()
        inner = config.heads * config.head
        self.heads = config.heads
        self.norm = nn.LayerNorm(config.width)
        self.to_qkv = nn.Linear(config.width, 3 * inner, bias=False)
        plain = config.heads == 1 and config.head == config.width
        self.to_out = nn.Identity() if plain else nn.Sequential(nn.Linear(inner, config.width))

    def forward(self, x: Float[Tensor, "batch tokens width"], mask: Bool[Tensor, "tokens tokens"] | None) -> Float[Tensor, "batch tokens width"]:
        q, k, v = self.to_qkv(self.norm(x)).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        return self.to_out(F.scaled_dot_product_attention(q, k, v, attn_mask=mask).transpose(1, 2).flatten(2))


class _Mlp(nn.Module):
    """Layer norm and two layers; the gaps in the numbers are the official dropouts."""

    def __init__(self, config: DinoWmConfig) -> None:
        super().__init__()
        first, last = nn.Linear(config.width, config.hidden), nn.Linear(config.hidden, config.width)
        self.net = nn.Sequential(nn.LayerNorm(config.width), first, nn.GELU(), nn.Identity(), last)

    def forward(self, x: Float[Tensor, "batch tokens width"]) -> Float[Tensor, "batch tokens width"]:
        return self.net(x)


class _Transformer(nn.Module):
    def __init__(self, config: DinoWmConfig) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(config.width)
        self.layers = nn.ModuleList(nn.ModuleList([_Attention(config), _Mlp(config)]) for _ in range(config.depth))

    def forward(self, x: Float[Tensor, "batch tokens width"], mask: Bool[Tensor, "tokens tokens"] | None) -> Float[Tensor, "batch tokens width"]:
        for layer in self.layers:
            progress.report(0, 0)
            attention, mlp = cast(nn.ModuleList, layer)
            x = x + attention(x, mask)
            x = x + mlp(x)
        return self.norm(x)


class DinoWmPredictor(nn.Module):
    """Tokens with their state and action features to those of the next tick."""

    def __init__(self, config: DinoWmConfig) -> None:
        super().__init__()
        self.config = config
        self.pos_embedding = nn.Parameter(torch.randn(1, config.places, config.width))
        self.transformer = _Transformer(config)

    def forward(self, x: Float[Tensor, "batch ticks tokens width"]) -> Float[Tensor, "batch ticks tokens width"]:
        ticks, tokens = x.shape[1:3]
        flat = x.flatten(1, 2) + self.pos_embedding[:, : ticks * tokens]
        mask = frame_causal_mask(ticks, tokens, x.device) if ticks > 1 else None
        return self.transformer(flat, mask).view_as(x)
