"""What a worker answers besides measures: what is in a file, what a clip looks like to a model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core.clip import Clip
from workbench.core.facts import BankFacts, ClipList, ShownClip
from workbench.core.footage import FilmFacts
from workbench.measures.bank import Bank
from workbench.measures.reference import shared_pca
from workbench.model.jepa import Jepa
from workbench.worker.decoders import DECODERS
from workbench.worker.driving import FUTURES
from workbench.worker.plans import PLANS
from workbench.worker.surprising import SURPRISES

if TYPE_CHECKING:
    from workbench.worker.shelf import Shelf

_BINS = 60
_WORDS = 200  # letters of a setting of a file that is only described


def title(path: str) -> str:
    """What clips of a path are called in words: "shapes bank" for a sample's own, else the name of file or folder."""
    place = Path(path)
    return f"{place.parent.name} bank" if place.name == "bank.npz" else place.name


def clip_list(shelf: Shelf, path: str, frames: int | None = None, fps: float | None = None) -> ClipList:
    """What a path holds, without decoding it."""
    clips = shelf.clips(path, frames=frames, fps=fps)
    return ClipList(path, clips.kind, title(path), tuple(clips.names))


def film_facts(shelf: Shelf, path: str, index: int) -> FilmFacts | None:
    """How long a film of a path is, without decoding it; None where this is a still.

    Raises:
        ClipError: it cannot be read.
    """
    return shelf.clips(path).film(index)


def bank_facts(shelf: Shelf, bank: Bank) -> BankFacts:
    """How many clips a bank has, and which files were left out of it, with the reason."""
    return BankFacts(bank.name, len(bank), bank.skipped)


def shown_clip(shelf: Shelf, model: Jepa, clip: Clip) -> ShownClip:
    """The clip as the model is shown it."""
    prepared = model.encoder.prepare([clip])
    return ShownClip(prepared.shown[0].numpy(), prepared.grid, clip.source, (clip.height, clip.width), clip.digest, clip.fps)


def warm(shelf: Shelf, model: Jepa, bank: Bank) -> int:
    """Compute the bank's targets and their colours, so that the first painted hole is answered at once. Returns the number of clips."""
    shared_pca(model, bank)
    return len(bank.targets(model))


_OWN = (clip_list, film_facts, bank_facts, shown_clip, warm)
SERVICES: Mapping[str, Callable[..., Any]] = {**{f.__name__: f for f in _OWN}, **FUTURES, **PLANS, **SURPRISES, **DECODERS}
