"""What the head of a model says of a clip."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.core.card import ClipKey, ModelKey
from workbench.core.questions.base import Question, question
from workbench.core.results import Classified


@question(
    "classify",
    needs=("encoder_context", "head"),
    title="Labels",
    formula="softmax of the head's linear layer on one learned query's attention over all tokens; the baseline is the same head, untrained, on the "
    "same trained encoder",
    source="the attentive probe of V-JEPA (arXiv 2404.08471), as in Transformers' VJEPA2ForVideoClassification",
    cannot="The head knows only the labels that it was trained on: a clip of something else gets one of them too. Its attention does not show which evidence it needs.",
    number="probability",
)
@dataclass(frozen=True, eq=False)
class Classify(Question[Classified]):
    """The probability of each label of the model's head for a clip.

    Args:
        seed: of the untrained head.
    """

    model: ModelKey
    clip: ClipKey
    seed: int = 0
