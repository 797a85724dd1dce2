"""What a board needs around it in a notebook: keys that stay with it, and word of light and dark."""

from __future__ import annotations

import traitlets as t

from widgets._esm import css, esm
from widgets._traits import View

BOARD_CLASS = "jw-board"


class Frame(View):
    """Makes the box that it stands in a place of its own: keys pressed there reach this board and not the notebook's shortcuts.

    Shows nothing itself. The box, an ancestor in the page, has the class `BOARD_CLASS`. The browser writes `dark`.
    """

    _esm = esm("frame.js")
    _css = css()

    name = t.Unicode("board", help="what screen readers call the box").tag(sync=True)
    dark = t.Bool(False, help="whether the page is dark; written by the browser").tag(sync=True)
