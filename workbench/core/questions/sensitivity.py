"""What moves a latent: one clip with a few things changed, and every factor over many clips."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from workbench.core import codec
from workbench.core.card import BankKey, ModelKey, SceneKey, ScenesKey
from workbench.core.films import Reel
from workbench.core.futures import FactorTable
from workbench.core.questions.base import Question, question
from workbench.core.results import Provenance

SOURCES = ("model", "twin", "pixels")


@codec.portable
@dataclass(frozen=True, eq=False)
class LatentMoves:
    """How far the latents of one clip move when something in it changes, in units of the distance between random clips.

    Args:
        changes: what was changed. moved: by source ("model", "twin", "pixels") and change. unit: mean distance between two of `others` clips
            taken at random, by source. seed: of the twin and of that pairing.
    """

    changes: tuple[str, ...]
    moved: Float[np.ndarray, "sources changes"]
    unit: Float[np.ndarray, "sources"]
    others: int
    seed: int
    provenance: Provenance
    sources: tuple[str, ...] = SOURCES

    def of(self, source: str, change: str) -> float:
        """One number."""
        return float(self.moved[self.sources.index(source), self.changes.index(change)])


@codec.portable
@dataclass(frozen=True)
class FactorFact:
    """One thing that can be changed in a clip. kind: "nuisance" or "structure". full: what the full step does, in words."""

    name: str
    kind: str
    full: str


@codec.portable
@dataclass(frozen=True)
class KnownFactors:
    """What can be changed in a clip.

    Args:
        world: whose truth is known of it; "" where nothing is, and only what can be done to any pixels is offered. clips: that a survey can use.
    """

    world: str
    factors: tuple[FactorFact, ...]
    clips: int


@codec.portable
@dataclass(frozen=True, eq=False)
class SensitivityView:
    """A clip beside the same clip with one thing changed, and how far each change moves the latents.

    Args:
        reels: unchanged, then one a change. amounts: of each change, as shares of its full step.
    """

    reels: tuple[Reel, ...]
    moves: LatentMoves
    amounts: tuple[float, ...]

    @property
    def provenance(self) -> Provenance:
        """Of the numbers."""
        return self.moves.provenance

    @property
    def moved(self) -> tuple[float, ...]:
        """How far the latents of the model move for each change."""
        return tuple(float(v) for v in self.moves.moved[self.moves.sources.index("model")])


_CANNOT = "A latent may change with a factor that a linear probe cannot read from it; a latent that does not change may ignore more than this factor."
_ENCODER, _OTHER_ENCODER = ("encoder_target",), (("encoder_context",),)
_PROMISE = "the aim of a JEPA: discard what cannot be predicted, keep what can"


@question(
    "changeable",
    title="What can be changed",
    formula="the clip is rendered again from the state that its bank stores; where that gives the same pixels, single factors can be changed",
    source="the built-in worlds",
    cannot="Clips without a stored state offer only changes of pixels.",
    number="clips",
)
@dataclass(frozen=True, eq=False)
class Changeable(Question[KnownFactors]):
    """What can be changed in a clip."""

    scene: SceneKey


@question(
    "sensitivity",
    needs=_ENCODER,
    instead=_OTHER_ENCODER,
    title="Sensitivity, in one clip",
    formula="root mean square distance between the latents of a clip and of the same clip with one thing changed, ÷ the mean of that distance between "
    "clips paired at random; likewise for the untrained model's latents and for the prepared pixels, each in its own unit",
    source=_PROMISE,
    cannot=f"{_CANNOT} Full strengths of two factors are not equally large: compare with the distance in pixels.",
    number="moved",
)
@dataclass(frozen=True, eq=False)
class Sensitivity(Question[SensitivityView]):
    """One clip beside itself with one thing changed, and how far each change moves the latents.

    Args:
        changes: factors. amounts: how much of each, as shares of its full step. bank: whose clips set the unit where the data are one clip.
        seed: of the untrained model, and of the pairing that gives the unit.
    """

    model: ModelKey
    scene: SceneKey
    changes: tuple[str, ...] = ()
    amounts: tuple[float, ...] = ()
    bank: BankKey | None = None
    seed: int = 0


@question(
    "survey",
    needs=_ENCODER,
    instead=_OTHER_ENCODER,
    title="Sensitivity",
    formula="root mean square distance between the latents before and after one change, ÷ that between random clips",
    source=_PROMISE,
    cannot=_CANNOT,
    urgent=False,
    version=2,
    kept=True,
    number="largest",
)
@dataclass(frozen=True, eq=False)
class Survey(Question[FactorTable]):
    """How far each factor moves the latents, over many clips and several steps of the change.

    Args:
        seed: of the untrained model, of the pairing that gives the unit, and of the intervals.
    """

    model: ModelKey
    scenes: ScenesKey
    seed: int = 0
