"""Still pictures: what a view or a board shows as a PNG and as text, for places where no kernel runs and no JavaScript draws.

What draws is imported when the first picture is wanted, so that the app, which wants none, starts without it.
"""

from __future__ import annotations

import base64
import logging
from importlib import import_module
from typing import Any

from widgets import View

_KINDS = ("films", "grids", "points", "reports", "runs")  # each registers how its views are drawn

log = logging.getLogger("workbench")


def _drawing() -> Any:
    for name in _KINDS:
        import_module(f"{__name__}.{name}")
    return import_module(f"{__name__}.drawing")


def png(item: Any) -> bytes:
    """The item as a PNG on white, at most 800 pixels wide without its margin.

    Args:
        item: a view of `widgets`, a Plotly figure, or a layout of them.
    """
    return import_module(f"{__name__}.sheet").encoded(_drawing().picture(item))


def words(item: Any) -> str:
    """What the item shows, in lines of text."""
    return _drawing().words(item)


def still(item: Any) -> dict[str, str]:
    """The item as MIME types that any page shows: image/png (base64) and text/plain.

    A picture that cannot be drawn must not take the view itself away: the log has the trace, and the text says so.
    """
    try:
        return {"image/png": base64.b64encode(png(item)).decode("ascii"), "text/plain": words(item)}
    except Exception as error:
        log.exception("no still picture of %s", type(item).__name__)
        return {"text/plain": f"{type(item).__name__}: its still picture could not be drawn ({type(error).__name__}: {error})"}


View.pictured = staticmethod(still)
