"""Where a token is: sine–cosine tables, and rotary angles as V-JEPA 2 published them."""

from __future__ import annotations

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
    ids: Int[Tensor, "batch tokens"], rows: int, cols: int, head_dim: int, *, tiled: bool = True, dtype: torch.dtype = torch.float32
) -> Rotary:
    """Angles for token ids on a rows × cols grid: a third of the head each for tick, row and column, the rest unrotated.

    Args:
        tiled: V-JEPA 2 as published, where the two members of a pair get different angles; it is baked into its weights.
            False: a true rotation, as in V-JEPA 2.1.
    """
    places = (ids // (rows * cols), ids % (rows * cols) // cols, ids % cols)
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
    """Turn queries and keys by their places. Pairs are neighbours (2j, 2j + 1)."""
    swapped = x.unflatten(-1, (-1, 2)).flip(-1).flatten(-2)
    return torch.addcmul(x * rotary.cos, swapped, rotary.sin)
