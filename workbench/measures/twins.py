"""The untrained twin of a model, made once: what is measured on it can then be remembered too."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from workbench.model.jepa import Jepa

_known: WeakKeyDictionary[Jepa, dict[int, Jepa]] = WeakKeyDictionary()


def twin_of(jepa: Jepa, seed: int = 0) -> Jepa:
    """The same architecture with its published initialisation; the same object while the model lives."""
    twins = _known.setdefault(jepa, {})
    if seed not in twins:
        twins[seed] = jepa.untrained(seed)
    return twins[seed]
