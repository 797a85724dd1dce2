"""Mean and deviation of the actions of some clips, for models whose file does not hold them."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from workbench.core.clip import Clip
from workbench.core.errors import BadInput

Numbers = tuple[float, ...]


def action_statistics(clips: Iterable[Clip], frameskip: int = 1) -> tuple[Numbers, Numbers]:
    """Mean and deviation (n − 1) of each number of one raw action, as LeWM and DINO-WM normalise with. Actions that hold a NaN are left out.

    Args:
        clips: with actions, from the data that the model was trained on. Others do not give its numbers.
        frameskip: how many raw actions lie one after another in a row of `Clip.actions`.

    Raises:
        BadInput: no actions, of unequal widths, or too few; a number that never changes.
    """
    found = [(c, c.actions) for c in clips if c.actions is not None]
    fix = "give clips with actions, recorded as in training"
    if not found:
        raise BadInput("none of these clips has actions", where="clips", fix=fix)
    widths = sorted({actions.shape[1] for _, actions in found})
    if len(widths) > 1:
        raise BadInput(f"actions of {widths[0]} and of {widths[1]} numbers have no common mean", where="clips", fix="give clips of one data set")
    if frameskip < 1 or widths[0] % frameskip:
        raise BadInput(f"{widths[0]} numbers are not {frameskip} actions", where="frameskip=", fix=f"give a number that divides {widths[0]}")
    rows = np.concatenate([np.asarray(actions, np.float64).reshape(-1, widths[0] // frameskip) for _, actions in found])
    rows = rows[np.isfinite(rows).all(1)]
    if len(rows) < 2:
        raise BadInput(f"{len(rows)} actions have no deviation", where="clips", fix=fix)
    mean, std = rows.mean(0), rows.std(0, ddof=1)
    still = np.flatnonzero(std == 0)
    if len(still):
        raise BadInput(f"number {still[0]} of the actions never changes: {mean[still[0]]:g}", where="clips", fix="give more clips")
    return tuple(mean.tolist()), tuple(std.tolist())
