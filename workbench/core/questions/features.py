"""What the tokens of a clip hold, layer by layer: maps of their principal components and norms, who is similar to whom, and who attends to whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float, Int, UInt8

from workbench.core.card import BankKey, ClipKey, ModelKey
from workbench.core.codec import portable
from workbench.core.mask import Mask
from workbench.core.questions.base import Question, question
from workbench.core.questions.dimension import Estimate
from workbench.core.results import Provenance

Weights = Literal["", "target", "context"]
Shown = Literal["model", "untrained", "other", "position", "pixels", "shuffled"]


def shuffled_places(tokens: int, seed: int = 0) -> Int[np.ndarray, "tokens"]:
    """Which token "shuffled" shows at each place."""
    return np.random.default_rng(seed).permutation(tokens)


_PARTS = {"needs": ("encoder_target",), "instead": (("encoder_context",),)}


@portable
@dataclass(frozen=True, eq=False)
class FeatureMaps:
    """Principal components and norms of the tokens of a clip, of every layer.

    Args:
        layers: their names: "block 0" and so on, before the final norm; "output", after it; "pixels" for raw pixels.
        colours: the first three components as red, green and blue; 2 % and 98 % of the tokens that the basis was fitted on are black and full colour.
            Grey where the foreground was asked for and this is not it.
        scores: the components themselves, NaN off the foreground. explained: share of the variance of each, in the tokens that the basis was fitted on.
        norms: of the tokens as they are. outliers: a norm far above the others' of its layer; see `Features`.
        foreground: the tokens on one side of the first component; all, where it was not asked for.
        fitted: what each basis was fitted on, in words. tokens: how many.
        other, pixels: where another clip is shown, its number in the bank and its prepared pixels; −1 and none else.
    """

    layers: tuple[str, ...]
    colours: UInt8[np.ndarray, "layers ticks rows cols 3"]
    scores: Float[np.ndarray, "layers ticks rows cols 3"]
    explained: Float[np.ndarray, "layers 3"]
    norms: Float[np.ndarray, "layers ticks rows cols"]
    outliers: Bool[np.ndarray, "layers ticks rows cols"]
    foreground: Bool[np.ndarray, "layers ticks rows cols"]
    fitted: str
    tokens: int
    other: int
    pixels: UInt8[np.ndarray, "frames height width 3"]
    provenance: Provenance

    @property
    def variance(self) -> float:
        """Share of the variance that the three colours of the last layer show."""
        return float(self.explained[-1].sum())


@question(
    "features",
    **_PARTS,
    title="Maps of features",
    formula="principal components of the tokens of a layer about their mean, or about the mean at each position of the bank; the largest loading of each "
    "axis is positive. Outliers: norm > median + 6 × 1.4826 × median absolute deviation, and > 3 × median. Foreground: the side of the first component, "
    "split by Otsu's threshold, that holds fewer of its tokens on the border",
    source="PCA of patch tokens: Oquab et al., DINOv2 (arXiv 2304.07193); outlier tokens: Darcet et al. (arXiv 2309.16588)",
    cannot="Three components show only a part of the variance (printed). An untrained encoder, and positions alone, draw smooth maps too: look at them "
    "beside it. Colours of two layers, or of two bases, are not the same features.",
    number="variance",
)
@dataclass(frozen=True, eq=False)
class Features(Question[FeatureMaps]):
    """Maps of every layer of the encoder, from one forward pass.

    Args:
        bank: other clips, of the mean at each position and of the basis. weights: which encoder; "": the target encoder where the file has it.
        source: "model"; or a baseline in the model's basis: "other", another clip of the bank; "position", the bank's mean at each position;
            "shuffled", this clip's tokens at other places; or in a basis of its own: "untrained"; "pixels", one layer.
        other: number in the bank of the clip that "other" shows; None: one chosen by the content of the clip.
        basis: fitted on the tokens of this "clip", all time steps together, or of the "bank".
        centred: the bank's mean at each position is removed first. robust: the basis is fitted without outlier tokens. foreground: components of
            the foreground alone.
        clips: of the bank at most, evenly taken. seed: of untrained weights and of shuffled places.
    """

    model: ModelKey
    clip: ClipKey
    bank: BankKey | None = None
    weights: Weights = ""
    source: Shown = "model"
    other: int | None = None
    basis: Literal["clip", "bank"] = "clip"
    centred: bool = False
    robust: bool = False
    foreground: bool = False
    clips: int = 32
    seed: int = 0


@portable
@dataclass(frozen=True, eq=False)
class LayerProfile:
    """Numbers of every layer over a bank, beside the untrained model.

    Args:
        layers: their names. position: share of the variance of tokens that the mean at each position explains; 1/clips of the rest is counted too.
        rank: RankMe of the vectors of clips, their means over tokens, with the mean removed. untrained_position, untrained_rank: of the same architecture, untrained.
        spectrum: eigenvalues of the covariance of these vectors ÷ their sum, from large to small. distances: between two tokens in the grid of one
            time step. similarity: mean cosine of tokens at that distance, about the mean of their clip. untrained_similarity: the same, untrained.
        clips: that were used.
    """

    layers: tuple[str, ...]
    position: tuple[Estimate, ...]
    untrained_position: Float[np.ndarray, "layers"]
    rank: tuple[Estimate, ...]
    untrained_rank: Float[np.ndarray, "layers"]
    spectrum: tuple[Float[np.ndarray, "_"], ...]
    distances: Int[np.ndarray, "distances"]
    similarity: Float[np.ndarray, "layers distances"]
    untrained_similarity: Float[np.ndarray, "layers distances"]
    clips: int
    provenance: Provenance

    @property
    def last(self) -> tuple[float, ...]:
        """Of the output: share of variance that is position, the same untrained; RankMe, the same untrained."""
        return self.position[-1].value, float(self.untrained_position[-1]), self.rank[-1].value, float(self.untrained_rank[-1])


@question(
    "layer_profile",
    **_PARTS,
    title="Layers in numbers",
    formula="position: Σ‖mean at the position − mean‖² ÷ Σ‖token − mean‖², in percent of variance. RankMe: exp of the entropy of the singular values of clip "
    "vectors ÷ their sum. Similarity: cosine of two tokens of one time step about the mean of their clip, by their distance in the grid. Intervals from halves of the clips",
    source="RankMe (arXiv 2210.02885); similarity by distance as in Raghu et al. (arXiv 2108.08810)",
    cannot="High rank is no quality by itself and grows with the number of clips. Objects that always lie in one place count as position.",
    urgent=False,
    kept=True,
    number="last",
)
@dataclass(frozen=True, eq=False)
class ProfileLayers(Question[LayerProfile]):
    """Position, rank, spectrum and similarity by distance of every layer.

    Args:
        weights: as of `Features`. clips: at most, evenly taken. halves: of the clips, drawn for the intervals. seed: of halves and untrained weights.
    """

    model: ModelKey
    bank: BankKey
    weights: Weights = ""
    clips: int = 64
    halves: int = 10
    seed: int = 0


@portable
@dataclass(frozen=True, eq=False)
class JointMaps:
    """Tokens of one clip in two models, in colours that mean the same in both.

    Args:
        layers: name of the layer of each model. colours: of the model, and of the other. scores: the three shared components.
        agreement: of each component over clips that it was not fitted on: correlation of the two models' scores. position: the same, where the other model is
            given another clip at the same positions: what position alone agrees on. dims: features of each that were kept before, by variance.
        by: "cca" or "procrustes". clips: that it was fitted on. held_out: that the agreement is taken over.
    """

    layers: tuple[str, str]
    colours: UInt8[np.ndarray, "2 ticks rows cols 3"]
    scores: Float[np.ndarray, "2 ticks rows cols 3"]
    agreement: Float[np.ndarray, "3"]
    position: Float[np.ndarray, "3"]
    dims: tuple[int, int]
    by: str
    clips: int
    held_out: int
    provenance: Provenance

    @property
    def numbers(self) -> tuple[float, ...]:
        """Mean agreement of the three components, and that of position alone."""
        return float(self.agreement.mean()), float(self.position.mean())


@question(
    "joint_features",
    **_PARTS,
    title="Maps of two models in one basis",
    formula="tokens of two models at the same places of the same clips. CCA: directions of the largest correlation, after each is reduced to its principal "
    "components, at most one a ten tokens. Procrustes: the other model's components, turned onto this model's, in this model's first three",
    source="CCA: Raghu et al., SVCCA (arXiv 1706.05806); Procrustes: Schönemann (1966)",
    cannot="Three shared directions may be a small part of both models. CCA finds agreement in directions of little variance too.",
    number="numbers",
)
@dataclass(frozen=True, eq=False)
class JointFeatures(Question[JointMaps]):
    """One basis for a layer of two models, fitted on half of a bank's other clips.

    Args:
        other: a model with the same grid of tokens. layer, other_layer: output of that block; None: after the final norm. by: how the two are brought together.
        clips: of the bank at most; half of them are held out. weights: of both, as of `Features`.
    """

    model: ModelKey
    other: ModelKey
    clip: ClipKey
    bank: BankKey
    layer: int | None = None
    other_layer: int | None = None
    by: Literal["cca", "procrustes"] = "cca"
    weights: Weights = ""
    clips: int = 32


@portable
@dataclass(frozen=True, eq=False)
class SimilarityResult:
    """How similar one token is to all others.

    Args:
        layer: name of the layer. token: (time step, row, column). map: cosine with every token of the clip; 1 at the token itself.
        untrained, pixels: the same of the untrained encoder, and of raw pixels. position: of the bank's mean at each position; NaN without a bank.
        by_distance: mean of the map at each distance from the token within its time step. untrained_by_distance: the same, untrained.
        nearest: (clip of the bank, time step, row, column) of the most similar tokens in other clips. cosines: theirs. patches: their pixels.
        usual: 99th percentile of the cosines with the tokens of other clips: how similar a token is that is not sought out.
        beside: cosine with every token of the clip of the bank that was named; of no size where none was.
    """

    layer: str
    token: tuple[int, int, int]
    map: Float[np.ndarray, "ticks rows cols"]
    untrained: Float[np.ndarray, "ticks rows cols"]
    pixels: Float[np.ndarray, "ticks rows cols"]
    position: Float[np.ndarray, "ticks rows cols"]
    by_distance: Float[np.ndarray, "distances"]
    untrained_by_distance: Float[np.ndarray, "distances"]
    nearest: Int[np.ndarray, "found 4"]
    cosines: Float[np.ndarray, "found"]
    patches: UInt8[np.ndarray, "found height width 3"]
    usual: float
    beside: Float[np.ndarray, "_ _ _"]
    provenance: Provenance

    @property
    def others(self) -> tuple[float, ...]:
        """Mean cosine with the other tokens of the clip: of the model, untrained, of raw pixels."""
        rest = np.ones(self.map.shape, bool)
        rest[self.token] = False
        if not rest.any():
            return (float("nan"),) * 3
        return tuple(float(each[rest].mean()) for each in (self.map, self.untrained, self.pixels))


@question(
    "similarity",
    **_PARTS,
    title="Similarity of a patch",
    formula="cosine of the token with every token of the clip and of the bank; centred: the bank's mean at each position is removed first, without a bank "
    "the mean of the clip",
    source="cosine maps of patch tokens, as of Caron et al., DINO (arXiv 2104.14294)",
    cannot="Neighbours in the grid are similar in every encoder, untrained ones too: read the map beside theirs. A cosine depends on the mean: compare at "
    "equal centring.",
    number="others",
)
@dataclass(frozen=True, eq=False)
class Similarity(Question[SimilarityResult]):
    """Cosine similarity of one token in its frame, across the film, and in other clips.

    Args:
        token: its number in the grid, row-major. layer: output of that block; None: after the final norm. bank: of other clips. weights: as of `Features`.
        centred: the mean is removed first. other: number in the bank of a clip to compare with as well. count: of nearest tokens in other clips.
        clips: of the bank at most. seed: of the untrained weights.
    """

    model: ModelKey
    clip: ClipKey
    token: int
    layer: int | None = None
    bank: BankKey | None = None
    weights: Weights = ""
    centred: bool = False
    other: int | None = None
    count: int = 12
    clips: int = 32
    seed: int = 0


@portable
@dataclass(frozen=True, eq=False)
class AttentionResult:
    """Where one token looks, in every layer and head.

    Args:
        part: "encoder" or "predictor". token: (time step, row, column) of the asking token.
        maps: its attention weights on the tokens of the grid, NaN where there is none to look at. rest: what is left for tokens off the grid, as the class token.
        untrained: the same of the untrained model. rollout: attention rollout on the grid, with the residual path counted as one half; None where not asked for.
        entropy: of the weights ÷ that of uniform ones: 1 where it looks everywhere alike. distance: mean distance in the grid, in tokens, that it looks
            over, within its time step. uniform_distance: of uniform weights.
        context: share of the attention on context tokens, in a predictor; 1 in an encoder.
    """

    part: str
    token: tuple[int, int, int]
    maps: Float[np.ndarray, "layers heads ticks rows cols"]
    rest: Float[np.ndarray, "layers heads"]
    untrained: Float[np.ndarray, "layers heads ticks rows cols"]
    rollout: Float[np.ndarray, "ticks rows cols"] | None
    entropy: Float[np.ndarray, "layers heads"]
    untrained_entropy: Float[np.ndarray, "layers heads"]
    distance: Float[np.ndarray, "layers heads"]
    uniform_distance: float
    context: Float[np.ndarray, "layers heads"]
    provenance: Provenance

    @property
    def spread(self) -> tuple[float, ...]:
        """Mean over layers and heads of the entropy ÷ that of uniform weights: of the model, untrained."""
        return float(self.entropy.mean()), float(self.untrained_entropy.mean())


@question(
    "attention",
    **_PARTS,
    title="Attention",
    formula="softmax(q·k ÷ √d) of the asking token over all tokens, by layer and head. Rollout: the product over layers of ½(mean over heads + identity)",
    source="attention rollout: Abnar and Zuidema (arXiv 2005.00928)",
    cannot="What a token looks at is not what the output depends on: values may be small, and the residual path carries the rest. An occlusion or "
    "sensitivity map says more of that.",
    number="spread",
)
@dataclass(frozen=True, eq=False)
class Attention(Question[AttentionResult]):
    """Attention of one token, computed by hand beside the usual forward pass.

    Args:
        token: that asks, its number in the grid, row-major; in the predictor one of the mask's targets.
        part: "encoder", or "predictor": which context tokens, and which targets of its own block, a target token asks.
        mask: of the predictor; of the encoder: it sees the context alone, None: everything. rollout: also compute it, of all layers.
        weights: of the encoder, as of `Features`. mask_token: which of several learned ones. seed: of the untrained weights.
    """

    model: ModelKey
    clip: ClipKey
    token: int
    part: Literal["encoder", "predictor"] = "encoder"
    mask: Mask | None = None
    rollout: bool = False
    weights: Weights = ""
    mask_token: int | None = None
    seed: int = 0
