"""ClipPlayer, Timeline, ActionPad and WorldStage in Python: what they refuse, and what crosses together."""

from __future__ import annotations

import numpy as np
import pytest
from traitlets import TraitError

from widgets import ActionPad, ClipPlayer, Timeline, WorldStage


def film(frames: int, value: int = 0) -> np.ndarray:
    return np.full((frames, 8, 10, 3), value, np.uint8)


def test_films_of_any_size_cross_in_one_message() -> None:
    view = ClipPlayer()
    view.set_films([({"name": "real", "kind": "real"}, film(4)), ({"name": "open loop from frame 1", "kind": "open loop", "comes": 3}, film(4, 9))])
    assert [f["shape"] for f in view.films] == [[4, 8, 10]] * 2
    assert len(view.pixels) == 2 * 4 * 8 * 10 * 3
    assert view.frame_count() == 4


def test_curves_go_with_films_of_another_length() -> None:
    view = ClipPlayer()
    view.set_films([({"name": "real", "kind": "real"}, film(4))])
    view.set_curves({"open loop": ("open loop", [np.nan, 1, 2, 3])}, unit="l2")
    view.set_films([({"name": "real", "kind": "real"}, film(4, 1))])
    assert len(view.curves) == 1
    view.set_films([({"name": "real", "kind": "real"}, film(6))])
    assert view.curves == []
    assert view.curve_values == b""


def test_what_does_not_fit_is_refused() -> None:
    view = ClipPlayer()
    view.set_films([({"name": "real", "kind": "real"}, film(4))])
    with pytest.raises(TraitError, match="asks for"):
        view.pixels = b"123"
    with pytest.raises(TraitError, match="kind"):
        view.set_films([({"name": "x", "kind": "dream"}, film(4))])
    with pytest.raises(TraitError, match="asks for"):
        view.set_curves({"x": ("real", [1.0, 2.0])})
    view.set_heat(0, np.zeros((4, 2, 2)))
    with pytest.raises(TraitError, match="asks for"):
        view.heat = b"1234"
    with pytest.raises(TraitError, match="label"):
        view.marks = [{"frame": 1, "kind": "edit"}]
    with pytest.raises(TraitError, match="from"):
        Timeline(frames=3).spans = [{"to": 1, "label": "", "kind": "event"}]


def test_actions_are_kept_within_their_bounds_and_of_their_width() -> None:
    view = ActionPad(names=["right", "down"], units=["", ""], low=[-1.0, -1.0], high=[1.0, 1.0])
    view.set_actions(np.zeros((3, 2)))
    view.actions = [[5, -5], [0, 0], [0.5, 0.25]]
    assert view.actions[0] == [1.0, -1.0]
    np.testing.assert_allclose(view.table(), [[1, -1], [0, 0], [0.5, 0.25]])
    for wrong in ([[1.0]], [[float("nan"), 0.0]], [["1", 2]]):
        with pytest.raises(TraitError):
            view.actions = wrong
    with pytest.raises(TraitError, match="3 numbers for 2"):
        view.low = [0.0, 0.0, 0.0]


def test_a_moved_point_is_told_once() -> None:
    heard: list[tuple[str, float, float]] = []
    view = WorldStage()
    view.on_move = lambda name, x, y: heard.append((name, x, y))
    view.moved = ["goal", 0.25, 0.5, 1]
    assert heard == [("goal", 0.25, 0.5)]


def test_points_and_paths_are_checked() -> None:
    view = WorldStage()
    view.paths = [WorldStage.path("true", "real", [[0.1, 0.2], [0.3, 0.4]])]
    with pytest.raises(TraitError, match="kind"):
        view.points = [{"id": "a", "x": 0.5, "y": 0.5, "kind": "dog"}]
    with pytest.raises(TraitError, match="xy"):
        view.paths = [{"name": "true", "kind": "real", "xy": [[1, 2, 3]]}]
