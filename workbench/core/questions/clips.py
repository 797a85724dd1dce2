"""Which clip is looked at: what data hold, which part of a video a model is given, how it is shown it, and what a bank is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import UInt8

from workbench.core.card import BankKey, ClipKey, FolderKey, LoadReport, ModelCard, ModelKey
from workbench.core.codec import portable
from workbench.core.footage import FilmFacts, Part, Window, windows
from workbench.core.grid import TokenGrid
from workbench.core.questions.base import Question, question

STORED = (".npz", ".npy")  # names of files that hold many clips
_PREPARED = "size and crop as the model was trained with, before normalisation"
_SOURCE = "the preprocessing of each family's official code"
_SHOWN = "What a person sees in the picture need not be what the model uses of it."
_BANK = "at most 256 clips, sampled evenly; files that cannot be read, and clips of another length than most, are left out"


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

    @property
    def mean(self) -> float:
        """Of all pixels."""
        return float(self.pixels.mean())


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
class Look:
    """A clip as it is looked at.

    Args:
        index: of the clip in its data. film: the video that it is cut out of; None for a still, or where a stored clip is taken whole.
        part: of that video. windows: that the part is cut into; empty where it is no video. window: which of them.
        unread: name -> reason of files that were passed over on the way to it. clips: what the data hold, where that was asked.
    """

    index: int
    key: ClipKey
    shown: ShownClip
    film: FilmFacts | None = None
    part: Part = field(default_factory=Part)
    windows: tuple[Window, ...] = ()
    window: int = 0
    unread: Mapping[str, str] = field(default_factory=dict[str, str])
    clips: ClipList | None = None

    @property
    def mean(self) -> float:
        """Of all pixels that the model is shown."""
        return self.shown.mean


@question("shown_clip", title="A clip as the model is shown it", formula=_PREPARED, source=_SOURCE, cannot=_SHOWN, number="mean")
@dataclass(frozen=True, eq=False)
class ShowClip(Question[ShownClip]):
    """A clip as the model is shown it, with its token grid."""

    model: ModelKey
    clip: ClipKey


@question("look_at", title="One of several clips, as the model is shown it", formula=_PREPARED, source=_SOURCE, cannot=_SHOWN, number="mean")
@dataclass(frozen=True, eq=False)
class LookAt(Question[Look]):
    """One clip of a path, cut out of its video at the rate that the model was trained at, as the model is shown it.

    Args:
        index: of the clip. fps: frames a second to take; None = as trained. low, high: seconds of the video; None = to its end. window: of
            those that this part is cut into. step: from a file of a folder that cannot be read to the one that is tried in its place;
            0: none is. listed: the names of all clips are wanted as well.
    """

    model: ModelKey
    clips: FolderKey
    index: int = 0
    fps: float | None = None
    low: float = 0.0
    high: float | None = None
    window: int = 0
    step: int = 0
    listed: bool = False


@question(
    "describe_bank",
    title="What a bank is made of",
    formula=_BANK,
    source="the files",
    cannot="Says nothing about images unlike the bank's.",
    urgent=False,
    number="clips",
)
@dataclass(frozen=True, eq=False)
class DescribeBank(Question[BankFacts]):
    """How many clips a bank has, and which files were left out of it, with the reason."""

    bank: BankKey


@question(
    "warm",
    title="Targets of a bank",
    formula="targets of all clips, and their principal directions",
    source="PCA",
    cannot="Computes in advance what other questions need; it is not a measurement.",
    urgent=False,
    number="real",  # a whole number is its own
)
@dataclass(frozen=True, eq=False)
class Warm(Question[int]):
    """Have a bank's targets and colours ready, so that the first painted mask is answered at once. The answer is the number of clips."""

    model: ModelKey
    bank: BankKey


def frames_of(card: ModelCard, report: LoadReport, path: str) -> int | None:
    """How many frames of a clip a model is to see; None = all: a future is imagined to the end of a stored clip, whose actions go with it."""
    if card.frames == 1 or (report.part("dynamics").status == "whole" and path.endswith(STORED)):
        return None
    return card.frames


def cut(card: ModelCard, film: FilmFacts | None, part: Part) -> tuple[Window, ...]:
    """The windows that a part of a video is cut into for a model; one frame for a model of images."""
    if film is None:
        return ()
    if card.frames == 1:
        return windows(film, 1, Part(None, part.low, part.high), None)[:1]
    return windows(film, card.frames, part, card.fps)


def bank_of(card: ModelCard, report: LoadReport, clips: ClipList, look: Look, place: str = "") -> BankKey | None:
    """The bank of a clip that is looked at; None for a single clip. place: of other clips that were chosen for it; "" = its own data."""
    if not place and len(clips.names) < 2:
        return None
    path = place or clips.path
    if card.frames == 1:
        return BankKey(path, 1 if place or look.film is not None or clips.kind == "folder" else None)
    window = look.windows[look.window] if look.windows else None
    return BankKey(path, frames_of(card, report, path), None if window is None or path.endswith(STORED) else window.fps)
