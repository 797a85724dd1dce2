"""A question: how bright a clip is, and how long its latents are. Without torch, so that a server can ask it."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.core import codec
from workbench.core.card import ClipKey, ModelKey
from workbench.core.questions import Question, question


@codec.portable
@dataclass(frozen=True)
class Found:
    """Mean of the pixels, 0 to 255; mean length of the latents."""

    brightness: float
    length: float


@question("brightness", needs=("encoder_context",), title="Brightness", measure="jepa_guest.measures", number="brightness")
@dataclass(frozen=True, eq=False)
class Brightness(Question[Found]):
    """How bright a clip is."""

    model: ModelKey
    clip: ClipKey
