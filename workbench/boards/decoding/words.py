"""Pictures of latents in words: how well they can be trusted, beside what knowing nothing would score."""

from __future__ import annotations

import numpy as np

from workbench.core.numbers import number
from workbench.core.questions.decoding import DecoderFit, DecodeView, psnr

_LITTLE = 0.05  # skill below which a decoder has learnt next to nothing


def share(value: float) -> str:
    """A share in percent."""
    return f"{value:.0%}".replace("%", " %")


def decode_sentence(view: DecodeView) -> tuple[str, str]:
    """What the drawings are worth; "warn" where they are worth no more than the mean picture."""
    fit = view.fit
    if not view.bank:
        begins = "Drawn by the decoder from the checkpoint; not evaluated here" if view.decoded else "Nothing can be drawn of a single clip"
        return f"{begins}. A bank, chosen beside the clip, would add nearest real frames and a fitted decoder with its score.", "plain"
    if fit is None:
        begins = "Drawn by the decoder in the model's file, which was not judged here" if view.decoded else "No decoder was fitted yet"
        return f"{begins}; the nearest real frame {_near(view)}.", "plain"
    beside = f"the mean latent's picture scores {psnr(fit.mean_latent):.1f}, the mean picture {psnr(fit.mean_picture):.1f}"
    if fit.skill < _LITTLE:
        return f"Draws unseen frames no better than the mean picture does: {psnr(fit.mse):.1f} dB; {beside}.", "warn"
    return f"The fitted decoder draws unseen frames at {psnr(fit.mse):.1f} dB; {beside}.", "plain"


def decode_detail(view: DecodeView) -> str:
    """On what it was fitted and judged, and how near real frames are."""
    lines = [] if view.fit is None else [fit_line(view.fit), f"The nearest real frame {_near(view)}."]
    return " ".join(lines)


def fit_score(fit: DecoderFit) -> str:
    """What a fitted decoder is worth, in one short sentence."""
    return f"The decoder draws unseen frames at {psnr(fit.mse):.1f} dB, the mean picture scores {psnr(fit.mean_picture):.1f}."


def fit_line(fit: DecoderFit) -> str:
    """On what a decoder was fitted, and on what it was judged."""
    height, width = fit.size
    held = f"judged on {fit.held_frames} frames of {fit.held_clips} others, {height} × {width}"
    return f"Fitted on {fit.frames} frames of {fit.clips} clips of {fit.bank} in {fit.steps} steps, {held}: skill {number(fit.skill)} over the mean picture."


def _near(view: DecodeView) -> str:
    far = float(np.mean(view.distance)) if len(view.distance) else float("nan")
    usual = f"95 % of the bank's frames have one of another clip within {number(view.usual)}"
    return f"lies {number(far)} away{' on average' if len(view.distance) > 1 else ''} ({usual})"
