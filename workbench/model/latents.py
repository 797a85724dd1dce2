"""What encoders and predictors answer: one vector a token, on a grid, in a named space."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from workbench.core.errors import BadInput, Incomparable
from workbench.core.grid import TokenGrid


@dataclass(frozen=True)
class Space:
    """Where latents live. Equal ids: distances mean something.

    Args:
        role: how they came about. id: of the space, e.g. "target:1a2b…"; a prediction carries the id of what it predicts.
    """

    role: Literal["context", "target", "predicted"]
    id: str


@dataclass(frozen=True, eq=False)
class Latents:
    """Tokens on a grid. A family with one vector a frame has rows == cols == 1.

    Args:
        tokens: NaN where a token was not visible, or not asked for. extra: class and register tokens; never on the grid.
        states: proprioception and poses, where a family carries them.
    """

    tokens: Float[Tensor, "batch ticks rows cols dim"]
    grid: TokenGrid
    space: Space
    extra: Float[Tensor, "batch ticks extras dim"] | None = None
    states: Float[Tensor, "batch ticks state"] | None = None

    def __post_init__(self) -> None:
        shape = tuple(self.tokens.shape)
        if len(shape) != 5 or shape[1:4] != self.grid.shape:
            what = f"tokens of {list(shape)} do not lie on a grid of {'×'.join(map(str, self.grid.shape))}"
            raise BadInput(what, where="Latents", fix="tokens are [batch, ticks, rows, cols, dim], with the ticks, rows and columns of the grid")

    def comparable(self, other: Latents) -> None:
        """Refuse a distance across spaces.

        Raises:
            Incomparable: the ids differ.
        """
        if self.space.id != other.space.id:
            raise Incomparable(
                f"a distance between {self.space.role} {self.space.id} and {other.space.role} {other.space.id} means nothing",
                fix="compare a prediction with the targets of the same model",
            )


def scatter(values: Tensor, where: Bool[Tensor, "batch ticks rows cols"]) -> Float[Tensor, "batch ticks rows cols dim"]:
    """Put tokens [sum, dim] or [batch, kept, dim] back on the grid, row-major, NaN elsewhere."""
    full = values.new_full((*where.shape, values.shape[-1]), torch.nan)
    full[where] = values.reshape(-1, values.shape[-1])
    return full
