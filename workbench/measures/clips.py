"""Clips as a model is shown them, and the banks that they are held against."""

from __future__ import annotations

from workbench.core import progress
from workbench.core.card import ClipKey
from workbench.core.clip import Clip
from workbench.core.errors import ClipError, MissingExtra
from workbench.core.footage import Part
from workbench.core.questions.clips import (
    STORED,
    BankFacts,
    ClipList,
    DescribeBank,
    Look,
    LookAt,
    ShowClip,
    ShownClip,
    Warm,
    cut,
    frames_of,
)
from workbench.data import Clips
from workbench.measures.bank import Bank
from workbench.measures.base import answers
from workbench.measures.reference import shared_pca
from workbench.model.jepa import Jepa

_TRIES = 20  # unreadable files of a folder that are passed over in a row


@answers(ShowClip)
def shown_clip(jepa: Jepa, clip: Clip) -> ShownClip:
    """The clip as the model is shown it, with its token grid: what `show` lays a mask over."""
    prepared = jepa.encoder.prepare([clip])
    return ShownClip(prepared.shown[0].numpy(), prepared.grid, clip.source, (clip.height, clip.width), clip.digest, clip.fps)


@answers(LookAt)
def look_at(
    jepa: Jepa,
    clips: Clips,
    *,
    index: int = 0,
    fps: float | None = None,
    low: float = 0.0,
    high: float | None = None,
    window: int = 0,
    step: int = 0,
    listed: bool = False,
) -> Look:
    """One clip of several, cut out of its video at the rate that the model was trained at. Arguments as of `LookAt`.

    Raises:
        ClipError: there are fewer clips, or it cannot be read, nor can those that were tried in its place.
    """
    index, unread = clips.place("", index), dict[str, str]()
    names = ClipList(clips.path, clips.kind, clips.title, clips.names) if listed else None
    while True:
        try:
            return _look(jepa, clips, index, Part(fps, low, high), window, unread, names)
        except (ClipError, MissingExtra) as error:
            unread[clips.names[index]] = error.what
            index += step
            if not step or clips.kind != "folder" or not 0 <= index < len(clips) or len(unread) >= _TRIES:
                raise
            progress.report(0, 0)


def _look(jepa: Jepa, clips: Clips, index: int, part: Part, window: int, unread: dict[str, str], names: ClipList | None) -> Look:
    """The clip of that index."""
    card = jepa.card
    film = clips.film(index) if card.frames == 1 or not clips.path.endswith(STORED) else None
    found = cut(card, film, part)
    window = max(0, min(window, len(found) - 1))
    name = clips.names[index] if clips.kind == "folder" else ""
    if found:
        chosen = found[window]
        rate = None if card.frames == 1 else chosen.fps
        key = ClipKey(clips.path, index, chosen.frames, rate, chosen.start, chosen.length, name)
    else:
        key = ClipKey(clips.path, index, frames_of(card, jepa.report, clips.path), name=name)
    clip = clips.sampled(frames=key.frames, fps=key.fps, start=key.start, length=key.length)[index]
    return Look(index, key, shown_clip(jepa, clip), film, part, found, window, unread, names)


@answers(DescribeBank)
def describe_bank(bank: Bank) -> BankFacts:
    """How many clips a bank has, and which files were left out of it, with the reason."""
    return BankFacts(bank.name, len(bank), bank.skipped)


@answers(Warm)
def warm(jepa: Jepa, bank: Bank) -> int:
    """Compute the bank's targets and their colours, so that the first painted mask is answered at once. Returns the number of clips."""
    shared_pca(jepa, bank)
    return len(bank.targets(jepa))
