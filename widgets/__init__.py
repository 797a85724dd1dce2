"""Views that run unchanged in JupyterLab and in Panel: a leaf of the house, they know numpy, anywidget and traitlets only."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from widgets._traits import View
    from widgets.action_pad import ActionPad
    from widgets.address_bar import AddressBar
    from widgets.catalogue_view import CatalogueView
    from widgets.chart_view import ChartView
    from widgets.clip_player import ClipPlayer
    from widgets.frame import Frame
    from widgets.gallery import Gallery
    from widgets.headline import Headline
    from widgets.map_pane import MapPane
    from widgets.model_view import ModelView
    from widgets.open_dialog import OpenDialog
    from widgets.patch_canvas import PatchCanvas
    from widgets.presenting import Presenting
    from widgets.readings_table import ReadingsTable
    from widgets.run_chart import RunChart
    from widgets.scatter import Scatter
    from widgets.timeline import Timeline
    from widgets.toolbar import Toolbar
    from widgets.tray_view import TrayView
    from widgets.world_stage import WorldStage

_HOMES = {
    "ActionPad": "widgets.action_pad",
    "AddressBar": "widgets.address_bar",
    "CatalogueView": "widgets.catalogue_view",
    "ChartView": "widgets.chart_view",
    "ClipPlayer": "widgets.clip_player",
    "Frame": "widgets.frame",
    "Gallery": "widgets.gallery",
    "Headline": "widgets.headline",
    "MapPane": "widgets.map_pane",
    "ModelView": "widgets.model_view",
    "OpenDialog": "widgets.open_dialog",
    "PatchCanvas": "widgets.patch_canvas",
    "Presenting": "widgets.presenting",
    "ReadingsTable": "widgets.readings_table",
    "RunChart": "widgets.run_chart",
    "Scatter": "widgets.scatter",
    "Timeline": "widgets.timeline",
    "Toolbar": "widgets.toolbar",
    "TrayView": "widgets.tray_view",
    "View": "widgets._traits",
    "WorldStage": "widgets.world_stage",
}

__all__ = [
    "ActionPad",
    "AddressBar",
    "CatalogueView",
    "ChartView",
    "ClipPlayer",
    "Frame",
    "Gallery",
    "Headline",
    "MapPane",
    "ModelView",
    "OpenDialog",
    "PatchCanvas",
    "Presenting",
    "ReadingsTable",
    "RunChart",
    "Scatter",
    "Timeline",
    "Toolbar",
    "TrayView",
    "View",
    "WorldStage",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'widgets' has no view {name!r}; it has {', '.join(__all__)}")
    return getattr(import_module(_HOMES[name]), name)
