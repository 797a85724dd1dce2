"""Clips of different sizes and speeds, prepared to the model's size before anything compares them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch

from workbench.core.clip import Clip
from workbench.core.errors import ClipError
from workbench.model.jepa import Encoder
from workbench.model.spec import Prepared


def prepare_together(encoder: Encoder, clips: Sequence[Clip]) -> Prepared:
    """All clips as one batch, whatever their sizes in pixels and their frames a second.

    The way back from tokens to source pixels, `grid.scale` and `grid.offset`, is that of the first clip.

    Raises:
        ClipError: they have different numbers of tokens: their lengths differ.
    """
    if len({(c.pixels.shape, c.fps) for c in clips}) < 2:
        return encoder.prepare(clips)
    each = [encoder.prepare([clip]) for clip in clips]
    first = each[0]
    odd = next((i for i, p in enumerate(each) if p.video.shape != first.video.shape or p.grid.shape != first.grid.shape), None)
    if odd is not None:
        raise ClipError(
            f"clips of {clips[0].frames} and of {clips[odd].frames} frames cannot be compared",
            where=clips[odd].source,
            fix="choose a number of frames that every clip has",
        )
    return replace(first, video=torch.cat([p.video for p in each]), shown=torch.cat([p.shown for p in each]))
