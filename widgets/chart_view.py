"""A Plotly figure that changes in place, for notebooks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import traitlets as t

from widgets._esm import css, esm
from widgets._traits import View


class ChartView(View):
    """Shows a Plotly figure. A new one replaces the old one in place, without a flicker, and what is shown survives a reload of the page.

    plotly.js comes from the server, or in a notebook from Python, so that nothing is asked of the internet: there the browser sets `wanted` when its page does
    not have it yet. It is asked for when a chart has something to show.

    Attributes:
        read_library: gives the source of plotly.js when a page wants it.
    """

    _esm = esm("chart_view.js")
    _css = css("chart_view.css")

    figure = t.Dict(help="data and layout, as Plotly's JSON has them; empty = nothing yet").tag(sync=True)
    chart_height = t.Int(300, min=40, help="CSS pixels").tag(sync=True)
    label = t.Unicode("chart", help="what screen readers call it").tag(sync=True)
    library_at = t.Unicode("", help="where the server of the page has plotly.js; empty: it comes from Python").tag(sync=True)
    library = t.Unicode("", help="source of plotly.js; there only while a page that lacks it is being served").tag(sync=True)
    wanted = t.Bool(False, help="the page lacks plotly.js; written by the browser").tag(sync=True)
    version = t.Int(0, help="counts figures; the root's data-version shows the one on screen").tag(sync=True)

    def __init__(self, **values: Any) -> None:
        self.read_library: Callable[[], str] = lambda: ""
        super().__init__(**values)

    @t.observe("wanted")
    def _serve(self, change: dict[str, Any]) -> None:
        self.library = self.read_library() if change["new"] else ""
