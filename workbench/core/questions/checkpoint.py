"""What is in a file: a model that was loaded from it, what would load, what it holds where it cannot be loaded, and the values of a tensor."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from workbench.core.card import FileKey, LoadReport, ModelCard, ModelKey
from workbench.core.codec import portable
from workbench.core.contents import Contents, TensorFacts
from workbench.core.questions.base import Question, question
from workbench.core.results import Provenance

_WHOLE = "complete: every expected tensor was found with its shape, and none was left over; partial: anything between; missing: none was found"
_NAMES = "tensor names of the official code of each family"
_SETTINGS = "That all tensors matched does not show that heads or sizes were set correctly: see which settings were assumed."


@portable
@dataclass(frozen=True)
class ActionFacts:
    """What an action of a model is, as boards want it; see `model.spec.ActionSpec`. Bounds may be infinite: not known."""

    names: tuple[str, ...]
    units: tuple[str, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    frameskip: int = 1


@portable
@dataclass(frozen=True)
class ModelFacts:
    """A model as the Checkpoint board shows it.

    Args:
        tensors: everything in the file. mask_tokens: 0 without a predictor. history: (least, most) ticks of context of its dynamics.
        action: None where its future needs none, or it has no dynamics. layers: blocks of its encoder.
    """

    card: ModelCard
    report: LoadReport
    tensors: tuple[TensorFacts, ...]
    mask_tokens: int = 0
    history: tuple[int, int] = (1, 1)
    action: ActionFacts | None = None
    layers: int = 0

    @property
    def matched(self) -> int:
        """Expected tensors that were found."""
        return self.report.matched

    @property
    def provenance(self) -> Provenance:
        """Of the tensors that were used."""
        return Provenance("describe_model", self.card.name, dict(self.card.hashes))


@portable
@dataclass(frozen=True, eq=False)
class TensorHistogram:
    """The values of one tensor of a file. `odd`: how many are NaN or infinite; they are in no other number."""

    name: str
    counts: Int[np.ndarray, "bins"]
    edges: Float[np.ndarray, "edges"]
    mean: float
    std: float
    low: float
    high: float
    odd: int


@question("describe_model", title="Parts of a checkpoint", formula=_WHOLE, source=_NAMES, cannot=_SETTINGS, number="matched")
@dataclass(frozen=True, eq=False)
class DescribeModel(Question[ModelFacts]):
    """Card and load report of a model, and everything that its file holds."""

    model: ModelKey


@question(
    "inspect",
    title="What would load",
    formula=_WHOLE,
    source=_NAMES,
    cannot=f"Values are not read, so NaN is not seen. {_SETTINGS}",
    number="matched",
)
@dataclass(frozen=True, eq=False)
class Inspect(Question[LoadReport]):
    """What of a checkpoint would load, without reading its values. family, overrides: as of a ModelKey."""

    file: FileKey
    family: str | None = None
    overrides: tuple[tuple[str, object], ...] = ()


@question(
    "check_file",
    title="Number of tensors",
    formula="entries of the file's index",
    source=_NAMES,
    cannot="Values are not read.",
    lane="reading",
    number="real",  # a whole number is its own
)
@dataclass(frozen=True, eq=False)
class CheckFile(Question[int]):
    """How many tensors a checkpoint holds, from its index alone: what is wrong with the file comes to light here. family: forces one."""

    file: FileKey
    family: str | None = None


@question(
    "describe_file",
    title="Contents of a file of Python objects",
    formula="the opcodes of its pickles, read but not run",
    source="the pickle and zip formats",
    cannot="The effect of the classes in it is not known: their code is not run.",
    lane="reading",
    number="bytes",
)
@dataclass(frozen=True, eq=False)
class DescribeFile(Question[Contents]):
    """What a file of Python objects holds, found without loading it."""

    file: FileKey


@question(
    "tensor_histogram",
    title="Values of a tensor",
    formula="counts of the finite values in 60 bins of equal width between the least and the largest",
    source="the file, before any conversion but to float32",
    cannot="Does not show where in the tensor a value is.",
    number="mean",
)
@dataclass(frozen=True, eq=False)
class Histogram(Question[TensorHistogram]):
    """The values of one tensor of a file."""

    file: FileKey
    name: str
