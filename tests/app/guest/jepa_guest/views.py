"""A view, and what is shown with it."""

from __future__ import annotations

from pathlib import Path

import traitlets as t

from jepa_guest.questions import Found
from widgets import View
from widgets._esm import css, esm
from workbench.boards.show import show


class Gauge(View):
    """One number."""

    _esm = esm(str(Path(__file__).parent / "gauge.js"))
    _css = css()

    value = t.Float(0.0, help="the number").tag(sync=True)


@show.register(Found)
def _(result: Found) -> Gauge:
    return Gauge(value=result.brightness)
