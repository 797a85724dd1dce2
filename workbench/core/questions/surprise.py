"""Surprise: how far a clip is from what a model predicted, possible and impossible videos side by side, and how often a model tells them apart."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from workbench.core import codec
from workbench.core.card import BankKey, ClipKey, ModelKey
from workbench.core.errors import BadInput
from workbench.core.films import Reel
from workbench.core.grid import TokenGrid
from workbench.core.questions.base import Answer, Question, question
from workbench.core.results import Provenance

_AT_EVENT = 4  # frames after an event in which its surprise is measured


@codec.portable
@dataclass(frozen=True, eq=False)
class Surprise:
    """How far each moment is from what the model predicted, where in the frame, and with how much it had seen.

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
        """Mean over the predicted tokens of each window: the published score."""
        return np.nanmean(self.maps, axis=(2, 3, 4))

    @property
    def ticks(self) -> Float[np.ndarray, "contexts windows ticks"]:
        """Mean over the tokens of each tick; NaN where it was context."""
        return self.maps.mean((3, 4))

    def curve(self, context: int = 0) -> Float[np.ndarray, "frames"]:
        """Surprise at each frame of the clip: mean over the windows that predict it; NaN where none does.

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
        """Surprise of each token at a frame, mean over the windows that predict it; NaN where none does."""
        found: list[np.ndarray] = []
        for start, maps in zip(self.starts, self.maps[context], strict=True):
            tick = (frame - start) // self.grid.tubelet
            if 0 <= tick < len(maps) and np.isfinite(maps[tick]).all():
                found.append(maps[tick])
        return np.mean(found, axis=0) if found else np.full(self.maps.shape[3:], np.nan)

    def earned(self, context: int = 0) -> Float[np.ndarray, "frames"]:
        """Share of the clip's summed surprise that each frame earned; 0 where nothing was predicted."""
        curve = np.nan_to_num(self.curve(context))
        return curve / max(float(curve.sum()), 1e-12)

    def mean(self, context: int = 0) -> float:
        """Mean of the curve over the frames that were predicted; NaN where none was."""
        curve = self.curve(context)
        return float(np.nanmean(curve)) if np.isfinite(curve).any() else float("nan")

    @property
    def average(self) -> float:
        """The mean for the first context."""
        return self.mean()

    def top(self, event: int = -1, context: int = 0) -> float:
        """The largest surprise from an event on, within four frames; without one, of the film after its first two predicted frames.

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
        """Half of the surprise falls into a third of the frames that were predicted, or less."""
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
    def largest(self) -> float:
        """The largest change of a past tick."""
        return float(np.nanmax(self.change, initial=0.0))

    @property
    def leaks(self) -> bool:
        """Whether any past tick moved more than rounding explains."""
        return self.largest > 1e-5


@codec.portable
@dataclass(frozen=True, eq=False)
class SurpriseView:
    """Films and the surprise of each: one alone, a film beside its impossible twin, or a quad of two such pairs.

    Args:
        reels: possible and impossible ones in turn. found: surprise of each. event: the frame at which a film and its twin part, −1 none.
        how: "alone", "twins", "other" (another clip stands in for the twin) or "broken" (by hand).
        places: of the thing that moves in each frame of the first film and of the last, in sides of the picture; None where nobody knows.
        fps: frames a second of the films; None = unknown.
    """

    reels: tuple[Reel, ...]
    found: tuple[Surprise, ...]
    event: int
    how: str
    places: tuple[Float[np.ndarray, "frames 2"], Float[np.ndarray, "frames 2"]] | None = None
    fps: float | None = None

    @property
    def averages(self) -> tuple[float, ...]:
        """Mean surprise of each film."""
        return tuple(f.mean() for f in self.found)

    @property
    def provenance(self) -> Provenance:
        """Of the numbers of the last film."""
        return self.found[-1].provenance

    def means(self, context: int = 0) -> tuple[float, float]:
        """Mean surprise of the possible films, and of the impossible ones."""
        values = [f.mean(context) for f in self.found]
        return float(np.mean(values[::2])), float(np.mean(values[1::2])) if len(values) > 1 else float("nan")


@codec.portable
@dataclass(frozen=True, eq=False)
class Peers:
    """How surprising possible films are, to compare one with.

    Args:
        name: of the films. tops: the largest surprise of each: at its event where `matched`, else anywhere.
    """

    name: str
    tops: Float[np.ndarray, "films"]
    matched: bool
    provenance: Provenance

    @property
    def median(self) -> float:
        """The median of them."""
        return float(np.median(self.tops))

    def share(self, found: Surprise, event: int, context: int = 0) -> float:
        """Share of them whose largest surprise is smaller than this film's; NaN where there is none to compare."""
        top = found.top(event if self.matched else -1, context)
        return float((self.tops < top).mean()) if len(self.tops) and np.isfinite(top) else float("nan")


