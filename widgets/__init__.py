"""Views that run unchanged in JupyterLab and in Panel: a leaf of the house, they know numpy, anywidget and traitlets only."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from widgets._traits import View
    from widgets.chart_view import ChartView
    from widgets.frame import Frame
    from widgets.headline import Headline
    from widgets.map_pane import MapPane
    from widgets.model_view import ModelView
    from widgets.patch_canvas import PatchCanvas
    from widgets.toolbar import Toolbar

_HOMES = {
    "ChartView": "widgets.chart_view",
    "Frame": "widgets.frame",
    "Headline": "widgets.headline",
    "MapPane": "widgets.map_pane",
    "ModelView": "widgets.model_view",
    "PatchCanvas": "widgets.patch_canvas",
    "Toolbar": "widgets.toolbar",
    "View": "widgets._traits",
}

__all__ = ["ChartView", "Frame", "Headline", "MapPane", "ModelView", "PatchCanvas", "Toolbar", "View"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'widgets' has no view {name!r}; it has {', '.join(__all__)}")
    return getattr(import_module(_HOMES[name]), name)
