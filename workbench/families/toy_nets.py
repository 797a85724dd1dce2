"""The small networks of the toy family."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn import functional as F

from workbench.nn.positions import sincos_1d
from workbench.nn.vit import patchify

Video = Float[Tensor, "batch channels frames height width"]


@dataclass(frozen=True)
class ToyShape:
    """Sizes of a toy: tokens down and across, pixels a token, features, blocks, registers, learned mask tokens, length of an action and a state."""

    rows: int = 4
    cols: int = 5
    patch: int = 4
    dim: int = 16
    layers: int = 2
    registers: int = 2
    mask_tokens: int = 2
    actions: int = 2


class ToyBlock(nn.Module):
    """One head of attention to the tokens that may be seen, then a gelu layer."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(dim)
        self.qkv = nn.Linear(dim, 3 * dim)
        self.proj = nn.Linear(dim, dim)
        self.mlp = nn.Linear(dim, dim)

    def forward(self, x: Float[Tensor, "rows tokens dim"], seen: Bool[Tensor, "rows tokens"]) -> Float[Tensor, "rows tokens dim"]:
        q, k, v = self.qkv(self.norm(x)).chunk(3, dim=-1)
        x = x + self.proj(F.scaled_dot_product_attention(q, k, v, attn_mask=seen[:, None, :]))
        return x + F.gelu(self.mlp(x))


class ToyNet(nn.Module):
    """Encodes each frame for itself; registers join in and come out beside the grid."""

    def __init__(self, shape: ToyShape) -> None:
        super().__init__()
        self.shape = shape
        self.embed = nn.Linear(shape.patch**2, shape.dim)
        self.places = nn.Parameter(torch.randn(shape.rows, shape.cols, shape.dim))
        self.registers = nn.Parameter(torch.randn(shape.registers, shape.dim))
        self.blocks = nn.ModuleList(ToyBlock(shape.dim) for _ in range(shape.layers))
        self.norm = nn.LayerNorm(shape.dim)

    def forward(self, video: Video, seen: Bool[Tensor, "batch ticks rows cols"]) -> list[Float[Tensor, "batch ticks tokens dim"]]:
        """The output of every block, then the normed one; in each frame the grid first, then the registers."""
        batch, ticks = seen.shape[:2]
        flat = seen.reshape(batch * ticks, -1)
        pixels = patchify(video, 1, self.shape.patch).reshape(*flat.shape, -1)
        x = self.embed(torch.where(flat[..., None], pixels, torch.zeros_like(pixels))) + self.places.flatten(0, 1)
        x = torch.cat([x, self.registers.expand(len(flat), -1, -1)], 1)
        keys = F.pad(flat, (0, self.shape.registers), value=True)
        out = []
        for block in self.blocks:
            x = block(x, keys)
            out.append(x)
        return [o.unflatten(0, (batch, ticks)) for o in (*out, self.norm(x))]


class ToyPredictor(nn.Module):
    """Context tokens of all ticks to the layer-normed outputs of every block, one after another in the features."""

    def __init__(self, shape: ToyShape) -> None:
        super().__init__()
        self.shape = shape
        self.embed = nn.Linear(shape.dim, shape.dim)
        self.places = nn.Parameter(torch.randn(shape.rows, shape.cols, shape.dim))
        self.mask_tokens = nn.Parameter(torch.randn(shape.mask_tokens, shape.dim))
        self.blocks = nn.ModuleList(ToyBlock(shape.dim) for _ in range(2))
        self.proj = nn.Linear(shape.dim, shape.layers * shape.dim)

    def forward(
        self,
        tokens: Float[Tensor, "batch ticks rows cols dim"],
        context: Bool[Tensor, "batch ticks rows cols"],
        target: Bool[Tensor, "batch ticks rows cols"],
        mask_token: int,
    ) -> Float[Tensor, "batch ticks rows cols features"]:
        ticks = torch.arange(tokens.shape[1]).numpy()
        when = torch.from_numpy(sincos_1d(self.shape.dim, ticks)).to(tokens)[:, None, None]
        known = self.embed(torch.where(context[..., None], tokens, torch.zeros_like(tokens)))
        x = torch.where(context[..., None], known, self.mask_tokens[mask_token]) + self.places + when
        x, keys = x.flatten(1, 3), (context | target).flatten(1)
        for block in self.blocks:
            x = block(x, keys)
        return self.proj(x).unflatten(1, tuple(context.shape[1:]))


class ToyFuture(nn.Module):
    """The next frame's tokens from a token, the means of the last frames and actions, and a state."""

    def __init__(self, shape: ToyShape) -> None:
        super().__init__()
        self.shape = shape
        self.hidden = nn.Linear(2 * shape.dim + 2 * shape.actions, 2 * shape.dim)
        self.out = nn.Linear(2 * shape.dim, shape.dim)

    def forward(
        self,
        tokens: Float[Tensor, "batch ticks rows cols dim"],
        actions: Float[Tensor, "batch ticks action"],
        states: Float[Tensor, "batch ticks state"],
        window: int,
    ) -> Float[Tensor, "batch ticks rows cols dim"]:
        now = torch.cat([tokens.mean((2, 3)), actions], -1)
        past = torch.stack([now[:, max(0, k + 1 - window) : k + 1].mean(1) for k in range(now.shape[1])], 1)
        told = torch.cat([past, states], -1)[:, :, None, None].expand(*tokens.shape[:4], -1)
        return tokens + self.out(F.gelu(self.hidden(torch.cat([tokens, told], -1))))


class ToyPainter(nn.Module):
    """A token to the pixels of its patch, 0 to 1."""

    def __init__(self, shape: ToyShape) -> None:
        super().__init__()
        self.out = nn.Linear(shape.dim, shape.patch**2)

    def forward(self, tokens: Float[Tensor, "batch ticks rows cols dim"]) -> Float[Tensor, "batch ticks rows cols pixels"]:
        return self.out(tokens).sigmoid()
