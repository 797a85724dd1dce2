"""Clips kept in numbers: scaled down as they are read, and still known for what they are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from workbench.core.clip import Clip
from workbench.data._cv2 import opencv


def scaled_down(clip: Clip, short: int) -> Clip:
    """The clip with a short side of at most so many pixels. It keeps the digest of the original, so that a bank still knows it.

    Args:
        clip: any. short: pixels; a clip that is no larger comes back as it is.
    """
    share = short / min(clip.height, clip.width)
    if share >= 1:
        return clip
    cv2 = opencv()
    size = (max(1, round(clip.width * share)), max(1, round(clip.height * share)))
    channels = clip.pixels.shape[-1]
    pixels = [cv2.resize(f, size, interpolation=cv2.INTER_AREA).reshape(size[1], size[0], channels) for f in clip.pixels]
    small = replace(clip, pixels=np.stack(pixels))
    small.__dict__["digest"] = clip.digest
    return small
