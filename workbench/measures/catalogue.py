"""Every measure by name: where it lives, which parts it needs, what it means. No torch, so that a server can list and grey out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Literal

from workbench.core.card import LoadReport
from workbench.core.errors import BadInput

Lane = Literal["model", "heavy"]


@dataclass(frozen=True)
class Entry:
    """One measure.

    Args:
        name: of the function. module: under workbench.measures. needs: parts that must have loaded whole. result: class name.
        formula, source, cannot: what the ⓘ shows: how it is computed, where it was published, what it cannot tell.
        lane: which worker lane runs it. urgent: a person is waiting for it; it may overtake work that reports progress.
        version: raised when its numbers change, so that stored results are not mixed.
    """

    name: str
    module: str
    needs: tuple[str, ...]
    result: str
    title: str
    formula: str
    source: str
    cannot: str
    lane: Lane = "model"
    urgent: bool = True
    version: int = 1

    def function(self) -> Callable[..., Any]:
        """The function itself. Imports torch."""
        return getattr(import_module(f"workbench.measures.{self.module}"), self.name)

    def refusal(self, report: LoadReport) -> str:
        """Why it cannot run on this model; "" when it can."""
        bad = [part for n in self.needs if (part := report.serving(n)).status != "whole"]
        return "; ".join(p.sentence() for p in bad)


_MASKED = ("encoder_context", "encoder_target", "masked")
_SKILL = "skill = 1 − error ÷ error of the reference, over the target tokens"
ENTRIES = (
    Entry(
        "prediction_error",
        "prediction",
        _MASKED,
        "PredictionError",
        "Prediction error",
        "mean over features of |p − t| (or the chosen distance), p = predicted, t = layer-normed target; " + _SKILL,
        "I-JEPA (arXiv 2301.08243), V-JEPA (arXiv 2404.08471): their training loss, token by token",
        "A low error does not say that the representation is useful: a collapsed encoder is easy to predict.",
    ),
    Entry(
        "masked_view",
        "prediction",
        _MASKED,
        "MaskedView",
        "Target, predicted and error maps",
        "colours: three principal directions of the bank's targets about their position mean; grey = the position mean. " + _SKILL,
        "PCA on the bank; one basis a checkpoint and bank",
        "Three directions show only a part of the variance (printed). Equal colours do not mean equal vectors.",
    ),
    Entry(
        "yardsticks",
        "yardsticks",
        _MASKED,
        "Yardsticks",
        "Controls, retrieval rank and quilt",
        "the same error for: the nearest context-only target copied; inverse-square interpolation of them; the predictor shown another "
        "image's context; an untrained twin in its own units; interpolated pixels in theirs",
        "context-only targets: the target encoder run on the visible tokens alone",
        "Each is relative to its own reference; absolute errors of twin and pixels are in other units and are not compared.",
    ),
    Entry(
        "bank_errors",
        "yardsticks",
        _MASKED,
        "BankErrors",
        "The same over a bank",
        "one fresh mask a clip; skill = 1 − Σ error ÷ Σ reference error; interval from halves of the bank drawn without replacement",
        "half-sampling: a half drawn without replacement scatters as the mean of the whole",
        "Says nothing about images unlike the bank's.",
        urgent=False,
    ),
    Entry(
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
    Entry(
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
)
CATALOGUE = {e.name: e for e in ENTRIES}


def entry(name: str) -> Entry:
    """The measure of that name.

    Raises:
        BadInput: there is none.
    """
    if name not in CATALOGUE:
        raise BadInput(f"there is no measure {name!r}", where="catalogue", fix=f"one of {', '.join(CATALOGUE)}")
    return CATALOGUE[name]
