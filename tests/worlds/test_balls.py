"""The balls world moves as its states say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from workbench.core.errors import BadInput
from workbench.worlds import balls

pytest.importorskip("pymunk")


@pytest.fixture(scope="module")
def films() -> balls.Films:
    return balls.draw(12, 5)


def _at(films: balls.Films, *, wall: bool = False, post: bool = False) -> balls.Films:
    """The first film without wall and post, unless they are wanted; both in the middle."""
    absent = [-40.0, 1.0]
    return replace(
        films[:1],
        wall=np.array([[32.0, 40.0] if wall else absent], np.float32),
        post=np.array([[32.0, 20.0] if post else absent], np.float32),
    )


def test_same_seed_gives_same_films(films: balls.Films) -> None:
    assert np.array_equal(balls.render(films), balls.render(balls.draw(12, 5)))
    assert balls.render(films).shape == (12, 16, 48, 48, 3)


def test_a_third_of_the_films_shows_each_event(films: balls.Films) -> None:
    assert np.bincount(films.event).tolist() == [4, 4, 4]


def test_the_drawn_ball_is_where_its_state_says(films: balls.Films) -> None:
    film = _at(films)
    pixels = balls.render(film)[0].astype(int)
    for frame in range(16):
        rows, cols = np.nonzero(np.abs(pixels[frame] - pixels[frame, 0, 0]).sum(-1) > 60)
        middle = (np.array([cols.mean(), rows.mean()]) + 0.5) * balls.WORLD / balls.SIDE
        assert middle == pytest.approx(film.position[0, frame], abs=1.0)


def test_the_post_hides_the_ball_and_the_wall_does_not_move(films: balls.Films) -> None:
    film = _at(films, post=True)
    hidden, elsewhere = (replace(film, position=np.full_like(film.position, at)) for at in (32.0, -30.0))
    seen, empty = balls.render(hidden), balls.render(elsewhere)
    column = int(32 * balls.SIDE / balls.WORLD)
    assert np.array_equal(seen[0, :, 20:, column], empty[0, :, 20:, column])
    walled = balls.render(_at(films, wall=True))
    assert (walled[0, :, -1, 24] == walled[0, 0, -1, 24]).all()


def test_balls_fall_faster_and_faster_in_free_flight() -> None:
    path = balls.fall(np.array([32.0, 8.0]), np.array([1.5, 0.0]), np.array([-40.0, 0.0]))
    fall = np.diff(path[:7, 1])
    assert (np.diff(fall) > 0.3).all()
    assert np.diff(path[:7, 0]) == pytest.approx(1.5, abs=1e-3)


def test_balls_stay_between_floor_and_ceiling(films: balls.Films) -> None:
    assert films.position.min() > balls.RADIUS - 2
    assert films.position.max() < balls.WORLD - balls.RADIUS + 2


def test_clips_carry_speed_and_states() -> None:
    clip = balls.clips(3, 1)[0]
    assert clip.fps == balls.FPS
    assert clip.states is not None
    assert clip.states.shape == (16, 2)


def test_a_world_without_films_is_refused() -> None:
    with pytest.raises(BadInput, match="0 films"):
        balls.draw(0, 0)
