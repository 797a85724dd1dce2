"""What of the Masks board a link holds: the sampler with its parameters and seed, and what the pictures show."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from widgets import MapPane, PatchCanvas, Toolbar
from workbench.boards.masks.controls import Choice
from workbench.boards.settings import Settings, Values, set_all, toolbar_values, trait_values


def mask_settings(toolbar: Toolbar, canvas: PatchCanvas, pane: MapPane, offered: Callable[[], list[Choice]]) -> Settings:
    """The settings of the board. offered: the samplers on offer, which are named by what they are and not by their number."""
    traits = ((pane, "mode"), (canvas, "overlay_on"))

    def read() -> Values:
        values = toolbar_values(toolbar)
        chosen = next((each for each in offered() if each.value == values.get("sampler")), None)
        return {**values, **({} if chosen is None else {"sampler": _said(chosen)}), **trait_values(traits)}

    def write(values: Values) -> list[str]:
        known = {_plain(_said(each)): each.value for each in offered()}
        wanted = dict(values)
        if "sampler" in wanted:
            wanted["sampler"] = known.get(_plain(wanted["sampler"]), wanted["sampler"])
        return set_all(wanted, toolbar, traits)

    return Settings(read, write)


def _said(choice: Choice) -> list[Any]:
    return [choice.name, *([name, value] for name, value in sorted(choice.parameters.items()))]


def _plain(value: Any) -> Any:
    """Rows that can be compared, whether they were read or written."""
    return tuple(_plain(each) for each in value) if isinstance(value, list | tuple) else value
