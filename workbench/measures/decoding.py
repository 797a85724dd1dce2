"""Pictures of latents: decoders that are fitted and opened, one clip drawn in every way there is, and what is drawn for latents that say nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from jaxtyping import UInt8
from torch import Tensor

from workbench.core.clip import Clip
from workbench.core.films import Reel
from workbench.core.futures import Drawn
from workbench.core.mask import Mask
from workbench.core.questions.decoding import (
    DecodeClip,
    DecoderBytes,
    DecoderFile,
    DecoderPrior,
    DecodeView,
    FitDecoder,
    OpenDecoder,
    PriorView,
)
from workbench.core.results import Provenance
from workbench.fits.decoder import FittedDecoder, fitted
from workbench.fits.decoder_file import decoder_bytes, matching
from workbench.fits.frame_latents import predicts, seen
from workbench.measures.bank import Bank
from workbench.measures.base import answers
from workbench.measures.drawing import decoded, frames_of, note_of, patched, retrieved
from workbench.measures.twins import twin_of
from workbench.model.jepa import Decoder, Jepa
from workbench.model.latents import Latents


@answers(FitDecoder)
def fit_decoder(jepa: Jepa, bank: Bank, *, steps: int = 400, seed: int = 0) -> FittedDecoder:
    """A decoder fitted on the frozen latents of a bank's clips; its `fit` holds the score on clips held out. The model stays as it is.

    Progress goes to `core.progress`; a listener that raises `Cancelled` ends it. Whatever it draws carries a label that says so.

    Args:
        bank: at least LEAST_CLIPS clips with LEAST_FRAMES frames; a fifth of the clips is held out. steps: of Adam, the rate falling to nothing.
        seed: of what is held out, of the first weights and of the batches.

    Raises:
        BadInput: too few frames, or no steps. PartUnavailable: no encoder that is whole. Cancelled: a listener wanted no more.
    """
    return fitted(jepa, bank, steps=steps, seed=seed)


@answers(OpenDecoder)
def open_decoder(jepa: Jepa, file: str, bank: Bank) -> FittedDecoder:
    """A decoder that was fitted on the latents of this model and saved; its score is that of its own held-out clips.

    Args:
        bank: clips to see which latents the model has.

    Raises:
        CheckpointError: not such a file. Incomparable: it draws latents of another model.
    """
    return matching(jepa, file, bank)


@answers(DecoderFile)
def decoder_file(decoder: FittedDecoder) -> DecoderBytes:
    """A fitted decoder as the bytes of a safetensors file."""
    return DecoderBytes(np.frombuffer(decoder_bytes(decoder), np.uint8), decoder.fit)


@answers(DecodeClip)
def decode_clip(jepa: Jepa, clip: Clip, bank: Bank | None = None, *, mask: Mask | None = None, decoder: Decoder | None = None) -> DecodeView:
    """One clip as the nearest real frames of a bank, and as a decoder draws it.

    Args:
        bank: None: only a decoder draws. mask: of the tokens whose predictions are drawn too, where the model predicts under masks.
        decoder: that was fitted; None: the model's own, where it has one.
    """
    latents, shown = seen(jepa, clip)
    decoder = decoder or jepa.decoder
    reels, near = [Reel("real", "real", "", shown.numpy(), len(shown))], None
    if bank is not None:
        near = retrieved(jepa, latents, bank, without=clip)
        reels.append(_reel("nearest real frame", near, shown))
        if latents.grid.rows * latents.grid.cols > 1:
            reels.append(_reel("nearest real patches", patched(jepa, latents, bank, without=clip), shown))
    if decoder is not None:
        reels.append(_reel("decoder", decoded(jepa, latents, decoder), shown))
        predicted = None if mask is None or bank is None else _predicted(jepa, clip, mask, bank)
        if predicted is not None:
            reels.append(_reel("from predicted tokens", decoded(jepa, predicted, decoder), shown, "predicted"))
    return DecodeView(
        tuple(reels),
        np.zeros(0) if near is None or near.distance is None else near.distance,
        float("nan") if near is None else near.usual,
        "" if bank is None else bank.name,
        decoder is not None,
        decoder.fit if isinstance(decoder, FittedDecoder) else None,
        Provenance("decode_clip", jepa.card.name, dict(jepa.card.hashes), f"{clip.digest} {clip.source}".strip()),
    )


def _reel(label: str, drawn: Drawn, shown: UInt8[Tensor, "frames height width 3"], kind: str = "control") -> Reel:
    """What was drawn, a frame for each frame that came."""
    return Reel(label, kind, note_of(drawn), drawn.pixels.repeat(max(1, len(shown) // len(drawn.pixels)), 0), len(shown))


def _predicted(jepa: Jepa, clip: Clip, mask: Mask, bank: Bank) -> Latents | None:
    """Predicted tokens in the holes; around them the teacher's on the visible tokens alone, which has not seen the holes; else the mean.

    None where the model predicts under no masks, or the mask is of another grid.
    """
    if jepa.masked is None or not predicts(jepa):
        return None
    prepared = jepa.encoder.prepare([clip])
    if mask.shape != prepared.grid.shape:
        return None
    context, targets = torch.from_numpy(mask.context)[None], torch.from_numpy(mask.targets)[:, None]
    around = jepa.masked.targets(prepared.video, visible=context)
    if around is None or not mask.targets.any():
        return None
    mean = frames_of(jepa, bank).values.mean(0).reshape(1, 1, *around.tokens.shape[2:])
    tokens = torch.where(context[..., None], around.tokens.cpu(), mean)
    for block, asked in zip(jepa.masked.predict(prepared.video, context, targets), targets, strict=True):
        tokens = torch.where(asked[..., None], block.tokens.cpu(), tokens)
    return replace(around, tokens=tokens)


@answers(DecoderPrior)
def decoder_prior(
    jepa: Jepa, bank: Bank, *, how: str = "decoded", decoder: Decoder | None = None, weights: str = "trained", seed: int = 0
) -> PriorView:
    """What is drawn for latents that say nothing: the bank's mean, noise of the bank's spread, and another clip's frame.

    Args:
        how: "decoded" or "retrieved". decoder: that was fitted; None: the model's own. weights: "untrained": of the same architecture, untrained, whose
            latents a fitted decoder cannot draw: there the nearest real frame is retrieved. seed: of the noise and of which clip.
    """
    if weights == "untrained":
        jepa, how = twin_of(jepa), how if decoder is None else "retrieved"
    frames = frames_of(jepa, bank)
    pick = torch.Generator().manual_seed(seed)
    mean, spread = frames.values.mean(0), frames.values.std(0)
    other = frames.values[int(torch.randint(len(frames.values), (1,), generator=pick))]
    noise = mean + spread * torch.randn(mean.shape, generator=pick)
    first, _ = seen(jepa, bank.clips[0])
    reels = list[Reel]()
    for name, value in (("the mean latent", mean), ("noise", noise), ("another clip's latent", other)):
        tokens = value.reshape(1, 1, *first.tokens.shape[2:])
        latents = replace(first, tokens=tokens, grid=replace(first.grid, ticks=1), extra=None, states=None)
        drawn = decoded(jepa, latents, decoder) if how == "decoded" else retrieved(jepa, latents, bank)
        reels.append(Reel(name, "control", note_of(drawn), drawn.pixels, 1))
    return PriorView(tuple(reels), Provenance("decoder_prior", jepa.card.name, dict(jepa.card.hashes), seed=seed, parameters={"how": how}))
