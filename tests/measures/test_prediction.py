"""Prediction error, reference, skill and the controls, against slow second implementations."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from workbench.core.clip import Clip
from workbench.core.errors import Incomparable, MaskError, PartUnavailable
from workbench.core.mask import Mask
from workbench.core.results import DISTANCES, Reference
from workbench.families import toy
from workbench.measures.attempts import Problem, attempt, copy_nearest, smooth
from workbench.measures.bank import Bank
from workbench.measures.prediction import masked_view, prediction_error
from workbench.measures.reference import shared_pca
from workbench.model.jepa import Jepa


def _tokens(jepa: Jepa, clip: Clip) -> np.ndarray:
    latents = jepa.masked.targets(jepa.encoder.prepare([clip]).video)
    return latents.tokens[0].double().numpy()


def _predicted(jepa: Jepa, clip: Clip, mask: Mask) -> np.ndarray:
    video = jepa.encoder.prepare([clip]).video
    context = torch.from_numpy(mask.context)[None]
    answers = jepa.masked.predict(video, context, torch.from_numpy(mask.targets)[:, None])
    return np.stack([a.tokens[0].double().numpy() for a in answers])


def _slow_distance(p: np.ndarray, t: np.ndarray, m: np.ndarray, name: str) -> float:
    total = 0.0
    if name == "cosine":
        a, b = p - m, t - m
        return 1 - sum(a * b) / (sum(a * a) ** 0.5 * sum(b * b) ** 0.5)
    for x, y in zip(p, t, strict=True):
        d = abs(x - y)
        total += {"l1": d, "l2": d * d, "smooth-l1": 0.5 * d * d if d < 1 else d - 0.5}[name]
    return total / len(p)


@pytest.mark.parametrize("distance", list(DISTANCES))
def test_error_and_reference_equal_a_loop_over_tokens(jepa: Jepa, bank: Bank, mask: Mask, distance: str) -> None:
    clip = bank.clips[0]
    error = prediction_error(jepa, clip, mask, distance=distance, bank=bank)
    every = np.stack([_tokens(jepa, c) for c in bank.clips[1:]])
    mean, median = every.mean(0), np.sort(every, 0)[(len(every) - 1) // 2]
    target, predicted = _tokens(jepa, clip), _predicted(jepa, clip, mask)
    own, plain = [], []
    for b, t, r, c in np.argwhere(mask.targets):
        own.append(_slow_distance(predicted[b, t, r, c], target[t, r, c], mean[t, r, c], distance))
        best = median if distance == "l1" else mean
        plain.append(1.0 if distance == "cosine" else _slow_distance(best[t, r, c], target[t, r, c], mean[t, r, c], distance))
        assert error.blocks[b, t, r, c] == pytest.approx(own[-1], abs=2e-5)
        assert error.reference[b, t, r, c] == pytest.approx(plain[-1], abs=2e-5)
    assert np.isnan(error.blocks[~mask.targets]).all()
    assert error.skill == pytest.approx(1 - np.mean(own) / np.mean(plain), abs=1e-4)
    assert error.reference_n == len(bank) - 1


@pytest.mark.parametrize("predictor", ["model", "copy", "smooth"])
def test_prediction_copy_and_smooth_ignore_pixels_under_hidden_tokens(jepa: Jepa, bank: Bank, mask: Mask, predictor: str) -> None:
    clip = bank.clips[0]
    problem = Problem.of(jepa, clip, mask, bank)
    grid = problem.prepared.grid
    pixels = clip.pixels.copy()
    for token in np.flatnonzero(~mask.context):
        tick = grid.position(int(token))[0]
        top, left, bottom, right = (round(v) for v in grid.source_box(int(token)))
        pixels[tick * grid.tubelet : (tick + 1) * grid.tubelet, top:bottom, left:right] ^= 255
    other = Problem.of(jepa, Clip(pixels), mask, bank)
    assert not torch.equal(problem.prepared.video, other.prepared.video)
    before, after = attempt(problem, predictor).predicted, attempt(other, predictor).predicted
    assert torch.equal(before.nan_to_num(7.0), after.nan_to_num(7.0))


def test_copy_takes_the_nearest_context_token_and_smooth_weighs_by_inverse_square() -> None:
    context = np.zeros((1, 1, 5), bool)
    context[0, 0, [0, 4]] = True
    mask = Mask(context, ~context[None])
    seen = torch.full((1, 1, 5, 1), torch.nan)
    seen[0, 0, 0], seen[0, 0, 4] = 10.0, 20.0
    assert copy_nearest(mask, seen).flatten().tolist() == [10, 10, 10, 20, 20]
    middle = smooth(mask, seen).flatten().tolist()
    assert middle[2] == pytest.approx(15.0)
    assert middle[1] == pytest.approx((10 / 1 + 20 / 9) / (1 + 1 / 9), rel=1e-5)


def test_knowing_only_the_position_has_no_skill(jepa: Jepa, bank: Bank, mask: Mask) -> None:
    for distance in ("l1", "l2"):
        assert prediction_error(jepa, bank.clips[0], mask, bank=bank, predictor="position", distance=distance).skill == pytest.approx(0.0, abs=1e-6)


def test_another_images_context_is_the_predictor_on_that_image(jepa: Jepa, bank: Bank, mask: Mask) -> None:
    problem = Problem.of(jepa, bank.clips[0], mask, bank)
    strange = attempt(problem, "other").predicted
    answers = [torch.from_numpy(_predicted(jepa, c, mask)).float() for c in bank.clips[1:]]
    assert any(torch.allclose(strange.nan_to_num(), a.nan_to_num(), atol=1e-5) for a in answers)
    assert not torch.allclose(strange.nan_to_num(), attempt(problem).predicted.nan_to_num(), atol=1e-3)


def test_the_twin_is_judged_in_its_own_space(jepa: Jepa, bank: Bank, mask: Mask) -> None:
    error = prediction_error(jepa, bank.clips[0], mask, bank=bank, predictor="twin")
    own = prediction_error(jepa.untrained(0), bank.clips[0], mask, bank=bank)
    np.testing.assert_allclose(error.blocks, own.blocks, atol=1e-6)
    assert error.provenance.model == jepa.card.name


def test_without_a_bank_the_reference_says_that_it_is_this_clip(jepa: Jepa, bank: Bank, mask: Mask) -> None:
    error = prediction_error(jepa, bank.clips[0], mask, distance="l2")
    target = _tokens(jepa, bank.clips[0])
    plain = ((target - target.reshape(-1, target.shape[-1]).mean(0)) ** 2).mean(-1)
    assert "no bank" in error.reference_name
    assert error.reference_n == 1
    np.testing.assert_allclose(error.reference[0][mask.targets[0]], plain[mask.targets[0]], atol=1e-5)
    with pytest.raises(PartUnavailable, match="bank"):
        prediction_error(jepa, bank.clips[0], mask, predictor="other")


def test_a_reference_of_another_model_is_refused(jepa: Jepa, bank: Bank, mask: Mask) -> None:
    known = bank.reference(jepa)
    foreign = Reference(known.mean, known.median, known.n, known.name, "another space")
    with pytest.raises(Incomparable):
        prediction_error(jepa, bank.clips[0], mask, reference=foreign)


def test_masks_without_context_target_or_on_another_grid_are_refused(jepa: Jepa, bank: Bank, mask: Mask) -> None:
    none = np.zeros(mask.shape, bool)
    for wrong in (Mask(none, mask.targets), Mask(mask.context, none[None]), Mask(np.ones((1, 1, 2), bool), np.zeros((1, 1, 1, 2), bool))):
        with pytest.raises(MaskError) as caught:
            prediction_error(jepa, bank.clips[0], wrong)
        assert caught.value.fix


def test_a_model_without_teacher_is_refused_with_the_part_named(bank: Bank, mask: Mask) -> None:
    with pytest.raises(PartUnavailable, match=r"encoder \(target\)"):
        prediction_error(toy.build(seed=3, teacher=False), bank.clips[0], mask)


def test_an_empty_block_is_left_out(jepa: Jepa, bank: Bank, mask: Mask) -> None:
    more = Mask(mask.context, np.concatenate([mask.targets, np.zeros_like(mask.targets)]))
    assert prediction_error(jepa, bank.clips[0], more).blocks.shape == mask.targets.shape


def test_colours_do_not_change_with_the_mask_and_a_mean_prediction_is_grey(jepa: Jepa, bank: Bank, mask: Mask) -> None:
    first = masked_view(jepa, bank.clips[0], mask, bank=bank)
    wider = Mask(mask.context & ~mask.target, np.roll(mask.targets, 1, axis=-1) & ~mask.context)
    second = masked_view(jepa, bank.clips[0], wider, bank=bank)
    assert np.array_equal(first.target, second.target)
    grey = masked_view(jepa, bank.clips[0], mask, bank=bank, predictor="position", distance="l2")
    expected = shared_pca(jepa, bank).colours(bank.reference(jepa, without=bank.clips[0]).mean)
    assert np.array_equal(grey.predicted[mask.target], expected[mask.target])
    assert np.abs(grey.predicted[mask.target].astype(int) - 128).mean() < 6  # one of twelve clips is left out of the mean
    assert grey.norms[1] == pytest.approx(0.0, abs=1e-5)
