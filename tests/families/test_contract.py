"""What every family must keep, whatever it computes."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import fields, is_dataclass

import numpy as np
import pytest
import torch
from torch import nn

from tests.families.tiny import TINY, clips, encoded, problem, same, under
from workbench.core.card import PARTS
from workbench.core.clip import Clip
from workbench.core.errors import BadInput, PartUnavailable
from workbench.families import FAMILIES
from workbench.model import Jepa, Latents


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
    return TINY[request.param].build()


def test_every_registered_family_is_held_to_the_contract() -> None:
    assert set(TINY) == {*FAMILIES, "wrapped"}


def test_a_family_has_the_parts_that_it_is_held_to(jepa: Jepa) -> None:
    tiny = TINY[jepa.card.family]
    assert (jepa.masked is not None, jepa.dynamics is not None, jepa.decoder is not None) == (tiny.masked, tiny.dynamics, tiny.decoder)
    assert jepa.report.whole


def test_all_networks_are_in_evaluation_mode_and_cannot_be_trained(jepa: Jepa) -> None:
    found = [n for f in fields(jepa) for n in networks(getattr(jepa, f.name))]
    assert found
    for network in found:
        assert not any(m.training for m in network.modules())
        assert not any(p.requires_grad for p in network.parameters())


def test_the_same_question_has_the_same_answer(jepa: Jepa) -> None:
    video = jepa.encoder.prepare(clips(jepa, 2)).video
    for weights in jepa.encoder.weights:
        same(jepa.encoder.encode(video, weights=weights), jepa.encoder.encode(video, weights=weights))


def test_a_batch_of_two_is_two_batches_of_one_also_with_different_numbers_of_visible_tokens(jepa: Jepa) -> None:
    video = jepa.encoder.prepare(clips(jepa, 2)).video
    context, _ = problem(jepa, 2)
    for row in range(2):
        one = slice(row, row + 1)
        for weights in jepa.encoder.weights:
            for visible in (None, context):
                both = jepa.encoder.encode(video, weights=weights, visible=visible)
                alone = jepa.encoder.encode(video[one], weights=weights, visible=None if visible is None else visible[one])
                same(Latents(both.tokens[one], both.grid, both.space), alone, 1e-5)


@pytest.mark.parametrize("value", [0.5, float("nan")])
def test_pixels_under_hidden_tokens_change_no_bit_of_the_encoding(jepa: Jepa, value: float) -> None:
    video = jepa.encoder.prepare(clips(jepa, 2)).video
    context, _ = problem(jepa, 2)
    painted = torch.where(under(~context, jepa, video), torch.full_like(video, value), video)
    assert not torch.equal(painted, video)
    for weights in jepa.encoder.weights:
        same(jepa.encoder.encode(video, weights=weights, visible=context), jepa.encoder.encode(painted, weights=weights, visible=context))


def test_encoding_is_nan_exactly_off_the_visible_tokens(jepa: Jepa) -> None:
    video = jepa.encoder.prepare(clips(jepa, 2)).video
    context, _ = problem(jepa, 2)
    assert torch.equal(encoded(jepa, video, visible=context).tokens.isfinite().all(-1), context)


def test_layers_are_counted_from_the_first_and_others_are_refused(jepa: Jepa) -> None:
    video = jepa.encoder.prepare(clips(jepa, 1)).video
    outputs = [encoded(jepa, video, layer=layer) for layer in (*range(jepa.encoder.layers), None)]
    for a, b in itertools.pairwise(outputs):
        assert a.tokens.shape != b.tokens.shape or (a.tokens - b.tokens).abs().max() > 1e-3
        assert a.space != b.space
    with pytest.raises(BadInput, match="block"):
        encoded(jepa, video, layer=jepa.encoder.layers)


def test_all_layers_of_one_pass_are_what_a_pass_for_each_gives(jepa: Jepa) -> None:
    video = jepa.encoder.prepare(clips(jepa, 2)).video
    context, _ = problem(jepa, 2)
    for weights in jepa.encoder.weights:
        for visible in (None, context):
            found = jepa.encoder.layered(video, weights=weights, visible=visible)
            assert len(found) == jepa.encoder.layers + 1
            for layer, latents in zip((*range(jepa.encoder.layers), None), found, strict=True):
                one = jepa.encoder.encode(video, weights=weights, visible=visible, layer=layer)
                same(latents, one, 1e-6)
                assert latents.space == one.space


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
    token = grid.index(grid.ticks - 1, grid.rows - 1, min(1, grid.cols - 1))
    top, left, bottom, right = (round(v) for v in grid.source_box(token))
    pixels = np.zeros_like(clip.pixels)
    pixels[:, top:bottom, left:right] = 255
    shown = jepa.encoder.prepare([Clip(pixels, fps=clip.fps)]).shown[0, -1].float().amax(-1)
    up, west, down, east = grid.box(token)
    inside = shown[up:down, west:east]
    assert inside.mean() > 200
    assert shown.sum() - inside.sum() < 0.6 * shown.sum()
    brightest = shown.unflatten(0, (grid.rows, -1)).unflatten(2, (grid.cols, -1)).mean((1, 3)).flatten().argmax()
    assert int(brightest) == grid.position(token)[1] * grid.cols + grid.position(token)[2]


def test_prepared_pixels_are_what_is_shown(jepa: Jepa) -> None:
    """One straight line takes the shown 8-bit values to the model's, in every channel; one a frame where the card says that frames are spread."""
    prepared = jepa.encoder.prepare(clips(jepa, 1))
    for channel, planes in enumerate(prepared.video[0].double().numpy()):
        lines = []
        for frame, values in enumerate(planes):
            shown = prepared.shown[0, frame, ..., min(channel, 2)].double().numpy()
            slope, start = np.polyfit(shown.ravel(), values.ravel(), 1)
            assert np.abs(slope * shown + start - values).max() < 1e-5
            lines.append((slope, start))
        assert np.ptp(lines, axis=0).max() < 1e-5 or "spread" in jepa.card.preprocessing


def test_the_twin_is_whole_seeded_and_unlike_the_model(jepa: Jepa) -> None:
    video = jepa.encoder.prepare(clips(jepa, 1)).video
    torch.manual_seed(5)
    drawn = torch.rand(1)
    torch.manual_seed(5)
    twin = jepa.untrained(3)
    assert torch.equal(torch.rand(1), drawn)
    assert twin.report.whole
    twin.report.require(*(p.name for p in jepa.report.parts))
    same(encoded(twin, video), encoded(jepa.untrained(3), video))
    answers = [encoded(m, video).tokens for m in (jepa, twin, jepa.untrained(4))]
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
    assert encoded(jepa, jepa.encoder.prepare(clips(jepa, 1)).video).tokens.shape[-1] == jepa.card.dim
