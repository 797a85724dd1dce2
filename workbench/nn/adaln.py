"""The predictor of jepa-wms: frames in time, and an action that scales and shifts every block instead of being a token."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from workbench.core import progress
from workbench.nn.blocks import Attention, Mlp
from workbench.nn.frame_causal import attend, frame_causal_mask, frame_rotary
from workbench.nn.positions import Rotary


@dataclass(frozen=True)
class AdaLnConfig:
    """Sizes of the predictor.

    Args:
        features: of a token of the encoder. dim: what they become. states: features of the state beside them, in every token; 0: none.
        actions: numbers in the vector of a step. hidden: of the MLP.
    """

    features: int
    dim: int
    states: int
    depth: int
    heads: int
    hidden: int
    actions: int

    @property
    def width(self) -> int:
        """Features of a token in the blocks."""
        return self.dim + self.states


class AdaLnBlock(nn.Module):
    """x + gate·attention(norm1 x · (1 + scale) + shift), then the same with the MLP; the action of its tick sets gate, scale and shift."""

    def __init__(self, config: AdaLnConfig) -> None:
        super().__init__()
        dim = config.width
        self.norm1 = nn.LayerNorm(dim, eps=1e-6)
        self.attn = Attention(dim, config.heads)
        self.norm2 = nn.LayerNorm(dim, eps=1e-6)
        self.mlp = Mlp(dim, config.hidden)
        self.adaLN_modulation = nn.Sequential(nn.SiLU(), nn.Linear(dim, 6 * dim))

    def forward(
        self,
        x: Float[Tensor, "batch ticks tokens dim"],
        action: Float[Tensor, "batch ticks dim"],
        rotary: Rotary,
        mask: Bool[Tensor, "all all"] | None,
    ) -> Float[Tensor, "batch ticks tokens dim"]:
        shift, scale, gate, mlp_shift, mlp_scale, mlp_gate = self.adaLN_modulation(action)[:, :, None].chunk(6, dim=-1)
        seen = self.norm1(x) * (1 + scale) + shift
        x = x + gate * attend(self.attn, seen.flatten(1, 2), rotary, mask).view_as(x)
        return x + mlp_gate * self.mlp(self.norm2(x) * (1 + mlp_scale) + mlp_shift)


class AdaLnPredictor(nn.Module):
    """Tokens, state features and the action of each tick to those of the next."""

    def __init__(self, config: AdaLnConfig) -> None:
        super().__init__()
        self.config = config
        self.predictor_embed = nn.Linear(config.features, config.dim)
        self.action_encoder = nn.Linear(config.actions, config.width)
        self.predictor_blocks = nn.ModuleList(AdaLnBlock(config) for _ in range(config.depth))
        self.predictor_norm = nn.LayerNorm(config.width, eps=1e-6)
        self.predictor_proj = nn.Linear(config.dim, config.features)

    def forward(
        self,
        tokens: Float[Tensor, "batch ticks rows cols features"],
        states: Float[Tensor, "batch ticks tokens states"] | None,
        actions: Float[Tensor, "batch ticks actions"],
    ) -> tuple[Float[Tensor, "batch ticks rows cols features"], Float[Tensor, "batch ticks tokens states"] | None]:
        ticks, rows, cols = tokens.shape[1:4]
        x = self.predictor_embed(tokens).flatten(2, 3)
        x = x if states is None else torch.cat([x, states], -1)
        action, head = self.action_encoder(actions), self.config.width // self.config.heads
        rotary = frame_rotary(ticks, rows, cols, head, dtype=x.dtype, device=x.device)
        mask = frame_causal_mask(ticks, rows * cols, x.device) if ticks > 1 else None
        for block in self.predictor_blocks:
            progress.report(0, 0)
            x = block(x, action, rotary, mask)
        x = self.predictor_norm(x)
        seen, felt = x[..., : self.config.dim], x[..., self.config.dim :]
        return self.predictor_proj(seen).unflatten(2, (rows, cols)), None if states is None else felt

    def initialise(self) -> AdaLnPredictor:
        """The published one: truncated normals of deviation 0.02, of 0.2 where an action enters; block i's output layers divided by √(2(i + 1))."""
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.trunc_normal_(module.weight, std=0.02)
                nn.init.zeros_(module.bias)
        for i, block in enumerate(cast(list[AdaLnBlock], list(self.predictor_blocks))):
            for layer in (block.attn.proj, block.mlp.fc2):
                layer.weight.data.div_((2.0 * (i + 1)) ** 0.5)
            nn.init.trunc_normal_(cast(nn.Linear, block.adaLN_modulation[1]).weight, std=0.2)
        return self
