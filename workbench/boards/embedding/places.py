"""Rows of a map as clips, frames and tokens of a session, and the other way."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int

from widgets.scatter import NO_ROW
from workbench.core.card import FolderKey
from workbench.core.questions.checkpoint import ModelFacts
from workbench.core.questions.clips import STORED, ClipList, Look, frames_of
from workbench.core.questions.rows import RowTable
from workbench.core.selection import Level, Selection

Rows = Int[np.ndarray, "rows"]  # something of every row
Chosen = Int[np.ndarray, "chosen"]  # ids of some rows


def data_of(facts: ModelFacts, clips: ClipList, look: Look) -> FolderKey:
    """All clips of what is open, sampled as the model wants them; of a single video, the window in sight."""
    card, key = facts.card, look.key
    if clips.kind == "video":
        return FolderKey(key.path, key.frames, key.fps, key.start, key.length)
    if card.frames == 1:
        return FolderKey(clips.path, 1 if look.film is not None or clips.kind == "folder" else None)
    rate = None if clips.path.endswith(STORED) else look.part.fps or card.fps
    return FolderKey(clips.path, frames_of(card, facts.report, clips.path), rate)


def spread(coordinates: Float[np.ndarray, "chosen 2"], among: Chosen | None, count: int) -> Float[np.ndarray, "rows 2"]:
    """Coordinates of some rows as those of all: NaN for the others. among: the rows; None: all."""
    if among is None:
        return coordinates
    found = np.full((count, coordinates.shape[1]), np.nan, coordinates.dtype)
    found[among] = coordinates
    return found


def level(table: RowTable) -> Level:
    """What its rows are, as a selection names them."""
    return "tokens" if table.token is not None else "clips" if table.frame is None else "frames"


def within(table: RowTable, tubelet: int) -> Rows:
    """The number of each row within its clip: the time step of a frame, the token of a token."""
    first = np.full(len(table.names), table.count, np.int64)
    np.minimum.at(first, table.clip, np.arange(table.count))
    if not table.left_out or table.frame is None:
        return np.arange(table.count) - first[table.clip]
    tick = table.frame.astype(np.int64) // tubelet
    if table.token is None:
        return tick
    high, wide = np.zeros(len(table.names), np.int64), np.zeros(len(table.names), np.int64)
    np.maximum.at(high, table.clip, table.token[:, 0] + 1)
    np.maximum.at(wide, table.clip, table.token[:, 1] + 1)
    return (tick * high[table.clip] + table.token[:, 0]) * wide[table.clip] + table.token[:, 1]


def paths(table: RowTable, number: Rows) -> list[np.ndarray]:
    """The frames of each clip in the order of time, as `Scatter.set_paths` wants them; none where rows are no frames, or every clip has one.

    Args:
        number: see `within`.
    """
    if level(table) != "frames" or not number.any():
        return []
    lengths = np.zeros(len(table.names), np.int64)
    np.maximum.at(lengths, table.clip, number + 1)
    ends = np.cumsum(lengths)
    rows = np.full(ends[-1], NO_ROW, np.uint32)
    rows[(ends - lengths)[table.clip] + number] = np.arange(table.count)
    return np.split(rows, ends[:-1])


def selection_of(table: RowTable, rows: Chosen, number: Rows) -> Selection:
    """Rows as a selection that all boards share. number: see `within`."""
    found = level(table)
    if found == "clips":
        return Selection(found, frozenset((int(c),) for c in table.clip[rows]))
    return Selection(found, frozenset(zip(table.clip[rows].tolist(), number[rows].tolist(), strict=True)))


def rows_of(table: RowTable, selection: Selection, number: Rows, cells: int) -> Chosen:
    """The rows that a selection means: what holds something selected, or lies in it.

    Args:
        number: see `within`. cells: tokens of a time step.
    """
    own = level(table)
    if not selection.items:
        return np.empty(0, np.int64)
    chosen = np.array(sorted(selection.items), np.int64)
    if own == "clips" or selection.level == "clips":
        return np.flatnonzero(np.isin(table.clip, chosen[:, 0]))
    mine, theirs = number, chosen[:, 1]
    if own == "frames" and selection.level == "tokens":
        theirs = theirs // max(cells, 1)
    elif own == "tokens" and selection.level == "frames":
        mine = number // max(cells, 1)
    large = int(max(mine.max(initial=0), theirs.max(initial=0))) + 1
    return np.flatnonzero(np.isin(table.clip.astype(np.int64) * large + mine, chosen[:, 0] * large + theirs))
