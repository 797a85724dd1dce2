"""`show(result)`: the view of a result, for a notebook or a board. What is shown how stands with the board of its topic."""

from __future__ import annotations

from functools import singledispatch
from importlib import import_module
from typing import Any

from workbench.boards import stills
from workbench.core.errors import BadInput

__all__ = ["show", "stills"]  # with the still pictures, which views have from then on


@singledispatch
def show(result: Any, **options: Any) -> Any:
    """The view of a result: maps become widgets, charts become Plotly figures. Both render in a notebook and in the app.
    Displayed, each also gives a PNG and a text for where no kernel runs; see `workbench.boards.stills`.

    Raises:
        BadInput: nothing shows results of this kind.
    """
    import_module("workbench.boards.every").sections()  # imports the boards, each with the views of its topic
    found = show.dispatch(type(result))
    if found is show.dispatch(object):
        raise BadInput(f"nothing shows a {type(result).__name__}", where="show()", fix="show a result of a measure, a clip or a load report")
    return found(result, **options)
