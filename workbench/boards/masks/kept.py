"""What of the Masks board a link holds: the sampler with its parameters and seed, and what the pictures show."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from widgets import MapPane, PatchCanvas, Toolbar
from workbench.boards.masks.controls import Choice
from workbench.boards.masks.examined import Examined
from workbench.boards.settings import Settings, Values, set_all, toolbar_values, trait_values

_HEAVY = "It measures errors over the bank, or 10,000 masks, which can take long and writes to the store of results."


def mask_settings(toolbar: Toolbar, canvas: PatchCanvas, pane: MapPane, offered: Callable[[], list[Choice]], examined: Examined) -> Settings:
    """The settings of the board.

    Args:
        offered: the samplers on offer, which are named by what they are and not by their number. examined: what is measured under the bars.
    """
    traits = ((pane, "mode"), (canvas, "overlay_on"))

    def read() -> Values:
        values = toolbar_values(toolbar)
        chosen = next((each for each in offered() if each.value == values.get("sampler")), None)
        return {**values, **({} if chosen is None else {"sampler": _said(chosen)}), **trait_values(traits), "below": examined.shown}

    def write(values: Values) -> list[str]:
        known = {_plain(_said(each)): each.value for each in offered()}
        wanted = dict(values)
        if "sampler" in wanted:
            wanted["sampler"] = known.get(_plain(wanted["sampler"]), wanted["sampler"])
        below = wanted.pop("below", examined.shown)
        refused = set_all(wanted, toolbar, traits)
        return [*refused, *([] if examined.choose(below) else ["below"])]

    return Settings(read, write, heavy=lambda values: _HEAVY if values.get("below") else "")


def _said(choice: Choice) -> list[Any]:
    return [choice.name, *([name, value] for name, value in sorted(choice.parameters.items()))]


def _plain(value: Any) -> Any:
    """Rows that can be compared, whether they were read or written."""
    return tuple(_plain(each) for each in value) if isinstance(value, list | tuple) else value
