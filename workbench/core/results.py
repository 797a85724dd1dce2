"""Frozen results: numpy arrays with the provenance that makes them worth keeping."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import metadata
from typing import Any, Literal

import numpy as np
from jaxtyping import Bool, Float, Int, UInt8

from workbench.core import card, codec
from workbench.core.clip import Clip
from workbench.core.grid import TokenGrid
from workbench.core.mask import Mask
from workbench.core.selection import Selection

Distance = Literal["l1", "l2", "smooth-l1", "cosine"]
DISTANCES: Mapping[str, str] = {
    "l1": "mean |p − t| over features",
    "l2": "mean (p − t)² over features",
    "smooth-l1": "mean over features of ½d² where |d| < 1, else |d| − ½",
    "cosine": "1 − cos(p − m, t − m), m the position mean where a reference is given",
}
# Who predicts: the trained predictor, or one of the controls that it must beat.
PREDICTORS: Mapping[str, str] = {
    "model": "the trained predictor",
    "copy": "the nearest context-only target, copied",
    "smooth": "context-only targets, interpolated",
    "other": "the trained predictor, given another image's context",
    "position": "the mean target at each position",
    "twin": "the same architecture, untrained",
    "pixels": "raw pixels, interpolated",
}


def versions() -> dict[str, str]:
    """Versions of what computed a number. Reads package metadata, imports nothing."""
    return {"python": platform.python_version(), **{n: v for n in ("jepa-workbench", "torch", "numpy") if (v := version_of(n))}}


@cache
def version_of(name: str) -> str:
    """The version of an installed package; \"\" where it is not installed."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


# Over fewer clips than this no rank and no interval is stated.
FEWEST_CLIPS = 8


@codec.portable
@dataclass(frozen=True)
class Provenance:
    """Where a number came from, enough to compute it again.

    Args:
        measure: its name in the catalogue. model: the card's name. weights: part -> sha256. clip: digest and source.
        mask: digest and sampler. seed: None where nothing is drawn. parameters: of the measure. versions: of the software.
    """

    measure: str
    model: str
    weights: dict[str, str] = field(default_factory=dict[str, str])
    clip: str = ""
    mask: str = ""
    seed: int | None = None
    parameters: dict[str, Any] = field(default_factory=dict[str, Any])
    versions: dict[str, str] = field(default_factory=versions)


@codec.portable
@dataclass(frozen=True, eq=False)
class Classified:
    """What the head of a model says of one clip.

    Args:
        labels: text from the file, in the order of the numbers. probabilities: of each label. baseline: of the same head, untrained, on the
            same trained encoder. attention: the share of the head's attention on each token; they sum to one.
    """

    labels: list[str]
    probabilities: Float[np.ndarray, "labels"]
    baseline: Float[np.ndarray, "labels"]
    attention: Float[np.ndarray, "ticks rows cols"]
    provenance: Provenance

    @property
    def probability(self) -> float:
        """Of the most likely label."""
        return self.best(1)[0][1]

    def best(self, count: int = 5) -> list[tuple[str, float, float]]:
        """The most likely labels with their probability, and with that which the untrained head gives them."""
        order = np.argsort(-self.probabilities, kind="stable")[:count]
        return [(self.labels[i], float(self.probabilities[i]), float(self.baseline[i])) for i in order]


@codec.portable
@dataclass(frozen=True, eq=False)
class Reference:
    """The reference of skill: the prediction of the position alone.

    Args:
        mean: mean target at each position. median: the same for L1. n: clips it was taken over.
        name: the bank, or "this clip's other targets". space: id of the latent space; another space is refused.
    """

    mean: Float[np.ndarray, "ticks rows cols dim"]
    median: Float[np.ndarray, "ticks rows cols dim"]
    n: int
    name: str
    space: str


