"""Clips of any kind to what a model is shown."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from tests.families.official import GOLDEN, IJEPA, VJEPA2, close, official
from workbench.core.card import parse_overrides
from workbench.core.clip import Clip
from workbench.core.errors import BadInput, ClipError
from workbench.families.load import inspect, load
from workbench.families.prepare import Preparation, Resample

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


def test_stretching_shows_the_whole_picture_and_maps_back_into_it() -> None:
    grid = Preparation((32, 48), 8, rule="stretch")([noise(1, 300, 40, 3)]).grid
    assert (*grid.source_box(0)[:2], *grid.source_box(grid.tokens - 1)[2:]) == pytest.approx((0, 0, 300, 40))
    assert grid.scale == pytest.approx((300 / 32, 40 / 48))


@pytest.mark.parametrize(("short", "covered"), [(None, 64 * 32 / 36), (32, 64), (64, 32), (8, 64)])
def test_the_short_side_before_the_crop_says_how_much_is_kept(short: int | None, covered: float) -> None:
    prepare = Preparation((32, 32), 8, short=short)
    grid = prepare([noise(1, 64, 128, 3)]).grid
    assert grid.source_box(grid.tokens - 1)[2] - grid.source_box(0)[0] == pytest.approx(covered)
    assert f"cover {prepare.cover[0]}×{prepare.cover[1]}" in prepare.sentence()


def test_antialiasing_sees_every_pixel_and_bilinear_only_some() -> None:
    pixels = np.zeros((1, 256, 256, 3), np.uint8)
    pixels[:, ::8, ::8] = 255
    ways: dict[Resample, float] = {"antialiased": 255 / 64, "bicubic": 255 / 64, "bilinear": 0}
    for way, wanted in ways.items():
        shown = Preparation((32, 32), 8, rule="stretch", resample=way)([Clip(pixels)]).shown.float()
        assert shown.mean().item() == pytest.approx(wanted, abs=1)


def test_frames_are_prepared_as_the_official_code_by_both_of_its_ways() -> None:
    _, given, expected = official(VJEPA2)
    clip = Clip(given["frames_uint8"].numpy(), fps=4.0)
    close(load(**VJEPA2).encoder.prepare([clip]).video[0], expected["frames_preprocessed"], 1e-6)
    one_grey_level = 1.001 / 255 / 0.224
    close(load(**VJEPA2, resample="antialiased").encoder.prepare([clip]).video[0], expected["frames_preprocessed_torch"], one_grey_level)


def test_a_token_may_be_wider_than_high() -> None:
    prepared = Preparation((32, 48), (32, 48))([noise(3, 32, 48, 3, fps=4.0)])
    assert prepared.grid.shape == (3, 1, 1)
    assert prepared.grid.patch == (32, 48)


def test_mean_deviation_resizing_and_rate_can_be_given_and_are_said() -> None:
    typed = parse_overrides("mean=(0.5, 0.5, 0.5) std=(0.25, 0.5, 1) resize=stretch resample='bicubic' fps=8")
    jepa = load(**VJEPA2, **typed)
    facts = {f.name: (f.value, f.origin) for f in jepa.report.facts}
    assert facts["mean"] == ((0.5, 0.5, 0.5), "given")
    assert facts["std"] == ((0.25, 0.5, 1.0), "given")
    assert (facts["resize"], facts["resample"], facts["fps"]) == (("stretch", "given"), ("bicubic", "given"), (8.0, "given"))
    assert jepa.card.fps == 8
    for words in ("stretched to 32×32 (bicubic, antialiased)", "mean (0.5, 0.5, 0.5), deviation (0.25, 0.5, 1)", "trained on 8 frames a second"):
        assert words in jepa.card.preprocessing
    white = jepa.encoder.prepare([Clip(np.full((2, 50, 40, 3), 255, np.uint8), fps=8.0)]).video
    assert white[0, :, 0, 0, 0].tolist() == [2.0, 1.0, 0.5]


def test_unsaid_they_are_as_trained_and_say_where_from() -> None:
    facts = {f.name: f for f in inspect(**IJEPA).facts}
    assert facts["mean"].value == (0.485, 0.456, 0.406)
    assert (facts["resize"].value, facts["resample"].value) == ("crop", "antialiased")
    assert all(facts[n].origin == "inferred" and facts[n].why for n in ("mean", "std", "resize", "resample"))
    assert "fps" not in facts


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"mean": 0.5}, "3 numbers are needed, for red, green and blue, not 0.5"),
        ({"mean": (0.5, 0.5)}, "3 numbers are needed, for red, green and blue, not 2"),
        ({"mean": (123.675, 116.28, 103.53)}, "divide numbers for 0 to 255 by 255"),
        ({"mean": (0.5, "0.5", 0.5)}, "each must be a finite number"),
        ({"mean": (0.5, float("nan"), 0.5)}, "each must be a finite number"),
        ({"std": (0.5, 0, 0.5)}, "each must be above 0"),
        ({"std": (58.4, 57.1, 57.4)}, "divide numbers for 0 to 255 by 255"),
        ({"resize": "squash"}, "it is one of crop, stretch"),
        ({"resample": "lanczos"}, "it is one of bilinear, antialiased, bicubic"),
        ({"fps": 0}, "a number above 0"),
    ],
)
def test_a_wrong_setting_says_what_would_do(given: dict[str, Any], words: str) -> None:
    (name,) = given
    with pytest.raises(BadInput, match=words) as caught:
        load(GOLDEN / "hf_vjepa2", **given)
    assert caught.value.where == f"{name}="
    assert caught.value.fix


def test_an_image_model_takes_no_rate() -> None:
    with pytest.raises(BadInput, match="takes no 'fps'"):
        load(**IJEPA, fps=4)
