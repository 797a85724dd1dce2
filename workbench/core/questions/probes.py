"""What a linear reader and nearest neighbours find in each layer, and how many labels that takes, each beside its baselines."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from workbench.core.card import FolderKey, ModelKey
from workbench.core.codec import portable
from workbench.core.questions.base import Question, question
from workbench.core.questions.dimension import Estimate
from workbench.core.questions.features import Weights
from workbench.core.results import Provenance

SOURCES = ("model", "untrained", "pixels")  # whose label efficiency is given


@portable
@dataclass(frozen=True)
class LabelColumns:
    """What is known of clips that a probe can be fitted on.

    Args:
        names: of the columns. kinds: of each, "labels" or "numbers". values: different values of each. clips: how many there are.
    """

    names: tuple[str, ...]
    kinds: tuple[str, ...]
    values: tuple[int, ...]
    clips: int

    @property
    def count(self) -> int:
        """How many columns."""
        return len(self.names)


@question(
    "label_columns",
    title="What a probe can read",
    formula="columns with at least two values, of labels at least two clips a value; the classes of sub-folders are the column label",
    source="the names of the files, or the arrays of the bank",
    cannot="A column may follow another one, or the background: a probe cannot tell which of them is read.",
    number="count",
)
@dataclass(frozen=True, eq=False)
class ListColumns(Question[LabelColumns]):
    """The columns that are known of clips and can be probed."""

    clips: FolderKey


@portable
@dataclass(frozen=True)
class Score:
    """What one probe of one layer reaches. control: on permuted labels. untrained: of the same layer, untrained. n: clips that were scored."""

    score: Estimate
    control: float
    untrained: float
    n: int


@portable
@dataclass(frozen=True, eq=False)
class ProbeResult:
    """Probes of every layer on vectors of clips, their means over tokens.

    Args:
        labels: name of the column. kind: "labels", scored by accuracy; "numbers", by R². classes: how many; 0 for numbers. chance: share of the most
            frequent label; 0 for numbers. layers: their names.
        linear: ridge regression, fitted on three of four clips and scored on the others. knn: of the nearest neighbours, of each clip among all others.
        pixels_linear, pixels_knn: the same of raw pixels, averaged to 16 × 16 cells.
        counts: numbers of labels. efficiency: score of a ridge regression of the layer `efficiency_layer` on so many labels: of the model, untrained, of
            raw pixels; its mean over draws of the labels, then 5 % and 95 % of draws whose scored clips are resampled with replacement.
        clips: that were used. skipped: (name, reason) of others.
    """

    labels: str
    kind: str
    classes: int
    chance: float
    layers: tuple[str, ...]
    linear: tuple[Score, ...]
    knn: tuple[Score, ...]
    pixels_linear: Score
    pixels_knn: Score
    counts: Int[np.ndarray, "counts"]
    efficiency: Float[np.ndarray, "3 counts 3"]
    efficiency_layer: str
    clips: int
    skipped: tuple[tuple[str, str], ...]
    provenance: Provenance

    @property
    def output(self) -> tuple[float, ...]:
        """Of the linear probe of the last layer: score, on permuted labels, untrained, of raw pixels."""
        last = self.linear[-1]
        return last.score.value, last.control, last.untrained, self.pixels_linear.score.value


@question(
    "probe",
    needs=("encoder_target",),
    instead=(("encoder_context",),),
    title="Probes by layer",
    formula="linear: ridge regression on standardised vectors, fitted on three of four clips, penalty chosen on a fifth of these; labels as one-hot "
    "vectors, the largest wins. k-NN: majority, or mean, of the 15 nearest others. Score: accuracy, or R² = 1 − Σ error² ÷ Σ deviation². Label efficiency: "
    "ridge regression, penalty 0.1 a label, features scaled by all clips that are not scored",
    source="Alain and Bengio (arXiv 1610.01644); control task: Hewitt and Liang (arXiv 1909.03368)",
    cannot="A probe says that something can be read, not that the model uses it. Few clips: read the interval, and compare layers within it only.",
    lane="heavy",
    urgent=False,
    kept=True,
    number="output",
)
@dataclass(frozen=True, eq=False)
class ProbeLayers(Question[ProbeResult]):
    """Linear and k-NN probes of every layer, with a control task, the untrained encoder and raw pixels, and label efficiency.

    Args:
        clips: with labels. labels: a column that is known of the clips, or one label or number a clip. weights: as of `Features`.
        layer: whose label efficiency is measured; None: the output. draws: of labels, for each number of labels. limit: clips at most, evenly taken.
        halves: of the scored clips, for the intervals. seed: of splits, draws, permuted labels and untrained weights.
    """

    model: ModelKey
    clips: FolderKey
    labels: str | Int[np.ndarray, "clips"] | Float[np.ndarray, "clips"] = "label"
    weights: Weights = ""
    layer: int | None = None
    draws: int = 50
    limit: int = 2000
    halves: int = 20
    seed: int = 0
