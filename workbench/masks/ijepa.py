"""I-JEPA's samplers (arXiv 2301.08243): multi-block, and the random baseline."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from workbench.core.errors import MaskError
from workbench.masks.base import Dice, Drawn, Sampler, Shape, knob

_CONTEXT_TRIES = 20


@dataclass(frozen=True)
class IJepaMultiblock(Sampler):
    """Four target blocks, each predicted on its own, and one large context block with the targets cut out.

    Kept from the published collator: ONE number sets both scale and aspect; a block never spans the whole side, and its
    corner is drawn one short, so that the last row and column are never covered. Where a context stays too small the
    collator lets it overlap a target; here the targets are drawn again instead, since a context must not hold targets.
    A size whose blocks can never hold more than `min_keep` tokens is drawn again; the collator would not return.
    """

    name: ClassVar[str] = "ijepa_multiblock"
    label: ClassVar[str] = "I-JEPA multi-block"
    help: ClassVar[str] = "Four target blocks, and one large context block around them."

    blocks: int = knob(4, "target blocks", 1, 16, 1, "blocks", "Number of target blocks; each is predicted separately.")
    target_scale: tuple[float, float] = knob((0.15, 0.2), "target size", 0.01, 0.95, 0.01, "share of the grid", "Area of one target block.")
    aspect: tuple[float, float] = knob((0.75, 1.5), "target aspect", 0.1, 10.0, 0.05, "height ÷ width", "Aspect ratio of a target block.")
    context_scale: tuple[float, float] = knob((0.85, 1.0), "context size", 0.01, 1.0, 0.01, "share of the grid", "Area of the square context block.")
    min_keep: int = knob(10, "minimum tokens", 0, 256, 1, "tokens", "Each block, and the context, must hold more tokens than this.")

    def block_sizes(self, shape: Shape, rng: Dice) -> tuple[tuple[int, int], tuple[int, int]]:
        """(height, width) in tokens of a target block, then of the context block, from two uniform numbers in that order."""
        target = _block_size(shape, self.target_scale, self.aspect, rng.random())
        return target, _block_size(shape, self.context_scale, (1.0, 1.0), rng.random())

    def _size(self, shape: Shape, rng: Dice) -> Any:
        return self.block_sizes(shape, rng)

    def _check(self, shape: Shape) -> None:
        if shape[0] != 1:
            raise MaskError(
                f"{self.label} samples masks of an image, a grid of one time step; this grid has {shape[0]}",
                where=self.name,
                fix="use a V-JEPA sampler for video",
            )

    def _advice(self, shape: Shape) -> str:
        largest = int(shape[1] * shape[2] * self.target_scale[1])
        return (
            f"blocks hold up to about {largest} tokens here and must hold more than min_keep={self.min_keep}: lower min_keep, or use smaller patches"
        )

    def _draw(self, shape: Shape, size: Any, rng: Dice) -> Drawn | None:
        target, context = size
        if 0 in (*target, *context) or target[0] * target[1] <= self.min_keep:
            return None
        blocks = np.stack([_block(shape, target, rng) for _ in range(self.blocks)])
        free = ~blocks.any(0)
        tries = (_block(shape, context, rng) & free for _ in range(_CONTEXT_TRIES))
        seen = next((c for c in tries if c.sum() > self.min_keep), None)
        return None if seen is None else (seen, blocks)


@dataclass(frozen=True)
class RandomTokens(Sampler):
    """A random share of the tokens is predicted in one block, the rest is context (I-JEPA's random collator)."""

    name: ClassVar[str] = "random_tokens"
    label: ClassVar[str] = "random tokens"
    help: ClassVar[str] = "Single tokens scattered over the grid."

    ratio: tuple[float, float] = knob((0.4, 0.6), "hidden", 0.01, 0.99, 0.01, "share of the grid", "Share of the tokens that are targets.")

    def _size(self, shape: Shape, rng: Dice) -> Any:
        low, high = self.ratio
        return int(math.prod(shape) * (1.0 - (low + rng.random() * (high - low))))

    def _draw(self, shape: Shape, size: Any, rng: Dice) -> Drawn | None:
        tokens = math.prod(shape)
        if not 0 < size < tokens:
            return None
        context = np.zeros(tokens, bool)
        context[np.asarray(rng.permutation(tokens))[:size]] = True
        seen = context.reshape(shape)
        return seen, ~seen[None]


def _block_size(shape: Shape, scale: tuple[float, float], aspect: tuple[float, float], draw: float) -> tuple[int, int]:
    _, rows, cols = shape
    area = int(rows * cols * (scale[0] + draw * (scale[1] - scale[0])))
    ratio = aspect[0] + draw * (aspect[1] - aspect[0])
    return min(round(math.sqrt(area * ratio)), rows - 1), min(round(math.sqrt(area / ratio)), cols - 1)


def _block(shape: Shape, size: tuple[int, int], rng: Dice) -> np.ndarray:
    top, left = int(rng.integers(0, shape[1] - size[0])), int(rng.integers(0, shape[2] - size[1]))
    block = np.zeros(shape, bool)
    block[:, top : top + size[0], left : left + size[1]] = True
    return block
