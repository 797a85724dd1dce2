"""Frozen results about what moves a latent: one clip with a few things changed, and the pictures of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from workbench.core import codec
from workbench.core.films import Reel
from workbench.core.results import Provenance

SOURCES = ("model", "twin", "pixels")


@codec.portable
@dataclass(frozen=True, eq=False)
class LatentMoves:
    """How far the latents of one clip move when something in it changes, in units of the distance between random clips.

    Args:
        changes: what was changed. moved: by source ("model", "twin", "pixels") and change. unit: mean distance between two of `others` clips
            taken at random, by source. seed: of the twin and of that pairing.
    """

    changes: tuple[str, ...]
    moved: Float[np.ndarray, "sources changes"]
    unit: Float[np.ndarray, "sources"]
    others: int
    seed: int
    provenance: Provenance
    sources: tuple[str, ...] = SOURCES

    def of(self, source: str, change: str) -> float:
        """One number."""
        return float(self.moved[self.sources.index(source), self.changes.index(change)])


@codec.portable
@dataclass(frozen=True)
class FactorFact:
    """One thing that can be changed in a clip. kind: "nuisance" or "structure". full: what the full step does, in words."""

    name: str
    kind: str
    full: str


@codec.portable
@dataclass(frozen=True)
class KnownFactors:
    """What can be changed in a clip.

    Args:
        world: whose truth is known of it; "" where nothing is, and only what can be done to any pixels is offered. clips: that a survey can use.
    """

    world: str
    factors: tuple[FactorFact, ...]
    clips: int


@codec.portable
@dataclass(frozen=True, eq=False)
class SensitivityView:
    """A clip beside the same clip with one thing changed, and how far each change moves the latents.

    Args:
        reels: unchanged, then one a change. amounts: of each change, as shares of its full step.
    """

    reels: tuple[Reel, ...]
    moves: LatentMoves
    amounts: tuple[float, ...]
