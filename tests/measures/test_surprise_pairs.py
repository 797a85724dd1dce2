"""Surprise of pairs: twins, films broken by hand, peers, accuracies and covered cells."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from workbench import samples
from workbench.core import codec, progress
from workbench.core.clip import Clip
from workbench.core.errors import BadInput, Cancelled, ClipError
from workbench.families.load import load
from workbench.measures.bank import Bank
from workbench.measures.surprise import judge_twins, occlusion_map, possible_surprise, surprise, surprise_view
from workbench.measures.windows import pixel_surprise
from workbench.model.jepa import Jepa
from workbench.worlds import stored_pairs, two_rooms
from workbench.worlds.stored_pairs import shipped


@pytest.fixture(scope="module")
def balls() -> Jepa:
    return load(samples.find("balls").checkpoint)


@pytest.fixture(scope="module")
def clip() -> Clip:
    return Clip(np.zeros((16, 48, 48, 3), np.uint8), fps=8.0)


def test_a_pair_stands_side_by_side_with_the_measure_of_each_film(balls: Jepa, clip: Clip) -> None:
    view = codec.loads(codec.dumps(surprise_view(balls, clip, twins=("teleport", 0))))
    ((_, right, wrong),), event = stored_pairs.look(shipped(), "teleport", 0)
    assert [r.kind for r in view.reels] == ["real", "impossible"]
    assert view.event == event
    for found, film in zip(view.found, (right, wrong), strict=True):
        np.testing.assert_allclose(found.curve(), surprise(balls, film).curve(), rtol=1e-5)
    assert int(np.nanargmax(view.found[1].curve())) == event
    assert view.means()[1] > 2 * view.means()[0]


def test_a_quad_is_two_pairs_that_are_judged_together(balls: Jepa, clip: Clip) -> None:
    view = surprise_view(balls, clip, twins=("permanence", 1))
    assert [r.kind for r in view.reels] == ["real", "impossible"] * 2
    pixels = surprise_view(balls, clip, twins=("permanence", 1), predictor="pixels")
    assert pixels.means()[0] == pytest.approx(pixels.means()[1], rel=1e-6)
    assert view.means()[1] > view.means()[0]


def test_changes_of_pixels_say_where_they_are(balls: Jepa, clip: Clip) -> None:
    pixels = clip.pixels.copy()
    pixels[5:, :6, 42:] = 255
    found = pixel_surprise(balls, Clip(pixels))
    assert np.isnan(found.curve()[0])
    assert found.where(5)[0, 7] == pytest.approx(1)
    assert found.where(5).sum() == pytest.approx(1)
    assert np.nansum(found.curve()) == pytest.approx(1 / 64)


def test_a_film_broken_by_hand_is_surprising_at_its_frame(balls: Jepa, clip: Clip) -> None:
    pytest.importorskip("pymunk")
    view = surprise_view(balls, clip, twins=("gravity", 0), moved=(7, 0.8, 0.2))
    assert view.how == "broken"
    assert view.event == 7
    assert int(np.nanargmax(view.found[1].curve())) == 7
    assert view.places is not None
    np.testing.assert_allclose(view.places[1][7], (0.8, 0.2), atol=1e-6)
    np.testing.assert_array_equal(view.reels[0].pixels[:7], view.reels[1].pixels[:7])


def test_the_agent_of_the_rooms_is_moved_with_the_actions_that_were_done(rooms: Jepa) -> None:
    walk = two_rooms.clips(1, 0, moves=6)[0]
    short = replace(rooms, dynamics=None)
    with pytest.raises(BadInput, match="cannot be simulated"):
        surprise_view(replace(short, card=replace(rooms.card, world="")), walk, moved=(3, 0.5, 0.5))
    view = surprise_view(short, replace(walk, actions=None), moved=(3, 0.9, 0.1), contexts=(2,), window=4, stride=1)
    assert view.event == 3
    assert view.places is not None
    np.testing.assert_allclose(view.places[1][3], (0.9, 0.1), atol=1e-6)


def test_another_clip_may_stand_in_for_the_twin(rooms: Jepa, walks: Bank) -> None:
    view = surprise_view(rooms, walks.clips[0], other=walks.clips[1], world="")
    assert view.how == "other"
    assert view.event == 0
    assert "another clip" in view.reels[1].label


@pytest.mark.parametrize("moved", [(99, 0.5, 0.5), (-1, 0.5, 0.5), (3, float("nan"), 0.5)])
def test_places_and_frames_that_are_not_there_are_refused(balls: Jepa, clip: Clip, moved: tuple[int, float, float]) -> None:
    with pytest.raises(BadInput):
        surprise_view(balls, clip, twins=("gravity", 0), moved=moved)


def test_films_are_compared_with_possible_ones_at_the_same_moment(balls: Jepa, clip: Clip, walks: Bank, rooms: Jepa) -> None:
    peers = possible_surprise(balls, twins="teleport")
    assert peers.matched
    assert len(peers.tops) == 64
    view = surprise_view(balls, clip, twins=("teleport", 0))
    assert peers.share(view.found[1], view.event) > 0.95
    assert 0 < peers.share(view.found[0], view.event) < 0.95
    bank = possible_surprise(rooms, bank=walks)
    assert (bank.name, bank.matched) == ("6 clips of walks", False)
    with pytest.raises(BadInput, match="nothing to compare"):
        possible_surprise(balls)


def test_accuracies_are_counted_with_the_untrained_twin_and_pixels_beside_them(balls: Jepa) -> None:
    heard: list[tuple[int, int]] = []
    with progress.listening(lambda done, total: heard.append((done, total))):
        found = judge_twins(balls, count=8)
    assert set(found.pairs) == {"gravity", "teleport", "freeze", "vanish", "appear", "through", "colour"}
    assert set(found.quads) == {"permanence", "solidity"}
    assert all(list(row) == ["model", "random init", "pixels"] for row in (*found.pairs.values(), *found.quads.values()))
    assert {row["pixels"].value for row in found.quads.values()} == {0.5}
    assert found.pairs["teleport"]["model"].value >= 0.9
    assert found.quads["solidity"]["model"].value >= 0.75
    shares = [done / total for done, total in heard if total]
    assert shares == sorted(shares)
    with pytest.raises(BadInput, match="100 are shipped"):
        judge_twins(balls, count=101)


def test_counting_can_be_cancelled(balls: Jepa) -> None:
    def listener(done: int, total: int) -> None:
        if done:
            raise Cancelled

    with progress.listening(listener), pytest.raises(Cancelled):
        judge_twins(balls, count=8)


def test_covering_the_ball_where_it_appeared_takes_the_surprise_away(balls: Jepa, clip: Clip) -> None:
    (_, event) = stored_pairs.look(shipped(), "appear", 0)
    found = occlusion_map(balls, clip, twins=("appear", 0), frame=event + 1)
    assert found.heat.shape == (8, 8)
    ((_, _, wrong),), _ = stored_pairs.look(shipped(), "appear", 0)
    x, y = np.asarray(wrong.states)[event + 1, :2]
    row, col = np.unravel_index(found.heat.argmax(), (8, 8))
    assert abs(row - y * 8) < 2
    assert abs(col - x * 8) < 2
    assert found.heat.max() > 0.3
    with pytest.raises(BadInput, match="not predicted"):
        occlusion_map(balls, clip, twins=("appear", 0), frame=0)


def test_windows_of_a_masked_model_say_where(clip: Clip) -> None:
    model = load(samples.find("balls-masked").checkpoint)
    view = surprise_view(model, clip, twins=("teleport", 0), contexts=(4, 8), window=12, stride=2, mask_token=None)
    found = view.found[1]
    assert found.starts == (0, 2, 4)
    assert found.where(10).shape == (6, 6)
    assert np.isfinite(found.where(10)).all()
    with pytest.raises(ClipError, match="shorter than a window"):
        surprise_view(model, Clip(clip.pixels[:4]))
