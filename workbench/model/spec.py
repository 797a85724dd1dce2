"""Small frozen values that parts exchange: prepared clips and action specifications."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, UInt8
from torch import Tensor

from workbench.core.grid import TokenGrid

UNKNOWN = "unknown"  # the unit where none is stated; bounds and statistics are then meaningless


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

    @property
    def usual(self) -> tuple[Float[np.ndarray, "action"], Float[np.ndarray, "action"]]:
        """Where each number of a step is usually: the middle and the reach of its bounds, else its mean and three deviations.

        The reach is infinite where nothing is known of a number, or where bounds hold it still.
        """
        low, high, mean, std = (np.tile(np.asarray(v, float), self.frameskip) for v in (self.low, self.high, self.mean, self.std))
        bounded = np.isfinite(low) & np.isfinite(high)
        with np.errstate(invalid="ignore"):  # of bounds that are infinite, and not taken
            middle, reach = np.where(bounded, (low + high) / 2, mean), np.where(bounded, (high - low) / 2, 3 * std)
        known = np.tile([u != UNKNOWN for u in self.units], self.frameskip) & (reach > 0)
        return middle, np.where(known, reach, np.inf)
