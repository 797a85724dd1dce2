"""What a worker tells of files and clips: descriptions, not measurements."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int, UInt8

from workbench.core.card import LoadReport, ModelCard
from workbench.core.codec import portable
from workbench.core.grid import TokenGrid


@portable
@dataclass(frozen=True)
class TensorFacts:
    """One tensor of a file, as stored."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    bytes: int


@portable
@dataclass(frozen=True)
class ActionFacts:
    """What an action of a model is, as boards want it; see `model.spec.ActionSpec`. Bounds may be infinite: not known."""

    names: tuple[str, ...]
    units: tuple[str, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    frameskip: int = 1


@portable
@dataclass(frozen=True)
class ModelFacts:
    """A model as the Checkpoint board shows it.

    Args:
        tensors: everything in the file. mask_tokens: 0 without a predictor. history: (least, most) ticks of context of its dynamics.
        action: None where its future needs none, or it has no dynamics.
    """

    card: ModelCard
    report: LoadReport
    tensors: tuple[TensorFacts, ...]
    mask_tokens: int = 0
    history: tuple[int, int] = (1, 1)
    action: ActionFacts | None = None


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


@portable
@dataclass(frozen=True, eq=False)
class TensorHistogram:
    """The values of one tensor of a file. `odd`: how many are NaN or infinite; they are in no other number."""

    name: str
    counts: Int[np.ndarray, "bins"]
    edges: Float[np.ndarray, "edges"]
    mean: float
    std: float
    low: float
    high: float
    odd: int
