"""Impossible films are possible ones until their event, and quads hold nothing that a look at single changes could use."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.core.errors import BadInput
from workbench.worlds import balls, physics, twins

pytest.importorskip("pymunk")


@pytest.fixture(scope="module", params=twins.QUADS)
def quad(request: pytest.FixtureRequest) -> tuple[str, twins.Twins, twins.Twins]:
    return request.param, *twins.quads(request.param, 16, 4)


def rows(pixels: np.ndarray) -> list[bytes]:
    return [frame.tobytes() for frame in pixels]


@pytest.mark.parametrize("kind", twins.KINDS)
def test_twins_are_the_same_until_the_event_and_differ_at_it(kind: str) -> None:
    pair = twins.pairs(kind, 4, 5)
    right, wrong = pair.render()
    for a, b, event in zip(right, wrong, pair.event, strict=True):
        assert np.array_equal(a[:event], b[:event])
        assert not np.array_equal(a[event], b[event])
        assert 4 <= event <= 12


def test_the_same_seed_gives_the_same_twins() -> None:
    for kind in ("teleport", "vanish"):
        one, again, other = (twins.pairs(kind, 3, seed).render()[1] for seed in (1, 1, 2))
        assert np.array_equal(one, again)
        assert not np.array_equal(one, other)


def test_possible_twins_are_films_that_the_simulation_gives() -> None:
    pair = twins.pairs("freeze", 3, 2)
    for film, event in zip(range(3), pair.event, strict=True):
        frozen, free = pair.impossible.position[film], pair.possible.position[film]
        assert np.array_equal(frozen[:event], free[:event])
        assert (frozen[event:] == frozen[event]).all()
        assert np.abs(free[event:] - frozen[event:]).max() > 5


def test_a_quad_joins_the_same_beginnings_and_endings_rightly_and_wrongly(quad: tuple[str, twins.Twins, twins.Twins]) -> None:
    _, first, second = quad
    assert np.array_equal(first.event, second.event)
    drawn = [*first.render(), *second.render()]
    for row, event in enumerate(first.event):
        a, a_wrong, b, b_wrong = (film[row] for film in drawn)
        assert np.array_equal(a[:event], a_wrong[:event])
        assert np.array_equal(b[:event], b_wrong[:event])
        assert not np.array_equal(a, b)


def test_permanence_swaps_whole_endings() -> None:
    first, second = twins.quads("permanence", 8, 1)
    (a, a_wrong), (b, b_wrong) = first.render(), second.render()
    for row, event in enumerate(first.event):
        assert np.array_equal(a[row, event:], b_wrong[row, event:])
        assert np.array_equal(b[row, event:], a_wrong[row, event:])
        assert np.array_equal(a[row, event - 1], b[row, event - 1])


def test_solidity_differs_only_in_the_tip_of_a_wall_that_no_ball_is_seen_near() -> None:
    first, second = twins.quads("solidity", 8, 1)
    (turned, through), (passed, nothing) = first.render(), second.render()
    for walled, free in ((turned, nothing), (through, passed)):
        where = (walled != free).any(-1)
        assert (where == where[:, :1]).all()
        assert where.any((1, 2, 3)).all()
    everywhere = np.concatenate([balls.render(f) for f in (first.possible, first.impossible)]).astype(int)
    tip = (turned != nothing).any((1, 4))
    for film, mask in zip(everywhere, np.concatenate([tip, tip]), strict=True):
        assert (film[:, mask] == film[0][mask]).all()


def test_changes_of_pixels_sum_to_exactly_the_same_over_both_halves_of_a_quad(quad: tuple[str, twins.Twins, twins.Twins]) -> None:
    _, first, second = quad
    scores = [physics.change(film).sum(1) for film in (*first.render(), *second.render())]
    assert np.array_equal(scores[0] + scores[2], scores[1] + scores[3])


def test_motion_is_balanced_over_the_solidity_quads() -> None:
    _, second = twins.quads("solidity", 8, 3)
    passed, nothing = second.render()
    more = physics.change(passed).sum(1) > physics.change(nothing).sum(1)
    assert more.tolist() == [True, False] * 4


def test_a_ball_behind_the_screen_cannot_be_seen_when_paths_part() -> None:
    rng = np.random.default_rng(0)
    for _ in range(5):
        passes, turns = physics.screen(rng)
        parted = int((np.abs(passes.position - turns.position).max((0, 2)) > 1e-3).argmax())
        assert twins._behind(passes)[parted - 1]
        assert np.sign(passes.position[0, -1, 0] - passes.post[0, 0]) != np.sign(turns.position[0, -1, 0] - turns.post[0, 0])


def test_training_films_hold_every_kind_in_fixed_shares() -> None:
    films = physics.draw(50, 1)
    assert np.bincount(films.event, minlength=7).tolist() == [9, 9, 5, 8, 5, 3, 11]
    again = physics.draw(50, 1)
    assert all(np.array_equal(v, again.table()[k]) for k, v in films.table().items())
    empty = films[np.flatnonzero(films.event == 5)]
    assert (empty.position == balls.ABSENT).all()
    bare = films[np.flatnonzero(films.event == 6)]
    assert (bare.position > 0).all()
    assert (bare.wall[:, 0] == balls.ABSENT).all()
    assert (bare.post[:, 0] == balls.ABSENT).all()


@pytest.mark.parametrize(
    "make", [lambda: twins.pairs("melt", 1, 0), lambda: twins.pairs("gravity", 0, 0), lambda: twins.quads("colour", 1, 0), lambda: physics.draw(0, 0)]
)
def test_what_does_not_exist_is_refused(make) -> None:
    with pytest.raises(BadInput):
        make()
