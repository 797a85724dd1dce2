"""Sensitivity of a model as sentences, each with the same number for raw pixels and for the untrained model."""

from __future__ import annotations

import numpy as np

from workbench.core.futures import FactorTable
from workbench.core.numbers import number
from workbench.core.questions.sensitivity import SensitivityView
from workbench.core.results import FEWEST_CLIPS

_LITTLE = 1e-6
_OTHERS = (("pixels", "raw pixels"), ("twin", "untrained"))
NO_STRUCTURE = "needs clips with a stored ground-truth state (those of the samples shapes, balls and two rooms)"


def moves_sentence(view: SensitivityView, structure: str = "") -> tuple[str, str]:
    """The latent distance of each change; "warn" where raw pixels do as well.

    Args:
        structure: which of the changes is one of structure; "" where none is.
    """
    moves, changes = view.moves, view.moves.changes
    if not any(view.amounts):
        return "No change yet: move a slider.", "plain"
    named = ", ".join(f"{c} {number(moves.of('model', c))}" for c in changes)
    rest = "; ".join(f"{words} {', '.join(number(moves.of(who, c)) for c in changes)}" for who, words in _OTHERS)
    said = f"Latent distance (1 = two random clips): {named}; {rest}."
    nuisance = next((c for c in changes if c != structure), "")
    if not structure or not nuisance:
        only = changes[0]
        if only != structure and moves.of("model", only) >= moves.of("pixels", only):
            return f"Ignores {only} no better than raw pixels do. {said}", "warn"
        return said, "plain"
    if min(view.amounts) > 0 and _ratio(view, "model", structure, nuisance) <= _ratio(view, "pixels", structure, nuisance):
        return f"Relative to {nuisance}, {structure} changes the latent no more than it changes raw pixels. {said}", "warn"
    return said, "plain"


def _ratio(view: SensitivityView, who: str, structure: str, nuisance: str) -> float:
    return view.moves.of(who, structure) / max(view.moves.of(who, nuisance), _LITTLE)


def survey_line(found: FactorTable) -> str:
    """The factors with the largest and the smallest latent distance over many clips, beside raw pixels."""
    ends = {n: float(found.mean("model", n)[-1]) for n in found.factors}
    most, least = max(ends, key=lambda n: ends[n]), min(ends, key=lambda n: ends[n])
    words = [_end(verb, found, n) for verb, n in (("largest", most), ("smallest", least))]
    return f"Latent distance at full strength, {found.moved.shape[-1]} clips: {words[0]}; {words[1]}."


def _end(verb: str, found: FactorTable, name: str) -> str:
    value, pixels = (float(found.mean(who, name)[-1]) for who in ("model", "pixels"))
    return f"{verb} for the factor {name}, {number(value)} [{_interval(found, name)}] (raw pixels {number(pixels)})"


def _interval(found: FactorTable, name: str) -> str:
    if found.moved.shape[-1] < FEWEST_CLIPS:
        return f"no interval over fewer than {FEWEST_CLIPS} clips"
    low, high = np.asarray(found.interval("model", name))[:, -1]
    return f"{number(float(low))} to {number(float(high))}"
