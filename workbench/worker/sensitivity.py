"""What a worker answers about what a model ignores: what can be changed in a clip, what one change moves, and the survey over many clips."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from workbench.core.clip import Clip
from workbench.core.errors import BadInput
from workbench.core.films import Reel
from workbench.core.futures import FactorTable
from workbench.core.sensitivity import FactorFact, KnownFactors, SensitivityView
from workbench.data import Clips
from workbench.measures.bank import Bank
from workbench.measures.factors import factor_table, latent_moves
from workbench.model.jepa import Jepa
from workbench.worker.memo import forgetful
from workbench.worlds.factors import ClipRow, Scenes

if TYPE_CHECKING:
    from workbench.worker.shelf import Shelf

SURVEYED, STEPS = 24, (0.25, 0.5, 0.75, 1.0)
_surveys: WeakKeyDictionary[Jepa, WeakKeyDictionary[Scenes, dict[int, FactorTable]]] = WeakKeyDictionary()  # by seed


def known_factors(shelf: Shelf, path: str, index: int = 0, **sampling: Any) -> KnownFactors:
    """What can be changed in a clip.

    Args:
        sampling: frames, fps, start and length, as of `open_clips`.
    """
    found = shelf.scenes(path, **sampling)
    facts = tuple(FactorFact(f.name, f.kind, f.full) for f in found.factors(index))
    return KnownFactors(found.world if found.knows(index) else "", facts, len(found.some(SURVEYED)))


def sensitivity_view(
    shelf: Shelf,
    model: Jepa,
    path: str,
    changes: list[str],
    amounts: list[float],
    *,
    index: int = 0,
    bank: Bank | None = None,
    seed: int = 0,
    **sampling: Any,
) -> SensitivityView:
    """One clip beside itself with one thing changed, and how far each change moves the latents.

    Args:
        changes: factors. amounts: how much of each, as shares of its full step. bank: whose clips set the unit where the path has one clip.
        sampling: frames, fps, start and length, as of `open_clips`.

    Raises:
        BadInput: a factor that this clip does not have, or too few clips for the unit.
    """
    within = shelf.scenes(path, **sampling)
    clip = within.clips[index]
    changed = {name: within.changed(index, name, amount) for name, amount in zip(changes, amounts, strict=True)}
    others = [c for _, c in _readable(within.clips, within.some(SURVEYED)) if c.frames == clip.frames]
    if len(others) < 2 and bank is not None:
        others = [clip, *(c for c in bank.clips[:SURVEYED] if c.frames == clip.frames)]
    moves = latent_moves(model, clip, changed, others, seed=seed)
    pictures = [model.encoder.prepare([c]).shown[0].numpy() for c in (clip, *changed.values())]
    labels = ("real", *(f"{name}, {amount:.0%} of its step".replace("%", " %") for name, amount in zip(changes, amounts, strict=True)))
    kinds = ("real", *("control" for _ in changes))
    reels = tuple(Reel(label, kind, "", p, len(p)) for label, kind, p in zip(labels, kinds, pictures, strict=True))
    return SensitivityView(reels, moves, tuple(float(a) for a in amounts))


def factor_survey(shelf: Shelf, model: Jepa, path: str, *, seed: int = 0, **sampling: Any) -> FactorTable:
    """The same over many clips, for every factor that they have; only clips whose truth is known, where any is. Computed once while both are open.

    Args:
        sampling: frames, fps, start and length, as of `open_clips`.

    Raises:
        BadInput: fewer than two clips.
    """
    within = shelf.scenes(path, **sampling)
    surveys = _surveys.setdefault(model, WeakKeyDictionary()).setdefault(within, {})
    if seed not in surveys:
        surveys[seed] = _survey(model, within, path, seed)
    return surveys[seed]


def _survey(model: Jepa, within: Scenes, path: str, seed: int) -> FactorTable:
    read = _readable(within.clips, within.some(SURVEYED))
    usual = Counter(clip.frames for _, clip in read).most_common(1)
    chosen = [i for i, clip in read if clip.frames == usual[0][0]]
    clips = [clip for _, clip in read if clip.frames == usual[0][0]]
    if len(clips) < 2:
        what = f"{len(clips)} clips that can be read and are equally long"
        raise BadInput(what, where=path, fix="give at least two: open a folder or bank of clips")
    return factor_table(forgetful(model), clips, within.varied(chosen, STEPS), kinds=within.kinds(chosen[0]), steps=STEPS, seed=seed)


def _readable(clips: ClipRow, chosen: Sequence[int]) -> list[tuple[int, Clip]]:
    """(index, clip) of those that can be read."""
    return list(clips.readable(chosen)) if isinstance(clips, Clips) else [(i, clips[i]) for i in chosen]


SENSITIVITY = {f.__name__: f for f in (known_factors, sensitivity_view, factor_survey)}
