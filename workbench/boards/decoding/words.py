"""How far pictures of latents can be trusted, as sentences with baselines."""

from __future__ import annotations

import numpy as np

from workbench.core.numbers import number
from workbench.core.questions.decoding import DecoderFit, DecodeView, psnr

_LITTLE = 0.05  # skill below which a decoder has learnt next to nothing


def share(value: float) -> str:
    """A share in percent."""
    return f"{value:.0%}".replace("%", " %")


def decode_sentence(view: DecodeView) -> tuple[str, str]:
    """The quality of the decoded frames; "warn" where it is no better than the mean picture."""
    fit = view.fit
    if not view.bank:
        begins = "Decoder from the checkpoint; not evaluated here" if view.decoded else "No decoder, and no other clips to retrieve frames from"
        return f"{begins}. A bank, chosen beside the clip, would add nearest real frames and a fitted decoder with its score.", "plain"
    if fit is None:
        begins = "Decoder from the checkpoint; not evaluated here" if view.decoded else "No decoder is fitted yet"
        return f"{begins}. Nearest real frame: {_near(view)}.", "plain"
    beside = f"baselines: decoded mean latent {psnr(fit.mean_latent):.1f} dB, mean picture {psnr(fit.mean_picture):.1f} dB"
    if fit.skill < _LITTLE:
        return f"No better than the mean picture on held-out frames: PSNR {psnr(fit.mse):.1f} dB; {beside}.", "warn"
    return f"The fitted decoder reaches PSNR {psnr(fit.mse):.1f} dB on held-out frames; {beside}.", "plain"


def decode_detail(view: DecodeView) -> str:
    """The data of fit and evaluation, and the distance of the nearest real frames."""
    lines = [] if view.fit is None else [fit_line(view.fit), f"Nearest real frame: {_near(view)}."]
    return " ".join(lines)


def fit_score(fit: DecoderFit) -> str:
    """The score of a fitted decoder, in one short sentence."""
    return f"The decoder reaches PSNR {psnr(fit.mse):.1f} dB on held-out frames (mean picture {psnr(fit.mean_picture):.1f} dB)."


def fit_line(fit: DecoderFit) -> str:
    """The data that a decoder was fitted on, and evaluated on."""
    height, width = fit.size
    held = f"evaluated on {fit.held_frames} frames of {fit.held_clips} other clips, {height} × {width} pixels"
    return f"Fitted on {fit.frames} frames of {fit.clips} clips of {fit.bank} in {fit.steps} steps; {held}: skill {number(fit.skill)} over the mean picture."


def _near(view: DecodeView) -> str:
    far = float(np.mean(view.distance)) if len(view.distance) else float("nan")
    usual = f"below {number(view.usual)} for 95 % of the bank's frames"
    return f"{'mean ' if len(view.distance) > 1 else ''}latent distance {number(far)} ({usual})"
