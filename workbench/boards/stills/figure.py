"""A Plotly figure that is saved with a still picture."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go
import plotly.io as pio

from workbench.boards.stills import still

_HTML = "text/html"


class StillFigure(go.Figure):
    """A figure whose cell also keeps a PNG and a text, for pages where Plotly does not run.

    Where the notebook itself draws Plotly's JSON, Plotly's HTML is left out: it holds the whole of plotly.js or asks the network for it, and pages that
    show saved notebooks prefer it to the picture.
    """

    def _repr_mimebundle_(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """See the class."""
        shown = dict(super()._repr_mimebundle_(*args, **kwargs))
        if any(kind.startswith("application/vnd.plotly") for kind in shown):
            shown.pop(_HTML, None)
        return shown | still(self)

    def _ipython_display_(self) -> None:
        """Show it in the cell."""
        from IPython.display import display

        if pio.renderers.render_on_display and pio.renderers.default:
            display(self._repr_mimebundle_(), raw=True)
        else:
            print(repr(self))
