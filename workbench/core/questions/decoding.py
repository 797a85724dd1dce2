"""Pictures of latents: decoders that are fitted and opened, one clip drawn in every way there is, and what is drawn for latents that say nothing."""

from __future__ import annotations

from dataclasses import dataclass
from math import log10
from typing import Literal

import numpy as np
from jaxtyping import Float, UInt8

from workbench.core import codec
from workbench.core.card import BankKey, ClipKey, FileKey, ModelKey
from workbench.core.films import Reel
from workbench.core.mask import Mask
from workbench.core.questions.base import Question, question
from workbench.core.results import Provenance

FITTED = "decoded by a decoder fitted afterwards"  # the label of every picture that such a decoder draws


def psnr(mse: float) -> float:
    """Peak signal to noise in decibels, of pixels from 0 to 1."""
    return -10 * log10(max(mse, 1e-10))


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

    @property
    def psnr(self) -> float:
        """Of held-out frames, in decibels."""
        return psnr(self.mse)

    @property
    def provenance(self) -> Provenance:
        """Of the score."""
        family, _, weights = self.space.rpartition(":")
        return Provenance("fit_decoder", family, {"latents": weights}, seed=self.seed, parameters={"steps": self.steps})


@codec.portable
@dataclass(frozen=True, eq=False)
class DecoderBytes:
    """A fitted decoder as a safetensors file."""

    data: UInt8[np.ndarray, "bytes"]
    fit: DecoderFit

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self.data)

    @property
    def provenance(self) -> Provenance:
        """Of the decoder."""
        return self.fit.provenance


@codec.portable
@dataclass(frozen=True, eq=False)
class DecodeView:
    """One clip drawn from its latents.

    Args:
        reels: what came; the nearest real frame; with several tokens a tick the nearest real patches; what the decoder draws, where there is one;
            what it draws from predicted tokens, where a mask asks.
        distance: of each tick to the nearest real frame. usual: within which 95 % of the bank's frames have one of another clip. bank: its name.
        decoded: whether a decoder drew. fit: of the fitted decoder, None where it is the model's own or there is none.
    """

    reels: tuple[Reel, ...]
    distance: Float[np.ndarray, "ticks"]
    usual: float
    bank: str
    decoded: bool
    fit: DecoderFit | None
    provenance: Provenance

    @property
    def measured(self) -> tuple[float, ...]:
        """The mean distance to the nearest real frame, and the decibels of the fitted decoder; each where there is one."""
        near = (float(self.distance.mean()),) if len(self.distance) else ()
        return near if self.fit is None else (*near, self.fit.psnr)


@codec.portable
@dataclass(frozen=True, eq=False)
class PriorView:
    """What is drawn for latents that say nothing of a clip. A picture that looks like these is made up by whatever draws.

    Args:
        reels: one frame each, for the bank's mean latent, for noise of the bank's spread, and for the latent of another clip.
    """

    reels: tuple[Reel, ...]
    provenance: Provenance

    @property
    def apart(self) -> tuple[float, ...]:
        """Root mean square difference of each picture from that of the mean latent, of pixels from 0 to 1."""
        mean, *others = (r.pixels.astype(float) / 255 for r in self.reels)
        return tuple(float(np.sqrt(((other - mean) ** 2).mean())) for other in others)


_ENCODER, _OTHER_ENCODER = ("encoder_target",), (("encoder_context",),)
_FORMULA = (
    "retrieved: the frame of another clip of the bank with the nearest latent (root mean square distance); decoded: a small convolutional "
    "decoder, fitted by least squares of pixels on frozen latents. PSNR = −10·log10(mean squared error of pixels from 0 to 1) on clips held out"
)
_SOURCE = "a probe: it shows what can be read from the latents, and is not a part of the model"
_CANNOT = "A decoder fills in what is usual in its training data: a decoded detail need not be in the latent. Compare with the decoder prior (mean latent, noise, another clip)."


@question(
    "fit_decoder",
    needs=_ENCODER,
    instead=_OTHER_ENCODER,
    title="Fitting a decoder",
    formula=_FORMULA,
    source=_SOURCE,
    cannot=_CANNOT,
    urgent=False,
    fits="fit",
    number="psnr",
)
@dataclass(frozen=True, eq=False)
class FitDecoder(Question[DecoderFit]):
    """A decoder fitted on the frozen latents of a bank's clips, a fifth of them held out.

    Args:
        steps: of Adam, the rate falling to nothing. seed: of what is held out, of the first weights and of the batches.
    """

    model: ModelKey
    bank: BankKey
    steps: int = 400
    seed: int = 0


@question(
    "open_decoder",
    needs=_ENCODER,
    instead=_OTHER_ENCODER,
    title="Opening a decoder",
    formula=_FORMULA,
    source=_SOURCE,
    cannot=f"{_CANNOT} Its score is that of its own held-out clips.",
    fits="fit",
    number="psnr",
)
@dataclass(frozen=True, eq=False)
class OpenDecoder(Question[DecoderFit]):
    """A decoder that was fitted on the latents of this model and saved.

    Args:
        bank: clips to see which latents the model has.
    """

    model: ModelKey
    file: FileKey
    bank: BankKey


Fitted = FitDecoder | OpenDecoder


@question(
    "decoder_file",
    title="A decoder as a file",
    formula="its tensors as safetensors; in the header its sizes, its score and which latents it draws",
    source=_SOURCE,
    cannot=_CANNOT,
    number="size",
)
@dataclass(frozen=True, eq=False)
class DecoderFile(Question[DecoderBytes]):
    """A fitted decoder as the bytes of a file."""

    decoder: Fitted


@question(
    "decode_clip",
    needs=_ENCODER,
    instead=_OTHER_ENCODER,
    title="Latents as pictures",
    formula=_FORMULA,
    source=_SOURCE,
    cannot=_CANNOT,
    number="measured",
)
@dataclass(frozen=True, eq=False)
class DecodeClip(Question[DecodeView]):
    """One clip as the nearest real frames of a bank, and as a decoder draws it.

    Args:
        bank: None: only a decoder draws. mask: of the tokens whose predictions are drawn too, where the model predicts under masks.
        decoder: that was fitted; None: the model's own, where it has one.
    """

    model: ModelKey
    clip: ClipKey
    bank: BankKey | None = None
    mask: Mask | None = None
    decoder: Fitted | None = None


@question(
    "decoder_prior",
    needs=_ENCODER,
    instead=_OTHER_ENCODER,
    title="Decoder prior",
    formula="the same decoding or retrieval for the mean latent of the bank's frames, for normal noise of their mean and standard deviation, and for the latent of another clip",
    source="a control: it shows what a decoder outputs whatever it is given",
    cannot="The details of a picture that differs from these may still be invented by the decoder.",
    number="apart",
)
@dataclass(frozen=True, eq=False)
class DecoderPrior(Question[PriorView]):
    """What is drawn for the mean latent, for noise and for another clip's latent.

    Args:
        how: "decoded" by a decoder, or "retrieved": the nearest real frame. decoder: that was fitted; None: the model's own.
        weights: "untrained": of the same architecture, untrained. A decoder that was fitted on the model's latents cannot draw its latents: there the
            nearest real frame is retrieved. seed: of the noise and of which clip.
    """

    model: ModelKey
    bank: BankKey
    how: Literal["decoded", "retrieved"] = "decoded"
    decoder: Fitted | None = None
    weights: Literal["trained", "untrained"] = "trained"
    seed: int = 0
