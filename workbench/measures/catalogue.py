"""Every measure by name: where it lives, which parts it needs, what it means. No torch, so that a server can list and grey out."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from workbench.core.errors import BadInput
from workbench.core.questions import About, Question, questions
from workbench.core.questions.rollout import RolloutVideos
from workbench.core.questions.sensitivity import Sensitivity, Survey


@dataclass(frozen=True, kw_only=True)
class Entry(About):
    """What is said about a measure that has no type of question yet.

    Args:
        module: under workbench.measures. result: class name.
    """

    module: str
    result: str

    def function(self) -> Callable[..., Any]:
        """The function itself. Imports torch."""
        return getattr(import_module(f"workbench.measures.{self.module}"), self.name)


def _entry(name: str, module: str, needs: tuple[str, ...], result: str, title: str, formula: str, source: str, cannot: str, **more: Any) -> Entry:
    return Entry(name, needs, title, formula, source, cannot, module=module, result=result, **more)


def _as(kind: type[Question[Any]], name: str, module: str, result: str) -> Entry:
    """A measure that the answer to a question is made with."""
    about = {f.name: getattr(kind.about, f.name) for f in dataclasses.fields(About)}
    return Entry(**{**about, "name": name, "kept": False, "number": ""}, module=module, result=result)


_MASKED = ("encoder_context", "encoder_target", "masked")
_DYNAMICS = ("dynamics",)
_SKILL = "skill = 1 − error ÷ error of the reference, over the target tokens"
ENTRIES = (
    _entry(
        "prediction_error",
        "prediction",
        _MASKED,
        "PredictionError",
        "Prediction error",
        "mean over features of |p − t| (or the chosen distance), p = predicted, t = layer-normed target; " + _SKILL,
        "I-JEPA (arXiv 2301.08243), V-JEPA (arXiv 2404.08471): their training loss, token by token",
        "A low error does not say that the representation is useful: a collapsed encoder is easy to predict.",
    ),
    _entry(
        "reference",
        "reference",
        ("encoder_target",),
        "Reference",
        "Reference targets of a bank",
        "mean and median target at each position over the bank's clips",
        "the yardstick of skill",
        "A predictor that knows only the position reaches it.",
        urgent=False,
    ),
    _entry(
        "shared_pca",
        "reference",
        ("encoder_target",),
        "PcaBasis",
        "Colours of tokens",
        "principal directions of the bank's targets after removing each position's mean; sign fixed by the largest component",
        "PCA",
        "Three directions show only a part of the variance.",
        urgent=False,
    ),
    _as(RolloutVideos, "rollout", "rollout", "Rollout"),
    _as(Survey, "factor_table", "factors", "FactorTable"),
    _as(Sensitivity, "latent_moves", "factors", "LatentMoves"),
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
