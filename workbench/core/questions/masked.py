"""What the predictor makes of what the context encoder does not see: one mask on one clip, the controls beside it, and the same over a bank."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.core.card import BankKey, ClipKey, ModelKey
from workbench.core.mask import Mask
from workbench.core.questions.base import Question, question
from workbench.core.results import BankErrors, MaskedView, Yardsticks

_PARTS = ("encoder_context", "encoder_target", "masked")


@question(
    "masked_view",
    needs=_PARTS,
    title="Target, predicted and error maps",
    formula="colours: three principal directions of the bank's targets about their position mean; grey = the position mean. "
    "skill = 1 − error ÷ error of the reference, over the target tokens",
    source="PCA on the bank; one basis a checkpoint and bank",
    cannot="Three directions show only a part of the variance (printed). Equal colours do not mean equal vectors.",
    number="skill",
)
@dataclass(frozen=True, eq=False)
class MaskedMaps(Question[MaskedView]):
    """Target and predicted tokens in one set of colours, and the error between them.

    Args:
        distance: a key of results.DISTANCES. predictor: a key of results.PREDICTORS. bank: of the reference and the colours; None: this clip's
            other targets. mask_token: which of several learned ones.
    """

    model: ModelKey
    clip: ClipKey
    mask: Mask
    distance: str = "l1"
    predictor: str = "model"
    bank: BankKey | None = None
    mask_token: int | None = None


@question(
    "yardsticks",
    needs=_PARTS,
    title="Baselines, retrieval rank and nearest-patch reconstruction",
    formula="the same error for: the nearest context-only target copied; inverse-square interpolation of them; the predictor given another "
    "image's context; the untrained model in its own latents; interpolated pixels in pixel units",
    source="context-only targets: the target encoder run on the visible tokens alone",
    cannot="Each is relative to its own reference; absolute errors of the untrained model and of raw pixels are in other units and are not compared.",
    number="means",
)
@dataclass(frozen=True, eq=False)
class Controls(Question[Yardsticks]):
    """Every baseline on the same targets, the retrieval ranks and the nearest-patch reconstruction. Arguments as in `MaskedMaps`."""

    model: ModelKey
    clip: ClipKey
    mask: Mask
    distance: str = "l1"
    bank: BankKey | None = None
    mask_token: int | None = None


@question(
    "bank_errors",
    needs=_PARTS,
    title="Skill over a bank",
    formula="one mask sampled for each clip; skill = 1 − Σ error ÷ Σ reference error; interval from halves of the bank drawn without replacement",
    source="half-sampling: a half drawn without replacement scatters as the mean of the whole",
    cannot="Says nothing about images unlike the bank's.",
    urgent=False,
    number="total",
)
@dataclass(frozen=True, eq=False)
class OverBank(Question[BankErrors]):
    """The errors of predictor and controls over a bank, a fresh mask a clip.

    Args:
        sampler: a name in workbench.masks. parameters: its own, as (name, value). seed: of the masks. limit: at most so many clips.
    """

    model: ModelKey
    bank: BankKey
    sampler: str = ""
    parameters: tuple[tuple[str, object], ...] = ()
    seed: int = 0
    distance: str = "l1"
    limit: int | None = None
    mask_token: int | None = None