@codec.portable
@dataclass(frozen=True, eq=False)
class Judged:
    """How often a model is less surprised by what can happen, by mean surprise over frames.

    Args:
        pairs, quads: kind -> who ("model", "random init", "pixels") -> accuracy. contexts: frames of context, (0,) where teacher-forced.
    """

    pairs: dict[str, dict[str, Accuracy]]
    quads: dict[str, dict[str, Accuracy]]
    count: int
    contexts: tuple[int, ...]
    distance: str
    provenance: Provenance

    @property
    def shares(self) -> tuple[float, ...]:
        """Of the quads that the model tells rightly, kind by kind."""
        return tuple(row["model"].value for row in self.quads.values())


@codec.portable
@dataclass(frozen=True, eq=False)
class Covered:
    """Occlusion sensitivity: cells of one frame covered in turn, and the surprise at it measured again.

    Args:
        frame: that was covered. heat: share of its surprise that goes when a cell is covered; below 0 it grows. before: its surprise.
        film: which of the films on the board.
    """

    frame: int
    film: int
    heat: Float[np.ndarray, "rows cols"]
    before: float
    provenance: Provenance

    @property
    def largest(self) -> float:
        """The largest share."""
        return float(self.heat.max())


_PARTS: dict[str, Any] = {"needs": ("encoder_context", "encoder_target", "masked"), "instead": (("dynamics",),)}
_ABOUT: dict[str, Any] = {
    **_PARTS,
    "title": "Surprise",
    "formula": "distance between prediction and ground truth per token; mean over tokens, time steps and windows",
    "source": "jepa-intuitive-physics (arXiv 2502.11831); with dynamics, the teacher-forced error",
    "cannot": "New motion and new images are surprising as well: compare with possible clips at matched events, and evaluate counter-balanced quads.",
}


@dataclass(frozen=True, eq=False, kw_only=True)
class Watching(Question[Answer]):
    """What every question about surprise says: which model, and how it looks at a clip.

    Args:
        contexts: frames of context, several at once; masked predictors only; None: a quarter, a half and three quarters of the window.
        window: frames; None: as in training. stride: frames between windows. distance: a key of results.DISTANCES; None: that of the training loss.
        mask_token: which learned mask token predicts, as published the first; None: the family's default.
    """

    model: ModelKey
    contexts: tuple[int, ...] | None = None
    window: int | None = None
    stride: int = 2
    distance: str | None = None
    mask_token: int | None = 0

    def looking(self) -> dict[str, Any]:
        """These fields, for another question about the same model that looks at clips in the same way."""
        return {f.name: getattr(self, f.name) for f in dataclasses.fields(Watching)}


