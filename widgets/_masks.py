"""Masks as they cross to the browser: lists of token numbers, and the way back to arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np
import traitlets as t
from numpy.typing import NDArray

_FORM = 'a mask is {"context": [token numbers], "blocks": [[token numbers], ...]}'


def check_mask(owner: str, value: Mapping[str, Any], grid: Sequence[int]) -> dict[str, Any]:
    """The mask, if its tokens lie on the grid and none is context and target at once. An empty dict becomes the empty mask.

    Args:
        owner: class name of the view, for the message.
        value: context and blocks, as token numbers.
        grid: [ticks, rows, cols].

    Raises:
        TraitError: keys, numbers or overlap are wrong.
    """
    if not value:
        return {"context": [], "blocks": []}
    if set(value) != {"context", "blocks"}:
        raise t.TraitError(f"{owner}.mask has the keys {sorted(map(str, value))}\n  → {_FORM}")
    tokens = int(np.prod(np.asarray(grid, dtype=np.int64)))
    context = _numbers(owner, value["context"])
    blocks = [_numbers(owner, block) for block in value["blocks"]]
    for ids in (context, *blocks):
        if len(ids) and (ids.min() < 0 or ids.max() >= tokens):
            raise t.TraitError(
                f"{owner}.mask names tokens {ids.min()}…{ids.max()}, but grid {list(grid)} has 0…{tokens - 1}\n  → set grid and mask together"
            )
    both = np.intersect1d(context, np.concatenate([np.empty(0, np.int64), *blocks]))
    if len(both):
        raise t.TraitError(
            f"{owner}.mask has {len(both)} tokens that are context and target at once, the first is {both[0]}\n  → take them out of one"
        )
    return {"context": context.tolist(), "blocks": [block.tolist() for block in blocks]}


def mask_of(context: NDArray[np.bool_], targets: NDArray[np.bool_]) -> dict[str, Any]:
    """The mask of boolean arrays.

    Args:
        context: [ticks, rows, cols], True = visible.
        targets: [blocks, ticks, rows, cols], True = to predict; without the first axis it is one block.
    """
    layers = targets[None] if targets.ndim == context.ndim else targets
    return {"context": np.flatnonzero(context).tolist(), "blocks": [np.flatnonzero(layer).tolist() for layer in layers]}


def arrays_of(mask: Mapping[str, Any], grid: Sequence[int]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """The mask as boolean arrays: context [ticks, rows, cols] and targets [blocks, ticks, rows, cols]."""
    shape = tuple(grid)
    blocks: list[list[int]] = mask["blocks"]
    context = np.zeros(shape, bool)
    targets = np.zeros((len(blocks), *shape), bool)
    context.flat[np.asarray(mask["context"], np.int64)] = True
    for layer, ids in zip(targets, blocks, strict=True):
        layer.flat[np.asarray(ids, np.int64)] = True
    return context, targets


def cleared(grid: Sequence[int]) -> dict[str, Any]:
    """Everything context, one empty block."""
    return {"context": list(range(int(np.prod(np.asarray(grid, dtype=np.int64))))), "blocks": [[]]}


def inverted(mask: Mapping[str, Any], block: int) -> dict[str, Any]:
    """Context and target swapped; what is neither stays. The old context goes to the active block, or to the last; the others stay, empty.

    Args:
        mask: a valid mask.
        block: the active block, −1 = none.
    """
    blocks: list[list[int]] = mask["blocks"] or [[]]
    home = min(block, len(blocks) - 1) if block >= 0 else len(blocks) - 1
    context = sorted(set[int]().union(*blocks))
    return {"context": context, "blocks": [list(mask["context"]) if i == home else [] for i in range(len(blocks))]}


def _numbers(owner: str, ids: object) -> NDArray[np.int64]:
    if not isinstance(ids, (list, tuple)):
        raise t.TraitError(f"{owner}.mask holds {ids!r} where a list of token numbers belongs\n  → {_FORM}")
    found: NDArray[Any] = np.asarray(cast(Sequence[Any], ids))
    if found.size and (found.ndim != 1 or found.dtype.kind not in "iu"):
        raise t.TraitError(f"{owner}.mask holds {found.dtype} {list(found.shape)} where token numbers belong\n  → {_FORM}")
    return np.unique(found.astype(np.int64))
