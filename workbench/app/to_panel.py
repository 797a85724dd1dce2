"""Shows boards in Panel: one generic bridge for every view, no per-view code."""

from __future__ import annotations

from functools import cache
from typing import Any

import panel as pn
import param
from traitlets import Bytes, TraitError

from widgets import View
from workbench.app import fast, modules, toasts
from workbench.boards.layout import Chart, Column, Either, Layout, Row

_GAP = 18  # CSS pixels between items side by side
_TALL = {"max-height": "none"}  # Panel gives what it lays out at most the height of the page: what follows would lie on the rest


class _Component(pn.custom.AnyWidgetComponent):
    """What all views have in common in Panel."""

    def _get_properties(self, doc: Any) -> dict[str, Any]:
        fast.define(type(self), doc)
        return modules.by_address(super()._get_properties(doc), doc)


_components: dict[str, type[pn.custom.AnyWidgetComponent]] = {}


def component_class(widget: View) -> type[pn.custom.AnyWidgetComponent]:
    """The Panel component with the widget's own module, style and synced traits.

    AnyWidget makes a class per instance, so the cache goes by its `_anywidget_id`, which it shares.
    """
    key = widget._anywidget_id  # type: ignore[attr-defined]
    if key not in _components:
        traits = widget.traits()
        fields = {n: (param.Bytes if isinstance(traits[n], Bytes) else param.Parameter)(per_instance=False) for n in widget.view_traits()}
        css = str(getattr(widget, "_css", ""))
        space = {"_esm": str(widget._esm), "_stylesheets": [css] if css else [], **fields}  # type: ignore[attr-defined]
        _components[key] = type(f"{type(widget).__name__}Component", (_Component,), space)
    return _components[key]


def to_panel(widget: View, **layout: Any) -> pn.custom.AnyWidgetComponent:
    """The same widget, shown in Panel. Its traits are mirrored both ways; a value that it refuses is taken back in the browser."""
    names = widget.view_traits()
    component = component_class(widget)(**{n: getattr(widget, n) for n in names}, **layout)

    pushing: set[str] = set()
    waiting: set[str] = set()

    def push(change: Any) -> None:
        first = not waiting
        waiting.add(change["name"])
        if first:
            widget.afterwards(push_all)  # what is changed together crosses as one: each crossing has its price

    def push_all() -> None:
        values = {name: getattr(widget, name) for name in waiting - pushing}  # not as told: a notification that was held back may be older
        waiting.clear()
        new = {name: value for name, value in values.items() if not _same(getattr(component, name), value)}
        if new:
            pushing.update(new)
            try:
                component.param.update(**new)
            finally:
                pushing.difference_update(new)

    def pull(*events: Any) -> None:
        told = sorted(events, key=lambda e: isinstance(e.new, (list, dict, bytes)))  # numbers first: they say what the rest is part of
        for name in (e.name for e in told if e.name not in pushing):
            try:
                sent = getattr(component, name)
                value = widget.received(name, sent)
                if not _same(getattr(widget, name), value):
                    setattr(widget, name, value)
                if value is not sent:
                    component.param.update(**{name: getattr(widget, name)})
            except TraitError as error:
                component.param.update(**{name: getattr(widget, name)})
                toasts.show(str(error), "warning")

    widget.observe(push, names)
    component.param.watch(pull, names)
    return component


def arrange(item: Layout) -> pn.viewable.Viewable:
    """A board's layout as Panel rows and columns."""
    if isinstance(item, Column):
        return pn.Column(*[arrange(i) for i in item.items], sizing_mode="stretch_width", margin=0, styles={"gap": "10px", **_TALL})
    if isinstance(item, Row):
        children = [arrange(i) for i in item.items]
        for child, share in zip(children, item.shares, strict=True):
            inner = (share - 1) * _GAP if item.pictures else 0  # the gaps between the pictures of one item
            basis = f"clamp({inner}px, ({item.least}px - 100%) * 999, 100%)"  # all of the width where there is less room
            child.styles = {**child.styles, "flex": f"{share} 1 {basis}", "min-width": "0"}
        return pn.Row(
            *children, sizing_mode="stretch_width", margin=0, styles={"gap": f"{_GAP}px", "align-items": "flex-start", "flex-wrap": "wrap", **_TALL}
        )
    if isinstance(item, Chart):
        with View.without_comm():
            view = item.view()
        view.library_at = _plotly_at()
        return to_panel(view, sizing_mode="stretch_width", min_height=item.height, margin=0)
    if isinstance(item, Either):
        return _either(item)
    return to_panel(item, sizing_mode="stretch_width", margin=0)


@cache
def _plotly_at() -> str:
    """Where the page finds plotly.js, which is loaded when the first chart is drawn: it is larger than everything else."""
    from panel.io.resources import BUNDLE_DIR, LOCAL_DIST

    return f"{LOCAL_DIST}bundled/plotlyplot/{next((BUNDLE_DIR / 'plotlyplot').glob('plotly-*.min.js')).name}"


def _either(item: Either) -> pn.viewable.Viewable:
    """All of its views, of which one is to be seen."""
    views = [arrange(i) for i in item.items]

    def show(number: int) -> None:
        for k, view in enumerate(views):
            view.visible = k == number

    item.watch(show)
    return pn.Column(*views, sizing_mode="stretch_width", margin=0)


def _same(a: Any, b: Any) -> bool:
    return a is b or (type(a) is type(b) and a == b)
