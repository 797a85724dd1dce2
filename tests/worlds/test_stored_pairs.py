"""Twins as data: drawn without pymunk as they were simulated, and balls that are put elsewhere go on as balls do."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from workbench.core.errors import BadInput, MissingExtra
from workbench.worlds import balls, physics, stored_pairs
from workbench.worlds.environments import SCENES, WORLDS, scene, world
from workbench.worlds.twins import QUADS, Twins

BALLS = SCENES["balls"]


@pytest.fixture(scope="module")
def kept() -> Mapping[str, Twins]:
    return stored_pairs.shipped()


@pytest.fixture(scope="module")
def free(kept: Mapping[str, Twins]) -> np.ndarray:
    """States of films in the open."""
    return stored_pairs.states(kept["gravity"].possible)


def test_shipped_twins_are_the_same_until_their_event_and_differ_at_it(kept: Mapping[str, Twins]) -> None:
    assert set(kept) == {name for names in stored_pairs.CHOICES.values() for name in names}
    for name, twins in kept.items():
        assert len(twins) == 100
        right, wrong = twins[:20].render()
        for a, b, event in zip(right, wrong, twins.event, strict=False):
            assert np.array_equal(a[:event], b[:event]), name
            assert not np.array_equal(a[event], b[event]), name


@pytest.mark.parametrize("quad", QUADS)
def test_changes_of_pixels_are_exactly_balanced_in_shipped_quads(kept: Mapping[str, Twins], quad: str) -> None:
    first, second = (kept[name][:30] for name in QUADS[quad])
    scores = [physics.change(film).sum(1) for twins in (first, second) for film in twins.render()]
    assert np.array_equal(scores[0] + scores[2], scores[1] + scores[3])


def test_looking_and_drawing_need_no_pymunk_and_moving_says_so(kept: Mapping[str, Twins], free: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pymunk", None)
    rows, event = stored_pairs.look(kept, "solidity", 3)
    assert [name for name, _, _ in rows] == list(QUADS["solidity"])
    assert event == kept["through the hidden wall"].event[3]
    for _, right, wrong in rows:
        assert np.array_equal(BALLS.render(right.states), right.pixels)
        assert not np.array_equal(right.pixels, wrong.pixels)
    with pytest.raises(MissingExtra, match="pymunk"):
        BALLS.moved(free[0], None, 4, 0.5, 0.5)


@pytest.mark.parametrize("kind", ["colour", "vanish"])
def test_states_of_an_impossible_film_draw_it(kept: Mapping[str, Twins], kind: str) -> None:
    ((_, _, wrong),), event = stored_pairs.look(kept, kind, 2)
    drawn = BALLS.render(wrong.states)
    assert np.array_equal(drawn[event:], wrong.pixels[event:])
    assert np.array_equal(drawn[:event], wrong.pixels[:event])


def test_a_ball_that_is_put_where_it_is_goes_on_as_it_did(free: np.ndarray) -> None:
    pytest.importorskip("pymunk")
    off = [
        float(np.abs(BALLS.moved(film, None, frame, *film[frame, :2].tolist())[:, :2] - film[:, :2]).max() * balls.WORLD)
        for film in free[:12]
        for frame in (0, 3, 7, 12)
    ]
    assert np.mean(np.array(off) < 0.5) > 0.95


def test_a_ball_that_is_put_elsewhere_keeps_its_speed_and_the_film_before(free: np.ndarray) -> None:
    pytest.importorskip("pymunk")
    film = free[0]
    moved = BALLS.moved(film, None, 6, 0.5, 0.3)
    np.testing.assert_array_equal(moved[:6], film[:6])
    np.testing.assert_allclose(moved[6, :2], (0.5, 0.3), atol=1e-6)
    np.testing.assert_allclose(moved[7, :2] - moved[6, :2], film[7, :2] - film[6, :2], atol=2 / balls.WORLD)
    np.testing.assert_array_equal(moved[:, 2:], film[:, 2:])
    far = BALLS.moved(film, None, 6, -3, 9)
    assert (far[6, :2] * balls.WORLD >= balls.RADIUS - 1e-3).all()
    assert (far[6, :2] * balls.WORLD <= balls.WORLD - balls.RADIUS + 1e-3).all()


def test_a_ball_is_never_put_into_the_wall(kept: Mapping[str, Twins]) -> None:
    pytest.importorskip("pymunk")
    film = stored_pairs.states(kept["through"].possible)[0]
    wall = film[0, 3]
    for x in (wall - 0.01, wall, wall + 0.01):
        moved = BALLS.moved(film, None, 5, float(x), 0.9)
        assert abs(moved[5, 0] - wall) * balls.WORLD >= balls.RADIUS + 1.5
        assert np.abs(np.diff(moved[5:8, 0])).max() * balls.WORLD < 6


def test_what_holds_no_ball_or_no_scene_cannot_be_moved(kept: Mapping[str, Twins], free: np.ndarray) -> None:
    empty = stored_pairs.states(kept["appear"].possible)[0]
    with pytest.raises(BadInput, match="no ball"):
        BALLS.moved(empty, None, 5, 0.5, 0.5)
    with pytest.raises(BadInput, match="walls and posts"):
        BALLS.moved(free[0][:, :2], None, 5, 0.5, 0.5)


def test_balls_can_be_broken_but_not_driven() -> None:
    assert scene("balls").thing == "ball"
    assert "balls" not in WORLDS
    with pytest.raises(BadInput, match="moves by itself"):
        world("balls")
    with pytest.raises(BadInput, match="no world"):
        scene("mars")


@pytest.mark.parametrize(("choice", "index"), [("melt", 0), ("gravity", 100), ("gravity", -1)])
def test_twins_that_are_not_there_are_refused(kept: Mapping[str, Twins], choice: str, index: int) -> None:
    with pytest.raises(BadInput):
        stored_pairs.look(kept, choice, index)


def test_a_file_that_holds_no_twins_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.npz").write_bytes(b"no")
    np.savez(tmp_path / "b.npz", sets=np.array(["gravity"]))
    for name in ("a.npz", "b.npz", "c.npz"):
        with pytest.raises(BadInput, match="shipped pairs cannot be read"):
            stored_pairs.read(tmp_path / name)


def test_twins_are_made_again_as_they_are_kept(kept: Mapping[str, Twins]) -> None:
    pytest.importorskip("pymunk")
    made = stored_pairs.make(2, 7)
    count = 2
    first = made["position"][:count].astype(np.float32) / 256
    np.testing.assert_array_equal(first, kept["teleport"].possible.position[:count])
