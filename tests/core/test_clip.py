from __future__ import annotations

import numpy as np
import pytest

from workbench.core.clip import Clip
from workbench.core.errors import ClipError

PIXELS = np.random.default_rng(0).integers(0, 256, (4, 6, 5, 3), dtype=np.uint8)


def test_a_clip_knows_its_size() -> None:
    clip = Clip(PIXELS, fps=8.0)
    assert (clip.frames, clip.height, clip.width, clip.fps) == (4, 6, 5, 8.0)


@pytest.mark.parametrize("shape", [(6, 5, 3), (1, 6, 5, 4), (0, 6, 5, 3), (1, 0, 5, 3), (1, 6, 5, 0)])
def test_pixels_of_another_shape_are_refused_with_the_shape(shape: tuple[int, ...]) -> None:
    with pytest.raises(ClipError) as caught:
        Clip.__post_init__(_bare(np.zeros(shape, np.uint8)))
    assert str(list(shape)) in caught.value.what
    assert caught.value.fix


def test_pixels_of_another_kind_are_refused() -> None:
    with pytest.raises(ClipError, match="float32"):
        Clip.__post_init__(_bare(PIXELS.astype(np.float32)))


@pytest.mark.parametrize("shape", [(4097, 1, 1, 1), (1, 8193, 1, 1), (1, 1, 8193, 1)])
def test_a_clip_too_large_to_show_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ClipError, match="larger than"):
        Clip(np.zeros(shape, np.uint8))


def test_the_same_pixels_have_the_same_digest_wherever_they_lie() -> None:
    strided = np.repeat(PIXELS, 2, axis=2)[:, :, ::2]
    assert Clip(PIXELS, fps=1.0, source="a").digest == Clip(strided, source="b").digest


def test_other_pixels_or_another_shape_have_another_digest() -> None:
    changed = PIXELS.copy()
    changed[-1, -1, -1, -1] ^= 1
    assert Clip(changed).digest != Clip(PIXELS).digest
    assert Clip(PIXELS.reshape(4, 5, 6, 3)).digest != Clip(PIXELS).digest


def test_grey_is_repeated_and_two_planes_become_red_and_green() -> None:
    assert Clip(PIXELS).rgb() is PIXELS
    grey = Clip(PIXELS[..., :1]).rgb()
    assert all(np.array_equal(grey[..., c], PIXELS[..., 0]) for c in range(3))
    two = Clip(PIXELS[..., :2]).rgb()
    assert np.array_equal(two[..., :2], PIXELS[..., :2])
    assert not two[..., 2].any()


def test_one_frame_of_a_clip_is_a_still() -> None:
    still = Clip(PIXELS, fps=8.0, source="a.mp4").still(2)
    assert np.array_equal(still.pixels, PIXELS[2:3])
    assert still.fps is None
    assert still.source == "a.mp4 frame 2"


def _bare(pixels: np.ndarray) -> Clip:
    """A clip that was not looked at yet: a type checker in the tests would refuse it before our own words do."""
    clip = object.__new__(Clip)
    for name, value in {"pixels": pixels, "fps": None, "actions": None, "states": None, "source": ""}.items():
        object.__setattr__(clip, name, value)
    return clip
