"""What a sampler's masks look like in numbers, and how another mask differs from them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Protocol, runtime_checkable

import numpy as np

from workbench.core.errors import MaskError
from workbench.core.mask import Mask

_SINGLES, _BATCHES, _BATCH = 256, 8, 8
_SHOWN = 2


@runtime_checkable
class Draws(Protocol):
    """What draws masks: a `workbench.masks.Sampler`."""

    def sample(self, shape: tuple[int, int, int], rng: Any) -> Mask:
        """One mask."""
        ...

    def sample_batch(self, shape: tuple[int, int, int], n: int, rng: Any, *, truncate: bool) -> list[Mask]:
        """Several, as a training batch has them."""
        ...


def facts(mask: Mask) -> dict[str, tuple[float, ...]]:
    """What is compared: shares of tokens, and counts and sides of the blocks in tokens; one value a block where there are several."""
    blocks = [b for b in mask.targets if b.any()]
    hole = mask.target
    always, ever = hole.all(0).sum(), max(int(hole.any(0).sum()), 1)
    return {
        "context": (float(mask.context.mean()),),
        "target": (float(hole.mean()),),
        "neither": (float((~hole & ~mask.context).mean()),),
        "blocks": (float(len(blocks)),),
        "block height": tuple(float(np.ptp(np.nonzero(b.any((0, 2)))[0]) + 1) for b in blocks),
        "block width": tuple(float(np.ptp(np.nonzero(b.any((0, 1)))[0]) + 1) for b in blocks),
        "changing": (float((ever - always) / ever) if hole.any() else 0.0,),
    }


_SENTENCES: Mapping[str, str] = {
    "context": "context {0} of tokens; this sampler gives {1}",
    "target": "{0} of tokens to predict; this sampler gives {1}",
    "neither": "{0} of tokens are neither context nor target; this sampler leaves {1}",
    "blocks": "{0} predicted separately; this sampler gives {1}",
    "block height": "a block {0} high; this sampler gives {1}",
    "block width": "a block {0} wide; this sampler gives {1}",
    "changing": "{0} of the target tokens change between time steps; this sampler gives {1}",
}
_UNITS: Mapping[str, tuple[str, str]] = {"blocks": ("block", "blocks"), "block height": ("token", "tokens"), "block width": ("token", "tokens")}


def outside(sampler: Draws, mask: Mask) -> str:
    """Up to two sentences on how a mask differs from everything that a sampler draws on its grid; "" where it does not."""
    try:
        ranges = _ranges(sampler, mask.shape)
    except MaskError as err:
        return err.what
    said = []
    for name, values in facts(mask).items():
        low, high = ranges[name]
        wrong = [v for v in values if not _within(v, low, high, name, mask.context.size)]
        if wrong:
            said.append(_SENTENCES[name].format(_amount(name, wrong[0]), _span(name, low, high)))
    return "; and ".join(said[:_SHOWN])


@lru_cache(maxsize=64)
def _ranges(sampler: Draws, shape: tuple[int, int, int]) -> dict[str, tuple[float, float]]:
    rng = np.random.default_rng(0)
    masks = [sampler.sample(shape, rng) for _ in range(_SINGLES)]
    for _ in range(_BATCHES):
        masks += sampler.sample_batch(shape, _BATCH, rng, truncate=True)
    drawn = [facts(m) for m in masks]
    return {name: (min(min(d[name]) for d in drawn), max(max(d[name]) for d in drawn)) for name in drawn[0]}


def _within(value: float, low: float, high: float, name: str, tokens: int) -> bool:
    """Some hundreds of draws do not reach the ends: a tenth of the width, and a token, are allowed beyond shares."""
    slack = 1e-9 if name in _UNITS or high == low else 0.1 * (high - low) + (0.1 if name == "changing" else 1 / tokens)
    return low - slack <= value <= high + slack


def _amount(name: str, value: float) -> str:
    if name in _UNITS:
        return f"{value:.0f} {_UNITS[name][value != 1]}"
    return f"{100 * value:.3g} %"


def _span(name: str, low: float, high: float) -> str:
    if name in _UNITS:
        return f"{low:.0f}" if low == high else f"{low:.0f}–{high:.0f}"
    low, high = math.floor(100 * low), math.ceil(100 * high)
    return f"{low} %" if low == high else f"{low}–{high} %"
