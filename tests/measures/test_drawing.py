"""Pictures of latents: the nearest real frame, what a decoder draws, and what both draw for nothing."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.measures.test_futures import film
from workbench.core.errors import Incomparable, PartUnavailable
from workbench.families import toy
from workbench.fits.frame_latents import seen
from workbench.measures.bank import Bank
from workbench.measures.decoding import decoder_prior
from workbench.measures.drawing import decoded, frames_of, patched, retrieved
from workbench.measures.futures import Future, span
from workbench.model.jepa import Jepa


@pytest.fixture(scope="module")
def films(jepa: Jepa) -> Bank:
    return Bank([film(jepa, s) for s in range(5)], "films")


def test_a_real_latent_is_answered_with_its_own_frame_unless_its_clip_is_left_out(jepa: Jepa, films: Bank) -> None:
    real = Future.of(jepa, [films.clips[2]]).real
    found = retrieved(jepa, real, films)
    assert found.found is not None
    assert found.distance is not None
    assert found.found[0].tolist() == [2] * 6
    assert found.found[1].tolist() == list(range(6))
    assert found.distance.max() < 1e-3
    np.testing.assert_array_equal(found.pixels, jepa.encoder.prepare([films.clips[2]]).shown[0].numpy())
    other = retrieved(jepa, real, films, without=films.clips[2])
    assert other.found is not None
    assert 2 not in other.found[0]


def test_the_nearest_frame_is_the_nearest_of_all(jepa: Jepa, films: Bank) -> None:
    frames, wanted = frames_of(jepa, films), span(Future.of(jepa, [film(jepa, 77)]).real, 0, 1)
    value = wanted.tokens[0, 0].flatten()
    slow = [(value - v).square().mean().sqrt() for v in frames.values]
    found = retrieved(jepa, wanted, films)
    assert found.found is not None
    assert found.distance is not None
    assert found.distance[0] == pytest.approx(float(min(slow)), rel=1e-3)
    best = int(torch.tensor(slow).argmin())
    assert (found.found[0][0], found.found[1][0]) == (int(frames.clip[best]), int(frames.tick[best]))


def test_usual_is_how_near_frames_of_other_clips_are(jepa: Jepa, films: Bank) -> None:
    frames = frames_of(jepa, films)
    far = []
    for value, clip in zip(frames.values, frames.clip, strict=True):
        others = frames.values[frames.clip != clip]
        far.append(float((others - value).square().mean(1).sqrt().min()))
    assert frames.usual == pytest.approx(float(np.quantile(far, 0.95)), rel=1e-3)


def test_a_decoder_draws_every_tick_and_its_absence_is_said(jepa: Jepa, films: Bank) -> None:
    real = Future.of(jepa, [films.clips[0]]).real
    drawn = decoded(jepa, real)
    assert drawn.pixels.shape == (6, *jepa.card.image_size, 3)
    assert drawn.within is None
    bare = toy.build(0, parts=("encoder_context", "encoder_target", "dynamics"))
    with pytest.raises(PartUnavailable, match="no decoder"):
        decoded(bare, real)


def test_latents_of_another_model_are_not_answered_from_this_bank(jepa: Jepa, films: Bank) -> None:
    foreign = Future.of(toy.build(9), [films.clips[0]]).real
    with pytest.raises(Incomparable):
        retrieved(jepa, foreign, films)


@pytest.mark.parametrize("how", ["decoded", "retrieved"])
def test_what_is_drawn_for_nothing_has_three_pictures(jepa: Jepa, films: Bank, how: str) -> None:
    found = decoder_prior(jepa, films, how=how)
    assert [r.label for r in found.reels] == ["the mean latent", "noise", "another clip's latent"]
    assert all(r.pixels.shape == (1, *jepa.card.image_size, 3) for r in found.reels)
    if how == "retrieved":
        frames = frames_of(jepa, films)
        assert any((frames.shown == torch.from_numpy(found.reels[2].pixels)).all((1, 2, 3)))  # a latent of the bank finds its own frame
        noise = frames.values.mean(0) + frames.values.std(0) * torch.randn(frames.values.shape[1], generator=torch.Generator().manual_seed(0))
        assert frames.nearest(noise[None])[1][0] > 0.1
        assert found.apart[1] > 0


def test_each_token_is_answered_with_the_nearest_patch_of_any_place(jepa: Jepa, films: Bank) -> None:
    clip = films.clips[2]
    latents, shown = seen(jepa, clip)
    own = patched(jepa, latents, films)
    np.testing.assert_array_equal(own.pixels, shown.numpy())
    assert "mean latent distance 0.00" in own.note
    other = patched(jepa, latents, films, without=clip)
    frames = frames_of(jepa, films)
    rows, cols = latents.grid.rows, latents.grid.cols
    bank = frames.values[frames.clip != 2].reshape(-1, rows * cols, latents.tokens.shape[-1])
    far = (bank - latents.tokens[0, 1, 2, 3]).square().mean(-1)
    frame, token = divmod(int(far.argmin()), rows * cols)
    (h, w), (r, c) = (shown.shape[1] // rows, shown.shape[2] // cols), divmod(token, cols)
    wanted = frames.shown[frames.clip != 2][frame, r * h : (r + 1) * h, c * w : (c + 1) * w]
    np.testing.assert_array_equal(other.pixels[1, 2 * h : 3 * h, 3 * w : 4 * w], wanted.numpy())
