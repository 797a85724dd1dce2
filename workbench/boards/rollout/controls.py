"""The controls of a rollout: frames of context, and how latents become pictures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from widgets.controls import Control, Int, Option, Select

_LABELS = {
    "decoded": "from the checkpoint",
    "fitted": "fitted on these clips",
    "retrieved": "nearest real frame",
    "latents": "none: latents as colours",
}


def ways(*, decoder: bool, fitted: bool, bank: bool) -> tuple[Option, ...]:
    """The ways of showing latents as pictures.

    Args:
        decoder: the model has one. fitted: one was fitted on the bank. bank: one is open.
    """
    lacks = {
        "decoded": "" if decoder else "the checkpoint has no decoder",
        "fitted": "" if fitted and bank else "fit a decoder first",
        "retrieved": "" if bank else "needs a bank: open a folder or bank of clips",
    }
    return tuple(Option(way, label, disabled=bool(lacks.get(way)), reason=lacks.get(way, "")) for way, label in _LABELS.items())


def row(least: int, most: int, options: tuple[Option, ...], held: Mapping[str, Any]) -> tuple[list[Control], dict[str, Any]]:
    """The controls and their values.

    Args:
        least, most: frames of context that the model takes. options: see `ways`. held: the values that are kept where they still can be.
    """
    most = max(least, most)
    known = Int("known", "context frames", min=least, max=most, help="Frames that the model is given; the following ones are predicted.")
    how = Select("how", "decoder", options=options, help="How latents are shown as pictures.")
    usable = [o.value for o in options if not o.disabled]
    values = {"known": max(min(held.get("known", 0), most), least), "how": held["how"] if held.get("how") in usable else usable[0]}
    return [known, how], values
