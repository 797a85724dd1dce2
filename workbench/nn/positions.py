"""Where a token is: sine–cosine tables, and rotary angles as V-JEPA 2 published them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F


def sincos_1d(dim: int, places: np.ndarray) -> np.ndarray:
    """Rows [sin(place·w), cos(place·w)] with w_k = 10000^(−k / (dim/2)); float64."""
    angles = places.reshape(-1, 1).astype(np.float64) * 10000.0 ** (-np.arange(dim // 2) / (dim / 2))
    return np.concatenate([np.sin(angles), np.cos(angles)], axis=1)


def sincos_2d(dim: int, rows: int, cols: int) -> Float[Tensor, "1 tokens dim"]:
    """I-JEPA's table: the first half of the features tells the column, the second half the row."""
    row, col = np.divmod(np.arange(rows * cols), cols)
    table = np.concatenate([sincos_1d(dim // 2, col), sincos_1d(dim // 2, row)], axis=1)
    return torch.from_numpy(table).float()[None]


def sincos_3d(dim: int, ticks: int, rows: int, cols: int, *, uniform: bool = True) -> Float[Tensor, "1 tokens dim"]:
    """V-JEPA's table: features for the tick, then the row, then the column.

    Args:
        uniform: equal shares, the column's cut short where they do not fit; False: half for the tick, a quarter each for row and column.
    """
    shares = (2 * math.ceil(dim / 6),) * 3 if uniform else (dim // 2, dim // 4, dim // 4)
    places = np.unravel_index(np.arange(ticks * rows * cols), (ticks, rows, cols))
    table = np.concatenate([sincos_1d(share, place) for share, place in zip(shares, places, strict=True)], axis=1)
    return torch.from_numpy(table[:, :dim]).float()[None]


def resize_3d(table: Float[Tensor, "1 tokens dim"], nominal: tuple[int, ...], grid: tuple[int, ...]) -> Float[Tensor, "1 new dim"]:
    """A table of nominal (ticks, rows, cols) on another grid, trilinear as in V-JEPA.

    The official call gives factors, which here are always new ÷ nominal: sizes say the same and cannot be rounded to one place too few.
    """
    if nominal == grid:
        return table
    cube = table.reshape(1, *nominal, -1).permute(0, 4, 1, 2, 3)
    return F.interpolate(cube, size=grid, mode="trilinear", align_corners=False).flatten(2).transpose(1, 2)


def resize_2d(table: Float[Tensor, "1 tokens dim"], rows: int, cols: int) -> Float[Tensor, "1 new dim"]:
    """A square table on another grid, bicubic. The official I-JEPA helper fails here; this follows the Hugging Face port."""
    side = round(table.shape[1] ** 0.5)
    if (side, side) == (rows, cols):
        return table
    square = table.reshape(1, side, side, -1).permute(0, 3, 1, 2)
    return F.interpolate(square, size=(rows, cols), mode="bicubic", align_corners=False).flatten(2).transpose(1, 2)


class Rotary(NamedTuple):
    """Multipliers of a rotary embedding: x·cos + swapped(x)·sin, the sign of the swap folded into `sin`."""

    cos: Float[Tensor, "batch tokens 1 1 head"]
    sin: Float[Tensor, "batch tokens 1 1 head"]


def rotary_3d(
    ids: Int[Tensor, "batch tokens"],
    rows: int,
    cols: int,
    head_dim: int,
    *,
    tiled: bool = True,
    reach: int | None = None,
    dtype: torch.dtype = torch.float32,
) -> Rotary:
    """Angles for token ids on a rows × cols grid: a third of the head each for tick, row and column, the rest unrotated.

    Args:
        tiled: V-JEPA 2 as published, where the two members of a pair get different angles; it is baked into its weights.
            False: a true rotation, as in V-JEPA 2.1.
        reach: rows and columns are stretched to a grid of reach × reach, whatever the real one; None: they count from 0 up.
    """
    tick, row, col = ids // (rows * cols), ids % (rows * cols) // cols, ids % cols
    places = (tick, row, col) if reach is None else (tick, *(p.float() * (reach - 1) / max(n - 1, 1) for p, n in ((row, rows), (col, cols))))
    return rotary_at(places, head_dim, tiled=tiled, dtype=dtype)


def rotary_at(
    places: Sequence[Int[Tensor, "batch tokens"] | Float[Tensor, "batch tokens"]],
    head_dim: int,
    *,
    tiled: bool = True,
    dtype: torch.dtype = torch.float32,
) -> Rotary:
    """Angles for tokens at any (tick, row, column), also between those of a grid. A token at 0 in a direction is not turned in it.

    Args:
        places: ticks, rows and columns, of one shape. tiled: as in `rotary_3d`.
    """
    size = 2 * ((head_dim // 3) // 2)
    device = places[0].device
    rates = 10000.0 ** (-torch.arange(size // 2, device=device, dtype=torch.float32) / (size / 2))
    segments = []
    for place in places:
        angle = place[..., None].float() * rates
        segments.append(angle.repeat(1, 1, 2) if tiled else angle.repeat_interleave(2, dim=-1))
    angles = F.pad(torch.cat(segments, -1), (0, head_dim - 3 * size))[:, :, None, None]
    sign = torch.ones(head_dim, device=device)
    sign[0::2] = -1
    return Rotary(angles.cos().to(dtype), (angles.sin() * sign).to(dtype))


def rotate(x: Float[Tensor, "batch tokens two heads head"], rotary: Rotary) -> Float[Tensor, "batch tokens two heads head"]:
    """Turn queries and keys by their places. Pairs are neighbours (2j, 2j + 1); of an odd number of features the last is never turned."""
    odd = x.shape[-1] % 2
    swapped = (x[..., :-1] if odd else x).unflatten(-1, (-1, 2)).flip(-1).flatten(-2)
    swapped = F.pad(swapped, (0, 1)) if odd else swapped
    return torch.addcmul(x * rotary.cos, swapped, rotary.sin)
