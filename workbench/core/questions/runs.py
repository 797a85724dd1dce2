"""A training run: its logs, and what its checkpoints make of the same clips."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float32, Int, Shaped, UInt8

from workbench.core.card import FileKey, FolderKey, ModelKey, RunKey
from workbench.core.codec import portable
from workbench.core.questions.base import Question, question
from workbench.core.questions.health import Health, HealthResult
from workbench.core.results import Provenance


@portable
@dataclass(frozen=True)
class RunStep:
    """One checkpoint of a run.

    Args:
        name: relative to the run. path: of the file. at: its place on the common axis. step, epoch: as its name or the file says; None = unknown.
        bytes: of the file.
    """

    name: str
    path: str
    at: float
    step: int | None
    epoch: int | None
    bytes: int

    @property
    def title(self) -> str:
        """For a reader."""
        return f"step {self.step:,}" if self.step is not None else f"epoch {self.epoch}" if self.epoch is not None else self.name


@portable
@dataclass(frozen=True, eq=False)
class RunCurve:
    """A column of a log along training, thinned out: of each stretch of rows the smallest and the largest value are kept.

    Args:
        name: of the column. log: the file. steps, values: rising steps; NaN where NaN or infinity was logged. rows: before thinning out.
        minimum: (step, value) of the smallest finite value; None where there is none. first_bad: step of the first NaN or infinity; None = none.
    """

    name: str
    log: str
    steps: Float[np.ndarray, "rows"]
    values: Float[np.ndarray, "rows"]
    rows: int
    minimum: tuple[float, float] | None
    first_bad: float | None


@portable
@dataclass(frozen=True, eq=False)
class RunNews:
    """What a run consists of now.

    Args:
        state: changes when anything else here does. same: nothing has changed since the state that was asked with; the rest is then empty.
        name: of the folder. checkpoints: in the order of training. curves: columns of the logs. waiting: checkpoints that are still being written.
        notes: what was left out or looks odd. axis: what `RunStep.at` and the steps of the curves count. resumed: steps at which it began again.
        gone: the folder cannot be listed any more.
    """

    state: str
    same: bool = False
    name: str = ""
    checkpoints: tuple[RunStep, ...] = ()
    curves: tuple[RunCurve, ...] = ()
    waiting: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    axis: str = "step"
    resumed: tuple[float, ...] = ()
    gone: bool = False

    @property
    def count(self) -> int:
        """How many checkpoints there are."""
        return len(self.checkpoints)


@question(
    "run_log",
    title="Logs and checkpoints of a training run",
    formula="columns of the logs as they were written; what a resumed run did again is there once, as it was done last. Long curves: smallest and largest "
    "value of each stretch",
    source="the files of the run",
    cannot="The loss of a JEPA says nothing about its representation: it falls fastest in a run that collapses.",
    number="count",
)
@dataclass(frozen=True, eq=False)
class RunLog(Question[RunNews]):
    """Checkpoints and curves of a run as they are now. Asked again, only what is new is read.

    Args:
        state: of an earlier answer; where nothing has changed since, the answer says so and holds nothing else. points: of a curve, at most.
    """

    run: RunKey
    state: str = ""
    points: int = 600


@question(
    "run_health",
    needs=Health.about.needs,
    instead=Health.about.instead,
    title=Health.about.title,
    formula=Health.about.formula,
    source=Health.about.source,
    cannot=Health.about.cannot,
    version=Health.about.version,
    urgent=False,
    kept=True,
    number="headline",
)
@dataclass(frozen=True, eq=False)
class RunHealth(Question[HealthResult]):
    """Health of one checkpoint of a run. The answer is kept on disk under the weights and the clips, so that a run is measured once.

    Args:
        labels, views, predicted, limit, halves, seed, untrained: as of `Health`.
    """

    model: ModelKey
    clips: FolderKey
    labels: str = "label"
    views: int = 4
    predicted: int = 48
    limit: int = 256
    halves: int = 20
    seed: int = 0
    untrained: bool = True


@portable
@dataclass(frozen=True, eq=False)
class RunMaps:
    """What one checkpoint makes of the same clips as the others, turned onto a reference checkpoint.

    Args:
        names: of the clips on the map. clip: their numbers in the data. labels: one a clip, -1 = none; label_names: of them.
        points: of each clip, on the two principal directions of the reference, in units of its deviation along the first.
        extent: largest coordinate of the reference. fit: share of the variance of the clips that the turned reference explains; shuffled: the same where
            clips are exchanged at random, the baseline. spectrum: standard deviation along each principal direction, largest first.
        shown: which clips are pictured. pictures: their middle frames. target, predicted: token colours at the middle time step, in the three principal
            directions of the reference about the mean of this checkpoint at each position. asked: where there is a prediction. context: what was seen.
        explained: share of the variance of the reference's tokens in its three directions. colours: what the colours are of.
        no_prediction: why there is none.
    """

    names: Shaped[np.ndarray, "clips"]
    clip: Int[np.ndarray, "clips"]
    labels: Int[np.ndarray, "clips"]
    label_names: tuple[str, ...]
    points: Float32[np.ndarray, "clips 2"]
    extent: float
    fit: float
    shuffled: float
    spectrum: Float32[np.ndarray, "dims"]
    shown: Int[np.ndarray, "shown"]
    pictures: UInt8[np.ndarray, "shown side side 3"]
    target: UInt8[np.ndarray, "shown rows cols 3"]
    predicted: UInt8[np.ndarray, "shown rows cols 3"]
    asked: Bool[np.ndarray, "shown rows cols"]
    context: Bool[np.ndarray, "shown rows cols"]
    explained: float
    colours: str
    no_prediction: str
    provenance: Provenance

    @property
    def headline(self) -> tuple[float, float]:
        """How well it fits the reference, and the shuffled baseline."""
        return self.fit, self.shuffled


@question(
    "run_maps",
    needs=("encoder_target",),
    instead=(("encoder_context",),),
    title="The same clips in each checkpoint",
    formula="pooled tokens of each clip, centred, turned onto those of the reference checkpoint by the orthogonal matrix that fits best (Procrustes), shown on the "
    "reference's two principal directions. Colours: tokens about their position mean, turned likewise, on the reference's three",
    source="Schönemann (1966), doi 10.1007/BF02289451",
    cannot="What lies outside the directions of the reference is not seen. With fewer clips than features any checkpoint can be turned to fit somewhat: compare "
    "with the shuffled clips.",
    urgent=False,
    kept=True,
    number="headline",
)
@dataclass(frozen=True, eq=False)
class MapsOfRun(Question[RunMaps]):
    """Maps, masked predictions and spectrum of one checkpoint, aligned with a reference, so that points move only when the representation does.

    Args:
        reference: the checkpoint that all others are turned onto; the model itself too. limit: clips on the map, evenly taken. shown: how many are
            pictured. seed: of the mask.
    """

    model: ModelKey
    clips: FolderKey
    reference: ModelKey
    limit: int = 256
    shown: int = 5
    seed: int = 0


@portable
@dataclass(frozen=True)
class LayerDifference:
    """How far the parameters of one layer differ.

    Args:
        part: encoder, target_encoder, predictor … layer: of it. relative: ‖b − a‖ ÷ ‖a‖. shuffled: the same with the numbers of b in another order, the
            baseline. numbers: that were compared. equal: all are the same.
    """

    part: str
    layer: str
    relative: float
    shuffled: float
    numbers: int
    equal: bool


@portable
@dataclass(frozen=True, eq=False)
class CheckpointDifference:
    """How far the parameters of two checkpoints differ.

    Args:
        layers: in the order of the file. only_first, only_second: tensors that the other lacks. reshaped: of another shape. total: over all layers.
    """

    first: str
    second: str
    layers: tuple[LayerDifference, ...]
    only_first: tuple[str, ...]
    only_second: tuple[str, ...]
    reshaped: tuple[str, ...]
    total: float

    @property
    def same(self) -> bool:
        """All tensors have the same names, shapes and values."""
        return not (self.only_first or self.only_second or self.reshaped) and all(layer.equal for layer in self.layers)

    @property
    def parts(self) -> Mapping[str, bool]:
        """Part -> whether all its parameters are the same."""
        return {part: all(each.equal for each in self.layers if each.part == part) for part in dict.fromkeys(each.part for each in self.layers)}


@question(
    "compare_checkpoints",
    title="Difference of parameters by layer",
    formula="‖b − a‖ ÷ ‖a‖ over the parameters of a layer; baseline: the numbers of b in another order",
    source="relative L2 distance",
    cannot="Parameters may differ while the function is the same, as when features are exchanged, and the other way round in layers that nothing uses.",
    number="total",
)
@dataclass(frozen=True, eq=False)
class CompareCheckpoints(Question[CheckpointDifference]):
    """How far the parameters of two checkpoint files differ, layer by layer, and whether they are the same at all."""

    first: FileKey
    second: FileKey