@codec.portable
@dataclass(frozen=True, eq=False)
class PredictionError:
    """How far a prediction is from its target, token by token.

    Args:
        predictor: a key of PREDICTORS. distance: a key of DISTANCES.
        blocks: error of each block's prediction; NaN where the block has no target.
        reference: error of the reference at the same tokens. reference_name, reference_n: which, over how many clips.
        grid: where the tokens lie.
    """

    predictor: str
    distance: str
    blocks: Float[np.ndarray, "blocks ticks rows cols"]
    reference: Float[np.ndarray, "blocks ticks rows cols"]
    reference_name: str
    reference_n: int
    grid: TokenGrid
    provenance: Provenance

    @property
    def tokens(self) -> Float[np.ndarray, "ticks rows cols"]:
        """Mean over the blocks that predict a token; NaN elsewhere."""
        asked = np.isfinite(self.blocks)
        total = np.where(asked, self.blocks, 0.0).sum(0)
        return np.where(asked.any(0), total / np.maximum(asked.sum(0), 1), np.nan)

    @property
    def mean(self) -> float:
        """Mean over every (block, token) pair, as the training loss takes it."""
        return float(np.nanmean(self.blocks))

    @property
    def ratio(self) -> float:
        """Error ÷ error of the reference: 1 is no better than knowing the position."""
        return self.mean / float(np.nanmean(self.reference))

    @property
    def skill(self) -> float:
        """1 − error ÷ error of the reference. 0: knows only the position. Negative: worse than that."""
        return 1.0 - self.ratio

    def block(self, index: int) -> PredictionError:
        """The same for one block alone."""
        return replace(self, blocks=self.blocks[index : index + 1], reference=self.reference[index : index + 1])


@codec.portable
@dataclass(frozen=True, eq=False)
class PcaBasis:
    """Three directions that colour tokens, one basis a checkpoint and bank, so that colours never flicker.

    Args:
        mean: position mean, removed first. components: unit rows, sign fixed. spread: deviation along each.
        explained: share of the variance about the position mean. n: clips. space: id of the latent space.
    """

    mean: Float[np.ndarray, "ticks rows cols dim"]
    components: Float[np.ndarray, "3 dim"]
    spread: Float[np.ndarray, "3"]
    explained: Float[np.ndarray, "3"]
    n: int
    name: str
    space: str

    def colours(self, tokens: Float[np.ndarray, "ticks rows cols dim"]) -> UInt8[np.ndarray, "ticks rows cols 3"]:
        """Mid grey at the position mean, ±2.5 deviations to the ends; NaN tokens are mid grey too."""
        scores = (tokens - self.mean) @ self.components.T / np.maximum(self.spread, 1e-12)
        return np.clip(np.nan_to_num(scores) / 2.5 * 127.5 + 127.5, 0, 255).round().astype(np.uint8)


@codec.portable
@dataclass(frozen=True, eq=False)
class MaskedView:
    """Everything that the two large pictures of a mask problem show.

    Args:
        error: the prediction error. target, predicted: token colours. asked: where a prediction exists.
        explained: variance shares of the colours. basis: name and n of the basis. shown: what `prepare` made of the pixels.
        norms: mean length of target and predicted about the position mean; a washed-out prediction is short.
    """

    error: PredictionError
    target: UInt8[np.ndarray, "ticks rows cols 3"]
    predicted: UInt8[np.ndarray, "ticks rows cols 3"]
    asked: Bool[np.ndarray, "ticks rows cols"]
    explained: Float[np.ndarray, "3"]
    basis: str
    norms: tuple[float, float]

    @property
    def provenance(self) -> Provenance:
        """Of the error."""
        return self.error.provenance

    @property
    def skill(self) -> float:
        """Of the prediction, over all its target tokens."""
        return self.error.skill


@codec.portable
@dataclass(frozen=True, eq=False)
class RetrievalRank:
    """Does the prediction find its true target?

    Args:
        hole: rank of the true image's targets among the bank's, over the whole hole, 1 = first. images: candidates, the true one included.
        across: per token, rank among the images at the same position. within: per token, rank among the other positions of this image.
        positions: candidates within the image.
    """

    hole: int
    images: int
    across: Float[np.ndarray, "ticks rows cols"]
    within: Float[np.ndarray, "ticks rows cols"]
    positions: int
    provenance: Provenance

    @property
    def percentile(self) -> float:
        """Mean of (rank − 1) / (candidates − 1) across images: 0 always first, 0.5 chance."""
        return float(np.nanmean(self.across) - 1) / max(self.images - 1, 1)


