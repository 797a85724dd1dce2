"""Where each sample's clips come from: for training, for its bank, and fresh ones to be judged on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from workbench.core.errors import BadInput
from workbench.train.data import Bank, balls_bank, digits_bank, shapes_bank
from workbench.train.recipes import BALLS, DIGITS, SHAPES, Recipe

_FRESH = 1000
_DIGITS_BANK = 200
_QUICK_SHAPES, _QUICK_BALLS = 256, 48


@dataclass(frozen=True)
class Source:
    """The data of one sample.

    Args:
        recipe: how it is trained. training: quick or not -> training clips. bank: the held-out clips that ship with it.
        fresh: seed -> clips that it was neither trained on nor takes its reference from. known: how many of them show a probe
            their labels; the others are asked. probe: what the headline probe reads, classes or the ball's place.
        side_by_side: the class is read from all tokens side by side, which keep where things are, as pixels do; pooled ones follow.
    """

    recipe: Recipe
    training: Callable[[bool], Bank]
    bank: Callable[[], Bank]
    fresh: Callable[[int], Bank]
    known: int
    probe: Literal["class", "position"]
    probe_of: str
    reference_name: str
    side_by_side: bool = False


def source(name: str) -> Source:
    """The data of a sample by its name.

    Raises:
        BadInput: there is no such sample.
    """
    if name not in SOURCES:
        raise BadInput(
            f"there is no sample {name!r}",
            where="name",
            fix=f"one of {', '.join(SOURCES)}; two-rooms and balls are world models with recipes of their own",
        )
    return SOURCES[name]


def _fresh_digits(seed: int) -> Bank:
    """The held-out digits, shuffled, those of the bank last: predictions are judged on the first 200, probes on all."""
    held_out, rng = digits_bank("held-out"), np.random.default_rng(seed)
    others = rng.permutation(np.arange(_DIGITS_BANK, len(held_out)))
    return held_out[np.concatenate([others, rng.permutation(_DIGITS_BANK)])]


SOURCES = {
    "shapes": Source(
        recipe=SHAPES,
        training=lambda quick: shapes_bank(_QUICK_SHAPES if quick else 20_000, 0),
        bank=lambda: shapes_bank(200, 1),
        fresh=lambda seed: shapes_bank(2400, _FRESH + seed),
        known=1600,
        probe="class",
        probe_of="accuracy of the shape, 6 classes",
        reference_name="200 held-out shapes",
    ),
    "digits": Source(
        recipe=DIGITS,
        training=lambda quick: digits_bank("train"),
        bank=lambda: digits_bank("held-out")[:_DIGITS_BANK],
        fresh=_fresh_digits,
        known=500,
        probe="class",
        probe_of="accuracy of the digit, 10 classes, from all tokens side by side",
        reference_name="200 held-out digits",
        side_by_side=True,
    ),
    "balls-masked": Source(
        recipe=BALLS,
        training=lambda quick: balls_bank(_QUICK_BALLS if quick else 3000, 0),
        bank=lambda: balls_bank(80, 1),
        fresh=lambda seed: balls_bank(450, _FRESH + seed),
        known=300,
        probe="position",
        probe_of="R² of the ball's position at each time step",
        reference_name="80 held-out videos",
    ),
}
