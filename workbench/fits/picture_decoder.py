"""A small decoder for latents of any shape: one vector a tick, or a grid of tokens. Convolutions at the size of the grid, then every place becomes pixels."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F


@dataclass(frozen=True)
class PictureDecoderConfig:
    """Sizes.

    Args:
        dim: features of a token. grid: (rows, cols) of tokens; (1, 1): one vector a tick. base: (rows, cols) of the map that is convolved, the grid
            where there is one. zoom: pixels a side that each place of the map becomes. frames: that one tick becomes.
        width: channels. blocks: residual convolutions.
    """

    dim: int
    grid: tuple[int, int]
    base: tuple[int, int]
    zoom: int
    frames: int = 1
    width: int = 96
    blocks: int = 2

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of a picture."""
        return self.base[0] * self.zoom, self.base[1] * self.zoom


class PictureDecoder(nn.Module):
    """Latents of one tick to its frames; what it learns is the difference from the mean picture.

    Buffers: `mean` and `spread` of the latents it was fitted on, feature by feature, and `picture`, the mean of the frames.
    """

    _FINE = 8
    mean: Tensor
    spread: Tensor
    picture: Tensor

    def __init__(self, config: PictureDecoderConfig) -> None:
        super().__init__()
        self.config = config
        self.register_buffer("mean", torch.zeros(*config.grid, config.dim))
        self.register_buffer("spread", torch.ones(config.dim))
        self.register_buffer("picture", torch.zeros(config.frames, *config.size, 3))
        places = 1 if config.grid != (1, 1) else config.base[0] * config.base[1]
        self.entry = nn.Linear(config.dim, config.width * places)
        self.blocks = nn.ModuleList(nn.Conv2d(config.width, config.width, 3, 1, 1) for _ in range(config.blocks))
        self.fine = nn.Conv2d(config.width, self._FINE * config.frames * config.zoom**2, 1)
        self.out = nn.Conv2d(self._FINE * config.frames, 3 * config.frames, 3, 1, 1)
        for values in self.out.parameters():  # it begins with the mean picture
            nn.init.zeros_(values)

    def forward(self, tokens: Float[Tensor, "ticks rows cols dim"]) -> Float[Tensor, "ticks frames height width 3"]:
        c = self.config
        x = self.entry((tokens - self.mean) / self.spread)
        x = x.reshape(len(x), c.width, *c.base) if c.grid == (1, 1) else x.permute(0, 3, 1, 2)
        x = F.gelu(x)
        for conv in self.blocks:
            x = x + F.gelu(conv(x))
        x = self.out(F.gelu(F.pixel_shuffle(self.fine(x), c.zoom)))
        return self.picture + x.unflatten(1, (c.frames, 3)).permute(0, 1, 3, 4, 2)
