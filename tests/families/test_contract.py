"""What every family must keep, whatever it computes."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from tests.families.official import IJEPA, NONSQUARE
from workbench.core.card import PARTS
from workbench.core.clip import Clip
from workbench.core.errors import BadInput, Incomparable, PartUnavailable
from workbench.families import FAMILIES, toy
from workbench.families.load import load
from workbench.model import Jepa, Latents

TINY: dict[str, Callable[[], Jepa]] = {"ijepa": lambda: load(**IJEPA), "vjepa2": lambda: load(**NONSQUARE), "toy": lambda: toy.build(0)}


def clips(jepa: Jepa, count: int, seed: int = 0) -> list[Clip]:
    """Noise of another size than the model's."""
    rng = np.random.default_rng(seed)
    height, width = jepa.card.image_size
    frames = rng.integers(0, 256, (count, jepa.card.frames, height + 13, width + 22, 3), dtype=np.uint8)
    return [Clip(f, fps=5.0 if len(f) > 1 else None) for f in frames]


def same(a: Latents | None, b: Latents | None, tolerance: float = 0.0) -> None:
    assert a is not None
    assert b is not None
    assert a.space == b.space
    torch.testing.assert_close(a.tokens, b.tokens, atol=tolerance, rtol=0, equal_nan=True)


