"""Presentation mode, and whether the window is narrow."""

from __future__ import annotations

import traitlets as t

from widgets._esm import css, esm
from widgets._traits import View


class Presenting(View):
    """A button that marks everything around it with `data-presenting`, by which a page hides what is around its board and enlarges that; also by the key F.

    F, Escape or the button takes the mark away. The browser writes `narrow`.
    """

    _esm = esm("presenting.js")
    _css = css("presenting.css")

    narrow = t.Bool(False, help="the window is narrower than 1000 CSS pixels; written by the browser").tag(sync=True)
