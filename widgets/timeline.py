"""Timeline: curves over the frames of a clip, with one cursor."""

from __future__ import annotations

import traitlets as t

from widgets._curves import Curves
from widgets._esm import css, esm


class Timeline(Curves):
    """Shows curves, bands and marked moments of a clip. Pointing reads the values, pressing moves the cursor. Playing goes to the end and tells each step."""

    _esm = esm("timeline.js")
    _css = css("_grid.css", "_curves.css")

    frames = t.Int(1, min=1, help="how many frames the curves run over").tag(sync=True)

    player = t.Bool(False, help="buttons to play and step, at `fps`").tag(sync=True)

    def frame_count(self) -> int:
        """See `Curves.frame_count`."""
        return self.frames
