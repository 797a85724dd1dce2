"""V-JEPA's samplers (arXiv 2404.08471, 2506.09985): multi-block in three dimensions, and the random tube."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from workbench.masks.base import Dice, Drawn, Sampler, Shape, knob


@dataclass(frozen=True)
class VJepaMultiblock(Sampler):
    """Blocks of one common size; their union is predicted as ONE block, the complement is context.

    Presets: "short" (8 blocks of 15 %), "long" (2 of 70 %), "image" (10 of 15 %, V-JEPA 2.1 on stills). Blocks may span the
    whole grid. Where no context is left the positions, and then the size, are drawn again.
    """

    name: ClassVar[str] = "vjepa_multiblock"
    label: ClassVar[str] = "V-JEPA multi-block"
    help: ClassVar[str] = "The target is the union of several blocks through time; everything else is context."
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "short": {"blocks": 8, "spatial_scale": (0.15, 0.15)},
        "long": {"blocks": 2, "spatial_scale": (0.7, 0.7)},
        "image": {"blocks": 10, "spatial_scale": (0.15, 0.15)},
    }

    blocks: int = knob(8, "blocks", 1, 32, 1, "blocks", "Number of blocks; their union is the target.")
    spatial_scale: tuple[float, float] = knob((0.15, 0.15), "block area", 0.01, 1.0, 0.01, "share of a frame", "Area of one block.")
    temporal_scale: tuple[float, float] = knob((1.0, 1.0), "block duration", 0.05, 1.0, 0.05, "share of the time steps", "Duration of a block.")
    aspect: tuple[float, float] = knob((0.75, 1.5), "block aspect", 0.1, 10.0, 0.05, "height ÷ width", "Aspect ratio of a block.")
    max_temporal_keep: float = knob(1.0, "context duration", 0.05, 1.0, 0.05, "share of the time steps", "All later time steps are targets.")
    max_keep: int = knob(0, "maximum context", 0, 65536, 1, "tokens", "Keeps only this many context tokens, the first ones; 0 keeps all.")
    full_complement: bool = knob(False, "full complement", 0, 1, 1, "", "After truncation, everything that is not context becomes target.")
    context_complement: bool = knob(False, "full context", 0, 1, 1, "", "After truncation, everything that is not target becomes context.")
    inverted: bool = knob(False, "swap", 0, 1, 1, "", "Swap roles: the blocks are context, and what lies around them is the target.")

    @classmethod
    def short(cls) -> VJepaMultiblock:
        """8 blocks of 15 % of a frame, through all ticks."""
        return cls(**cls.presets["short"])

    @classmethod
    def long(cls) -> VJepaMultiblock:
        """2 blocks of 70 % of a frame, through all ticks."""
        return cls(**cls.presets["long"])

    def block_size(self, shape: Shape, rng: Dice) -> tuple[int, int, int]:
        """(ticks, height, width) in tokens of every block, from three uniform numbers: duration, area, aspect."""
        ticks, rows, cols = shape
        lasting, area, ratio = (low + rng.random() * (high - low) for low, high in (self.temporal_scale, self.spatial_scale, self.aspect))
        tokens = int(rows * cols * area)
        height, width = round(math.sqrt(tokens * ratio)), round(math.sqrt(tokens / ratio))
        return max(1, int(ticks * lasting)), min(height, rows), min(width, cols)

    def _size(self, shape: Shape, rng: Dice) -> Any:
        return self.block_size(shape, rng)

    def _limit(self) -> int:
        return self.max_keep

    def _draw(self, shape: Shape, size: Any, rng: Dice) -> Drawn | None:
        if 0 in size:
            return None
        hole = np.zeros(shape, bool)
        for _ in range(self.blocks):
            top, left, start = (int(rng.integers(0, shape[axis] - size[axis] + 1)) for axis in (1, 2, 0))
            hole[start : start + size[0], top : top + size[1], left : left + size[2]] = True
        hole[max(1, int(shape[0] * self.max_temporal_keep)) :] = True
        return None if hole.all() else (~hole, hole[None])

    def _arrange(self, context: np.ndarray, targets: np.ndarray) -> Drawn:
        if self.full_complement:
            targets = ~context[None]
        elif self.context_complement:
            context = ~_union(targets)
        return (_union(targets), context[None]) if self.inverted else (context, targets)


@dataclass(frozen=True)
class RandomTube(Sampler):
    """Random columns stay visible through all ticks; everything else is predicted as one block."""

    name: ClassVar[str] = "random_tube"
    label: ClassVar[str] = "random tube"
    help: ClassVar[str] = "The same random tokens are targets in every time step."

    ratio: float = knob(0.9, "hidden", 0.01, 0.99, 0.01, "share of a frame", "Share of the tokens of a frame that are targets.")

    def _size(self, shape: Shape, rng: Dice) -> Any:
        del rng
        return int(shape[1] * shape[2] * (1 - self.ratio))

    def _draw(self, shape: Shape, size: Any, rng: Dice) -> Drawn | None:
        columns = shape[1] * shape[2]
        if not 0 < size < columns:
            return None
        seen = np.zeros(columns, bool)
        seen[np.asarray(rng.permutation(columns))[:size]] = True
        context = np.repeat(seen.reshape(1, *shape[1:]), shape[0], axis=0)
        return context, ~context[None]


def _union(targets: np.ndarray) -> np.ndarray:
    return np.asarray(targets.any(0))