@codec.portable
@dataclass(frozen=True, eq=False)
class Quilt:
    """The hole filled with real patches of other images. Retrieved, not generated.

    Args:
        predicted: the patches whose targets are nearest to what was predicted. ceiling: nearest to the true target.
        nearest: the three nearest (clip, token) of each predicted token, −1 where none was asked. distance: theirs.
        thumbs: the first frame of those patches, asked tokens in row-major order.
    """

    predicted: UInt8[np.ndarray, "frames height width 3"]
    ceiling: UInt8[np.ndarray, "frames height width 3"]
    nearest: Int[np.ndarray, "ticks rows cols 3 2"]
    distance: Float[np.ndarray, "ticks rows cols 3"]
    thumbs: UInt8[np.ndarray, "asked 3 patch_height patch_width 3"]
    bank: str
    provenance: Provenance


@codec.portable
@dataclass(frozen=True, eq=False)
class Yardsticks:
    """The controls of one mask problem, each a prediction error on the same targets, with ranks and the nearest-patch reconstruction."""

    controls: tuple[PredictionError, ...]
    rank: RetrievalRank | None
    quilt: Quilt | None

    @property
    def provenance(self) -> Provenance:
        """Of the controls."""
        return self.controls[0].provenance

    @property
    def means(self) -> tuple[float, ...]:
        """The mean error of each control, in the order of `controls`."""
        return tuple(control.mean for control in self.controls)

    def control(self, predictor: str) -> PredictionError | None:
        """The control of that name; None where it could not be computed."""
        return next((c for c in self.controls if c.predictor == predictor), None)

    def block(self, index: int) -> Yardsticks:
        """The controls on one block alone; −1: on all of them."""
        return self if index < 0 else replace(self, controls=tuple(c.block(index) for c in self.controls))


@codec.portable
@dataclass(frozen=True, eq=False)
class BankErrors:
    """The same errors over a bank, one mask sampled for each clip, with intervals.

    Args:
        predictors: keys of PREDICTORS. errors: mean error of each on each clip. reference: the reference's.
        rank: retrieval percentile of each clip, NaN where not computed. sampler: who drew the masks. seed: of the masks.
    """

    predictors: tuple[str, ...]
    errors: Float[np.ndarray, "predictors clips"]
    reference: Float[np.ndarray, "clips"]
    distance: str
    bank: str
    sampler: str
    seed: int
    provenance: Provenance

    @property
    def clips(self) -> int:
        """How many clips."""
        return self.errors.shape[1]

    @property
    def total(self) -> float:
        """The skill of the model's predictor over all clips."""
        return self.skill()

    def skill(self, predictor: str = "model") -> float:
        """1 − summed error ÷ summed error of the reference."""
        row = self.errors[self.predictors.index(predictor)]
        return float(1 - row.sum() / self.reference.sum())

    def interval(self, predictor: str = "model", *, level: float = 0.95, draws: int = 2000) -> tuple[float, float]:
        """Interval of the skill, from halves of the bank drawn without replacement.

        A half drawn without replacement from n clips scatters as the mean of n clips does: s²/(n/2)·(1 − 1/2) = s²/n.
        """
        rng = np.random.default_rng(self.seed)
        row, ref = self.errors[self.predictors.index(predictor)], self.reference
        halves = rng.random((draws, self.clips)).argsort(1)[:, : max(self.clips // 2, 1)]
        skills = 1 - row[halves].sum(1) / ref[halves].sum(1)
        low, high = np.quantile(skills, [(1 - level) / 2, (1 + level) / 2])
        return float(low), float(high)

    def easier_than(self, skill: float, predictor: str = "model") -> float:
        """Share of the bank's clips with a lower skill than this."""
        row = self.errors[self.predictors.index(predictor)]
        return float(((1 - row / self.reference) < skill).mean())


for _cls in (
    card.ModelKey,
    card.ClipKey,
    card.SceneKey,
    card.ScenesKey,
    card.FileKey,
    card.FolderKey,
    card.BankKey,
    card.VectorsKey,
    card.RunKey,
    card.Fact,
    card.PartReport,
    card.LoadReport,
    card.ModelCard,
    Clip,
    Mask,
    TokenGrid,
    Selection,
):
    codec.portable(_cls)
