"""What a board asks of a world."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.core.errors import BadInput
from workbench.worlds import two_rooms
from workbench.worlds.driven import WORLDS, apart, followed, world

ROOMS = WORLDS["two-rooms"]
START = np.array([0.2, 0.5, 0.5, 0.5], np.float32)


def test_what_is_put_into_the_wall_stands_beside_it() -> None:
    for x in (0.48, 0.5, 0.52):
        placed = ROOMS.place(START, x, 0.9)
        assert not two_rooms.blocked(placed)
        assert (placed[0] < 0.5) == (x < 0.5)
        assert placed.dtype == START.dtype
    np.testing.assert_allclose(ROOMS.place(START, 0.7, 0.3)[:2], (0.7, 0.3))
    np.testing.assert_allclose(ROOMS.place(START, 0.5, 0.5)[:2], (0.5, 0.5))  # in the door
    np.testing.assert_allclose(ROOMS.place(START, -3, 9)[:2], (two_rooms.LOW, two_rooms.HIGH))


def test_a_world_that_is_followed_is_stepped_one_by_one_and_drawn() -> None:
    actions = np.array([[0.08, 0.0], [0.0, -0.05]], np.float32)
    states, film = followed(ROOMS, START, actions)
    assert states.shape == (3, 4)
    np.testing.assert_allclose(states[2], two_rooms.step(two_rooms.step(START, actions[0]), actions[1]))
    np.testing.assert_array_equal(film, two_rooms.render(states))
    assert apart(ROOMS, states[0], states[1]) == pytest.approx(0.08, abs=1e-6)


def test_a_world_that_is_not_there_is_refused() -> None:
    with pytest.raises(BadInput, match="two-rooms"):
        world("mars")


def test_a_film_that_was_broken_at_a_frame_is_the_same_until_then_and_goes_on_by_the_rules() -> None:
    actions = np.tile(np.array([[0.05, 0.0]], np.float32), (5, 1))
    states, _ = followed(ROOMS, START, actions)
    broken = ROOMS.moved(states, actions, 3, 0.8, 0.2)
    np.testing.assert_array_equal(broken[:3], states[:3])
    np.testing.assert_allclose(broken[3, :2], (0.8, 0.2), atol=1e-6)
    np.testing.assert_allclose(broken[4], two_rooms.step(broken[3], actions[3]), atol=1e-6)
