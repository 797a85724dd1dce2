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
    assert [len(f["frames"]) for f in view.films] == [4, 4]
    assert list(crossed(view).values()) == [bytes(240), bytes([9]) * 240]  # each once, though there are four of each
    assert view.frame_count() == 4


def numbered(*values: int) -> np.ndarray:
    return np.stack([film(1, value)[0] for value in values])


def test_only_frames_that_changed_cross() -> None:
    view = ClipPlayer()
    real = ({"name": "real", "kind": "real"}, numbered(1, 2, 3, 4))
    view.set_films([real, ({"name": "a", "kind": "open loop"}, numbered(1, 12, 13, 14))])
    assert len(crossed(view)) == 7
    view.set_films([real, ({"name": "b", "kind": "open loop"}, numbered(1, 12, 99, 14))])
    assert list(crossed(view).values()) == [bytes([99]) * 240]
    last = view.frames_new
    view.set_films([real])
    assert view.frames_new is last
    assert sorted(view._pixels) == sorted(view.films[0]["frames"])  # what no film shows is dropped
    view.set_films([real, ({"name": "a", "kind": "open loop"}, numbered(1, 12, 13, 14))])
    assert [frame[0] for frame in crossed(view).values()] == [12, 13, 14]


def test_frames_whose_films_were_taken_away_cross_again_as_another_message() -> None:
    view, told = ClipPlayer(), list[bytes]()
    view.observe(lambda change: told.append(change["new"]), names=["frames_new"])
    for _ in range(2):
        view.set_films([({"name": "real", "kind": "real"}, numbered(1, 2))])
        view.films = []
    assert len(told) == 2
    assert told[0][4:] == told[1][4:]


def test_of_two_answers_that_cross_as_one_nothing_is_lost() -> None:
    view = ClipPlayer()
    with view.together():
        view.set_films([({"name": "real", "kind": "real"}, numbered(1, 2, 3))])
        view.set_films([({"name": "real", "kind": "real"}, numbered(1, 2, 4))])
    assert [frame[0] for frame in crossed(view).values()] == [1, 2, 4]


def test_who_comes_late_or_lost_a_message_asks_and_gets() -> None:
    view = ClipPlayer()
    view.set_films([({"name": "real", "kind": "real"}, numbered(1, 2, 3))])
    view.set_films([({"name": "real", "kind": "real"}, numbered(1, 2, 4))])
    names = view.films[0]["frames"]
    view.wanted = [1, *names[:2], "nothing", 3, {}]
    assert list(crossed(view)) == names[:2]
    view.wanted = [2, *names[:2]]
    assert list(crossed(view)) == names[:2]
    assert list(crossed(view, view.get_state()["frames_new"])) == names  # a page that was loaded anew
    assert "frames_new" not in view.get_state("tick")
    view.wanted = []


def crossed(view: ClipPlayer, message: bytes | None = None) -> dict[str, bytes]:
    """Frames in the last message by their names."""
    message, found, at = view.frames_new if message is None else message, dict[str, bytes](), 4
    while at < len(message):
        name, size = message[at : at + 12].decode(), int.from_bytes(message[at + 12 : at + 16], "little")
        found[name], at = message[at + 16 : at + 16 + size], at + 16 + size
    return found


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
        view.films = [{**view.films[0], "shape": [4, 8, 11]}]
    with pytest.raises(TraitError, match="asks for"):
        view.films = [{**view.films[0], "frames": ["another"] * 4}]
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
