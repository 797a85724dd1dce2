"""Every measure by name: which parts it needs, what it means. No torch, so that a server can list and grey out."""

from __future__ import annotations

from dataclasses import replace

from workbench.core.errors import BadInput
from workbench.core.questions import About, questions
from workbench.core.questions.rollout import RolloutVideos
from workbench.core.questions.sensitivity import Sensitivity, Survey

_MASKED = ("encoder_context", "encoder_target", "masked")
_SKILL = "skill = 1 − error ÷ error of the reference, over the target tokens"
ENTRIES = (
    About(
        "prediction_error",
        _MASKED,
        "Prediction error",
        "mean over features of |p − t| (or the chosen distance), p = predicted, t = layer-normed target; " + _SKILL,
        "I-JEPA (arXiv 2301.08243), V-JEPA (arXiv 2404.08471): their training loss, token by token",
        "A low error does not say that the representation is useful: a collapsed encoder is easy to predict.",
    ),
    About(
        "reference",
        ("encoder_target",),
        "Reference targets of a bank",
        "mean and median target at each position over the bank's clips",
        "the reference of skill",
        "A predictor that knows only the position reaches it.",
        urgent=False,
    ),
    About(
        "shared_pca",
        ("encoder_target",),
        "Colours of tokens",
        "principal directions of the bank's targets after removing each position's mean; sign fixed by the largest component",
        "PCA",
        "Three directions show only a part of the variance.",
        urgent=False,
    ),
    replace(RolloutVideos.about, name="rollout", kept=False, number=""),
    replace(Survey.about, name="factor_table", kept=False, number=""),
    replace(Sensitivity.about, name="latent_moves", kept=False, number=""),
)
CATALOGUE: dict[str, About] = {e.name: e for e in (*ENTRIES, *(kind.about for kind in questions().values()))}


def entry(name: str) -> About:
    """The measure of that name.

    Raises:
        BadInput: there is none.
    """
    if name not in CATALOGUE:
        raise BadInput(f"there is no measure {name!r}", where="catalogue", fix=f"one of {', '.join(CATALOGUE)}")
    return CATALOGUE[name]
