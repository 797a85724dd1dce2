"""The measure that answers the question. The worker imports it."""

from __future__ import annotations

from jepa_guest.questions import Brightness, Found
from workbench.core.clip import Clip
from workbench.measures.base import answers
from workbench.model.jepa import Jepa


@answers(Brightness)
def brightness(jepa: Jepa, clip: Clip) -> Found:
    """How bright a clip is."""
    tokens = jepa.encoder.encode(jepa.encoder.prepare([clip]).video, weights="context").tokens
    return Found(float(clip.pixels.mean()), float(tokens.norm(dim=-1).mean()))
