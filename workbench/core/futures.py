"""Frozen results about futures: how a rollout drifts, how surprising a film is, what a planner thought."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int, UInt8

from workbench.core import codec
from workbench.core.errors import BadInput
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
_AT_EVENT = 4  # frames in which something that happened is still news


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
class Surprise:
    """How far each moment is from what the model foretold, where in the frame, and with how much it had seen.

    Args:
        protocol: "teacher-forced" (one window, every tick from those before it), "windows" (a context, and the rest of the window), or
            "pixels" (no model: how much they change).
        contexts: frames of context of each row; one row, 0, where teacher-forced. starts: first frame of each window.
        maps: error at every token; NaN where it was context.
        grid: of one window. frames: of the whole clip.
    """

    protocol: str
    contexts: tuple[int, ...]
    starts: tuple[int, ...]
    maps: Float[np.ndarray, "contexts windows ticks rows cols"]
    distance: str
    grid: TokenGrid
    frames: int
    provenance: Provenance

    @property
    def windows(self) -> Float[np.ndarray, "contexts windows"]:
        """Mean over the foretold tokens of each window: the published score."""
        return np.nanmean(self.maps, axis=(2, 3, 4))

    @property
    def ticks(self) -> Float[np.ndarray, "contexts windows ticks"]:
        """Mean over the tokens of each tick; NaN where it was context."""
        return self.maps.mean((3, 4))

    def curve(self, context: int = 0) -> Float[np.ndarray, "frames"]:
        """Surprise at each frame of the clip: mean over the windows that foretell it; NaN where none does.

        Args:
            context: which row of `contexts`.
        """
        total, count = np.zeros(self.frames), np.zeros(self.frames)
        for start, ticks in zip(self.starts, self.ticks[context], strict=True):
            for tick, value in enumerate(ticks):
                first = start + tick * self.grid.tubelet
                if np.isfinite(value):
                    total[first : first + self.grid.tubelet] += value
                    count[first : first + self.grid.tubelet] += 1
        return np.where(count > 0, total / np.maximum(count, 1), np.nan)

    def where(self, frame: int, context: int = 0) -> Float[np.ndarray, "rows cols"]:
        """Surprise of each token at a frame, mean over the windows that foretell it; NaN where none does."""
        found: list[np.ndarray] = []
        for start, maps in zip(self.starts, self.maps[context], strict=True):
            tick = (frame - start) // self.grid.tubelet
            if 0 <= tick < len(maps) and np.isfinite(maps[tick]).all():
                found.append(maps[tick])
        return np.mean(found, axis=0) if found else np.full(self.maps.shape[3:], np.nan)

    def earned(self, context: int = 0) -> Float[np.ndarray, "frames"]:
        """Share of the clip's summed surprise that each frame earned; 0 where nothing was foretold."""
        curve = np.nan_to_num(self.curve(context))
        return curve / max(float(curve.sum()), 1e-12)

    def mean(self, context: int = 0) -> float:
        """Mean of the curve over the frames that were foretold; NaN where none was."""
        curve = self.curve(context)
        return float(np.nanmean(curve)) if np.isfinite(curve).any() else float("nan")

    def top(self, event: int = -1, context: int = 0) -> float:
        """The largest surprise from an event on, within four frames; without one, of the film after its first two foretold frames.

        Args:
            event: a frame, −1 none.
        """
        curve = self.curve(context)
        known = np.flatnonzero(np.isfinite(curve))
        if not len(known):
            return float("nan")
        part = curve[event : event + _AT_EVENT] if event >= 0 else curve[min(int(known[0]) + 2, int(known[-1])) :]
        return float(np.nanmax(part)) if np.isfinite(part).any() else float("nan")

    def half(self, context: int = 0) -> tuple[int, int, float]:
        """The shortest run of frames that earned at least half of the film's surprise: first, last, and their share."""
        earned = np.concatenate([[0.0], self.earned(context).cumsum()])
        for length in range(1, len(earned)):
            shares = earned[length:] - earned[:-length]
            if shares.max() >= 0.5:
                first = int(shares.argmax())
                return first, first + length - 1, float(shares.max())
        return 0, self.frames - 1, float(earned[-1])

    @property
    def sudden(self) -> bool:
        """Half of the surprise falls into a third of the frames that were foretold, or less."""
        first, last, share = self.half()
        return share > 0 and 3 * (last - first + 1) <= int(np.isfinite(self.curve()).sum())


@codec.portable
@dataclass(frozen=True)
class Accuracy:
    """A share of right answers with its 95 % interval (Wilson); chance is 0.5 for pairs and quads.

    Args:
        right: may be half a number: a tie among quads counts half, a tie of a pair counts as wrong, as published.
    """

    right: float
    n: int

    def __post_init__(self) -> None:
        if not 0 <= self.right <= self.n or self.n < 1:
            raise BadInput(f"{self.right} right of {self.n} is no accuracy", where="Accuracy", fix="give at least one pair")

    @property
    def value(self) -> float:
        """The share."""
        return self.right / self.n

    def interval(self, z: float = 1.96) -> tuple[float, float]:
        """Wilson's interval."""
        p, n = self.value, self.n
        middle, half = p + z * z / (2 * n), z * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        return float((middle - half) / (1 + z * z / n)), float((middle + half) / (1 + z * z / n))


@codec.portable
@dataclass(frozen=True, eq=False)
class FutureLeak:
    """Does the past change when the future frames change? 0 for a causal encoder.

    Args:
        cuts: frames before which nothing was changed. change: mean distance of the past ticks' latents, in units of the distance between
            latents of different clips or ticks; NaN for ticks after the cut.
    """

    cuts: tuple[int, ...]
    change: Float[np.ndarray, "cuts ticks"]
    unit: float
    distance: str
    provenance: Provenance

    @property
    def leaks(self) -> bool:
        """Whether any past tick moved more than rounding explains."""
        return bool(np.nanmax(self.change, initial=0.0) > 1e-5)


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
