"""Errors by distance, and the audit of a sampler, as sentences with their baselines."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from workbench.core.card import ModelCard
from workbench.core.errors import MaskError
from workbench.core.mask import Mask
from workbench.core.numbers import number
from workbench.core.questions.anatomy import ErrorAnatomy
from workbench.core.questions.audit import MaskAudit
from workbench.masks import SAMPLERS, Sampler, make

_FEW = 30  # target tokens at a distance, below which no sentence is about them


def error_words(found: ErrorAnatomy) -> list[str]:
    """Skill near the context and far from it, in space, in time and by depth, each beside the baselines of the same tokens."""
    known = np.flatnonzero(np.isfinite(found.by_distance[0, :, 0]) & (found.tokens_at >= min(_FEW, found.tokens_at.max())))
    if not len(known):
        return ["No skill at any distance: the position mean has no error."]
    near, far = known[0], known[-1]
    model, other, untrained = found.by_distance[:, :, 0]
    copied = found.copy_by_distance

    def beside(k: np.intp) -> str:
        return f"copy nearest {number(float(copied[k]))}, other context {number(float(other[k]))}, untrained {number(float(untrained[k]))}"

    said = f"Skill {number(model[near])} at {_tokens(int(found.distances[near]))} from the context ({beside(near)})"
    if far > near:
        said += f"; {number(model[far])} at {int(found.distances[far])} ({beside(far)})"
    lines = [f"{said}. Over {found.clips} clips, one mask each."]
    if len(found.gaps) > 1:
        first, last = found.by_gap[:, 0, 0], found.by_gap[:, -1, 0]
        lines.append(
            f"By time: skill {number(first[0])} at {_steps(int(found.gaps[0]))} from the context (other context {number(first[1])}), "
            f"{number(last[0])} at {int(found.gaps[-1])} ({number(last[1])})."
        )
    if len(found.by_depth):
        best = int(np.nanargmax(found.by_depth))
        lines.append(
            f"By depth: if the predictor ended after block 1, skill {number(found.by_depth[0])}; after all {len(found.by_depth)}, "
            f"{number(found.by_depth[-1])}{'' if best == len(found.by_depth) - 1 else f'; highest after block {best + 1}, {number(found.by_depth[best])}'}."
        )
    return lines


def _tokens(count: int) -> str:
    return f"{count} token{'' if count == 1 else 's'}"


def _steps(count: int) -> str:
    return f"{count} time step{'' if count == 1 else 's'}"


def audit_words(found: MaskAudit) -> list[str]:
    """What stands out, each with where it was reported; and how far the blocks overlap."""
    lines = [f"{f.sentence}{f' (known: {f.known})' if f.known else ''}." for f in found.findings] or [
        "Nothing stands out in the masks of this sampler."
    ]
    if "block area" in {a.name for a in found.amounts}:
        lines.append(f"Overlap: {100 * found.overlap:.0f} % of the target tokens are in two blocks or more.")
    return lines


def amounts_of(mask: Mask) -> dict[str, Sequence[float]]:
    """The amounts of one mask, as an audit counts them."""
    tokens, frame = mask.context.size, int(np.prod(mask.shape[1:]))
    found: dict[str, Sequence[float]] = {"context": [float(mask.context.sum()) / tokens], "target": [float(mask.target.sum()) / tokens]}
    blocks = [b for b in mask.targets if b.any()]
    if len(mask.targets) > 1:
        sides = [(int(b.any((0, 2)).sum()), int(b.any((0, 1)).sum())) for b in blocks]
        found |= {"block area": [high * wide / frame for high, wide in sides], "block aspect": [high / wide for high, wide in sides]}
    return found


def trained_with(card: ModelCard) -> list[Sampler]:
    """The samplers that the model was trained with, where its file or table says so."""
    return [make(name, **parameters) for name, parameters in card.samplers if name in SAMPLERS]


def outside_training(card: ModelCard, mask: Mask) -> str:
    """How a mask differs from all masks of the model's training; "" where it does not, and where the training masks are not known."""
    samplers = trained_with(card)
    if not samplers or any(each.spec == mask.sampler for each in samplers):
        return ""
    try:
        wrong = [(each.label, each.in_range(mask)) for each in samplers]
    except MaskError as error:
        return error.what
    if not all(words for _, words in wrong):
        return ""
    label, words = min(wrong, key=lambda each: len(each[1]))
    return f"Outside the distribution of training masks ({label}): {words}."


def sight_words(card: ModelCard, mask: Mask) -> str:
    """Whether the mask in sight is one of the training's."""
    if not trained_with(card):
        return "It is not known which masks this model was trained with: whether the mask in sight is one of them cannot be said."
    wrong = outside_training(card, mask)
    return f"The mask in sight: {wrong[0].lower()}{wrong[1:]}" if wrong else "The mask in sight is within the range of the training masks."
