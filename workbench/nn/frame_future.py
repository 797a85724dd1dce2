"""Small predictors of a frame's next vector: from the last vector and an action, or from all vectors so far."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import torch
from jaxtyping import Float
from torch import Tensor, nn

from workbench.core import progress
from workbench.nn.blocks import Block
from workbench.nn.frame_causal import causal_block, frame_causal_mask

Vectors = Float[Tensor, "batch ticks dim"]


@dataclass(frozen=True)
class ActionStepConfig:
    """Sizes: of a vector, of an action, of the features that an action becomes, of the two hidden layers."""

    dim: int
    actions: int
    features: int
    hidden: int


class ActionStep(nn.Module):
    """A vector and the action that leaves it to the next: the vector plus what two hidden layers add."""

    def __init__(self, config: ActionStepConfig) -> None:
        super().__init__()
        self.config = config
        self.action = nn.Linear(config.actions, config.features)
        self.fc1, self.norm1 = nn.Linear(config.dim + config.features, config.hidden), nn.LayerNorm(config.hidden)
        self.fc2, self.norm2 = nn.Linear(config.hidden, config.hidden), nn.LayerNorm(config.hidden)
        self.out = nn.Linear(config.hidden, config.dim)

    def forward(self, vectors: Float[Tensor, "... dim"], actions: Float[Tensor, "... action"]) -> Float[Tensor, "... dim"]:
        x = torch.cat([vectors, self.action(actions)], -1)
        x = nn.functional.gelu(self.norm1(self.fc1(x)))
        x = nn.functional.gelu(self.norm2(self.fc2(x)))
        return vectors + self.out(x)

    def roll(self, vectors: Float[Tensor, "batch dim"], actions: Float[Tensor, "batch moves action"]) -> Vectors:
        """Open loop: every answer but the first starts from the one before."""
        answers = []
        for action in actions.unbind(1):
            progress.report(0, 0)
            vectors = self(vectors, action)
            answers.append(vectors)
        return torch.stack(answers, 1)


@dataclass(frozen=True)
class CausalStepConfig:
    """Sizes: of a vector, of the transformer, and how many ticks it has places for."""

    dim: int
    width: int
    depth: int
    heads: int
    hidden: int
    ticks: int


class CausalStep(nn.Module):
    """All vectors so far to the next ones, by a causal transformer: answer k is vector k plus what it adds, and sees no later tick."""

    places: Tensor

    def __init__(self, config: CausalStepConfig) -> None:
        super().__init__()
        self.config = config
        self.entry = nn.Linear(config.dim, config.width)
        self.places = nn.Parameter(torch.randn(config.ticks, config.width) * 0.02)
        self.blocks = nn.ModuleList(Block(config.width, config.heads, config.hidden) for _ in range(config.depth))
        self.norm = nn.LayerNorm(config.width)
        self.out = nn.Linear(config.width, config.dim)

    def forward(self, vectors: Vectors) -> Vectors:
        ticks = vectors.shape[1]
        x, mask = self.entry(vectors) + self.places[:ticks], frame_causal_mask(ticks, 1, vectors.device)
        for block in self.blocks:
            x = causal_block(cast(Block, block), x, None, mask)
        return vectors + self.out(self.norm(x))
