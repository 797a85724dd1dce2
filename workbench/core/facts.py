"""What a worker tells of files and clips: descriptions, not measurements."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import UInt8

from workbench.core.codec import portable
from workbench.core.grid import TokenGrid


@portable
@dataclass(frozen=True, eq=False)
class ShownClip:
    """A clip as the model is shown it.

    Args:
        pixels: after size and crop, before normalisation. grid: with the way back to source pixels. source_size: (height, width) before.
    """

    pixels: UInt8[np.ndarray, "frames height width 3"]
    grid: TokenGrid
    source: str
    source_size: tuple[int, int]
    digest: str
    fps: float | None = None


@portable
@dataclass(frozen=True)
class ClipList:
    """What a path holds: the names of its clips. kind: "image", "video", "folder" or "bank"."""

    path: str
    kind: str
    title: str
    names: tuple[str, ...]


@portable
@dataclass(frozen=True)
class BankFacts:
    """What a bank is made of.

    Args:
        name: for the reader. clips: how many are in it. skipped: name -> reason of those that were left out.
    """

    name: str
    clips: int
    skipped: Mapping[str, str]
