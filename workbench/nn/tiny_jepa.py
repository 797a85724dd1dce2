"""tiny-jepa's networks: multi-layer perceptrons whose weights lie as (in, out), from a grey frame of 32 × 32 to one vector and on to the next."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import cast

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

SIDE, PATCH = 32, 8


class RowLinear(nn.Module):
    """x W + b, with W of shape (in, out), as numpy code writes it."""

    def __init__(self, entering: int, leaving: int) -> None:
        super().__init__()
        self.W, self.b = nn.Parameter(torch.zeros(entering, leaving)), nn.Parameter(torch.zeros(leaving))

    def forward(self, x: Float[Tensor, "... entering"]) -> Float[Tensor, "... leaving"]:
        return x @ self.W + self.b


class RowMlp(nn.Sequential):
    """Layers with ReLU between them and none behind the last; `sizes` from what enters to what leaves."""

    def __init__(self, sizes: Sequence[int]) -> None:
        super().__init__(*(RowLinear(a, b) for a, b in pairwise(sizes)))

    def forward(self, input: Float[Tensor, "... entering"], layer: int | None = None) -> Float[Tensor, "... leaving"]:
        """The output; with `layer` what that layer gives, behind its ReLU."""
        x = input
        for i, linear in enumerate(self):
            x = linear(x)
            x = F.relu(x) if i < len(self) - 1 else x
            if i == layer:
                break
        return x

    def initialise(self) -> RowMlp:
        """He's normal weights and biases of zero, as published, from torch's current seed."""
        for linear in self:
            weights = cast(RowLinear, linear).W
            nn.init.normal_(weights, std=(2.0 / weights.shape[0]) ** 0.5)
        return self


def to_patches(frames: Float[Tensor, "count 32 32"]) -> Float[Tensor, "count pixels"]:
    """Sixteen patches of 8 × 8 one after the other, each row by row."""
    return frames.unflatten(2, (-1, PATCH)).unflatten(1, (-1, PATCH)).transpose(2, 3).flatten(1)


def from_patches(values: Float[Tensor, "count pixels"]) -> Float[Tensor, "count 32 32"]:
    """The frames again."""
    n = SIDE // PATCH
    return values.unflatten(1, (n, n, PATCH, PATCH)).transpose(2, 3).reshape(-1, SIDE, SIDE)
