"""The vision transformer and the masked predictor of I-JEPA, V-JEPA and V-JEPA 2, under their official tensor names."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from workbench.core import progress
from workbench.nn.blocks import Block, published_init
from workbench.nn.positions import Rotary, resize_2d, resize_3d, rotary_3d, sincos_2d, sincos_3d


@dataclass(frozen=True)
class VitConfig:
    """Sizes of an encoder.

    Args:
        dim, depth, heads: of the blocks. hidden: of the MLP. patch, tubelet: pixels and frames a token. channels: of the pixels.
        table: nominal (rows, cols) of a stored position table for stills, (ticks, rows, cols) of one for video; None: rotary positions on the actual grid.
        uniform: a table for video gives equal shares to tick, row and column.
        eps: of every layer norm, the predictor's too.
    """

    dim: int
    depth: int
    heads: int
    hidden: int
    patch: int
    tubelet: int = 1
    channels: int = 3
    table: tuple[int, int] | tuple[int, int, int] | None = None
    eps: float = 1e-6
    uniform: bool = True

    @property
    def flat(self) -> bool:
        """Its tokens have no duration: the kernel is one of an image."""
        return self.table is not None and len(self.table) == 2

    def lasting(self, video: Tensor) -> int:
        """Frames a token of this video."""
        del video
        return self.tubelet

    def grid(self, video: Tensor) -> tuple[int, int, int]:
        """(ticks, rows, cols) of a video of this size."""
        return video.shape[2] // self.lasting(video), video.shape[3] // self.patch, video.shape[4] // self.patch

    def places(self, dim: int) -> nn.Parameter:
        """The stored position table as published, for the encoder or, narrower, for its predictor; only its shape on the meta device."""
        table = self.table or (1, 1)
        if torch.get_default_device().type == "meta":  # where the file's values go in next, computing these would take longer than reading those
            return nn.Parameter(torch.empty(1, math.prod(table), dim), requires_grad=False)
        values = sincos_2d(dim, *table) if len(table) == 2 else sincos_3d(dim, *table, uniform=self.uniform)
        return nn.Parameter(values, requires_grad=False)

    def resized(self, places: Float[Tensor, "1 stored dim"], grid: tuple[int, ...]) -> Float[Tensor, "1 tokens dim"]:
        """A stored position table on another grid, (rows, cols) or (ticks, rows, cols)."""
        return resize_2d(places, *grid[-2:]) if self.flat else resize_3d(places, self.table or (), grid)

    def make(self) -> Vit:
        """The empty encoder of these sizes."""
        return Vit(self)


@dataclass(frozen=True)
class PredictorConfig:
    """Sizes of a masked predictor.

    Args:
        mask_tokens: 0: the single, unnumbered one of I-JEPA. eps: of its layer norms; None: the encoder's.
        rows_first: the published table of positions has the features of the row before those of the column.
    """

    dim: int
    depth: int
    heads: int
    hidden: int
    mask_tokens: int = 0
    eps: float | None = None
    rows_first: bool = False

    def make(self, encoder: VitConfig) -> VitPredictor:
        """The empty predictor of these sizes."""
        return VitPredictor(self, encoder)


class PatchEmbed(nn.Module):
    """Pixels of a token to features. The kernel has the official convolution's shape; it is applied to the wanted patches only."""

    def __init__(self, config: VitConfig) -> None:
        super().__init__()
        p, u = config.patch, config.tubelet
        conv = nn.Conv2d if config.flat else nn.Conv3d
        kernel = (p, p) if config.flat else (u, p, p)
        self.proj = conv(config.channels, config.dim, kernel_size=kernel, stride=kernel)  # type: ignore[arg-type]

    def forward(self, patches: Float[Tensor, "batch tokens pixels"]) -> Float[Tensor, "batch tokens dim"]:
        return F.linear(patches, self.proj.weight.flatten(1), self.proj.bias)


