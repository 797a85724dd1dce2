"""Immutable states, undo, watchers, and links that do not echo."""

from __future__ import annotations

import numpy as np
import pytest
import traitlets as t

from workbench.core.card import ClipKey
from workbench.core.errors import BadInput, MaskError
from workbench.core.mask import Mask
from workbench.core.selection import Selection
from workbench.link import link
from workbench.session import Session, State


def _mask(hole: int) -> Mask:
    target = np.zeros((1, 1, 4), bool)
    target[0, 0, hole] = True
    return Mask(~target, target[None])


class View(t.HasTraits):
    tick = t.Int()
    mask = t.Dict()


def test_undo_and_redo_walk_over_masks_and_leave_the_rest() -> None:
    s = Session(State(clip=ClipKey("a"), mask=_mask(0)))
    s.set(mask=_mask(1))
    s.set(tick=3)
    s.set(mask=_mask(2), selection=Selection.tokens(0, [1]))
    s.undo()
    assert s.state.mask.digest == _mask(1).digest
    assert s.state.tick == 3
    s.undo()
    assert s.state.mask.digest == _mask(0).digest
    assert not s.can_undo
    s.redo()
    assert s.state.mask.digest == _mask(1).digest
    s.set(mask=_mask(3))
    assert not s.can_redo


def test_another_clip_starts_a_new_history() -> None:
    s = Session(State(clip=ClipKey("a"), mask=_mask(0)))
    s.set(mask=_mask(1))
    s.set(clip=ClipKey("a", 1))
    assert not s.can_undo


def test_watchers_hear_only_what_changed_and_unknown_fields_are_refused() -> None:
    s = Session()
    heard: list[int] = []
    stop = s.watch(["tick"], lambda old, new: heard.append(new.tick))
    s.set(tick=1)
    s.set(tick=1)
    s.set(hover=4)
    s.set(tick=2)
    stop()
    s.set(tick=5)
    assert heard == [1, 2]
    with pytest.raises(BadInput, match="colour"):
        s.watch(["colour"], lambda old, new: None)


def test_a_link_goes_both_ways_and_does_not_echo() -> None:
    s, a, b = Session(), View(), View()
    sets: list[int] = []
    a.observe(lambda c: sets.append(c["new"]), "tick")
    link(s, "tick", a, "tick")
    end = link(s, "tick", b, "tick")
    b.tick = 4
    assert (s.state.tick, a.tick, sets) == (4, 4, [4])
    s.set(tick=2)
    assert (a.tick, b.tick) == (2, 2)
    end()
    b.tick = 9
    assert s.state.tick == 2


def test_a_refused_value_is_taken_back_and_told() -> None:
    s, view = Session(State(mask=_mask(0))), View()
    told: list[str] = []

    def take(value: dict) -> dict:
        raise MaskError("both at once", fix="paint again")

    link(s, "mask", view, "mask", show=lambda state: {"n": int(state.mask.target.sum())}, take=take, refused=lambda e: told.append(e.what))
    view.mask = {"n": 7}
    assert view.mask == {"n": 1}
    assert told == ["both at once"]
