"""The untrained model of a model, made once: what is measured on it can then be remembered too."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from workbench.core.errors import BadInput, PartUnavailable
from workbench.model.jepa import Jepa

_known: WeakKeyDictionary[Jepa, dict[int, Jepa]] = WeakKeyDictionary()


def twin_of(jepa: Jepa, seed: int = 0) -> Jepa:
    """The same architecture with its published initialisation; the same object while the model lives."""
    twins = _known.setdefault(jepa, {})
    if seed not in twins:
        twins[seed] = jepa.untrained(seed)
    return twins[seed]


def untrained_or_none(jepa: Jepa, seed: int = 0) -> Jepa | None:
    """The same, or None of a module that came without a way to make it anew."""
    try:
        return twin_of(jepa, seed)
    except PartUnavailable:
        return None


def asked(jepa: Jepa, predictor: str) -> Jepa:
    """Whose answers are wanted: the model's ("model"), or the untrained model's ("twin").

    Raises:
        BadInput: neither.
    """
    if predictor not in ("model", "twin"):
        raise BadInput(f"there is no predictor {predictor!r} of futures", where="predictor", fix="'model' or 'twin'")
    return jepa if predictor == "model" else twin_of(jepa)
