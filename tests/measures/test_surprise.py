"""Surprise against the published code's numbers, and whether the past knows of the future."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.measures.test_futures import film
from workbench.core.clip import Clip
from workbench.core.errors import BadInput, ClipError, PartUnavailable
from workbench.families import toy
from workbench.families.load import load
from workbench.measures.rollout import rollout
from workbench.measures.surprise import future_leak, surprise
from workbench.model.jepa import Jepa

GOLDEN = Path(__file__).parents[1] / "golden" / "intphys_surprise"
CONTEXTS = (2, 4, 6)


@pytest.fixture(scope="module")
def video_model() -> Jepa:
    return load(GOLDEN, heads=2, predictor_heads=2, frames=8)


@pytest.fixture(scope="module")
def published() -> tuple[list[Clip], dict[str, np.ndarray]]:
    given, expected = (dict(np.load(GOLDEN / f"{n}.npz")) for n in ("inputs", "expected"))
    return [Clip(c) for c in given["clips_uint8"]], expected


def test_windows_contexts_and_ticks_have_the_published_surprise(video_model: Jepa, published: tuple[list[Clip], dict[str, np.ndarray]]) -> None:
    clips, expected = published
    for video, clip in enumerate(clips):
        found = surprise(video_model, clip, contexts=CONTEXTS, stride=2, distance="l1")
        assert found.starts == (0, 2, 4, 6, 8)
        np.testing.assert_allclose(found.windows, expected["surprise"][video], atol=1e-5)
        np.testing.assert_allclose(found.windows.min(0), expected["surprise_filtered"][video], atol=1e-5)
        np.testing.assert_allclose(found.windows.mean(1), expected["surprise_avg"][video], atol=1e-5)
        np.testing.assert_allclose(found.windows.max(1), expected["surprise_max"][video], atol=1e-5)
        for row, context in enumerate(CONTEXTS):
            ticks = found.ticks[row][:, context // 2 :]
            np.testing.assert_allclose(ticks, expected[f"surprise_per_timestep_ctx{context}"][video], atol=1e-5)


def test_a_frame_is_as_surprising_as_the_windows_that_foretell_it_say(video_model: Jepa, published: tuple[list[Clip], dict[str, np.ndarray]]) -> None:
    found = surprise(video_model, published[0][0], contexts=CONTEXTS, stride=2)
    curve = found.curve(0)
    assert np.isnan(curve[:2]).all()
    assert np.isfinite(curve[2:]).all()
    assert curve[5] == pytest.approx(np.mean([found.ticks[0][0][2], found.ticks[0][1][1]]))  # from the windows at 0 and 2; that at 4 knows it
    assert found.where(5).mean() == pytest.approx(curve[5])
    assert found.earned().sum() == pytest.approx(1)


def test_tops_means_and_the_frames_that_earned_half_are_read_from_the_curve(jepa: Jepa) -> None:
    found = surprise(jepa, film(jepa, 4))
    frames = found.frames
    maps = np.full((1, 1, frames, 1, 1), 0.1)
    maps[0, 0, 0] = np.nan
    maps[0, 0, 3] = 5.0
    peaked = replace(found, maps=maps, grid=replace(found.grid, rows=1, cols=1))
    assert peaked.half()[:2] == (3, 3)
    assert peaked.sudden
    assert peaked.half()[2] == pytest.approx(5 / (5 + 0.1 * (frames - 2)))
    assert peaked.mean() == pytest.approx((5 + 0.1 * (frames - 2)) / (frames - 1))
    assert (peaked.top(), peaked.top(2), peaked.top(4)) == (5.0, 5.0, 0.1)
    flat = replace(peaked, maps=np.where(np.isnan(maps), np.nan, 0.1))
    assert not flat.sudden
    empty = replace(peaked, maps=np.full_like(maps, np.nan))
    assert np.isnan(empty.mean())
    assert np.isnan(empty.top(2))
    assert not empty.sudden


def test_with_dynamics_surprise_is_the_teacher_forced_error(jepa: Jepa) -> None:
    clip = film(jepa, 4)
    found, future = surprise(jepa, clip), rollout(jepa, clip, twin=False)
    assert found.protocol == "teacher-forced"
    assert found.frames == clip.frames
    np.testing.assert_allclose(found.curve()[1:], future.errors("teacher-forced"), atol=1e-6)
    assert np.isnan(found.curve()[0])


@pytest.mark.parametrize(
    "wrong", [{"contexts": (3,)}, {"contexts": (0,)}, {"contexts": (8,)}, {"window": 7}, {"window": 2}, {"stride": 0}, {"distance": "cosine"}]
)
def test_windows_and_contexts_that_do_not_fit_are_refused(video_model: Jepa, published: tuple[list[Clip], dict], wrong: dict) -> None:
    with pytest.raises(BadInput):
        surprise(video_model, published[0][0], **wrong)


def test_a_clip_shorter_than_the_window_is_refused(video_model: Jepa, published: tuple[list[Clip], dict]) -> None:
    with pytest.raises(ClipError, match="shorter than a window"):
        surprise(video_model, Clip(published[0][0].pixels[:4]))


def test_a_model_that_foretells_nothing_is_refused() -> None:
    with pytest.raises(PartUnavailable):
        surprise(toy.build(0, parts=("encoder_context", "encoder_target")), film(toy.build(0), 0))


def test_frame_by_frame_latents_do_not_know_the_future_and_a_video_encoder_does(jepa: Jepa, video_model: Jepa, published) -> None:
    frames = future_leak(jepa, film(jepa, 0))
    assert not frames.leaks
    assert np.nanmax(frames.change) == 0
    video = future_leak(video_model, published[0][0])
    assert video.leaks
    assert np.nanmax(video.change) > 0.01
    assert np.isnan(video.change[0, 1:]).all()


def test_a_still_has_no_future(jepa: Jepa) -> None:
    with pytest.raises(ClipError, match="no future"):
        future_leak(jepa, film(jepa, 0).still(0))


def test_the_latents_of_the_past_are_compared_with_themselves(video_model: Jepa, published) -> None:
    clip = published[0][0]
    found = future_leak(video_model, clip, cuts=(8,), distance="l1", seed=0)
    video = video_model.encoder.prepare([clip]).video
    noise = torch.randn(video.shape, generator=torch.Generator().manual_seed(0))
    other = torch.cat([video[:, :, :8], noise[:, :, 8:]], 2)
    a, b = (video_model.encoder.encode(v).tokens[0, :4] for v in (video, other))
    np.testing.assert_allclose(found.change[0, :4] * found.unit, (a - b).abs().mean((1, 2, 3)).numpy(), rtol=1e-4)
