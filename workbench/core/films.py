"""Videos with their labels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8

from workbench.core import codec

Film = UInt8[np.ndarray, "frames height width 3"]


@codec.portable
@dataclass(frozen=True, eq=False)
class Reel:
    """One film with the label that is burnt into it.

    Args:
        label: "real", "teacher-forced", "open loop from frame 2". kind: "real", "teacher-forced", "open loop", "control" or "impossible".
        note: by what the latents were drawn, and how far that can be trusted. comes: frames that came or were predicted; later ones are blank.
    """

    label: str
    kind: str
    note: str
    pixels: Film
    comes: int
