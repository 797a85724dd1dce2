"""One thing changed and nothing else, in clips whose truth is stored and in clips of which nothing is known."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from workbench import samples
from workbench.core.clip import Clip
from workbench.core.errors import BadInput
from workbench.data.banks import load_bank
from workbench.worlds import shapes, two_rooms
from workbench.worlds.factors import NUISANCE, STRUCTURE, Scenes
from workbench.worlds.true_factors import scenes

pytestmark = pytest.mark.slow

WORLDS = {"shapes": "shapes", "balls": "falling balls", "balls-masked": "falling balls", "two-rooms": "two rooms"}


def stored(name: str, frames: int | None = None) -> Scenes:
    bank = load_bank(samples.find(name).bank, frames=frames)
    return scenes(bank, bank.arrays, bank.chosen)


@pytest.mark.parametrize("name", WORLDS)
def test_the_truth_of_a_sample_draws_its_clips_again_and_every_factor_changes_them(name: str) -> None:
    found = stored(name)
    assert found.world == WORLDS[name]
    some = found.some(12)
    assert sum(found.knows(i) for i in some) == len(some) >= 10
    kinds = found.kinds(some[0])
    assert {NUISANCE, STRUCTURE} == set(kinds.values())
    for factor in kinds:
        moved = [np.abs(found.changed(i, factor, a).pixels.astype(int) - found.clips[i].pixels).mean() for i in some for a in (0.1, 1.0)]
        assert np.mean(moved[::2]) < np.mean(moved[1::2]), factor
        assert found.changed(some[0], factor, 0.0).digest == found.clips[some[0]].digest


def test_only_the_factor_changes() -> None:
    table = {k: v for k, v in shapes.draw(6, 3).table().items()}
    clips = [Clip(p[None]) for p in shapes.render(shapes.Factors(**table))]
    found = scenes(clips, table)
    for factor, column in {"size": "size", "position": "x"}.items():
        again = found.changed(0, factor, 1.0).pixels
        assert not np.array_equal(again, clips[0].pixels)
        background = shapes.render(shapes.Factors(**{**table, "size": table["size"] * 0}))[0]
        outside = (clips[0].pixels[0] == background).all(-1) & (again[0] == background).all(-1)
        assert outside.mean() > 0.3, f"{column} changed more than the shape"
    far = found.changed(0, "texture", 1.0).pixels[0].astype(int)
    inside = ~(clips[0].pixels[0] == background).all(-1)
    solid = inside & (np.abs(clips[0].pixels[0].astype(int) - np.median(clips[0].pixels[0][inside], 0)).max(-1) <= 1)
    assert solid.sum() > 100
    assert np.abs(far - clips[0].pixels[0])[solid].max() <= 1


def test_the_identity_of_a_shape_becomes_the_next_kind() -> None:
    true = shapes.draw(6, 3)
    found = scenes([Clip(p[None]) for p in shapes.render(true)], true.table())
    table = true.table()
    wanted = shapes.render(shapes.Factors(**{**table, "shape": (table["shape"] + 1) % len(shapes.SHAPES)}))
    np.testing.assert_array_equal(found.changed(2, "identity", 1.0).pixels[0], wanted[2])


def test_a_moved_point_stands_where_no_wall_is() -> None:
    clips = two_rooms.clips(8, 4, moves=20)
    found = scenes(clips, {"states": np.stack([np.asarray(c.states) for c in clips])})
    assert found.kinds()["door"] == STRUCTURE
    for i, clip in enumerate(clips):
        states = np.asarray(clip.states)
        moved = states.copy()
        moved[:, 1] = np.clip(moved[:, 1] + (0.3 if states[:, 1].mean() < 0.5 else -0.3), two_rooms.LOW, two_rooms.HIGH)
        free = ~two_rooms.blocked(moved)
        np.testing.assert_array_equal(found.changed(i, "position", 1.0).pixels[free], two_rooms.render(moved)[free])
        np.testing.assert_array_equal(found.changed(i, "position", 1.0).pixels[~free], clip.pixels[~free])


def test_clips_of_which_nothing_is_known_have_nuisances_only() -> None:
    found = scenes([Clip(np.full((2, 40, 30, 3), 90 + k, np.uint8)) for k in range(3)])
    assert set(found.kinds().values()) == {NUISANCE}
    assert set(found.kinds()) == {"noise", "brightness", "blur", "hue"}
    with pytest.raises(BadInput, match="nothing is known"):
        found.changed(0, "position", 0.5)
    with pytest.raises(BadInput, match="by 0 to 1"):
        found.changed(0, "noise", 1.5)
    grey = scenes([Clip(np.full((1, 20, 20, 1), 90, np.uint8))] * 2)
    assert "hue" not in grey.kinds()


def test_a_truth_that_does_not_draw_the_stored_pixels_counts_as_unknown() -> None:
    true = shapes.draw(4, 0)
    pixels = shapes.render(true)
    pixels[1, :20] = 0
    found = scenes([Clip(p[None]) for p in pixels], true.table())
    assert [found.knows(i) for i in range(4)] == [True, False, True, True]
    assert found.some(4) == [0, 2, 3]
    assert set(found.kinds(1).values()) == {NUISANCE}
    wild = {**true.table(), "ground": np.full(4, 99), "hue": np.full(4, np.nan, np.float32)}
    with np.errstate(invalid="ignore"):
        assert not scenes([Clip(p[None]) for p in pixels], wild).knows(0)
    assert scenes([Clip(p[None]) for p in pixels], {k: v[:2] for k, v in true.table().items()}).truth is None


def test_frames_that_were_left_out_are_left_out_of_the_changed_clip_too() -> None:
    few, all_of_it = stored("balls", frames=4), stored("balls")
    i = all_of_it.some(3)[1]
    assert few.knows(i)
    np.testing.assert_array_equal(few.changed(i, "size", 1.0).pixels, all_of_it.changed(i, "size", 1.0).pixels[[0, 5, 10, 15]])


def test_noise_keeps_its_seed_blur_its_mean_and_darkness_its_share() -> None:
    rng = np.random.default_rng(0)
    clips = [Clip(rng.integers(80, 170, (1, 48, 48, 3), dtype=np.uint8)) for _ in range(2)]
    found = scenes(clips)
    np.testing.assert_array_equal(found.changed(0, "noise", 0.5).pixels, found.changed(0, "noise", 0.5).pixels)
    difference = found.changed(0, "noise", 0.5).pixels.astype(float) - clips[0].pixels
    assert difference.std() == pytest.approx(20, rel=0.05)
    soft = found.changed(0, "blur", 1.0).pixels
    assert soft.mean() == pytest.approx(clips[0].pixels.mean(), abs=1.5)
    assert soft.std() < clips[0].pixels.std() / 3
    np.testing.assert_allclose(found.changed(0, "brightness", 1.0).pixels, clips[0].pixels * 0.4, atol=0.51)


def test_no_world_has_to_fall_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pymunk", None)
    found = stored("balls")
    assert found.changed(found.some(4)[0], "wall", 1.0).frames == 16
