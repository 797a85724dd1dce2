"""Frozen results about futures: how a rollout drifts, how surprising a film is, what a planner thought."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int, UInt8

from workbench.core import codec
from workbench.core.grid import TokenGrid
from workbench.core.results import Provenance

# How a tick came about; every film and every curve carries one of these names.
KINDS: Mapping[str, str] = {
    "open loop": "from the last known tick on, each prediction is fed back",
    "teacher-forced": "every tick is predicted from the real ticks before it",
    "copy last": "the last known tick, repeated",
    "other actions": "open loop, with another clip's actions (without a bank: this clip's, in another order)",
    "twin": "open loop of the same architecture, untrained, in its own latents",
}


@codec.portable
@dataclass(frozen=True, eq=False)
class Rollout:
    """One clip's future, imagined in several ways, beside what came.

    Args:
        known: ticks of context. kinds: of KINDS. maps: error at every token of every foretold tick; NaN where the clip has ended.
        states: the state that each kind foretells at each tick, NaN without one; true_states: what came.
    """

    known: int
    kinds: tuple[str, ...]
    maps: Float[np.ndarray, "kinds horizon rows cols"]
    distance: str
    grid: TokenGrid
    provenance: Provenance
    states: Float[np.ndarray, "kinds horizon state"] | None = None
    true_states: Float[np.ndarray, "horizon state"] | None = None

    @property
    def horizon(self) -> int:
        """Foretold ticks."""
        return self.maps.shape[1]

    def errors(self, kind: str) -> Float[np.ndarray, "horizon"]:
        """Mean error over the tokens, tick by tick."""
        return self.maps[self.kinds.index(kind)].mean((1, 2))

    def ratio(self, kind: str) -> Float[np.ndarray, "horizon"]:
        """Error ÷ error of copying the last known tick. 1: no better than a still picture."""
        return self.errors(kind) / np.maximum(self.errors("copy last"), 1e-12)


@codec.portable
@dataclass(frozen=True, eq=False)
class Drift:
    """The same over a bank: mean error by horizon, with intervals. One clip is an anecdote.

    Args:
        errors: mean error over the tokens, by kind, clip and horizon (first column: one step).
    """

    known: int
    kinds: tuple[str, ...]
    errors: Float[np.ndarray, "kinds clips horizon"]
    distance: str
    bank: str
    seed: int
    provenance: Provenance

    def ratio(self, kind: str = "open loop") -> Float[np.ndarray, "horizon"]:
        """Summed error ÷ summed error of copying the last known tick, by horizon."""
        return self.errors[self.kinds.index(kind)].sum(0) / np.maximum(self.errors[self.kinds.index("copy last")].sum(0), 1e-12)

    def interval(self, kind: str = "open loop", *, level: float = 0.95, draws: int = 2000) -> Float[np.ndarray, "2 horizon"]:
        """Interval of the ratio, from halves of the bank drawn without replacement (they scatter as the mean of the whole)."""
        rng = np.random.default_rng(self.seed)
        row, copy = self.errors[self.kinds.index(kind)], self.errors[self.kinds.index("copy last")]
        halves = rng.random((draws, row.shape[0])).argsort(1)[:, : max(row.shape[0] // 2, 1)]
        ratios = row[halves].sum(1) / np.maximum(copy[halves].sum(1), 1e-12)
        return np.quantile(ratios, [(1 - level) / 2, (1 + level) / 2], axis=0)


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
