"""A decoder fitted on frozen latents: it draws what it has not seen, is judged beside knowing nothing, and refuses what it cannot do."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

import workbench as jw
from workbench import samples
from workbench.core import progress
from workbench.core.clip import Clip
from workbench.core.errors import BadInput, Cancelled, CheckpointError, Incomparable, PartUnavailable
from workbench.core.questions.decoding import FITTED, psnr
from workbench.families import toy
from workbench.fits.decoder import FittedDecoder, fitted
from workbench.fits.decoder_file import read_decoder, save_decoder
from workbench.fits.frame_latents import seen
from workbench.measures.bank import Bank
from workbench.measures.decoding import decoder_prior, fit_decoder, open_decoder
from workbench.measures.drawing import decoded
from workbench.model.jepa import Jepa

pytestmark = pytest.mark.slow


def some(name: str, count: int) -> tuple[Jepa, Bank]:
    clips = jw.open_clips(name)
    return jw.load(name), Bank([clips[i] for i in range(count)], f"{name} bank")


@pytest.fixture(scope="module")
def rooms() -> tuple[Jepa, Bank]:
    return some("two-rooms", 20)


@pytest.fixture(scope="module")
def decoder(rooms: tuple[Jepa, Bank]) -> FittedDecoder:
    return fitted(*rooms, steps=60)


@pytest.mark.parametrize(("name", "count", "steps"), [("shapes", 60, 60), ("balls-masked", 12, 40), ("digits", 60, 40)])
def test_any_encoder_is_drawn_better_than_by_the_mean_picture(name: str, count: int, steps: int) -> None:
    fit = fitted(*some(name, count), steps=steps).fit
    assert fit.held_clips == count // 5
    assert fit.mse < 0.6 * fit.mean_picture
    assert fit.mse < 0.6 * fit.mean_latent
    assert fit.skill == pytest.approx(1 - fit.mse / fit.mean_picture)


def test_the_held_out_score_is_of_frames_that_look_like_none_of_the_fit(rooms: tuple[Jepa, Bank], decoder: FittedDecoder) -> None:
    jepa, bank = rooms
    order = np.random.default_rng(0).permutation(len(bank))
    held, known = order[:4], order[4:]
    shown = {f.tobytes() for i in known for f in bank.clips[i].pixels}
    errors, count = 0.0, 0
    for i in sorted(held):
        latents, real = seen(jepa, bank.clips[i])
        drawn = decoder.decode(latents)[0].float() / 255
        for k, frame in enumerate(bank.clips[i].pixels):
            if frame.tobytes() not in shown:
                errors += float((drawn[k] - real[k].float() / 255).square().mean())
                count += 1
    assert decoder.fit.held_frames == count
    assert decoder.fit.mse == pytest.approx(errors / count, rel=1e-4)
    mean = np.concatenate([bank.clips[i].pixels for i in known]).mean(0) / 255
    np.testing.assert_allclose(decoder.net.picture[0].numpy(), mean, atol=1e-5)


def test_the_model_is_left_alone_and_what_is_drawn_carries_its_label(rooms: tuple[Jepa, Bank]) -> None:
    jepa, bank = rooms
    before = {k: v for k, v in jepa.card.hashes.items()}
    own, encoder = jepa.decoder, jepa.encoder
    made = fit_decoder(jepa, bank, steps=2)
    assert (jepa.decoder, jepa.card.hashes, jepa.encoder) == (own, before, encoder)
    drawn = decoded(jepa, seen(jepa, bank.clips[0])[0], made)
    assert drawn.note == FITTED
    assert drawn.pixels.shape == (25, 64, 64, 3)


def test_the_mean_latent_is_drawn_as_the_score_says_and_not_as_another_clip(rooms: tuple[Jepa, Bank], decoder: FittedDecoder) -> None:
    strip = {r.label: r for r in decoder_prior(*rooms, decoder=decoder).reels}
    assert set(strip) == {"the mean latent", "noise", "another clip's latent"}
    mean, other = (strip[k].pixels.astype(int) for k in ("the mean latent", "another clip's latent"))
    assert np.abs(mean - other).mean() > 0
    assert decoder.fit.mean_latent > decoder.fit.mse


def test_frames_of_twins_are_not_counted_twice() -> None:
    jepa, bank = some("balls", 40)
    twins = Bank([*bank.clips[:20], *bank.clips[:20]], "twins")
    once = fitted(jepa, twins, steps=1).fit
    assert once.held_frames < once.held_clips * 16
    with pytest.raises(BadInput, match="also among the others"):
        fitted(jepa, Bank([bank.clips[0]] * 8, "one film"), steps=1)


def test_three_frames_are_too_few_and_no_steps_fit_nothing(rooms: tuple[Jepa, Bank]) -> None:
    jepa, bank = rooms
    few = Bank([bank.clips[0].still(0), replace(bank.clips[1], pixels=bank.clips[1].pixels[:2], states=None, actions=None)], "three frames")
    with pytest.raises(BadInput, match="cannot be fitted on 3 frames of 2 clips") as told:
        fitted(jepa, few)
    assert "at least 20 frames of 5 clips" in told.value.fix
    with pytest.raises(BadInput, match="0 steps"):
        fitted(jepa, bank, steps=0)


def test_it_tells_how_far_it_is_and_can_be_cancelled(rooms: tuple[Jepa, Bank]) -> None:
    heard: list[tuple[int, int]] = []
    with progress.listening(lambda d, t: heard.append((d, t)) if t else None):
        fitted(*rooms, steps=5)
    assert heard[-1] == (25, 25)
    assert [d for d, _ in heard] == sorted(d for d, _ in heard)

    def stop(done: int, total: int) -> None:
        if done > 22:
            raise Cancelled()

    with pytest.raises(Cancelled), progress.listening(stop):
        fitted(*rooms, steps=50)


def test_a_saved_decoder_draws_the_same_and_only_for_its_own_model(rooms: tuple[Jepa, Bank], decoder: FittedDecoder, tmp_path: Path) -> None:
    jepa, bank = rooms
    with pytest.raises(PartUnavailable, match="fit_decoder"):
        save_decoder(jepa.decoder, tmp_path / "own.safetensors")
    path = save_decoder(decoder, tmp_path / "rooms-decoder.safetensors")
    again = open_decoder(jepa, str(path), bank)
    assert isinstance(again, FittedDecoder)
    assert again.fit == decoder.fit
    latents, _ = seen(jepa, bank.clips[3])
    assert torch.equal(again.decode(latents), decoder.decode(latents))
    other, clips = some("shapes", 6)
    with pytest.raises(Incomparable, match="fitted on latents of"):
        open_decoder(other, str(path), clips)
    with pytest.raises(Incomparable):
        decoder.decode(seen(toy.build(3), Bank([Clip(np.zeros((2, *toy.build(3).card.image_size, 3), np.uint8))] * 2, "x").clips[0])[0])


def test_files_that_are_no_decoders_are_refused_in_words(decoder: FittedDecoder, tmp_path: Path) -> None:
    path = save_decoder(decoder, tmp_path / "whole.safetensors")
    (tmp_path / "text.safetensors").write_text("these are my notes")
    (tmp_path / "cut.safetensors").write_bytes(path.read_bytes()[:-100])
    save_file({"a": torch.zeros(2)}, tmp_path / "other.safetensors")
    save_file(load_file(path), tmp_path / "bare.safetensors")
    broken = path.read_bytes().replace(b'\\"width\\": 96', b'\\"width\\": 95')
    (tmp_path / "sizes.safetensors").write_bytes(broken)
    for name in ("text", "cut", "other", "bare", "sizes", "none"):
        with pytest.raises(CheckpointError, match="not a fitted decoder"):
            read_decoder(tmp_path / f"{name}.safetensors")
    with pytest.raises(CheckpointError):
        read_decoder(samples.find("shapes").checkpoint)


def test_decibels_are_of_pixels_from_0_to_1() -> None:
    assert psnr(0.01) == pytest.approx(20)
