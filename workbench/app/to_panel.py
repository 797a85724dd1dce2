"""Shows boards in Panel: one generic bridge for every view, no per-view code."""

from __future__ import annotations

import functools
from typing import Any

import panel as pn
import param
from traitlets import Bytes, TraitError

from widgets import View
from workbench.boards.layout import Chart, Column, Layout, Row

_components: dict[str, type[pn.custom.AnyWidgetComponent]] = {}


def component_class(widget: View) -> type[pn.custom.AnyWidgetComponent]:
    """The Panel component with the widget's own module, style and synced traits.

    AnyWidget makes a class per instance, so the cache goes by its `_anywidget_id`, which it shares.
    """
    key = widget._anywidget_id  # type: ignore[attr-defined]
    if key not in _components:
        traits = widget.traits()
        fields = {n: (param.Bytes if isinstance(traits[n], Bytes) else param.Parameter)() for n in widget.view_traits()}
        css = str(getattr(widget, "_css", ""))
        space = {"_esm": str(widget._esm), "_stylesheets": [css] if css else [], **fields}  # type: ignore[attr-defined]
        _components[key] = type(f"{type(widget).__name__}Component", (pn.custom.AnyWidgetComponent,), space)
    return _components[key]


def to_panel(widget: View, **layout: Any) -> pn.custom.AnyWidgetComponent:
    """The same widget, shown in Panel. Its traits are mirrored both ways; a value that it refuses is taken back in the browser."""
    names = widget.view_traits()
    component = component_class(widget)(**{n: getattr(widget, n) for n in names}, **layout)

    def push(change: Any) -> None:
        if not _same(getattr(component, change["name"]), change["new"]):
            component.param.update(**{change["name"]: change["new"]})

    def pull(*events: Any) -> None:
        for event in events:
            try:
                if not _same(getattr(widget, event.name), event.new):
                    setattr(widget, event.name, event.new)
            except TraitError as error:
                component.param.update(**{event.name: getattr(widget, event.name)})
                if pn.state.notifications is not None:
                    pn.state.notifications.warning(str(error), duration=6000)

    widget.observe(push, names)
    component.param.watch(pull, names)
    if pn.state.curdoc is not None:
        pn.state.on_session_destroyed(functools.partial(_close, widget))
    return component


def chart_pane(chart: Chart) -> pn.viewable.Viewable:
    """A Plotly figure that follows its chart."""
    pane = pn.pane.Plotly(sizing_mode="stretch_width", height=chart.height, config={"displayModeBar": False, "responsive": True}, margin=0)
    chart.watch(lambda figure: setattr(pane, "object", figure))
    return pane


def arrange(item: Layout) -> pn.viewable.Viewable:
    """A board's layout as Panel rows and columns."""
    if isinstance(item, Column):
        return pn.Column(*[arrange(i) for i in item.items], sizing_mode="stretch_width", margin=0, styles={"gap": "10px"})
    if isinstance(item, Row):
        template = " ".join(f"minmax(0, {s}fr)" for s in item.shares)
        style = {"display": "grid", "grid-template-columns": template, "gap": "18px", "align-items": "start"}
        return pn.FlexBox(*[arrange(i) for i in item.items], sizing_mode="stretch_width", margin=0, styles=style)
    if isinstance(item, Chart):
        return chart_pane(item)
    return to_panel(item, sizing_mode="stretch_width", margin=0)


def _same(a: Any, b: Any) -> bool:
    return a is b or (type(a) is type(b) and a == b)


def _close(widget: View, _context: Any) -> None:
    """The layout is a widget of its own; ipywidgets keeps both alive until they are closed."""
    widget.layout.close()  # type: ignore[attr-defined]
    widget.close()
