"""The vision transformer with a class token and registers, under the tensor names of timm and DINOv2."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from workbench.core import progress
from workbench.nn.blocks import Attention, Mlp
from workbench.nn.vit import patchify, take

Resize = Literal["bicubic", "antialias", "dinov2"]


@dataclass(frozen=True)
class ClassVitConfig:
    """Sizes and habits of an image encoder.

    Args:
        dim, depth, heads: of the blocks. hidden: of the MLP. patch: pixels a token. side: (rows, cols) of the stored position table.
        registers: how many. register_name: "reg_token" (timm) or "register_tokens" (DINOv2). layer_scale: the blocks have ls1 and ls2.
        eps: of every layer norm. class_token: False: there is none.
        placed: how many prefix tokens (class, then registers) the position table has a row for; None: the class token alone.
        resize: how the table goes to another grid. "bicubic": to the size, without antialiasing (Hugging Face); "antialias": with it (timm,
            DINOv2 with registers); "dinov2": by a scale factor with the offset 0.1 (DINOv2).
        norm: where the last layer norm stands: on all tokens ("norm"), behind the mean over patches ("fc_norm"), or nowhere ("").
        head: outputs of a linear layer on the pooled vector; 0: there is none.
    """

    dim: int
    depth: int
    heads: int
    hidden: int
    patch: int
    side: tuple[int, int]
    registers: int = 0
    layer_scale: bool = False
    eps: float = 1e-6
    class_token: bool = True
    resize: Resize = "bicubic"
    register_name: Literal["reg_token", "register_tokens"] = "reg_token"
    placed: int | None = None
    norm: Literal["norm", "fc_norm", ""] = "norm"
    head: int = 0

    @property
    def prefix(self) -> int:
        """How many tokens come before those of the grid."""
        return int(self.class_token) + self.registers

    @property
    def placed_prefix(self) -> int:
        """How many of them have a row in the position table."""
        return int(self.class_token) if self.placed is None else self.placed


class LayerScale(nn.Module):
    """A learned factor for every feature of a branch."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(dim))

    def forward(self, x: Float[Tensor, "batch tokens dim"]) -> Float[Tensor, "batch tokens dim"]:
        return x * self.gamma


class ClassBlock(nn.Module):
    """x + ls1 · attention(norm1 x), then x + ls2 · mlp(norm2 x)."""

    def __init__(self, config: ClassVitConfig) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(config.dim, eps=config.eps)
        self.attn = Attention(config.dim, config.heads)
        self.ls1 = LayerScale(config.dim) if config.layer_scale else nn.Identity()
        self.norm2 = nn.LayerNorm(config.dim, eps=config.eps)
        self.mlp = Mlp(config.dim, config.hidden)
        self.ls2 = LayerScale(config.dim) if config.layer_scale else nn.Identity()

    def forward(self, x: Float[Tensor, "batch tokens dim"]) -> Float[Tensor, "batch tokens dim"]:
        x = x + self.ls1(self.attn(self.norm1(x)))
        return x + self.ls2(self.mlp(self.norm2(x)))


class Patches(nn.Module):
    """Pixels of a token to features; the kernel has the official convolution's shape and is applied to the wanted patches only."""

    def __init__(self, dim: int, patch: int) -> None:
        super().__init__()
        self.proj = nn.Conv2d(3, dim, kernel_size=patch, stride=patch)

    def forward(self, patches: Float[Tensor, "batch tokens pixels"]) -> Float[Tensor, "batch tokens dim"]:
        return F.linear(patches, self.proj.weight.flatten(1), self.proj.bias)


def resize_table(table: Float[Tensor, "1 old dim"], side: tuple[int, int], grid: tuple[int, int], resize: Resize) -> Float[Tensor, "1 new dim"]:
    """A table of side[0] × side[1] positions on another grid, computed in single precision.

    Args:
        side, grid: (rows, cols) as stored and as wanted. resize: see `ClassVitConfig`.
    """
    if side == grid:
        return table
    image = table.float().unflatten(1, side).permute(0, 3, 1, 2)
    if resize == "dinov2":
        # The factor, not the size, sets the coordinates: 0.1 too large, which is baked into the published features.
        factors = tuple((new + 0.1) / old for new, old in zip(grid, side, strict=True))
        out = F.interpolate(image, scale_factor=factors, mode="bicubic")
    else:
        out = F.interpolate(image, size=grid, mode="bicubic", antialias=resize == "antialias")
    return out.flatten(2).transpose(1, 2).to(table.dtype)


