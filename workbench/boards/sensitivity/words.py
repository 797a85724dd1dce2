"""What a model ignores, in words. Every sentence carries what raw pixels and the untrained twin do."""

from __future__ import annotations

import numpy as np

from workbench.core.futures import FactorTable
from workbench.core.numbers import number
from workbench.core.questions.sensitivity import SensitivityView
from workbench.core.results import FEWEST_CLIPS

_LITTLE = 1e-6
_OTHERS = (("pixels", "raw pixels"), ("twin", "untrained"))
NO_STRUCTURE = "nothing is known of these pictures; structure can be changed in the clips of shapes, balls and two rooms, whose truth is stored"


def moves_sentence(view: SensitivityView, structure: str = "") -> tuple[str, str]:
    """How far each change moves the latents; "warn" where raw pixels do as well.

    Args:
        structure: which of the changes is one of structure; "" where none is.
    """
    moves, changes = view.moves, view.moves.changes
    if not any(view.amounts):
        return "Nothing is changed yet: move a slider.", "plain"
    named = " and ".join(f"{number(moves.of('model', c))} for {c}" for c in changes)
    rest = "; ".join(f"{words} {' and '.join(number(moves.of(who, c)) for c in changes)}" for who, words in _OTHERS)
    said = f"moves {named}; {rest}."
    nuisance = next((c for c in changes if c != structure), "")
    if not structure or not nuisance:
        only = changes[0]
        if only != structure and moves.of("model", only) >= moves.of("pixels", only):
            return f"Ignores {only} no better than raw pixels: {said}", "warn"
        return _begun(said), "plain"
    if min(view.amounts) > 0 and _ratio(view, "model", structure, nuisance) <= _ratio(view, "pixels", structure, nuisance):
        return f"Tells {structure} from {nuisance} no better than raw pixels: {said}", "warn"
    return _begun(said), "plain"


def _begun(said: str) -> str:
    return said[0].upper() + said[1:]


def _ratio(view: SensitivityView, who: str, structure: str, nuisance: str) -> float:
    return view.moves.of(who, structure) / max(view.moves.of(who, nuisance), _LITTLE)


def survey_line(found: FactorTable) -> str:
    """What moves the model most and least over many clips, beside raw pixels."""
    ends = {n: float(found.mean("model", n)[-1]) for n in found.factors}
    most, least = max(ends, key=lambda n: ends[n]), min(ends, key=lambda n: ends[n])
    words = [_end(verb, found, n) for verb, n in (("most", most), ("least", least))]
    return f"Full steps over {found.moved.shape[-1]} clips: it moves {words[0]}, {words[1]}."


def _end(verb: str, found: FactorTable, name: str) -> str:
    value, pixels = (float(found.mean(who, name)[-1]) for who in ("model", "pixels"))
    return f"{verb} for {name}, {number(value)} [{_interval(found, name)}] (raw pixels {number(pixels)})"


def _interval(found: FactorTable, name: str) -> str:
    if found.moved.shape[-1] < FEWEST_CLIPS:
        return f"no interval over fewer than {FEWEST_CLIPS} clips"
    low, high = np.asarray(found.interval("model", name))[:, -1]
    return f"{number(float(low))} to {number(float(high))}"
