"""How points of a map are coloured in one picture of all of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from widgets.palette import categories, scale
from workbench.boards.embedding.columns import Colouring, slots_of


def inks(colouring: Colouring | None, *, dark: bool) -> dict[str, Any]:
    """The fields of `ShadeMap` that colour points as the map in a browser does where there are many: eight categories, and one colour for all others."""
    own, other = categories(dark)[:-1], categories(dark)[-1]
    if colouring is None:
        return {"colours": (own[0],)}
    if colouring.kind == "value":
        return {"value": colouring.values.astype(np.float32), "colours": (*scale(dark=dark), other), "ends": colouring.ends}
    places = np.full(len(colouring.labels) + 1, -1, np.int8)
    for code, place in slots_of(colouring).items():
        places[code] = place if place < len(own) else -1
    return {"category": places[np.maximum(colouring.values, -1)], "colours": (*own, other)}
