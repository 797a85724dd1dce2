"""The torch half of the vocabulary: latents, and a Jepa made of parts that are present or None."""

from workbench.model.jepa import Decoder, Dynamics, Encoder, Head, Jepa, MaskedPredictor
from workbench.model.latents import Latents, Space
from workbench.model.spec import ActionSpec, Prepared

__all__ = ["ActionSpec", "Decoder", "Dynamics", "Encoder", "Head", "Jepa", "Latents", "MaskedPredictor", "Prepared", "Space"]
