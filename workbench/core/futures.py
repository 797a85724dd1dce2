"""Frozen results about futures: how a rollout drifts, how surprising a film is, what a planner thought."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int, UInt8

from workbench.core import codec
from workbench.core.results import Provenance


@codec.portable
@dataclass(frozen=True, eq=False)
class FactorTable:
    """How far latents move when one thing in the world changes, in units of the distance between random clips.

    Args:
        factors: names. kind: "nuisance" or "structure" of each. sources: "model", "twin", "pixels".
        moved: by source, factor, step of the change and clip. steps: how much was changed, 0 to 1.
    """

    factors: tuple[str, ...]
    kind: tuple[str, ...]
    sources: tuple[str, ...]
    moved: Float[np.ndarray, "sources factors steps clips"]
    steps: Float[np.ndarray, "steps"]
    unit: Float[np.ndarray, "sources"]
    distance: str
    seed: int
    provenance: Provenance

    @property
    def largest(self) -> float:
        """How far the factor that moves the model's latents most moves them at its full step, as a mean over the clips."""
        return float(self.moved[self.sources.index("model"), :, -1].mean(-1).max())

    def mean(self, source: str, factor: str) -> Float[np.ndarray, "steps"]:
        """Mean over the clips."""
        return self.moved[self.sources.index(source), self.factors.index(factor)].mean(-1)

    def interval(self, source: str, factor: str, *, level: float = 0.95, draws: int = 2000) -> Float[np.ndarray, "2 steps"]:
        """Interval of the mean, from halves of the clips drawn without replacement."""
        values = self.moved[self.sources.index(source), self.factors.index(factor)]
        clips = values.shape[-1]
        halves = np.random.default_rng(self.seed).random((draws, clips)).argsort(1)[:, : max(clips // 2, 1)]
        return np.quantile(values[:, halves].mean(-1), [(1 - level) / 2, (1 + level) / 2], axis=-1).reshape(2, -1)


@codec.portable
@dataclass(frozen=True, eq=False)
class Drawn:
    """A film made of latents.

    Args:
        pixels: one picture a tick. how: "decoded" or "retrieved". note: by what, for the label that is burnt in.
        distance: of each tick to the real frame that stands for it, where retrieved. usual: the distance within which 95 % of the bank's own
            frames have a frame of another clip. found: (clip, tick) in the bank.
    """

    pixels: UInt8[np.ndarray, "ticks height width 3"]
    how: str
    note: str
    distance: Float[np.ndarray, "ticks"] | None = None
    usual: float = float("nan")
    found: tuple[Int[np.ndarray, "ticks"], Int[np.ndarray, "ticks"]] | None = None

    @property
    def within(self) -> Bool[np.ndarray, "ticks"] | None:
        """Ticks that lie as near to the bank as its own frames do to one another; None where nothing was retrieved."""
        return None if self.distance is None else self.distance <= self.usual
