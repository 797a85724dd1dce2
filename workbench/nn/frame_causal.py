"""Attention over frames in time: a tick sees itself and every earlier tick, all of their tokens, and none later.

V-JEPA 2-AC and jepa-wms. A tick's tokens are `lead` condition tokens (action, pose), then its patches row by row.
Since a tick never sees a later one, what attention computed of it stays valid when ticks are added: `Past` keeps it.
"""

from __future__ import annotations

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional as F

from workbench.nn.blocks import Attention, Block
from workbench.nn.positions import Rotary, rotary_at, rotate


def frame_causal_mask(ticks: int, tokens_per_tick: int, device: torch.device | str | None = None) -> Bool[Tensor, "tokens tokens"]:
    """Who may look at whom: [asking, asked], True where the asked token's tick is not later."""
    tick = torch.arange(ticks, device=device).repeat_interleave(tokens_per_tick)
    return tick[:, None] >= tick[None, :]


def frame_rotary(
    ticks: int,
    rows: int,
    cols: int,
    head_dim: int,
    *,
    lead: int = 0,
    first: int = 0,
    native: tuple[int, int] | None = None,
    dtype: torch.dtype = torch.float32,
    device: torch.device | str | None = None,
) -> Rotary:
    """The angles of V-JEPA 2 as published (`tiled`) for `ticks` frames of condition tokens and patches.

    Args:
        lead: condition tokens before each frame's patches; they are turned by the tick alone.
        first: number of the first tick.
        native: (rows, cols) of the grid that training used; rows and columns are scaled to it. None: they count as they are.
    """
    tall, wide = native or (rows, cols)
    patch = torch.arange(rows * cols, device=device)
    row, col = (patch // cols).float() * (tall / rows), (patch % cols).float() * (wide / cols)
    places = [F.pad(place, (lead, 0)).repeat(ticks)[None] for place in (row, col)]
    tick = torch.arange(first, first + ticks, device=device).repeat_interleave(lead + rows * cols)[None]
    return rotary_at((tick, *places), head_dim, dtype=dtype)


class Past:
    """Keys and values of the ticks that a stack of blocks has seen, one entry a block."""

    def __init__(self, blocks: int) -> None:
        self._kept: list[tuple[Tensor, Tensor] | None] = [None] * blocks

    def extend(
        self, block: int, keys: Float[Tensor, "batch heads new head"], values: Float[Tensor, "batch heads new head"]
    ) -> tuple[Float[Tensor, "batch heads all head"], Float[Tensor, "batch heads all head"]]:
        """Keep the new ones and give all of a block."""
        kept = self._kept[block]
        if kept is not None:
            keys, values = torch.cat([kept[0], keys], 2), torch.cat([kept[1], values], 2)
        self._kept[block] = keys, values
        return keys, values


def attend(
    attention: Attention,
    x: Float[Tensor, "batch tokens dim"],
    rotary: Rotary | None,
    mask: Bool[Tensor, "*rows tokens all"] | None,
    past: Past | None = None,
    block: int = 0,
) -> Float[Tensor, "batch tokens dim"]:
    """Attention of the tokens given to themselves, and to the past where one is kept.

    Args:
        mask: True where a token may look; None: everywhere. block: whose past it is.
    """
    qkv = attention.qkv(x).unflatten(-1, (3, attention.heads, -1))
    qk = qkv[:, :, :2] if rotary is None else rotate(qkv[:, :, :2], rotary)
    q, k, v = (a.transpose(1, 2) for a in (qk[:, :, 0], qk[:, :, 1], qkv[:, :, 2]))
    if past is not None:
        k, v = past.extend(block, k, v)
    return attention.proj(F.scaled_dot_product_attention(q, k, v, attn_mask=mask).transpose(1, 2).flatten(2))


def causal_block(
    block: Block,
    x: Float[Tensor, "batch tokens dim"],
    rotary: Rotary | None,
    mask: Bool[Tensor, "*rows tokens all"] | None,
    past: Past | None = None,
    number: int = 0,
) -> Float[Tensor, "batch tokens dim"]:
    """One `Block` under a mask: x + attention(norm1 x), then x + mlp(norm2 x)."""
    x = x + attend(block.attn, block.norm1(x), rotary, mask, past, number)
    return x + block.mlp(block.norm2(x))
