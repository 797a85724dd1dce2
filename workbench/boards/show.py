"""`show(result)`: the view of a result, for a notebook or a board. What is shown how stands with the board of its topic."""

from __future__ import annotations

from functools import singledispatch
from typing import TYPE_CHECKING, Any

from workbench.core.errors import BadInput

if TYPE_CHECKING:
    import plotly.graph_objects as go


@singledispatch
def show(result: Any, **options: Any) -> Any:
    """The view of a result: maps become widgets, charts become Plotly figures. Both render in a notebook and in the app.

    Raises:
        BadInput: nothing shows results of this kind.
    """
    from workbench.boards.every import sections

    sections()  # the boards are imported for it, each with the views of its topic
    found = show.dispatch(type(result))
    if found is show.dispatch(object):
        raise BadInput(f"nothing shows a {type(result).__name__}", where="show()", fix="show a result of a measure, a clip or a load report")
    return found(result, **options)


def alone(figure: go.Figure, dark: bool, height: int = 300) -> go.Figure:
    """A chart on its own ground: nobody tells it what the page around it looks like."""
    return figure.update_layout(paper_bgcolor="#14171D" if dark else "#FFFFFF", width=620, height=height, margin={"l": 14, "t": 38}, title_x=0.02)


def fill(view: Any, traits: dict[str, Any]) -> None:
    """Set several traits of a view as one change, leaving out those that stay the same."""
    changed = {k: v for k, v in traits.items() if getattr(view, k) != v}
    if changed:
        with view.together():
            for name, value in changed.items():
                setattr(view, name, value)