@dataclass(frozen=True, eq=False, kw_only=True)
class WatchingPair(Watching[Answer]):
    """What is watched: a clip alone, or a possible and an impossible video.

    Args:
        twins: (kind, number) of a shipped pair, in place of the clip; the kinds are stored_pairs.CHOICES. other: a clip in place of the impossible one.
        moved: (frame, x, y): the thing that moves is suddenly there; needs a world. world: of worlds.environments.SCENES; "": as the model's card says.
        predictor: "model", "twin" (untrained) or "pixels" (how much they change).
    """

    clip: ClipKey
    twins: tuple[str, int] | None = None
    other: ClipKey | None = None
    moved: tuple[int, float, float] | None = None
    world: str = ""
    predictor: str = "model"


@question("surprise", number="average", **_ABOUT)
@dataclass(frozen=True, eq=False, kw_only=True)
class ClipSurprise(Watching[Surprise]):
    """How far each moment of a clip is from what the model predicted."""

    clip: ClipKey


@question("surprise_view", number="averages", **_ABOUT)
@dataclass(frozen=True, eq=False, kw_only=True)
class PairSurprise(WatchingPair[SurpriseView]):
    """The surprise of a clip, beside that of its impossible counterpart."""


@question(
    "possible_surprise",
    title="Surprise of possible videos",
    formula="the largest surprise of each possible video: at the moment at which its counterpart becomes impossible, or anywhere",
    source="matched events, as in jepa-intuitive-physics (arXiv 2502.11831)",
    cannot="Possible videos of another kind, or other clips, may be surprising for other reasons.",
    urgent=False,
    kept=True,
    number="median",
    **_PARTS,
)
@dataclass(frozen=True, eq=False, kw_only=True)
class PossibleSurprise(Watching[Peers]):
    """How surprising possible videos are.

    Args:
        twins: a kind of shipped pairs; "possible": possible videos of every kind, wherever their largest surprise is. bank: of clips, else.
        predictor: as in `PairSurprise`.
    """

    twins: str = ""
    bank: BankKey | None = None
    predictor: str = "model"


@question(
    "judge_twins",
    title="Accuracy on possible and impossible pairs",
    formula="share of pairs whose possible video has the smaller mean surprise; of quads, whose two possible ones together have",
    source="jepa-intuitive-physics (arXiv 2502.11831); the quads are counter-balanced, so that motion and images alone give chance",
    cannot="A single pair may be decided by the amount of motion; of several context lengths, the first counts.",
    urgent=False,
    number="shares",
    **_PARTS,
)
@dataclass(frozen=True, eq=False, kw_only=True)
class PairAccuracies(Watching[Judged]):
    """How often possible videos surprise less than impossible ones, over the shipped pairs and quads.

    Args:
        count: pairs of each kind.
    """

    count: int = 60


@question(
    "occlusion_map",
    title="Occlusion map",
    formula="share of the surprise at a frame that is removed when a cell, and half a cell around it, is covered with the median of its surroundings",
    source="occlusion sensitivity (Zeiler and Fergus, arXiv 1311.2901)",
    cannot="It cannot show what is missing from a frame: only what is visible can be occluded.",
    number="largest",
    **_PARTS,
)
@dataclass(frozen=True, eq=False, kw_only=True)
class OcclusionMap(WatchingPair[Covered]):
    """Where in a frame of the last video the surprise is, by occlusion: for models of one vector a frame.

    Args:
        cells: along each side.
    """

    frame: int
    cells: int = 8


@question(
    "future_leak",
    needs=("encoder_target",),
    instead=(("encoder_context",),),
    title="Causality of the encoder",
    formula="mean distance of the past ticks' latents before and after the later frames are replaced by noise, ÷ mean distance between ticks",
    source="causality of the encoder",
    cannot="An encoder that attends to all frames leaks by design; only its use for prediction is then wrong.",
    number="largest",
)
@dataclass(frozen=True, eq=False)
class Leak(Question[FutureLeak]):
    """Whether the latents of past frames change when later frames do.

    Args:
        cuts: frames; None: up to eight, evenly spread. distance: as in `Watching`. seed: of the noise.
    """

    model: ModelKey
    clip: ClipKey
    cuts: tuple[int, ...] | None = None
    distance: str | None = None
    seed: int = 0
