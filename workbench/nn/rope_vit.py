"""The vision transformer of DINOv3, under its tensor names: rotary positions in two directions, from the middle of the image."""

from __future__ import annotations

from dataclasses import dataclass
from math import pi

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from workbench.core import progress
from workbench.nn.blocks import Mlp, softmax_of
from workbench.nn.class_vit import LayerScale, Patches
from workbench.nn.vit import patchify, take


@dataclass(frozen=True)
class RopeVitConfig:
    """Sizes of the encoder.

    Args:
        dim, depth, heads: of the blocks. hidden: of the MLP. patch: pixels a token. registers: storage tokens beside the class token.
        masked: biases are stored with a mask, which leaves keys without one.
        split: in the layout of Transformers, whether query, key and value, layers of their own there, have a bias; periods are then not stored.
        gated: the MLP multiplies one layer by SiLU of another. eps: of every layer norm. base: the longest period of the rotation, where none is stored.
    """

    dim: int
    depth: int
    heads: int
    hidden: int
    patch: int
    registers: int = 4
    masked: bool = True
    split: tuple[bool, bool, bool] | None = None
    gated: bool = False
    eps: float = 1e-5
    base: float = 100.0

    @property
    def prefix(self) -> int:
        """How many tokens come before those of the grid."""
        return 1 + self.registers


class _MaskedLinear(nn.Linear):
    """Bias counts where its mask is one."""

    def __init__(self, dim: int, out: int) -> None:
        super().__init__(dim, out)
        self.bias_mask = nn.Buffer(torch.ones(out))

    def forward(self, input: Tensor) -> Tensor:
        return F.linear(input, self.weight, self.bias * self.bias_mask)