class ClassVit(nn.Module):
    """Image encoder. Hidden tokens are left out before the patch embedding; class and register tokens always take part."""

    def __init__(self, config: ClassVitConfig) -> None:
        super().__init__()
        self.config = c = config
        if c.class_token:
            self.cls_token = nn.Parameter(torch.zeros(1, 1, c.dim))
        self.pos_embed = nn.Parameter(torch.zeros(1, c.placed_prefix + c.side[0] * c.side[1], c.dim))
        if c.registers:
            self.register_parameter(c.register_name, nn.Parameter(torch.zeros(1, c.registers, c.dim)))
        self.patch_embed = Patches(c.dim, c.patch)
        self.blocks = nn.ModuleList(ClassBlock(c) for _ in range(c.depth))
        if c.norm:
            self.add_module(c.norm, nn.LayerNorm(c.dim, eps=c.eps))
        if c.head:
            self.head = nn.Linear(c.dim, c.head)

    def forward(
        self, frames: Float[Tensor, "batch 3 height width"], ids: Int[Tensor, "batch kept"] | None = None, layer: int | None = None
    ) -> Float[Tensor, "batch tokens dim"]:
        """Class token, registers, then the grid row by row, or of it only the tokens in `ids`, in their order.

        Args:
            layer: the output of this block; None: of the last one, behind `norm` where there is one.
        """
        c = self.config
        grid = (frames.shape[2] // c.patch, frames.shape[3] // c.patch)
        patches = patchify(frames[:, :, None], 1, c.patch)
        places = resize_table(self.pos_embed[:, c.placed_prefix :], c.side, grid, c.resize)
        if ids is not None:
            patches, places = take(patches, ids), take(places, ids)
        x = torch.cat([*self._prefix(len(frames)), self.patch_embed(patches) + places], 1)
        for block in list(self.blocks)[: None if layer is None else layer + 1]:
            progress.report(0, 0)
            x = block(x)
        return x if layer is not None or c.norm != "norm" else self.get_submodule("norm")(x)

    def pooled(self, tokens: Float[Tensor, "batch tokens dim"]) -> Float[Tensor, "batch features"]:
        """The one vector an image that timm's forward gives: class token or, without one or with `fc_norm`, the mean of the grid; then the head.

        Args:
            tokens: what `forward` gave.
        """
        c = self.config
        mean = c.norm == "fc_norm" or not c.class_token
        x = tokens[:, c.prefix :].mean(1) if mean else tokens[:, 0]
        x = self.get_submodule("fc_norm")(x) if c.norm == "fc_norm" else x
        return self.head(x) if c.head else x

    def initialise(self) -> ClassVit:
        """timm's initialisation, from torch's current seed; factors of the branches start at one."""
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.trunc_normal_(module.weight, std=0.02)
                nn.init.zeros_(module.bias)
        nn.init.trunc_normal_(self.pos_embed, std=0.02)
        for token in self._tokens():
            nn.init.normal_(token, std=1e-6)
        return self

    def _tokens(self) -> list[Tensor]:
        """Class token and registers, as learned."""
        c = self.config
        found: list[Tensor] = [self.cls_token] if c.class_token else []
        return [*found, cast(Tensor, getattr(self, c.register_name))] if c.registers else found

    def _prefix(self, batch: int) -> list[Float[Tensor, "batch prefix dim"]]:
        tokens = self._tokens()
        if not tokens:
            return []
        joined, placed = torch.cat(tokens, 1), self.config.placed_prefix
        joined = torch.cat([joined[:, :placed] + self.pos_embed[:, :placed], joined[:, placed:]], 1)
        return [joined.expand(batch, -1, -1)]
