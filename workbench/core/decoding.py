"""Frozen results about pictures of latents: how well a fitted decoder draws what it has not seen, and one clip drawn in every way there is."""

from __future__ import annotations

from dataclasses import dataclass
from math import log10

import numpy as np
from jaxtyping import Float

from workbench.core import codec
from workbench.core.films import Reel

FITTED = "decoded by a decoder fitted afterwards"  # the label of every picture that such a decoder draws


@codec.portable
@dataclass(frozen=True)
class DecoderFit:
    """How a decoder was fitted, and how it fares on clips that it has not seen.

    Args:
        bank: the clips it was fitted on, by name. clips, frames: of the fit; held_clips, held_frames: held out; a held-out frame that looks
            exactly like one of the fit is not counted.
        size: (height, width) that it draws, and that real frames are brought to for the score. steps, seed: of the fit. space: of the latents.
        mse: mean squared error on held-out frames, of pixels from 0 to 1. mean_latent: of what it draws for the mean latent. mean_picture: of the
            mean frame of the fit, the score of knowing nothing of the clip.
    """

    bank: str
    clips: int
    held_clips: int
    frames: int
    held_frames: int
    size: tuple[int, int]
    steps: int
    seed: int
    space: str
    mse: float
    mean_latent: float
    mean_picture: float

    @property
    def skill(self) -> float:
        """1 − error ÷ error of the mean picture; 0: no better than knowing nothing of the clip."""
        return 1 - self.mse / max(self.mean_picture, 1e-12)


def psnr(mse: float) -> float:
    """Peak signal to noise in decibels, of pixels from 0 to 1."""
    return -10 * log10(max(mse, 1e-10))


@codec.portable
@dataclass(frozen=True, eq=False)
class DecodeView:
    """One clip drawn from its latents.

    Args:
        reels: what came; the nearest real frame; with several tokens a tick the nearest real patches; what the decoder draws, where there is one; what it draws from predicted tokens, where a mask asks.
        distance: of each tick to the nearest real frame. usual: within which 95 % of the bank's frames have one of another clip. bank: its name.
        fit: of the fitted decoder, None where it is the model's own or there is none.
    """

    reels: tuple[Reel, ...]
    distance: Float[np.ndarray, "ticks"]
    usual: float
    bank: str
    fit: DecoderFit | None
