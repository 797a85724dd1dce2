"""Whether a representation is alive: measures that need no labels, and probes where labels exist."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from workbench.core.card import FolderKey, ModelKey
from workbench.core.codec import portable
from workbench.core.questions.base import Question, question
from workbench.core.questions.dimension import Estimate
from workbench.core.questions.embedding import Level
from workbench.core.results import Provenance

_ENOUGH = 4  # vectors a feature, below which what is measured of a covariance says more of n than of the model


@dataclass(frozen=True)
class Meaning:
    """What is said about one health measure.

    Args:
        title, formula, source: how it is called, computed, and where it was published. needs: in words. collapse: what a collapsed encoder gives.
        cannot: what it cannot tell. centred: it is also given with the mean removed, since the mean moves it.
    """

    title: str
    formula: str
    source: str
    needs: str
    collapse: str
    cannot: str
    centred: bool = False


_VECTORS, _VIEWS, _PREDICTED = (
    "an encoder",
    "an encoder that takes masks, two views a clip or more",
    "a masked predictor and its teacher, or dynamics",
)
MEASURES: Mapping[str, Meaning] = {
    "rankme": Meaning(
        "RankMe",
        "exp(−Σ p ln p), p_k = σ_k/Σσ + 1e-7 of the singular values of the vectors as they are; centred: their mean removed",
        "arXiv 2210.02885",
        _VECTORS,
        "falls towards 1",
        "Grows with the number of vectors. An offset shared by all moves it. High rank may be noise.",
        centred=True,
    ),
    "participation_ratio": Meaning(
        "Participation ratio",
        "(Σλ)² ÷ Σλ² of the eigenvalues of the covariance",
        "Gao et al. (2017), doi 10.1101/214262",
        _VECTORS,
        "falls towards 1",
        "Dominated by the largest eigenvalues: a long tail of small ones does not show.",
    ),
    "alpha_req": Meaning(
        "α-ReQ",
        "λ_k ∝ k^−α: least squares of ln λ against ln k over ranks 4 to 100, weights 1/k",
        "Agrawal et al. (2022), α-ReQ",
        _VECTORS,
        "rises far above 1",
        "The range of ranks is made for 500 features or more. Values near 1 were found good for some image encoders; this is not general.",
    ),
    "lidar": Meaning(
        "LiDAR",
        "exp of the entropy of the eigenvalues of S_w^−½ S_b S_w^−½ (S_w + 1e-4·I): clips are classes, masked encodings of one clip its members",
        "arXiv 2312.04000",
        _VIEWS,
        "falls towards 1",
        "At most the number of clips − 1. Depends on the masks that make the views.",
    ),
    "vicreg_variance": Meaning(
        "VICReg variance",
        "mean over features of max(0, 1 − √(variance + 1e-4))",
        "arXiv 2105.04906",
        _VECTORS,
        "rises to 0.99",
        "Assumes one scale: features that deviate by less than 1 count as collapsed, whatever the size of the vectors.",
    ),
    "vicreg_covariance": Meaning(
        "VICReg covariance",
        "Σ of the squared covariances of two features ÷ number of features",
        "arXiv 2105.04906",
        _VECTORS,
        "falls to 0, as in the best case",
        "Is 0 for a collapsed encoder too: read it beside the variance.",
    ),
    "sigreg": Meaning(
        "SIGReg",
        "mean Epps–Pulley distance, times n, of 64 random directions to a standard normal (17 knots from 0 to 3); vectors as they are, and centred",
        "arXiv 2511.08544",
        _VECTORS,
        "rises in proportion to n",
        "Designed for models trained with it. Others may be healthy and far from a Gaussian of deviation 1. Compare at equal n.",
        centred=True,
    ),
    "feature_std": Meaning(
        "Feature standard deviation",
        "mean over features of the standard deviation",
        "SimSiam (arXiv 2011.10566)",
        _VECTORS,
        "falls towards 0",
        "Is in the units of the vectors: compare along one run, not between models.",
    ),
    "dead_dimensions": Meaning(
        "Dead dimensions",
        "share of features whose deviation is below 1 % of the root mean square of all numbers; centred: of all numbers with the mean removed",
        "follows from the standard deviation",
        _VECTORS,
        "rises to 1",
        "Only features as such: a collapse onto few directions that lie across many features does not show. A large shared mean makes features count as dead; "
        "centred, a collapse of all features at once does not show.",
        centred=True,
    ),
    "cosine": Meaning(
        "Mean pairwise cosine",
        "mean cosine of the vectors of two clips; centred: the mean removed, which leaves about −1/(n − 1) in any case",
        "as in studies of anisotropy, e.g. arXiv 1909.00512",
        _VECTORS,
        "rises to 1",
        "A large shared mean gives 1 as well, and hides what varies.",
        centred=True,
    ),
    "uniformity": Meaning(
        "Uniformity",
        "ln mean exp(−2‖x − y‖²) over pairs of vectors of unit length",
        "arXiv 2005.10242",
        _VECTORS,
        "rises to 0",
        "−4 is the least that many dimensions allow; noise reaches it. An offset shared by all moves it.",
        centred=True,
    ),
    "alignment": Meaning(
        "Alignment",
        "mean ‖x − x⁺‖² of two masked encodings of one clip, unit length; centred: the mean of all encodings removed before",
        "arXiv 2005.10242",
        _VIEWS,
        "falls to 0, as in the best case",
        "Is 0 for a collapsed encoder too: read it beside uniformity. Depends on the masks that make the views. An offset shared by all moves it.",
        centred=True,
    ),
    "position_share": Meaning(
        "Share of variance that is position",
        "variance of the position means ÷ variance of all tokens, over at most 64 positions",
        "analysis of variance",
        "an encoder with more than one token a clip",
        "rises",
        "With n clips, 1/n of the rest counts as position too. Position may be what a task needs.",
    ),
    "encoder_distance": Meaning(
        "Context encoder to target encoder",
        "Σ‖context − target‖² ÷ Σ‖target − mean‖² over tokens of whole clips",
        "relative squared error",
        "context encoder and target encoder in one file",
        "falls to 0, as at the end of training",
        "Shows how far the moving average lags, not whether either encoder is good.",
    ),
    "predicted_cosine": Meaning(
        "Cosine of predictions",
        "mean cosine of predicted and target tokens; centred: the mean target at the position, over the other clips, removed from both. Masks of the "
        "model's own sampler, random tokens where it names none; dynamics predict each time step, teacher-forced",
        "centred as in `distance='cosine'`",
        _PREDICTED,
        "raw rises to 1, centred stays at 0",
        "Raw values are not informative. Centred values show that the predictor is better than the position mean; not that the target is useful.",
        centred=True,
    ),
    "predicted_mse": Meaning(
        "MSE over the mean baseline",
        "Σ squared error of the predictions ÷ Σ squared error of the mean target at the position, over the other clips",
        "skill = 1 − this",
        _PREDICTED,
        "stays at 1 or above",
        "Below 1 the predictor is better than the position mean; that does not show that the target is useful.",
    ),
    "knn": Meaning(
        "k-NN probe",
        "labels by the majority of the 15 nearest clips, or numbers by their mean (1 − squared error ÷ squared deviation); leave one out",
        "as in DINO (arXiv 2104.14294)",
        "clips with labels",
        "falls to the control",
        "Measures what neighbours predict; a linear probe may read more.",
    ),
    "linear_probe": Meaning(
        "Linear probe",
        "ridge regression on three of four clips, scored on the others: share of right labels, or R² of numbers",
        "Alain and Bengio (arXiv 1610.01644)",
        "clips with labels, 16 or more",
        "may not fall: it rescales what little varies",
        "Features are scaled first, so that a nearly collapsed encoder can score well: read it beside their deviation.",
    ),
}


@portable
@dataclass(frozen=True)
class Reading:
    """What one measure gives.

    Args:
        name: a key of MEASURES. value: with the central 90 % of halves of the clips, drawn without replacement. centred: the same with the mean removed,
            where the mean matters. n: vectors that were used. dim: features of each. untrained: value of the same architecture untrained.
            untrained_centred: the same, centred. control: of a probe, its score on permuted labels; of predictions, the centred cosine or the error
            with another clip's context, of dynamics that of copying the time step before. NaN where there is none. against: what the control is, in
            words; "" where there is none.
    """

    name: str
    value: Estimate
    n: int
    dim: int
    centred: Estimate | None = None
    untrained: float = float("nan")
    untrained_centred: float = float("nan")
    control: float = float("nan")
    against: str = ""

    @property
    def limited(self) -> bool:
        """Fewer vectors than 4 a feature: *n-limited*, compare at equal n only."""
        return self.n < _ENOUGH * self.dim


@portable
@dataclass(frozen=True, eq=False)
class HealthResult:
    """Health measures of one checkpoint.

    Args:
        readings: in the order of MEASURES. absent: (measure, why it could not be computed). what: that a vector stands for. clips: that were used.
        skipped: (name, reason) of clips that were not. dim: features of a vector. labels: name of the column that the probes read; "" = none.
    """

    readings: tuple[Reading, ...]
    absent: tuple[tuple[str, str], ...]
    what: str
    clips: int
    skipped: tuple[tuple[str, str], ...]
    dim: int
    labels: str
    provenance: Provenance

    def __getitem__(self, name: str) -> Reading:
        """The reading of a measure.

        Raises:
            KeyError: it could not be computed; `absent` says why.
        """
        found = next((r for r in self.readings if r.name == name), None)
        if found is None:
            raise KeyError(dict(self.absent).get(name, name))
        return found

    @property
    def headline(self) -> tuple[float, ...]:
        """RankMe, centred RankMe, and where there are predictions their centred cosine and their MSE over the mean baseline."""
        known = {r.name: r for r in self.readings}
        rank, cosine, mse = known["rankme"], known.get("predicted_cosine"), known.get("predicted_mse")
        found = [rank.value.value, *([rank.centred.value] if rank.centred else [])]
        if cosine is not None and cosine.centred is not None and mse is not None:
            found += [cosine.centred.value, mse.value.value]
        return tuple(found)


@question(
    "health",
    needs=("encoder_target",),
    instead=(("encoder_context",),),
    title="Health of a representation",
    formula="each measure has its own: `MEASURES` in workbench.core.questions.health. Intervals from halves of the clips drawn without replacement",
    source="each measure names its own",
    cannot="None of them alone says that a representation is good. A healthy run may dip in any of them at first: look at the whole of a run, and at the "
    "centred cosine of the predictions.",
    urgent=False,
    kept=True,
    number="headline",
    version=2,
    measure="workbench.measures.health",
)
@dataclass(frozen=True, eq=False)
class Health(Question[HealthResult]):
    """Whether a representation is alive: rank, spread, position, predictions and probes, each beside the untrained model.

    Args:
        what: a vector stands for: a clip (its mean over tokens), a time step of it ("frames"), or a token. labels: a column that is known of the
            clips, or one label or number a clip. views: masked encodings a clip, of LiDAR and alignment. predicted: clips whose predictions are
            judged. limit: clips at most, evenly taken. halves: that the intervals are taken over. seed: of masks, directions, untrained weights
            and halves. untrained: also measure the untrained model.
    """

    model: ModelKey
    clips: FolderKey
    what: Level = "clip"
    labels: str | Int[np.ndarray, "clips"] | Float[np.ndarray, "clips"] = "label"
    views: int = 10
    predicted: int = 64
    limit: int = 512
    halves: int = 20
    seed: int = 0
    untrained: bool = True
