"""Attention over frames in time."""

from __future__ import annotations

import torch

from tests.families.ruled import inp
from workbench.nn.blocks import Block
from workbench.nn.frame_causal import Past, causal_block, frame_causal_mask, frame_rotary
from workbench.nn.positions import rotary_3d


def test_a_tick_sees_all_of_itself_and_of_earlier_ticks() -> None:
    mask = frame_causal_mask(3, 2)
    ticks = [0, 0, 1, 1, 2, 2]
    assert mask.tolist() == [[asked <= asking for asked in ticks] for asking in ticks]


def test_patches_are_turned_as_on_the_grid_and_condition_tokens_by_the_tick_alone() -> None:
    ticks, rows, cols, head = 3, 2, 4, 20
    ours = frame_rotary(ticks, rows, cols, head, lead=2)
    grid = rotary_3d(torch.arange(ticks * rows * cols)[None], rows, cols, head)
    for told, wanted in zip(ours, grid, strict=True):
        per_tick = told.unflatten(1, (ticks, 2 + rows * cols))
        assert torch.equal(per_tick[:, :, 2:].flatten(1, 2), wanted)
        assert torch.equal(per_tick[:, :, 0], per_tick[:, :, 1])
    size = 6
    assert torch.equal(ours.cos[..., size:].unflatten(1, (ticks, -1))[:, :, :2], torch.ones(1, ticks, 2, 1, 1, head - size))


def test_places_are_scaled_to_the_grid_of_training() -> None:
    twice = frame_rotary(1, 4, 4, 20, native=(2, 2))
    plain = frame_rotary(1, 2, 2, 20)
    at = torch.tensor([0, 2, 8, 10])
    assert torch.equal(twice.cos[:, at], plain.cos)
    assert not torch.equal(twice.cos[:, 1], plain.cos[:, 1])


def test_later_ticks_change_no_bit_of_earlier_ones() -> None:
    torch.manual_seed(0)
    block, mask = Block(24, 2, 48).eval(), frame_causal_mask(3, 5)
    x = inp(2, 15, 24, f=0.37)
    other = x.clone()
    other[:, 10:] = 3.0
    with torch.inference_mode():
        a, b = (causal_block(block, t, None, mask) for t in (x, other))
    assert torch.equal(a[:, :10], b[:, :10])
    assert not torch.equal(a[:, 10:], b[:, 10:])


def test_what_is_kept_of_the_past_gives_the_same_as_computing_it_again() -> None:
    torch.manual_seed(0)
    blocks = [Block(24, 2, 48).eval() for _ in range(2)]
    x, mask = inp(2, 15, 24, f=0.37), frame_causal_mask(3, 5)
    rotary = frame_rotary(3, 1, 5, 12)
    past = Past(2)
    with torch.inference_mode():
        whole = x
        for block in blocks:
            whole = causal_block(block, whole, rotary, mask)
        pieces = []
        for start, stop in ((0, 2), (2, 3)):
            part, places = x[:, 5 * start : 5 * stop], frame_rotary(stop - start, 1, 5, 12, first=start)
            for number, block in enumerate(blocks):
                part = causal_block(block, part, places, mask[5 * start : 5 * stop, : 5 * stop], past, number)
            pieces.append(part)
    torch.testing.assert_close(torch.cat(pieces, 1), whole, atol=1e-5, rtol=0)
