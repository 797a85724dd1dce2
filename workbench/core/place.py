"""A mask of one model on the token grid of another: the same places of the picture, the same moments of the clip."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float

from workbench.core.errors import MaskError
from workbench.core.grid import TokenGrid
from workbench.core.mask import Mask

Shares = tuple[np.ndarray, np.ndarray, np.ndarray]  # of time, height and width: [tokens there, tokens here]
_HALF = 0.5 - 1e-6  # of a token's area


def alike(here: TokenGrid, there: TokenGrid) -> bool:
    """Whether every token of one grid lies where the same token of the other does."""
    return here.shape == there.shape and all(np.allclose(share, np.eye(len(share)), atol=1e-6) for share in _shares(here, there))


def mapped(mask: Mask, here: TokenGrid, there: TokenGrid) -> Mask:
    """A mask on another grid. A token of that grid is a target where at least half of it lies in targets, and context where at least half lies in context.

    Args:
        mask: on the grid `here`. there: the grid that it is wanted on; both grids are of the same source.

    Raises:
        MaskError: no target or no context is left, because it lies outside what the other grid covers or is smaller than half a token of it.
    """
    if alike(here, there):
        return mask
    shares = _shares(here, there)
    targets = np.stack([_cover(block, shares) >= _HALF for block in mask.targets])
    context = (_cover(mask.context, shares) >= _HALF) & ~targets.any(0)
    for name, found in (("target", targets), ("context", context)):
        if not found.any():
            what = f"no {name} of the mask covers half a token of the other grid ({_size(here)} to {_size(there)} tokens)"
            raise MaskError(what, where="mask", fix=f"paint a larger {name}, inside the part of the picture that both models see")
    return Mask(context, targets)


def _size(grid: TokenGrid) -> str:
    return " × ".join(map(str, grid.shape))


def _cover(where: Bool[np.ndarray, "ticks rows cols"], shares: Shares) -> np.ndarray:
    """Which share of each token of the other grid is marked."""
    ticks, rows, cols = shares
    return np.asarray(np.einsum("at,br,cs,trs->abc", ticks, rows, cols, where.astype(float)))


def _shares(here: TokenGrid, there: TokenGrid) -> Shares:
    """Which share of each token of `there` lies in each token of `here`."""
    down, across = (_overlap(_lines(here, k), _lines(there, k)) for k in (0, 1))
    return _overlap(_times(here, there), _times(there, here)), down, across


def _lines(grid: TokenGrid, axis: int) -> Float[np.ndarray, "_"]:
    """Where tokens begin and end in source pixels: down (0) or across (1)."""
    count = grid.cols if axis else grid.rows
    return grid.offset[axis] + np.arange(count + 1) * grid.patch[axis] * grid.scale[axis]


def _times(grid: TokenGrid, other: TokenGrid) -> Float[np.ndarray, "_"]:
    """When ticks begin and end: in seconds where both grids know them and have several ticks, else in shares of the clip."""
    steps = np.arange(grid.ticks + 1, dtype=float)
    if grid.frame_seconds is None or other.frame_seconds is None or min(grid.ticks, other.ticks) == 1:
        return steps / grid.ticks
    return steps * grid.tubelet * grid.frame_seconds


def _overlap(here: Float[np.ndarray, "_"], there: Float[np.ndarray, "_"]) -> np.ndarray:
    """Which share of each span of `there` lies in each span of `here`; both are given by their edges."""
    low = np.maximum(there[:-1, None], here[None, :-1])
    high = np.minimum(there[1:, None], here[None, 1:])
    return np.clip(high - low, 0, None) / np.diff(there)[:, None]
