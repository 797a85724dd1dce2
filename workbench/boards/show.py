"""`show(result)`: the view of a result, for a notebook or a board. What is shown how stands with the board of its topic."""

from __future__ import annotations

from functools import singledispatch
from importlib import import_module
from typing import Any

from workbench.core.errors import BadInput


@singledispatch
def show(result: Any, **options: Any) -> Any:
    """The view of a result: maps become widgets, charts become Plotly figures. Both render in a notebook and in the app.

    Raises:
        BadInput: nothing shows results of this kind.
    """
    import_module("workbench.boards.every").sections()  # imports the boards, each with the views of its topic
    found = show.dispatch(type(result))
    if found is show.dispatch(object):
        raise BadInput(f"nothing shows a {type(result).__name__}", where="show()", fix="show a result of a measure, a clip or a load report")
    return found(result, **options)