def patchify(video: Float[Tensor, "batch channels frames height width"], tubelet: int, patch: int) -> Float[Tensor, "batch tokens pixels"]:
    """Cut into tokens, row-major; the pixels of a token in the order of a convolution kernel (channel, frame, row, column)."""
    b, c, f, h, w = video.shape
    cut = video.reshape(b, c, f // tubelet, tubelet, h // patch, patch, w // patch, patch)
    return cut.permute(0, 2, 4, 6, 1, 3, 5, 7).reshape(b, (f // tubelet) * (h // patch) * (w // patch), -1)


def take(tokens: Float[Tensor, "rows tokens dim"], ids: Int[Tensor, "batch kept"]) -> Float[Tensor, "batch kept dim"]:
    """The tokens with these ids; one row of tokens serves every batch."""
    return tokens.expand(ids.shape[0], -1, -1).gather(1, ids[..., None].expand(-1, -1, tokens.shape[-1]))


class Vit(nn.Module):
    """Encoder. Hidden tokens are left out before the patch embedding, so that nothing of them can leak."""

    norm: nn.Module

    def __init__(self, config: VitConfig) -> None:
        super().__init__()
        self.config = config
        if config.table is not None:
            self.pos_embed = config.places(config.dim)
        self.patch_embed = PatchEmbed(config)
        self.blocks = nn.ModuleList(Block(config.dim, config.heads, config.hidden, config.eps) for _ in range(config.depth))
        self.norm = nn.LayerNorm(config.dim, eps=config.eps)

    def forward(
        self, video: Float[Tensor, "batch channels frames height width"], ids: Int[Tensor, "batch kept"] | None = None, layer: int | None = None
    ) -> Float[Tensor, "batch kept dim"]:
        last = self.config.depth - 1 if layer is None else layer
        x = next(x for i, x in enumerate(self.outputs(video, ids)) if i == last)
        return self.final(x) if layer is None else x

    def final(self, x: Float[Tensor, "batch kept dim"]) -> Float[Tensor, "batch kept dim"]:
        """The encoder's output, from that of its last block."""
        return self.norm(x)

    def outputs(
        self, video: Float[Tensor, "batch channels frames height width"], ids: Int[Tensor, "batch kept"] | None
    ) -> Iterator[Float[Tensor, "batch kept dim"]]:
        """What each block gives, one after another."""
        c, grid = self.config, self.config.grid(video)
        patches = patchify(video, c.lasting(video), c.patch)
        where = torch.arange(patches.shape[1], device=video.device)[None] if ids is None else ids
        x = self.embed(patches if ids is None else take(patches, ids), video)
        rotary: Rotary | None = None
        if c.table is not None:
            x = x + take(c.resized(self.pos_embed, grid), where)
        else:
            rotary = self.turns(where, grid, x.dtype)
        for block in self.blocks:
            progress.report(0, 0)
            x = block(x, rotary)
            yield x

    def embed(
        self, patches: Float[Tensor, "batch tokens pixels"], video: Float[Tensor, "batch channels frames height width"]
    ) -> Float[Tensor, "batch tokens dim"]:
        """The wanted patches of a video as tokens, before their positions."""
        del video
        return self.patch_embed(patches)

    def turns(self, ids: Int[Tensor, "batch tokens"], grid: tuple[int, int, int], dtype: torch.dtype) -> Rotary:
        """Rotary positions."""
        return rotary_3d(ids, grid[1], grid[2], self.config.dim // self.config.heads, dtype=dtype)

    def initialise(self) -> Vit:
        """The published initialisation, from torch's current seed."""
        published_init(self)
        return self


class VitPredictor(nn.Module):
    """Context tokens and the places of the targets to predicted targets, in the order of the target ids."""

    predictor_embed: nn.Module

    def __init__(self, config: PredictorConfig, encoder: VitConfig) -> None:
        super().__init__()
        self.config, self.encoder = config, encoder
        eps = encoder.eps if config.eps is None else config.eps
        self.predictor_embed = nn.Linear(encoder.dim, config.dim)
        if config.mask_tokens:
            self.mask_tokens = nn.ParameterList(nn.Parameter(torch.zeros(1, 1, config.dim)) for _ in range(config.mask_tokens))
        else:
            self.mask_token = nn.Parameter(torch.zeros(1, 1, config.dim))
        if encoder.table is not None:
            places = encoder.places(config.dim)
            self.predictor_pos_embed = nn.Parameter(places.data.roll(config.dim // 2, -1), requires_grad=False) if config.rows_first else places
        self.predictor_blocks = nn.ModuleList(Block(config.dim, config.heads, config.hidden, eps) for _ in range(config.depth))
        self.predictor_norm = nn.LayerNorm(config.dim, eps=eps)
        self.predictor_proj = nn.Linear(config.dim, encoder.dim)

    def forward(
        self,
        context: Float[Tensor, "batch kept dim"],
        context_ids: Int[Tensor, "batch kept"],
        target_ids: Int[Tensor, "batch asked"],
        grid: tuple[int, ...],
        mask_token: int = 0,
    ) -> Float[Tensor, "batch asked dim"]:
        """Predicted targets. `grid` is (rows, cols) or (ticks, rows, cols); a position table for video wants all three."""
        x = self.mixed(context, context_ids, target_ids, grid, mask_token)
        return self.predictor_proj(self.predictor_norm(x[:, context_ids.shape[1] :]))

    def mixed(
        self,
        context: Float[Tensor, "batch kept dim"],
        context_ids: Int[Tensor, "batch kept"],
        target_ids: Int[Tensor, "batch asked"],
        grid: tuple[int, ...],
        mask_token: int,
        mark: Float[Tensor, "1 1 width"] | None = None,
    ) -> Float[Tensor, "batch both width"]:
        """Context and target tokens after the last block, in this order; `mark` is added to all of them before the first."""
        seen = self.predictor_embed(context)
        token = cast(Tensor, self.mask_tokens[mask_token % len(self.mask_tokens)] if self.config.mask_tokens else self.mask_token)
        asked = token.expand(*target_ids.shape, -1)
        rotary: Rotary | None = None
        if self.encoder.table is not None:
            places = self.encoder.resized(self.predictor_pos_embed, grid)
            seen, asked = seen + take(places, context_ids), asked + take(places, target_ids)
        else:
            rotary = self.turns(torch.cat([context_ids, target_ids], 1), grid, seen.dtype)
        x = torch.cat([seen, asked], 1)
        x = x if mark is None else x + mark
        for block in self.predictor_blocks:
            progress.report(0, 0)
            x = block(x, rotary)
        return x

    def turns(self, ids: Int[Tensor, "batch tokens"], grid: tuple[int, ...], dtype: torch.dtype) -> Rotary:
        """Rotary positions."""
        return rotary_3d(ids, grid[-2], grid[-1], self.config.dim // self.config.heads, dtype=dtype)

    def initialise(self) -> VitPredictor:
        """The published initialisation: numbered mask tokens start at zero, the single one of I-JEPA as a truncated normal."""
        published_init(self)
        if not self.config.mask_tokens:
            nn.init.trunc_normal_(self.mask_token, std=0.02)
        return self
