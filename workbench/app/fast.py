"""Six small patches of the host: four for speed, one so that nothing is lost, one for a quiet log. Private names of panel and bokeh are touched
here and nowhere else.

Panel waits 50 ms before it sends what the browser changed, and the operating system holds back small packets for about 15 ms more. Together a slider
answers after 70 ms; without both after 20. And before its first chart Panel asks Plotly for its notebook class, which loads Jupyter's validators: a
second and a half of every start, where Jupyter is installed. And a page follows whether the server is busy, twice a message, also where it shows nothing of it.

What cannot be written at once Panel keeps for later. When that is written just as more is kept, Panel forgets that something waits, and it stays unsent until
the next change: an answer that is not shown.

When one of several toasts goes, the browser tells which are left, and tells them in full, though the server knows them. Bokeh then takes those it knows, as it
should, and warns of each. Panel keeps this warning out of the logs of some hosts (`_ignore_bokeh_warnings`), not of its own server.
"""

from __future__ import annotations

import warnings
from typing import Any


def apply() -> None:
    """Send changes at once, in both directions, and leave Jupyter out of the server. Safe to call twice."""
    import plotly.graph_objs
    from bokeh.server.views.ws import WSHandler
    from bokeh.util.warnings import BokehUserWarning
    from panel.reactive import Syncable
    from plotly.missing_anywidget import FigureWidget

    if "FigureWidget" not in vars(plotly.graph_objs):
        plotly.graph_objs.FigureWidget = FigureWidget  # type: ignore[attr-defined, misc]  # plotly's own stand-in
    Syncable._debounce = 1
    _lose_nothing()
    warnings.filterwarnings("ignore", "reference already known", BokehUserWarning)
    if getattr(WSHandler, "_workbench_nodelay", False):
        return
    opened = WSHandler.open

    def open_now(self: Any, *args: Any, **kwargs: Any) -> Any:
        self.set_nodelay(True)
        return opened(self, *args, **kwargs)

    WSHandler.open = open_now  # type: ignore[method-assign]
    WSHandler._workbench_nodelay = True  # type: ignore[attr-defined]


def _lose_nothing() -> None:
    """Messages that wait are sent, whoever took away the note that they do."""
    from panel.io import document

    if getattr(document, "_workbench_loses_nothing", False):
        return
    dispatch = document._dispatch_msgs

    async def dispatch_all(doc: Any) -> None:
        if doc in document._WRITE_MSGS:
            document._WRITE_BLOCK[doc] = True
        await dispatch(doc)

    document._dispatch_msgs = dispatch_all
    document._workbench_loses_nothing = True  # type: ignore[attr-defined]  # our mark, so that it is patched once


def quiet(page: Any) -> None:
    """A page that does not follow whether the server is busy: boards tell what they wait for."""
    from panel.util.parameters import edit_readonly

    with edit_readonly(page):
        page.busy = False
