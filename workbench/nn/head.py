"""The attentive head of V-JEPA 2 in Transformers: blocks over all tokens, one learned query that attends to them, and a linear layer to labels."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from workbench.nn.blocks import Block, Mlp, published_init


@dataclass(frozen=True)
class HeadConfig:
    """Sizes of a head.

    Args:
        dim, heads, hidden: of its attention and MLPs. depth: blocks before the query. labels: how many. eps: of its layer norms.
    """

    dim: int
    heads: int
    hidden: int
    depth: int
    labels: int
    eps: float = 1e-6


class QueryPool(nn.Module):
    """One vector a clip: the query, as it is, attends to the layer-normed tokens; no projection behind the attention; then an MLP."""

    def __init__(self, config: HeadConfig) -> None:
        super().__init__()
        self.heads = config.heads
        self.norm1, self.norm2 = (nn.LayerNorm(config.dim, eps=config.eps) for _ in range(2))
        self.q, self.k, self.v = (nn.Linear(config.dim, config.dim) for _ in range(3))
        self.mlp = Mlp(config.dim, config.hidden)

    def forward(
        self, query: Float[Tensor, "batch 1 dim"], tokens: Float[Tensor, "batch tokens dim"]
    ) -> tuple[Float[Tensor, "batch dim"], Float[Tensor, "batch heads tokens"]]:
        """The vector, and how much each head of the query looked at each token: a softmax over tokens."""
        seen = self.norm1(tokens)
        q, k, v = (part(x).unflatten(-1, (self.heads, -1)).transpose(1, 2) for part, x in ((self.q, query), (self.k, seen), (self.v, seen)))
        weights = (q @ k.transpose(-1, -2) * q.shape[-1] ** -0.5).float().softmax(-1).to(v.dtype)
        pooled = query + (weights @ v).transpose(1, 2).flatten(2)
        pooled = pooled + self.mlp(self.norm2(pooled))
        return pooled[:, 0], weights[:, :, 0]


class AttentiveHead(nn.Module):
    """Tokens of a clip to one number a label, before the softmax."""

    def __init__(self, config: HeadConfig) -> None:
        super().__init__()
        self.config = config
        self.query = nn.Parameter(torch.zeros(1, 1, config.dim))
        self.blocks = nn.ModuleList(Block(config.dim, config.heads, config.hidden, config.eps) for _ in range(config.depth))
        self.pool = QueryPool(config)
        self.classifier = nn.Linear(config.dim, config.labels)

    def forward(self, tokens: Float[Tensor, "batch tokens dim"]) -> tuple[Float[Tensor, "batch labels"], Float[Tensor, "batch heads tokens"]]:
        """One number a label, and how much each head looked at each token."""
        for block in self.blocks:
            tokens = block(tokens)
        pooled, weights = self.pool(self.query.expand(len(tokens), -1, -1), tokens)
        return self.classifier(pooled), weights

    def initialise(self) -> AttentiveHead:
        """The published initialisation, from torch's current seed."""
        published_init(self)
        nn.init.trunc_normal_(self.query, std=0.02)
        return self