def problem(jepa: Jepa, batch: int, *, uneven: bool = True) -> tuple[Tensor, Tensor]:
    """Context [batch, …] and four target blocks [4, batch, …]; every row keeps another number of tokens."""
    grid = jepa.encoder.prepare(clips(jepa, 1)).grid
    rng = np.random.default_rng(1)
    kinds = np.stack([rng.permutation(grid.tokens) for _ in range(batch)])
    context = np.stack([k < grid.tokens // 3 + (row if uneven else 0) for row, k in enumerate(kinds)])
    targets = np.stack([[(k >= grid.tokens - 3 * (b + 1)) & (k < grid.tokens - 3 * b) for k in kinds] for b in range(4)])
    shape = grid.shape
    return torch.from_numpy(context).unflatten(1, shape), torch.from_numpy(targets).unflatten(2, shape)


def under(mask: Tensor, jepa: Jepa, video: Tensor) -> Tensor:
    """[batch, 1, frames, height, width], True at the pixels of the tokens in the mask."""
    grid = jepa.encoder.prepare(clips(jepa, 1)).grid
    pixels = mask.repeat_interleave(grid.tubelet, 1).repeat_interleave(grid.patch[0], 2).repeat_interleave(grid.patch[1], 3)
    return pixels[:, None].expand_as(video)


def networks(thing: object) -> Iterator[nn.Module]:
    """Every network that a part holds."""
    if isinstance(thing, nn.Module):
        yield thing
    elif isinstance(thing, dict):
        for value in thing.values():
            yield from networks(value)
    elif thing is not None and type(thing).__module__.startswith("workbench") and not is_dataclass(thing):
        yield from networks(vars(thing))


@pytest.fixture(scope="module", params=sorted(TINY))
def jepa(request: pytest.FixtureRequest) -> Jepa:
    return TINY[request.param]()


def test_every_registered_family_is_held_to_the_contract() -> None:
    assert set(TINY) == set(FAMILIES)


def test_all_networks_are_in_evaluation_mode_and_cannot_be_trained(jepa: Jepa) -> None:
    found = [n for f in fields(jepa) for n in networks(getattr(jepa, f.name))]
    assert len(found) >= 2
    for network in found:
        assert not any(m.training for m in network.modules())
        assert not any(p.requires_grad for p in network.parameters())


def test_the_same_question_has_the_same_answer(jepa: Jepa) -> None:
    video = jepa.encoder.prepare(clips(jepa, 2)).video
    context, targets = problem(jepa, 2)
    masked = jepa.need_masked()
    for weights in jepa.encoder.weights:
        same(jepa.encoder.encode(video, weights=weights), jepa.encoder.encode(video, weights=weights))
    same(masked.targets(video), masked.targets(video))
    for a, b in zip(masked.predict(video, context, targets), masked.predict(video, context, targets), strict=True):
        same(a, b)


def test_a_batch_of_two_is_two_batches_of_one_also_with_different_numbers_of_visible_tokens(jepa: Jepa) -> None:
    video = jepa.encoder.prepare(clips(jepa, 2)).video
    context, targets = problem(jepa, 2)
    assert context[0].sum() != context[1].sum()
    masked = jepa.need_masked()
    for row in range(2):
        one = slice(row, row + 1)

        def cut(latents: Latents, one: slice = one) -> Latents:
            return Latents(latents.tokens[one], latents.grid, latents.space)

        for weights in jepa.encoder.weights:
            for visible in (None, context):
                alone = jepa.encoder.encode(video[one], weights=weights, visible=None if visible is None else visible[one])
                same(cut(jepa.encoder.encode(video, weights=weights, visible=visible)), alone, 1e-5)
        both, alone = masked.targets(video), masked.targets(video[one])
        assert both is not None
        same(cut(both), alone, 1e-5)
        for a, b in zip(masked.predict(video, context, targets), masked.predict(video[one], context[one], targets[:, one]), strict=True):
            same(cut(a), b, 1e-5)


@pytest.mark.parametrize("value", [0.5, float("nan")])
def test_pixels_under_hidden_tokens_change_no_bit_of_encoding_or_prediction(jepa: Jepa, value: float) -> None:
    video = jepa.encoder.prepare(clips(jepa, 2)).video
    context, targets = problem(jepa, 2)
    masked = jepa.need_masked()
    painted = torch.where(under(~context, jepa, video), torch.full_like(video, value), video)
    assert not torch.equal(painted, video)
    for weights in jepa.encoder.weights:
        same(jepa.encoder.encode(video, weights=weights, visible=context), jepa.encoder.encode(painted, weights=weights, visible=context))
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


def test_encoding_is_nan_exactly_off_the_visible_tokens(jepa: Jepa) -> None:
    video = jepa.encoder.prepare(clips(jepa, 2)).video
    context, _ = problem(jepa, 2)
    assert torch.equal(jepa.encoder.encode(video, visible=context, weights=jepa.encoder.weights[0]).tokens.isfinite().all(-1), context)


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


def test_layers_are_counted_from_the_first_and_others_are_refused(jepa: Jepa) -> None:
    video = jepa.encoder.prepare(clips(jepa, 1)).video
    outputs = [jepa.encoder.encode(video, layer=layer) for layer in (*range(jepa.encoder.layers), None)]
    for a, b in itertools.pairwise(outputs):
        assert (a.tokens - b.tokens).abs().max() > 1e-3
        assert a.space != b.space
    with pytest.raises(BadInput, match="block"):
        jepa.encoder.encode(video, layer=jepa.encoder.layers)


def test_unknown_weights_raise(jepa: Jepa) -> None:
    video = jepa.encoder.prepare(clips(jepa, 1)).video
    with pytest.raises(PartUnavailable, match="ema"):
        jepa.encoder.encode(video, weights="ema")


def test_the_grid_maps_each_prepared_pixel_to_one_token_and_into_the_source(jepa: Jepa) -> None:
    (clip,) = clips(jepa, 1)
    prepared = jepa.encoder.prepare([clip])
    grid, (_, frames, height, width, _) = prepared.grid, prepared.shown.shape
    assert grid.size == (height, width)
    assert grid.ticks * grid.tubelet == frames
    owners = np.full((frames, height, width), -1)
    for token in range(grid.tokens):
        top, left, bottom, right = grid.box(token)
        tick = grid.position(token)[0]
        block = owners[tick * grid.tubelet : (tick + 1) * grid.tubelet, top:bottom, left:right]
        assert (block == -1).all()
        block[:] = token
        assert grid.token_at(tick * grid.tubelet, top, left) == token == grid.token_at((tick + 1) * grid.tubelet - 1, bottom - 1, right - 1)
        up, west, down, east = grid.source_box(token)
        assert 0 <= up < down <= clip.height + 1e-6
        assert 0 <= west < east <= clip.width + 1e-6
    assert (owners >= 0).all()
    assert (grid.seconds(1) is None) == (clip.fps is None)


def test_what_lies_in_a_tokens_source_box_is_shown_in_that_token(jepa: Jepa) -> None:
    (clip,) = clips(jepa, 1)
    grid = jepa.encoder.prepare([clip]).grid
    token = grid.index(grid.ticks - 1, grid.rows - 1, 1)
    top, left, bottom, right = (round(v) for v in grid.source_box(token))
    pixels = np.zeros_like(clip.pixels)
    pixels[:, top:bottom, left:right] = 255
    shown = jepa.encoder.prepare([Clip(pixels, fps=clip.fps)]).shown[0, -1].float().mean(-1)
    up, west, down, east = grid.box(token)
    inside = shown[up:down, west:east]
    assert inside.mean() > 200
    assert shown.sum() - inside.sum() < 0.6 * shown.sum()
    brightest = shown.unflatten(0, (grid.rows, -1)).unflatten(2, (grid.cols, -1)).mean((1, 3)).flatten().argmax()
    assert int(brightest) == grid.position(token)[1] * grid.cols + grid.position(token)[2]


def test_prepared_pixels_are_what_is_shown(jepa: Jepa) -> None:
    """One straight line takes the shown 8-bit values to the model's, in every channel."""
    prepared = jepa.encoder.prepare(clips(jepa, 1))
    for channel, values in enumerate(prepared.video.unbind(1)):
        shown = prepared.shown[..., min(channel, 2)].double().flatten()
        slope, start = np.polyfit(shown.numpy(), values.double().flatten().numpy(), 1)
        assert np.abs(slope * shown.numpy() + start - values.flatten().numpy()).max() < 1e-5


def test_the_twin_is_whole_seeded_and_unlike_the_model(jepa: Jepa) -> None:
    video = jepa.encoder.prepare(clips(jepa, 1)).video
    torch.manual_seed(5)
    drawn = torch.rand(1)
    torch.manual_seed(5)
    twin = jepa.untrained(3)
    assert torch.equal(torch.rand(1), drawn)
    assert twin.report.whole
    twin.report.require(*(p.name for p in jepa.report.parts))
    same(twin.encoder.encode(video), jepa.untrained(3).encoder.encode(video))
    answers = [m.encoder.encode(video).tokens for m in (jepa, twin, jepa.untrained(4))]
    assert all((a - b).abs().max() > 0.01 for a, b in ((answers[0], answers[1]), (answers[1], answers[2])))
    assert twin.card.hashes.keys() == jepa.card.hashes.keys()
    assert set(twin.card.hashes.values()).isdisjoint(jepa.card.hashes.values())
    assert twin.card.image_size == jepa.card.image_size


def test_the_card_and_the_report_speak_of_the_same_parts(jepa: Jepa) -> None:
    names = [p.name for p in jepa.report.parts]
    assert names == [p for p in PARTS if p in names]
    assert set(jepa.card.hashes) == set(names)
    assert all(len(h) == 64 for h in jepa.card.hashes.values())
    grid = jepa.encoder.prepare(clips(jepa, 1)).grid
    assert (grid.size, grid.patch, grid.tubelet) == (jepa.card.image_size, jepa.card.patch, jepa.card.tubelet)
    assert jepa.encoder.encode(jepa.encoder.prepare(clips(jepa, 1)).video).tokens.shape[-1] == jepa.card.dim


@pytest.fixture
def acting() -> tuple[Jepa, Latents, Tensor]:
    """Families with a future: the model, two frames of context, and the actions of a rollout of four."""
    jepa = TINY["toy"]()
    assert jepa.dynamics is not None
    assert jepa.dynamics.action is not None
    video = jepa.encoder.prepare(clips(jepa, 2)).video[:, :, :2]
    context = jepa.dynamics.embed(video, torch.rand(2, 2, 2))
    return jepa, context, torch.rand(2, 5, len(jepa.dynamics.action.names))


def test_an_action_changes_nothing_before_it_and_something_after(acting: tuple[Jepa, Latents, Tensor]) -> None:
    jepa, context, actions = acting
    assert jepa.dynamics is not None
    before = jepa.dynamics.rollout(context, 4, actions=actions)
    for k in range(actions.shape[1]):
        changed = actions.clone()
        changed[:, k] += 1
        after = jepa.dynamics.rollout(context, 4, actions=changed)
        first = max(0, k - (context.grid.ticks - 1))
        assert torch.equal(after.tokens[:, :first], before.tokens[:, :first])
        assert (after.tokens[:, first:] - before.tokens[:, first:]).abs().max() > 1e-6
        assert before.states is not None
        assert after.states is not None
        assert torch.equal(after.states[:, : max(0, k - 1)], before.states[:, : max(0, k - 1)])


def test_a_rollout_of_one_is_the_last_teacher_forced_answer(acting: tuple[Jepa, Latents, Tensor]) -> None:
    jepa, context, actions = acting
    assert jepa.dynamics is not None
    rolled = jepa.dynamics.rollout(context, 1, actions=actions[:, :2])
    forced = jepa.dynamics.predict(context, actions[:, :2])
    assert rolled.grid.ticks == 1
    torch.testing.assert_close(rolled.tokens[:, 0], forced.tokens[:, -1])
    assert rolled.states is not None
    assert forced.states is not None
    torch.testing.assert_close(rolled.states[:, 0], forced.states[:, -1])


def test_a_teacher_forced_answer_does_not_see_later_frames(acting: tuple[Jepa, Latents, Tensor]) -> None:
    jepa, context, actions = acting
    assert jepa.dynamics is not None
    later = context.tokens.clone()
    later[:, 1] = 0
    answers = [jepa.dynamics.predict(Latents(t, context.grid, context.space, states=context.states), actions[:, :2]) for t in (context.tokens, later)]
    assert torch.equal(answers[0].tokens[:, 0], answers[1].tokens[:, 0])
    assert not torch.equal(answers[0].tokens[:, 1], answers[1].tokens[:, 1])


def test_the_wrong_number_of_actions_is_refused(acting: tuple[Jepa, Latents, Tensor]) -> None:
    jepa, context, actions = acting
    assert jepa.dynamics is not None
    for wrong in (None, actions[:, :4], actions[..., :1]):
        with pytest.raises(BadInput, match="5 actions of 2"):
            jepa.dynamics.rollout(context, 4, actions=wrong)


def test_decoded_frames_have_the_size_of_the_prepared_ones(acting: tuple[Jepa, Latents, Tensor]) -> None:
    jepa, context, actions = acting
    assert jepa.dynamics is not None
    assert jepa.decoder is not None
    drawn = jepa.decoder.decode(jepa.dynamics.rollout(context, 4, actions=actions))
    assert drawn.shape == (2, 4, *jepa.card.image_size, 1)
    assert drawn.dtype == torch.uint8


def test_registers_are_never_on_the_grid() -> None:
    jepa = toy.build(0)
    answer = jepa.encoder.encode(jepa.encoder.prepare(clips(jepa, 2)).video)
    assert answer.extra is not None
    assert answer.extra.shape == (2, 4, 2, jepa.card.dim)
    assert answer.tokens.shape[:4] == (2, *answer.grid.shape)


def test_without_a_teacher_there_are_no_targets_and_the_rest_works() -> None:
    jepa = toy.build(0, teacher=False)
    video = jepa.encoder.prepare(clips(jepa, 1)).video
    context, targets = problem(jepa, 1)
    assert jepa.encoder.weights == ("context",)
    assert jepa.need_masked().targets(video) is None
    assert jepa.need_masked().predict(video, context, targets)[0].tokens[targets[0]].isfinite().all()
    with pytest.raises(PartUnavailable, match="no target encoder"):
        jepa.encoder.encode(video)


def test_a_toy_survives_its_file(tmp_path) -> None:
    jepa = toy.build(0, shape=toy.ToyShape(rows=3, layers=3, mask_tokens=3, actions=3))
    toy.save(jepa, tmp_path / "toy.safetensors")
    again = load(tmp_path)
    assert again.report.whole
    assert again.card.hashes == jepa.card.hashes
    video = jepa.encoder.prepare(clips(jepa, 1)).video
    context, targets = problem(jepa, 1)
    for a, b in zip(jepa.need_masked().predict(video, context, targets), again.need_masked().predict(video, context, targets), strict=True):
        same(a, b)
    assert again.dynamics is not None
    assert again.decoder is not None
