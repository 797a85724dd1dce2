"""Small frozen values that parts exchange: prepared clips and action specifications."""

from __future__ import annotations

from dataclasses import dataclass

from jaxtyping import Float, UInt8
from torch import Tensor

from workbench.core.grid import TokenGrid


@dataclass(frozen=True, eq=False)
class Prepared:
    """Clips as a model wants them.

    Args:
        video: normalised pixels. grid: with the way back to source pixels and seconds. shown: the same pixels before normalisation.
    """

    video: Float[Tensor, "batch channels frames height width"]
    grid: TokenGrid
    shown: UInt8[Tensor, "batch frames height width 3"]


@dataclass(frozen=True)
class ActionSpec:
    """What an action means. Lengths agree; units as in "m" or "rad".

    Args:
        low, high: bounds. mean, std: of the training data. frameskip: frames one step of the model lasts; the actions of these
            frames lie one after another in the vector of a step.
    """

    names: tuple[str, ...]
    units: tuple[str, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    frameskip: int = 1

    @property
    def width(self) -> int:
        """Numbers in the vector of one step."""
        return len(self.names) * self.frameskip
