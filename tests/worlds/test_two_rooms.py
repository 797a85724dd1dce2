"""The two rooms move, block and look as their states say."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.core.errors import BadInput
from workbench.worlds import two_rooms as world


def at(x: float, y: float, wall: float = 0.5, door: float = 0.5) -> np.ndarray:
    return np.array([x, y, wall, door])


@pytest.mark.parametrize("varied", [False, True])
def test_any_frame_of_a_walk_can_be_set_and_goes_on_as_it_did(varied: bool) -> None:
    walk = world.walks(20, 12, 3, varied=varied)
    now = walk.states[:, 4].astype(np.float64)
    for k in range(4, 12):
        now = world.step(now, walk.actions[:, k])
        assert now == pytest.approx(walk.states[:, k + 1], abs=1e-5)
    again = world.walks(20, 12, 3, varied=varied)
    assert np.array_equal(again.states, walk.states)
    assert np.array_equal(again.actions, walk.actions)
    assert not np.array_equal(world.walks(20, 12, 4, varied=varied).states, walk.states)


def test_a_batch_steps_and_is_drawn_as_its_rows_alone() -> None:
    walk = world.walks(6, 3, 0, varied=True)
    both = world.step(walk.states[:, :3], walk.actions)
    assert np.array_equal(both[2, 1], world.step(walk.states[2, 1], walk.actions[2, 1]))
    films = world.render(walk.states)
    assert films.shape == (6, 4, 64, 64, 3)
    assert np.array_equal(films[2, 1], world.render(walk.states[2, 1]))


def test_moves_are_cut_to_the_longest_and_stay_inside() -> None:
    assert world.step(at(0.2, 0.2), np.array([1.0, -0.03])) == pytest.approx(at(0.2 + world.MOVE, 0.17))
    assert world.step(at(0.06, 0.94), np.array([-1.0, 1.0])) == pytest.approx(at(world.LOW, world.HIGH))


def test_the_wall_stops_the_point_which_slides_along_and_passes_only_the_door() -> None:
    slid = world.step(at(0.42, 0.2), np.array([0.08, 0.08]))
    assert slid[0] < 0.5 - world.WALL_HALF - world.AGENT + 1e-9
    assert slid[1] == pytest.approx(0.28)
    now = at(0.3, 0.5)
    for _ in range(5):
        now = world.step(now, np.array([0.08, 0.0]))
    assert now[0] > 0.6
    rng = np.random.default_rng(0)
    states = world.starts(500, 1)
    for _ in range(30):
        before, states = states, world.step(states, rng.uniform(-0.08, 0.08, (500, 2)))
        crossed = (before[:, 0] < 0.5) != (states[:, 0] < 0.5)
        assert (np.abs(states[crossed, 1] - 0.5) <= world.DOOR_HALF).all()
    assert not world.blocked(states).any()


def test_a_point_set_into_the_wall_is_drawn_there_and_can_leave() -> None:
    inside = at(0.5, 0.1)
    assert world.blocked(inside)
    assert world.render(inside)[6, 32, 0] > 200
    assert world.step(inside, np.array([0.08, 0.0]))[0] == pytest.approx(0.58)


def test_the_drawn_point_wall_and_door_are_where_the_state_says() -> None:
    states = world.starts(20, 2, varied=True)
    for state, picture in zip(states, world.render(states).astype(int), strict=True):
        orange = np.clip(picture[..., 0] - picture[..., 2] - 40, 0, None)
        rows, cols = np.indices(orange.shape)
        middle = np.array([(cols * orange).sum(), (rows * orange).sum()]) / orange.sum()
        assert (middle + 0.5) / world.SIDE == pytest.approx(state[:2], abs=0.01)
        wall, door = int(state[2] * world.SIDE), int(state[3] * world.SIDE)
        away = np.abs(np.arange(world.SIDE) - state[1] * world.SIDE) > 12
        column = picture[:, wall, 2]
        if away[door]:
            assert column[door] < 60
        solid = away & (np.abs((np.arange(world.SIDE) + 0.5) / world.SIDE - state[3]) > world.DOOR_HALF + 0.01)
        assert (column[solid] > 140).all()


def test_half_of_the_tasks_lie_across_and_none_is_trivial() -> None:
    for varied in (False, True):
        start, goal = world.tasks(40, 9, varied=varied)
        across = (start[:, 0] < start[:, 2]) != (goal[:, 0] < goal[:, 2])
        assert across.tolist() == [True] * 20 + [False] * 20
        assert (np.hypot(*(start - goal)[:, :2].T) >= 0.3).all()
        assert np.array_equal(start[:, 2:], goal[:, 2:])
        assert not world.blocked(start).any()
        assert not world.blocked(goal).any()
    assert len(np.unique(world.tasks(40, 9, varied=True)[0][:, 3])) == 40


def test_two_walks_of_five_change_rooms() -> None:
    walk = world.walks(1000, 24, 0)
    assert 0.35 < ((walk.states[:, 0, 0] < 0.5) != (walk.states[:, -1, 0] < 0.5)).mean() < 0.5
    assert not world.blocked(walk.states).any()
    assert np.abs(walk.actions).max() <= world.MOVE + 1e-7


def test_clips_carry_actions_states_and_speed() -> None:
    clip = world.clips(2, 1, moves=5)[1]
    assert (clip.frames, clip.fps) == (6, world.FPS)
    assert clip.actions is not None
    assert clip.states is not None
    assert (clip.actions.shape, clip.states.shape) == ((5, 2), (6, 4))
    assert world.step(clip.states[0], clip.actions[0]) == pytest.approx(clip.states[1], abs=1e-6)


@pytest.mark.parametrize(
    ("what", "words"),
    [
        (lambda: world.step(np.zeros(3), np.zeros(2)), "states of 4"),
        (lambda: world.step(np.zeros(4), np.zeros(3)), "actions of 2"),
        (lambda: world.step(np.zeros(4), np.array([np.nan, 0])), "not finite"),
        (lambda: world.render(np.zeros(2)), "states of 4"),
        (lambda: world.starts(0, 0), "0 places"),
        (lambda: world.walks(3, 0, 0), "0 moves"),
    ],
)
def test_what_makes_no_sense_is_refused(what, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        what()
