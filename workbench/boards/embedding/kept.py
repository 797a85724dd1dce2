"""What of the Embedding board a link holds: its controls, the points that are projected by themselves, and the ends of the axis."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from widgets import Scatter, Toolbar
from workbench.boards.embedding.controls import ENDS
from workbench.boards.embedding.made import LEAST
from workbench.boards.embedding.places import Chosen
from workbench.boards.settings import Settings, Values, set_all, toolbar_values
from workbench.core.errors import BadInput
from workbench.core.view import text_array

_ROWS = ("alone", *ENDS)
Groups = Mapping[str, Chosen]  # rows by "alone", and by the ids of the ends of the axis


def map_settings(toolbar: Toolbar, view: Scatter, groups: Callable[[], Groups], bring: Callable[[str, Groups], None]) -> Settings:
    """The settings of the board.

    Args:
        groups: the rows that are chosen now. bring: takes the name of a colour, which may not be there yet, and rows.
    """

    def read() -> Values:
        camera = {"camera": list(view.camera)} if view.camera else {}
        return {**toolbar_values(toolbar), **camera, **{name: rows.astype(np.uint32) for name, rows in groups().items()}}

    def write(values: Values) -> list[str]:
        rows, refused = dict[str, Chosen](), list[str]()
        for name in _ROWS:
            if name in values:
                chosen = _rows(values[name])
                if chosen is None:
                    refused.append(name)
                else:
                    rows[name] = chosen
        rest = {name: value for name, value in values.items() if name not in (*_ROWS, "colour")}
        refused += set_all(rest, toolbar, ((view, "camera"),))
        colour = values.get("colour", "")
        if not isinstance(colour, str):
            refused.append("colour")
        bring(colour if isinstance(colour, str) else "", rows)
        return refused

    return Settings(read, write)


def _rows(text: Any) -> Chosen | None:
    """Rows of a link, ascending and each once; None where they are none, or too few."""
    try:
        found = np.unique(text_array(text, 1, "u").astype(np.int64))
    except BadInput:
        return None
    return found if len(found) >= min(LEAST, 2) else None
