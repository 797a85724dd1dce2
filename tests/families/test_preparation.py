"""Clips of any kind to what a model is shown."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from workbench.core.clip import Clip
from workbench.core.errors import ClipError
from workbench.families.prepare import Preparation

IMAGE = Preparation((32, 48), 8, video=False)
VIDEO = Preparation((32, 32), 8, 2)


def noise(*shape: int, fps: float | None = None) -> Clip:
    return Clip(np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8), fps=fps)


def test_a_clip_of_the_models_size_is_not_touched() -> None:
    clip = noise(1, 32, 48, 3)
    prepared = IMAGE([clip])
    assert np.array_equal(prepared.shown[0].numpy(), clip.pixels)
    assert (prepared.grid.scale, prepared.grid.offset) == ((1.0, 1.0), (0.0, 0.0))


@pytest.mark.parametrize("size", [(1, 1), (5, 3), (32, 47), (300, 40), (40, 700), (64, 96)])
def test_any_size_fills_the_frame_and_maps_back_into_the_source(size: tuple[int, int]) -> None:
    grid = IMAGE([noise(1, *size, 3)]).grid
    assert grid.size == (32, 48)
    corners = [grid.source_box(0)[:2], grid.source_box(grid.tokens - 1)[2:]]
    assert 0 <= corners[0][0] < corners[1][0] <= size[0] + 1e-9
    assert 0 <= corners[0][1] < corners[1][1] <= size[1] + 1e-9
    middle = [(a + b) / 2 for a, b in zip(*corners, strict=True)]
    assert abs(middle[0] - size[0] / 2) <= grid.scale[0]
    assert abs(middle[1] - size[1] / 2) <= grid.scale[1]


def test_seven_eighths_of_the_short_side_are_kept() -> None:
    grid = VIDEO([noise(2, 64, 128, 3)]).grid
    top, _, bottom, _ = (*grid.source_box(0)[:2], *grid.source_box(grid.tokens - 1)[2:])
    assert (bottom - top) / 64 == pytest.approx(32 / 36)
    assert grid.scale[0] == pytest.approx(grid.scale[1])


def test_one_and_two_channels_are_shown_as_the_clip_shows_itself() -> None:
    for channels in (1, 2):
        clip = noise(1, 32, 48, channels)
        assert np.array_equal(IMAGE([clip]).shown[0].numpy(), clip.rgb())


def test_a_still_fills_one_tubelet_and_has_no_seconds() -> None:
    prepared = VIDEO([noise(1, 32, 32, 3)])
    assert prepared.video.shape == (1, 3, 2, 32, 32)
    assert torch.equal(prepared.shown[:, 0], prepared.shown[:, 1])
    assert prepared.grid.frame_seconds is None


def test_frames_beyond_the_last_tubelet_are_dropped_and_the_card_says_so() -> None:
    clip = noise(7, 32, 32, 3, fps=4.0)
    prepared = VIDEO([clip])
    assert np.array_equal(prepared.shown[0].numpy(), clip.pixels[:6])
    assert prepared.grid.ticks == 3
    assert prepared.grid.seconds(1) == pytest.approx(0.5)
    assert "beyond a multiple of 2 are dropped" in VIDEO.sentence()


def test_clips_that_cannot_share_a_grid_are_refused() -> None:
    one = noise(2, 40, 40, 3, fps=4.0)
    for other in (noise(4, 40, 40, 3, fps=4.0), noise(2, 40, 60, 3, fps=4.0), noise(2, 40, 40, 3, fps=8.0)):
        with pytest.raises(ClipError, match="clip 1 has"):
            VIDEO([one, other])
    with pytest.raises(ClipError, match="no clip"):
        VIDEO([])


def test_an_image_model_refuses_several_frames() -> None:
    with pytest.raises(ClipError, match="2 frames") as caught:
        IMAGE([noise(2, 32, 48, 3)])
    assert "still(0)" in caught.value.fix


def test_a_sliver_is_refused_before_it_eats_the_memory() -> None:
    with pytest.raises(ClipError, match="too long and thin"):
        Preparation((384, 384), 16)([noise(1, 1, 8192, 3)])


def test_grey_levels_become_the_published_normalisation() -> None:
    video = IMAGE([Clip(np.full((1, 10, 10, 3), 255, np.uint8))]).video
    wanted = torch.tensor([(1 - 0.485) / 0.229, (1 - 0.456) / 0.224, (1 - 0.406) / 0.225])
    torch.testing.assert_close(video[0, :, 0, 0, 0], wanted)
