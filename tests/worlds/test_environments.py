"""What a board asks of a world."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.core.errors import BadInput
from workbench.worlds import two_rooms
from workbench.worlds.environments import WORLDS, apart, followed, path_of, world

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


def test_a_goal_lies_beyond_the_wall_where_straight_ahead_does_not_lead() -> None:
    for x, y in ((0.2, 0.2), (0.8, 0.9), (0.45, 0.5)):
        start = ROOMS.place(START, x, y)
        goal = ROOMS.goal(start)
        assert (start[0] < start[2]) != (goal[0] < goal[2])
        straight = ROOMS.clip(start, goal)
        assert straight.frames == 2
        ahead = np.linspace(start, goal, 50)
        assert two_rooms.blocked(ahead).any()


def test_paths_of_many_series_are_those_of_each() -> None:
    actions = np.random.default_rng(0).uniform(-0.08, 0.08, (3, 2, 4, 2)).astype(np.float32)
    every = path_of(ROOMS, START, actions)
    assert every.shape == (3, 2, 5, 4)
    np.testing.assert_allclose(every[1, 1], followed(ROOMS, START, actions[1, 1])[0], atol=1e-6)
