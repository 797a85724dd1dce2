"""What a head for labels says of a clip, beside the same head untrained."""

from __future__ import annotations

from workbench.core.clip import Clip
from workbench.core.questions.labels import Classify
from workbench.core.results import Classified, Provenance
from workbench.measures.base import answers
from workbench.model.jepa import Jepa


@answers(Classify)
def classify(jepa: Jepa, clip: Clip, *, seed: int = 0) -> Classified:
    """The probability of each label of the model's head, with the untrained head as baseline and a map of what the head looked at.

    Args:
        seed: of the untrained head.

    Raises:
        PartUnavailable: the model has no head, or it did not load whole.
    """
    head = jepa.need_head()
    video = jepa.encoder.prepare([clip]).video
    probabilities, attention = head.classify(video)
    baseline, _ = head.untrained(seed).classify(video)
    origin = Provenance("classify", jepa.card.name, dict(jepa.card.hashes), f"{clip.digest} {clip.source}".strip(), seed=seed)
    return Classified(list(head.labels), probabilities[0].cpu().numpy(), baseline[0].cpu().numpy(), attention[0].cpu().numpy(), origin)
