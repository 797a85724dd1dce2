"""The shapes world draws what its factors say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from workbench.core.errors import BadInput
from workbench.worlds import shapes


def _one(**factors: float) -> shapes.Factors:
    plain = {"shape": 0, "ground": 0, "hue": 0.0, "size": 0.5, "x": 0.0, "y": 0.0, "angle": 0.0, "ground_hue": 0.5, "frequency": 3, "ground_angle": 0}
    whole = ("shape", "ground")
    return shapes.Factors(**{k: np.array([v], np.int64 if k in whole else np.float32) for k, v in {**plain, **factors}.items()})


def _inside(f: shapes.Factors) -> np.ndarray:
    """Pixels of the shape, found by its colour: red on a dark cyan ground."""
    image = shapes.render(f)[0].astype(int)
    return image[..., 0] > image[..., 1] + 60


def test_same_seed_gives_same_images_and_another_seed_others() -> None:
    first, again, other = (shapes.render(shapes.draw(6, s)) for s in (3, 3, 4))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert first.shape == (6, 64, 64, 3)
    assert first.dtype == np.uint8


@pytest.mark.parametrize("shape", range(len(shapes.SHAPES)))
def test_moving_the_shape_moves_its_pixels_as_far(shape: int) -> None:
    rows, cols = np.nonzero(_inside(_one(shape=shape)))
    moved_rows, moved_cols = np.nonzero(_inside(_one(shape=shape, x=0.25, y=-0.25)))
    assert moved_cols.mean() - cols.mean() == pytest.approx(8, abs=0.5)
    assert moved_rows.mean() - rows.mean() == pytest.approx(-8, abs=0.5)


@pytest.mark.parametrize("shape", range(len(shapes.SHAPES)))
def test_larger_shapes_cover_more(shape: int) -> None:
    small, large = (_inside(_one(shape=shape, size=s)).sum() for s in (0.4, 0.8))
    assert large == pytest.approx(4 * small, rel=0.2)


def test_disc_covers_the_area_of_a_disc() -> None:
    assert _inside(_one(size=0.8)).sum() == pytest.approx(np.pi * (0.8 * 0.85 * 32) ** 2, rel=0.02)


def test_turning_a_disc_changes_nothing_and_turning_a_square_does() -> None:
    assert np.array_equal(shapes.render(_one(angle=0.0)), shapes.render(_one(angle=1.0)))
    assert not np.array_equal(shapes.render(_one(shape=1, angle=0.0)), shapes.render(_one(shape=1, angle=0.5)))


def test_hue_colours_the_shape_and_nothing_else() -> None:
    red, green = (shapes.render(_one(hue=h))[0].astype(int) for h in (0.0, 1 / 3))
    assert red[32, 32].argmax() == 0
    assert green[32, 32].argmax() == 1
    assert np.array_equal(red[0, 0], green[0, 0])


def test_only_the_plain_ground_is_even() -> None:
    even = [len(np.unique(shapes.render(_one(ground=g, size=0.01))[0, :8].reshape(-1, 3), axis=0)) == 1 for g in range(len(shapes.GROUNDS))]
    assert even == [True, False, False, False]


def test_a_part_of_the_factors_draws_a_part_of_the_images() -> None:
    f = shapes.draw(5, 0)
    assert np.array_equal(shapes.render(f[2:4]), shapes.render(f)[2:4])
    assert np.array_equal(shapes.render(replace(f)), shapes.render(f))


def test_clips_are_stills_that_say_where_they_come_from() -> None:
    clip = shapes.clips(2, 9)[1]
    assert (clip.frames, clip.height, clip.width) == (1, 64, 64)
    assert "seed 9" in clip.source


def test_a_world_without_images_is_refused() -> None:
    with pytest.raises(BadInput, match="0 images"):
        shapes.draw(0, 0)
