"""What a model ignores: what can be changed in a clip, what one change moves, and the survey over many clips."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from workbench.core.clip import Clip
from workbench.core.errors import BadInput
from workbench.core.films import Reel
from workbench.core.futures import FactorTable
from workbench.core.numbers import strength
from workbench.core.questions.sensitivity import Changeable, FactorFact, KnownFactors, Sensitivity, SensitivityView, Survey
from workbench.data import Clips
from workbench.measures.bank import Bank
from workbench.measures.base import answers
from workbench.measures.factors import factor_table, latent_moves
from workbench.model.jepa import Jepa
from workbench.worlds.factors import ClipRow, Scene, Scenes

SURVEYED, STEPS = 24, (0.25, 0.5, 0.75, 1.0)


@answers(Changeable)
def changeable(scene: Scene) -> KnownFactors:
    """What can be changed in a clip."""
    within, index = scene.within, scene.index
    facts = tuple(FactorFact(f.name, f.kind, f.full) for f in within.factors(index))
    return KnownFactors(within.world if within.knows(index) else "", facts, len(within.some(SURVEYED)))


@answers(Sensitivity)
def sensitivity(
    jepa: Jepa, scene: Scene, *, changes: Sequence[str], amounts: Sequence[float], bank: Bank | None = None, seed: int = 0
) -> SensitivityView:
    """A clip beside the same clip with one factor changed, and the latent distance of each change.

    Args:
        changes: factors. amounts: how much of each, as shares of its full step. bank: whose clips set the unit where the data are one clip.

    Raises:
        BadInput: a factor that this clip does not have, or too few clips for the unit.
    """
    within, clip = scene.within, scene.clip
    changed = {name: scene.changed(name, amount) for name, amount in zip(changes, amounts, strict=True)}
    others = [c for _, c in _readable(within.clips, within.some(SURVEYED)) if c.frames == clip.frames]
    if len(others) < 2 and bank is not None:
        others = [clip, *(c for c in bank.clips[:SURVEYED] if c.frames == clip.frames)]
    moves = latent_moves(jepa, clip, changed, others, seed=seed)
    pictures = [jepa.encoder.prepare([c]).shown[0].numpy() for c in (clip, *changed.values())]
    labels = ("real", *(f"{name}, {strength(amount)}" for name, amount in zip(changes, amounts, strict=True)))
    kinds = ("real", *("control" for _ in changes))
    reels = tuple(Reel(label, kind, "", p, len(p)) for label, kind, p in zip(labels, kinds, pictures, strict=True))
    return SensitivityView(reels, moves, tuple(float(a) for a in amounts))


@answers(Survey)
def survey(jepa: Jepa, scenes: Scenes, *, seed: int = 0) -> FactorTable:
    """The same over many clips, for every factor that they have; only clips whose truth is known, where any is.

    Raises:
        BadInput: fewer than two clips.
    """
    read = _readable(scenes.clips, scenes.some(SURVEYED))
    usual = Counter(clip.frames for _, clip in read).most_common(1)
    chosen = [i for i, clip in read if clip.frames == usual[0][0]]
    clips = [clip for _, clip in read if clip.frames == usual[0][0]]
    if len(clips) < 2:
        what = f"{len(clips)} clips that can be read and are equally long"
        raise BadInput(what, where=scenes.name, fix="give at least two: open a folder or bank of clips")
    return factor_table(jepa, clips, scenes.varied(chosen, STEPS), kinds=scenes.kinds(chosen[0]), steps=STEPS, seed=seed)


def _readable(clips: ClipRow, chosen: Sequence[int]) -> list[tuple[int, Clip]]:
    """(index, clip) of those that can be read."""
    return list(clips.readable(chosen)) if isinstance(clips, Clips) else [(i, clips[i]) for i in chosen]
