"""A small convolutional encoder, a frame to one vector, and the small decoder that draws a frame from such a vector."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

Frames = Float[Tensor, "batch 3 height width"]
Vectors = Float[Tensor, "batch dim"]


@dataclass(frozen=True)
class FrameConvConfig:
    """Sizes of the encoder.

    Args:
        size: (height, width) of a frame in pixels. patch: pixels a side that the first convolution turns into one place; each of
            the others halves what is left. channels: of each convolution.
        hidden: features between the convolutions and the vector. dim: of the vector. groups: of the group norms.
    """

    size: tuple[int, int]
    channels: tuple[int, ...]
    hidden: int
    dim: int
    patch: int = 4
    groups: int = 4

    @property
    def smallest(self) -> tuple[int, int]:
        """(height, width) after the last convolution."""
        height, width = self.size[0] // self.patch, self.size[1] // self.patch
        for _ in self.channels[1:]:
            height, width = (height + 1) // 2, (width + 1) // 2
        return height, width


class FrameConv(nn.Module):
    """Patches, then convolutions of stride 2 with group norm, ReLU after each, then two linear layers."""

    def __init__(self, config: FrameConvConfig) -> None:
        super().__init__()
        self.config = config
        first = nn.Conv2d(3, config.channels[0], config.patch, config.patch)
        pairs = zip(config.channels[:-1], config.channels[1:], strict=True)
        self.convs = nn.ModuleList([first, *(nn.Conv2d(a, b, 3, 2, 1) for a, b in pairs)])
        self.norms = nn.ModuleList(nn.GroupNorm(config.groups, c) for c in config.channels[1:])
        rows, cols = config.smallest
        self.hidden = nn.Linear(config.channels[-1] * rows * cols, config.hidden)
        self.out = nn.Linear(config.hidden, config.dim)

    @property
    def layers(self) -> int:
        """Outputs before the last: of each convolution, and of the hidden layer."""
        return len(self.convs) + 1

    def forward(self, frames: Frames, layer: int | None = None) -> Vectors:
        """One vector a frame; with `layer` the flattened output of that convolution, or of the hidden layer after them."""
        x = frames
        for i, conv in enumerate(self.convs):
            x = conv(x)
            x = F.relu(self.norms[i - 1](x) if i else x)
            if layer == i:
                return x.flatten(1)
        x = F.gelu(self.hidden(x.flatten(1)))
        return x if layer == len(self.convs) else self.out(x)


@dataclass(frozen=True)
class FramePainterConfig:
    """Sizes of the decoder: of a vector, of the frame in pixels, and channels from the smallest map to the largest."""

    dim: int
    size: tuple[int, int]
    channels: tuple[int, ...]

    @property
    def smallest(self) -> tuple[int, int]:
        """(height, width) of the map that the vector becomes."""
        return self.sizes[0]

    @property
    def sizes(self) -> list[tuple[int, int]]:
        """(height, width) of every map, the smallest first, the frame last: each is twice the one before."""
        found = [self.size]
        for _ in self.channels:
            found.append(((found[-1][0] + 1) // 2, (found[-1][1] + 1) // 2))
        return found[::-1]


class FramePainter(nn.Module):
    """One vector a frame to a small map, doubled and convolved once a channel, to red, green and blue between 0 and 1."""

    def __init__(self, config: FramePainterConfig) -> None:
        super().__init__()
        self.config = config
        rows, cols = config.smallest
        self.entry = nn.Linear(config.dim, config.channels[0] * rows * cols)
        after = (*config.channels[1:], config.channels[-1])
        self.convs = nn.ModuleList(nn.Conv2d(a, b, 3, 1, 1) for a, b in zip(config.channels, after, strict=True))
        self.out = nn.Conv2d(config.channels[-1], 3, 3, 1, 1)

    def forward(self, tokens: Float[Tensor, "batch 1 1 dim"]) -> Float[Tensor, "batch height width 3"]:
        x = F.relu(self.entry(tokens.flatten(1))).unflatten(1, (self.config.channels[0], *self.config.smallest))
        x = x.contiguous(memory_format=torch.channels_last)  # on a CPU twice as fast
        for size, conv in zip(self.config.sizes[1:], self.convs, strict=True):
            x = F.relu(conv(F.interpolate(x, size, mode="nearest")))
        return torch.sigmoid(self.out(x)).permute(0, 2, 3, 1)