class _Attention(nn.Module):
    def __init__(self, config: RopeVitConfig) -> None:
        super().__init__()
        self.heads = config.heads
        if config.split is None:
            self.qkv = (_MaskedLinear if config.masked else nn.Linear)(config.dim, 3 * config.dim)
        else:
            self.q, self.k, self.v = (nn.Linear(config.dim, config.dim, bias=bias) for bias in config.split)
        self.split = config.split is not None
        self.proj = nn.Linear(config.dim, config.dim)

    def forward(self, x: Float[Tensor, "batch tokens dim"], cos: Float[Tensor, "rows 1 kept head"], sin: Float[Tensor, "rows 1 kept head"]) -> Tensor:
        q, k, v = self._parts(x, cos, sin)
        return self.proj(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))

    def weights(self, x: Tensor, cos: Tensor, sin: Tensor) -> Float[Tensor, "batch heads tokens tokens"]:
        """The softmax that `forward` weighs the values with: [batch, heads, queries, keys]."""
        q, k, _ = self._parts(x, cos, sin)
        return softmax_of(q, k)

    def _parts(self, x: Tensor, cos: Tensor, sin: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        joined = torch.cat([self.q(x), self.k(x), self.v(x)], -1) if self.split else self.qkv(x)
        q, k, v = joined.unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        return _turned(q, cos, sin), _turned(k, cos, sin), v


class _GatedMlp(nn.Module):
    """SiLU of one layer times another, then back."""

    def __init__(self, dim: int, hidden: int) -> None:
        super().__init__()
        self.w1, self.w2, self.w3 = nn.Linear(dim, hidden), nn.Linear(dim, hidden), nn.Linear(hidden, dim)

    def forward(self, x: Float[Tensor, "... dim"]) -> Float[Tensor, "... dim"]:
        return self.w3(F.silu(self.w1(x)) * self.w2(x))


class _Block(nn.Module):
    def __init__(self, config: RopeVitConfig) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(config.dim, eps=config.eps)
        self.attn = _Attention(config)
        self.ls1 = LayerScale(config.dim)
        self.norm2 = nn.LayerNorm(config.dim, eps=config.eps)
        self.mlp = (_GatedMlp if config.gated else Mlp)(config.dim, config.hidden)
        self.ls2 = LayerScale(config.dim)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        x = x + self.ls1(self.attn(self.norm1(x), cos, sin))
        return x + self.ls2(self.mlp(self.norm2(x)))


class _Periods(nn.Module):
    def __init__(self, head: int) -> None:
        super().__init__()
        self.periods = nn.Buffer(_periods(head, 100.0))


def _periods(head: int, base: float) -> Float[Tensor, "quarter"]:
    return base ** (torch.arange(head // 4) / (head // 4))


class RopeVit(nn.Module):
    """Image encoder. Hidden tokens are left out before the patch embedding; class and storage tokens always take part, and are never turned."""

    def __init__(self, config: RopeVitConfig) -> None:
        super().__init__()
        self.config = config
        self.cls_token = nn.Parameter(torch.zeros(1, 1, config.dim))
        self.storage_tokens = nn.Parameter(torch.zeros(1, config.registers, config.dim))
        if config.split is None:
            self.rope_embed = _Periods(config.dim // config.heads)
        self.patch_embed = Patches(config.dim, config.patch)
        self.blocks = nn.ModuleList(_Block(config) for _ in range(config.depth))
        self.norm = nn.LayerNorm(config.dim, eps=config.eps)

    def forward(
        self, frames: Float[Tensor, "batch 3 height width"], ids: Int[Tensor, "batch kept"] | None = None, layer: int | None = None
    ) -> Float[Tensor, "batch tokens dim"]:
        """Class token, storage tokens, then the grid row by row, or of it only the tokens in `ids`, in their order.

        Args:
            layer: the output of this block; None: of the last one, behind the last norm.
        """
        patch = self.config.patch
        rows, cols = frames.shape[2] // patch, frames.shape[3] // patch
        patches = patchify(frames[:, :, None], 1, patch)
        patches = patches if ids is None else take(patches, ids)
        where = torch.arange(rows * cols, device=frames.device)[None] if ids is None else ids
        x = torch.cat([t.expand(len(frames), -1, -1) for t in (self.cls_token, self.storage_tokens)] + [self.patch_embed(patches)], 1)
        cos, sin = self._turns(where, rows, cols)
        for block in list(self.blocks)[: None if layer is None else layer + 1]:
            progress.report(0, 0)
            x = block(x, cos, sin)
        return x if layer is not None else self.norm(x)

    def initialise(self) -> RopeVit:
        """The published initialisation, from torch's current seed."""
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.trunc_normal_(module.weight, std=0.02)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
            if isinstance(module, _MaskedLinear):
                module.bias_mask.view(3, -1)[1] = 0
            if isinstance(module, LayerScale):
                nn.init.constant_(module.gamma, 1e-5)
        for token in (self.cls_token, self.storage_tokens):
            nn.init.normal_(token, std=0.02)
        return self

    def _turns(self, ids: Int[Tensor, "batch kept"], rows: int, cols: int) -> tuple[Tensor, Tensor]:
        """Cosine and sine for tokens by how far their middle lies from that of the image: −1 to 1 in both directions, whatever its shape."""
        places = torch.stack([(ids // cols + 0.5) / rows, (ids % cols + 0.5) / cols], -1) * 2 - 1
        c = self.config
        periods = self.rope_embed.periods.float() if c.split is None else _periods(c.dim // c.heads, c.base).to(ids.device)
        angles = (2 * pi * places[..., None] / periods).flatten(2).repeat(1, 1, 2)[:, None]
        like = self.cls_token
        return angles.cos().to(like), angles.sin().to(like)


def _turned(x: Float[Tensor, "batch heads tokens head"], cos: Tensor, sin: Tensor) -> Float[Tensor, "batch heads tokens head"]:
    """The tokens of the grid turned, those before them as they are. The two halves of a head are a pair."""
    first = x.shape[2] - cos.shape[2]
    grid = x[:, :, first:]
    left, right = grid.chunk(2, dim=-1)
    return torch.cat([x[:, :, :first], grid * cos + torch.cat([-right, left], -1) * sin], 2)
