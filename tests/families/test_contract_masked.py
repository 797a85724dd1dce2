"""What every masked predictor must keep: nothing leaks, nothing drifts, and distances only where they mean something."""

from __future__ import annotations

import pytest
import torch

from tests.families.tiny import TINY, clips, problem, same, under
from workbench.core.errors import BadInput, Incomparable, PartUnavailable
from workbench.families import toy
from workbench.model import Jepa, Latents
from workbench.nn.parts import VitMasked


@pytest.fixture(scope="module", params=sorted(name for name, tiny in TINY.items() if tiny.masked))
def jepa(request: pytest.FixtureRequest) -> Jepa:
    return TINY[request.param].build()


def test_the_same_mask_has_the_same_answer(jepa: Jepa) -> None:
    video = jepa.encoder.prepare(clips(jepa, 2)).video
    context, targets = problem(jepa, 2)
    masked = jepa.need_masked()
    same(masked.targets(video), masked.targets(video))
    for a, b in zip(masked.predict(video, context, targets), masked.predict(video, context, targets), strict=True):
        same(a, b)


def test_two_masks_of_different_sizes_are_answered_together_as_alone(jepa: Jepa) -> None:
    video = jepa.encoder.prepare(clips(jepa, 2)).video
    context, targets = problem(jepa, 2)
    assert context[0].sum() != context[1].sum()
    masked = jepa.need_masked()
    for row in range(2):
        one = slice(row, row + 1)

        def cut(latents: Latents, one: slice = one) -> Latents:
            return Latents(latents.tokens[one], latents.grid, latents.space)

        both, alone = masked.targets(video), masked.targets(video[one])
        assert both is not None
        same(cut(both), alone, 1e-5)
        for a, b in zip(masked.predict(video, context, targets), masked.predict(video[one], context[one], targets[:, one]), strict=True):
            same(cut(a), b, 1e-5)


def test_what_can_be_read_on_the_way_is_of_the_same_forward_pass(jepa: Jepa) -> None:
    video = jepa.encoder.prepare(clips(jepa, 2)).video
    context, targets = problem(jepa, 2)
    masked = jepa.need_masked()
    if not isinstance(masked, VitMasked):
        with pytest.raises(PartUnavailable, match="cannot be read"):
            masked.by_depth(video, context, targets)
        return
    deep, weights = masked.by_depth(video, context, targets), masked.attention(video, context, targets, lambda w: w)
    for a, b in zip(masked.predict(video, context, targets), deep[-1], strict=True):
        same(a, b, 1e-6)
    assert len(deep) > 1
    for layer in weights:
        torch.testing.assert_close(layer.sum(-1), torch.ones(layer.shape[:-1]))


@pytest.mark.parametrize("value", [0.5, float("nan")])
def test_pixels_under_hidden_tokens_change_no_bit_of_the_prediction(jepa: Jepa, value: float) -> None:
    video = jepa.encoder.prepare(clips(jepa, 2)).video
    context, targets = problem(jepa, 2)
    masked = jepa.need_masked()
    painted = torch.where(under(~context, jepa, video), torch.full_like(video, value), video)
    same(masked.targets(video, visible=context), masked.targets(painted, visible=context))
    for a, b in zip(masked.predict(video, context, targets), masked.predict(painted, context, targets), strict=True):
        same(a, b)


def test_pixels_under_visible_tokens_do_change_the_prediction(jepa: Jepa) -> None:
    video = jepa.encoder.prepare(clips(jepa, 1)).video
    context, targets = problem(jepa, 1)
    painted = torch.where(under(context, jepa, video), torch.zeros_like(video), video)
    before, after = (jepa.need_masked().predict(v, context, targets)[0].tokens[targets[0]] for v in (video, painted))
    assert (before - after).abs().max() > 1e-4


def test_predictions_are_nan_exactly_off_their_targets(jepa: Jepa) -> None:
    video = jepa.encoder.prepare(clips(jepa, 2)).video
    context, targets = problem(jepa, 2)
    answers = jepa.need_masked().predict(video, context, targets)
    assert len(answers) == 4
    for answer, target in zip(answers, targets, strict=True):
        assert torch.equal(answer.tokens.isfinite().all(-1), target)
        assert torch.equal(answer.tokens.isnan().any(-1), ~target)
        assert answer.space.role == "predicted"


def test_a_prediction_may_be_compared_with_its_targets_and_not_with_the_context(jepa: Jepa) -> None:
    video = jepa.encoder.prepare(clips(jepa, 1)).video
    context, targets = problem(jepa, 1)
    answer, target = jepa.need_masked().predict(video, context, targets)[0], jepa.need_masked().targets(video)
    assert target is not None
    assert answer.tokens.shape == target.tokens.shape
    answer.comparable(target)
    with pytest.raises(Incomparable):
        answer.comparable(jepa.encoder.encode(video, weights="context"))


def test_mask_tokens_that_do_not_exist_are_refused(jepa: Jepa) -> None:
    video = jepa.encoder.prepare(clips(jepa, 1)).video
    context, targets = problem(jepa, 1)
    for token in (-1, jepa.need_masked().mask_tokens):
        with pytest.raises(BadInput, match="mask token"):
            jepa.need_masked().predict(video, context, targets, mask_token=token)


def test_without_a_teacher_there_are_no_targets_and_the_rest_works() -> None:
    jepa = toy.build(0, teacher=False)
    video = jepa.encoder.prepare(clips(jepa, 1)).video
    context, targets = problem(jepa, 1)
    assert jepa.encoder.weights == ("context",)
    assert jepa.need_masked().targets(video) is None
    assert jepa.need_masked().predict(video, context, targets)[0].tokens[targets[0]].isfinite().all()
    with pytest.raises(PartUnavailable, match="no target encoder"):
        jepa.encoder.encode(video)
