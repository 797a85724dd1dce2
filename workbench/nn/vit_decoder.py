"""The transformer of jepa-wms that draws a frame from its tokens: finer tokens of its own, one a patch of pixels."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from workbench.core import progress
from workbench.nn.blocks import Block, published_init
from workbench.nn.positions import sincos_2d


@dataclass(frozen=True)
class VitDecoderConfig:
    """Sizes of the decoder.

    Args:
        features: of a token of the encoder. side: tokens down and across of the decoder. patch: pixels of one of them.
    """

    features: int
    dim: int
    depth: int
    heads: int
    hidden: int
    side: int
    patch: int


class VitDecoder(nn.Module):
    """Tokens to pixels, as normalised as those the encoder sees. Its layer norms have ε = 1e-5, unlike the predictors'."""

    def __init__(self, config: VitDecoderConfig) -> None:
        super().__init__()
        self.config = c = config
        self.decoder_embed = nn.Linear(c.features, c.dim)
        self.decoder_pos_embed = nn.Parameter(torch.zeros(1, c.side**2, c.dim), requires_grad=False)
        self.view_tokens = nn.Parameter(torch.zeros(1, 1, c.dim))
        self.decoder_blocks = nn.ModuleList(Block(c.dim, c.heads, c.hidden, eps=1e-5) for _ in range(c.depth))
        self.decoder_norm = nn.LayerNorm(c.dim, eps=1e-5)
        self.decoder_proj = nn.Linear(c.dim, c.patch * c.patch * 3)

    def forward(self, tokens: Float[Tensor, "count rows cols features"]) -> Float[Tensor, "count height width 3"]:
        side, p = self.config.side, self.config.patch
        if tokens.shape[1:3] != (side, side):
            tokens = F.interpolate(tokens.permute(0, 3, 1, 2), size=(side, side), mode="bilinear").permute(0, 2, 3, 1)
        x = self.decoder_embed(tokens).flatten(1, 2) + self.decoder_pos_embed + self.view_tokens
        for block in self.decoder_blocks:
            progress.report(0, 0)
            x = block(x)
        patches = self.decoder_proj(self.decoder_norm(x)).reshape(-1, side, side, p, p, 3)
        return patches.transpose(2, 3).reshape(-1, side * p, side * p, 3)

    def initialise(self) -> VitDecoder:
        """The published initialisation, from torch's current seed: places by sines and cosines, the view token zero."""
        published_init(self)
        # Unlike I-JEPA's, the first half of the features tells the row and the second the column.
        col, row = sincos_2d(self.config.dim, self.config.side, self.config.side).chunk(2, dim=-1)
        self.decoder_pos_embed.data = torch.cat([row, col], -1)
        return self
